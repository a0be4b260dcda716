"""The objects a function makes that connect and keep the connection, and how it uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from poollint.reading.connections.acquiring.lending import ENDING, Outcome
from poollint.reading.connections.acquiring.taking import Form, Taken, classify
from poollint.reading.connections.ownership.giving import given_owner
from poollint.reading.connections.ownership.keeping_given import given_to_keep
from poollint.reading.connections.ownership.owning import Owner, connecting, owner
from poollint.reading.connections.ownership.too_late import ends_late
from poollint.reading.naming.objects.instances import Member, method, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, of_ast, of_cst
from poollint.reading.paths.walk import Place, places

_COUNTED = frozenset({Form.BOUND, Form.ENTERED, Form.CHAINED})


def owned(function: cst.FunctionDef, name: str, names: Names) -> Iterator[tuple[Taken, bool]]:
    """Yield the calls of a function's own body that make such objects, or connect one.

    With each whether its class has a method that ends the connection.
    """
    for place in places(function):
        if place.scope != function.name.value or not isinstance(place.node, cst.Call):
            continue
        if any(isinstance(above.node, cst.Lambda) for above in place.ancestors()):
            continue
        found = _made(place, place.node, name, names) or _connected(place, place.node, name, names)
        if found is not None:
            yield found


def _made(place: Place, call: cst.Call, scope: str, names: Names) -> tuple[Taken, bool] | None:
    """Return what `Database()` takes; None where it takes nothing that is its maker's to end."""
    shape = of_cst(call.func)
    if names.api(shape, scope) is not None:
        return None
    one, through = owner(shape, scope, names), ""
    given = given_owner(shape, scope, names) if one is None else None
    if given is not None:
        one, through = given[0], given[1].name
    one = one or given_to_keep(call, scope, names)
    found = classify(place, one.api) if one is not None else None
    if one is None or found is None or found.form not in _COUNTED:
        return None
    return _told(found, one, through or one.of.cls)


def _connected(place: Place, call: cst.Call, scope: str, names: Names) -> tuple[Taken, bool] | None:
    """Return what `db.connect()` takes, for an object that the function made and has alone.

    `conn = db.connect()` gives it a second name, where the method hands out what it keeps. So does
    `done = db.connect()`, where it tells whether it has connected: what is not there is not held.
    """
    shape, given = of_cst(call.func), _name(place)
    if given is None or not isinstance(shape, Attribute) or not isinstance(shape.of, Name):
        return None
    here = names.scope(scope)
    local = shape.of.text
    bound = here.bound.get(local, []) if here.holder(local) is here else []
    made = of_ast(bound[0].value) if len(bound) == 1 and bound[0].how == "=" else None
    of = project_class(made.callee, scope, names) if isinstance(made, Called) else None
    one = connecting(of, shape.name) if of is not None else None
    if of is None or one is None or not alone(place, local):
        return None
    api = one.api
    if given or _is_test(place):
        told = answers(method(of, shape.name))
        keeps = not told and hands_out(method(of, shape.name), one.attribute)
        if given == local or not (told or (keeps and given)):
            return None
        api = replace(api, release=api.release.replace("{conn}", local), guard="")
        if keeps:
            ways = (*api.released_by, *one.taking.released_by)
            api = replace(api, released_by=ways, given_back_to=one.taking.given_back_to)
    found = Taken(call, api, Form.BOUND, frozenset({local, given} - {""}), awaited=True)
    if api.given_back_to:
        found = replace(found, given=given, given_ways=one.taking.released_by)
    return _told(found, one, shape.name)


def _name(place: Place) -> str | None:
    """Return the name that a call's value gets, "" where it gets none; None for anything else."""
    above = _around(place)
    match above.node if above is not None else None:
        case cst.Expr() | cst.If():
            return ""
        case cst.UnaryOperation(operator=cst.Not()) if _is_test(place):
            return ""
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name
    return None


def _is_test(place: Place) -> bool:
    """Tell whether a call is all that an `if` asks: `if not db.connect():`."""
    above = _around(place)
    while above is not None and isinstance(above.node, cst.UnaryOperation):
        above = above.above if isinstance(above.node.operator, cst.Not) else None
    return above is not None and isinstance(above.node, cst.If)


def _around(place: Place) -> Place | None:
    above = place.above
    while above is not None and isinstance(above.node, cst.Await):
        above = above.above
    return above


def hands_out(member: Member | None, attribute: str) -> bool:
    """Tell whether a method returns what an attribute of its object holds, and nothing else."""
    given = member.names.results(member.name) if member is not None else None
    return bool(given) and all(
        isinstance(value, ast.Attribute)
        and isinstance(value.value, ast.Name)
        and (value.value.id, value.attr) == ("self", attribute)
        for value in given or ()
    )


def answers(member: Member | None) -> bool:
    """Tell whether a method returns nothing but whether something is so."""
    given = member.names.results(member.name) if member is not None else None
    return bool(given) and all(
        isinstance(value, ast.Compare)
        or (isinstance(value, ast.Constant) and isinstance(value.value, bool))
        for value in given or ()
    )


def _told(found: Taken, one: Owner, through: str) -> tuple[Taken, bool]:
    late = ends_late(one.of, one.api.released_by)
    return replace(found, through=through, within=one.attribute, late=late), bool(one.closed_by)


def alone(place: Place, local: str) -> bool:
    """Tell whether the function around uses a name only for its attributes, and to enter it."""
    *_, top = place.ancestors()
    for inner in places(top.node):
        if not isinstance(inner.node, cst.Name) or inner.node.value != local:
            continue
        up = inner.above.node if inner.above else None
        if not isinstance(up, cst.Attribute | cst.AssignTarget | cst.WithItem):
            return False
    return True


def by_way_of(place: Place, node: cst.Attribute, taken: Taken) -> Outcome | None:
    """Judge `db.conn`, where `db` is such an object; None for any other attribute of it.

    A property that hands the connection out counts as the attribute itself.
    """
    up = place.above.node if place.above else None
    called = isinstance(up, cst.Call) and up.func is node
    name = node.attr.value
    if not taken.within or called or name not in (taken.within, *taken.api.released_by):
        return None
    if isinstance(up, cst.Attribute):
        return Outcome.RELEASED if ENDING.search(up.attr.value) else Outcome.HELD
    return Outcome.HELD if isinstance(up, cst.Comparison | cst.WithItem) else Outcome.TRANSFERRED
