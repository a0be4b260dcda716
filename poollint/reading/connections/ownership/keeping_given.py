"""Objects of the project's own classes that are given a connection, and only work on it.

`Orders(connect())`, or `Orders(conn)`: the object keeps what it is given in an attribute. Whoever
made it has to end the connection as if the object were the connection itself: by a method that the
class has for it, or by way of the attribute. Where the class has no such method, nothing but the
maker does. Only what is certain counts: all of a class is in sight, its objects hand themselves and
the connection to nobody, and its constructor does nothing else with what it is given.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.handing import TAKING, handed
from poollint.reading.connections.acquiring.taking import Form, classify
from poollint.reading.connections.ownership.ending import (
    Ends,
    closed_by,
    member_of,
    methods_of,
    release,
)
from poollint.reading.connections.ownership.owning import Owner, in_sight, told
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.bodies import mentions, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_cst
from poollint.reading.paths.walk import Place

# What ends the transaction of a session, and so gives its connection back for the time being.
_ENDS_TRANSACTION = frozenset("commit rollback begin begin_nested flush invalidate reset".split())


class _Kept(NamedTuple):
    """The class, the attribute in which its objects keep what they are given, and its keeper."""

    of: Instance
    attribute: str
    made: Member


def given_to_keep(call: cst.Call, scope: str, names: Names) -> Owner | None:
    """Return what `Orders(connect())` keeps; None where a call makes no such object."""
    for argument in call.args:
        value = argument.value
        taking = value.expression if isinstance(value, cst.Await) else value
        if not isinstance(taking, cst.Call):
            continue
        api = _taking(of_cst(taking.func), scope, names)
        if api is None or (isinstance(value, cst.Await) != ("await" in api.call)):
            continue
        kept = _kept(call, argument, scope, names)
        if kept is None:
            return None
        of, attribute, made = kept
        ends = _ends(kept, api)
        closing = closed_by(of, ends)
        as_one = told(of, api, ends, closing, release(attribute, closing, api))
        return Owner(of, attribute, as_one, api, made, closing)
    return None


def leads_on(
    place: Place, argument: cst.Arg, api: Api, scope: str, names: Names
) -> frozenset[str] | None:
    """Return the names of an object that a call makes, and that only works on a connection.

    `orders = Orders(conn)` leads to the connection as `conn` does; `Orders(conn).count()` leaves
    no name. None where the object may end it, or the function reaches for it through the object.
    """
    node = names.functions.get(scope)
    if node is None or not isinstance(place.node, cst.Call):
        return None
    made = classify(place, api)
    if made.awaited or made.form not in (Form.BOUND, Form.CHAINED):
        return None
    kept = _kept(place.node, argument, scope, names)
    if kept is None:
        return None
    ends = _ends(kept, api) | {kept.attribute}
    if made.form is Form.CHAINED:
        return None if made.method in ends else frozenset()
    uses = [above for name in made.names for above in mentions(node, name)]
    asked = {above[0].attr for above in uses if above and isinstance(above[0], ast.Attribute)}
    whole = len(ends) == 1 or all(above and isinstance(above[0], ast.Attribute) for above in uses)
    return made.names if whole and not asked & ends else None


def _taking(callee: Shape, scope: str, names: Names) -> Api | None:
    api = names.api(callee, scope)
    if api is not None:
        return api if api.kind in TAKING else None
    given = handed(callee, scope, names)
    return given.api if given is not None and given.at < 0 else None


def _kept(call: cst.Call, argument: cst.Arg, scope: str, names: Names) -> _Kept | None:
    of = project_class(of_cst(call.func), scope, names)
    if of is None or argument.star or not in_sight(of):
        return None
    made = method(of, "__init__")
    if made is None:
        return None
    own = parameters(made.names.functions[made.name].args)[1:]
    keyword = argument.keyword.value if argument.keyword is not None else ""
    at = call.args.index(argument)
    called = keyword or (own[at].arg if at < len(own) else "")
    attribute = _attribute(made, called)
    if not attribute or not _only_there(of, attribute):
        return None
    return _Kept(of, attribute, made)


def _attribute(made: Member, given: str) -> str:
    """Return the one attribute that a constructor gives a parameter, where it does only that."""
    node = made.names.functions[made.name]
    kept: list[str] = []
    for above in mentions(node, given, within=True) if given else ():
        match above:
            case [
                ast.Assign(
                    targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)],
                    value=ast.Name(),
                )
                | ast.AnnAssign(
                    target=ast.Attribute(value=ast.Name(id="self"), attr=attr), value=ast.Name()
                ),
                *_,
            ]:
                kept.append(attr)
            case _:
                return ""
    return kept[0] if len(kept) == 1 else ""


def _only_there(of: Instance, attribute: str) -> bool:
    """Tell whether nothing else gives the attribute a value."""
    bound = [b for at in lineage(of) for b in at.names.attributes(at.cls, attribute)]
    return len([b for b in bound if b.how != ":"]) == 1


def _ends(kept: _Kept, api: Api) -> frozenset[str]:
    """Return the methods that may end what is kept, or hand it on, by their names."""
    ends = Ends(kept.of, kept.attribute, api).names()
    if api.kind != "session":
        return ends
    return ends | {
        name
        for at in lineage(kept.of)
        for name in methods_of(at)
        if any(
            isinstance(node, ast.Attribute) and node.attr in _ENDS_TRANSACTION
            for node in own_nodes(member_of(at, name).names.functions[member_of(at, name).name])
        )
    }
