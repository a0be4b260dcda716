"""Connections that a context manager of the project takes for the block it is entered for.

Within `with session_scope() as s:` the function holds what the manager took, and leaving the
block gives it back. The manager may be a generator, or an object of a class.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from poollint.facts.connections import Acquisition
from poollint.reading.connections.acquiring.blocks import Block, block, unless_given
from poollint.reading.connections.acquiring.entered_objects import Entered, entered_object
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.naming.given.providing import defaults
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Called, dotted, of_ast, of_cst
from poollint.reading.paths.walk import places
from poollint.syntax.python import Unit


def entered(unit: Unit, node: cst.FunctionDef, name: str, names: Names) -> Iterator[Held]:
    """Yield the connections that the `with` blocks of a function get from such managers."""
    for place in places(node, name.rpartition(".")[0]):
        item = place.node
        if not isinstance(item, cst.WithItem) or place.scope != name:
            continue
        entry = item.item if isinstance(item.item, cst.Name) else None
        value = item.item if entry is None else _made(entry, node, name, names)
        call = value.expression if isinstance(value, cst.Await) else value
        if value is None or not isinstance(call, cst.Call):
            continue
        target = item.asname.name if item.asname else None
        bound = target.value if isinstance(target, cst.Name) else ""
        above = place.above.node if place.above else None
        asynchronous = isinstance(above, cst.With) and above.asynchronous is not None
        shape = of_cst(value)
        found = block(shape, name, names)
        if entry is not None:
            if found is not None:
                one = _held(unit, item, call, found, bound, frozenset({bound} - {""}))
                yield replace(one, taken=replace(one.taken, entry=entry))
            continue
        found = found or _unless_given(call, name, names)
        of = entered_object(shape, asynchronous, name, names) if found is None else None
        if found is not None:
            yield _held(unit, item, call, found, bound, frozenset({bound} - {""}))
        elif of is not None and not _ends(node, bound, of):
            # the name is the object's: where that is lent to, the connection stays its own
            yield _held(unit, item, call, of.block, bound, frozenset())


def _made(
    entry: cst.Name, node: cst.FunctionDef, name: str, names: Names
) -> cst.BaseExpression | None:
    """Return what makes the manager that a block enters by its name, where only one may."""
    if by_name(ast.Name(entry.value), name, names) is None:
        return None
    for place in places(node):
        match place.node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=text))], value=value):
                if text == entry.value:
                    return value
    return None


def _unless_given(call: cst.Call, name: str, names: Names) -> Block | None:
    """Return what a manager takes unless it is given one, where the call may give it none."""
    member = function(of_cst(call.func), name, names)
    found = unless_given(member) if member is not None else None
    if member is None or found is None:
        return None
    if any(argument.star for argument in call.args):
        return None
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
    told = {a.keyword.value: a.value for a in call.args if a.keyword is not None}
    given = [a.value for a in call.args if a.keyword is None]
    told |= dict(zip(plain, given, strict=False))
    value = told.get(found[0])
    return found[1] if value is None or _may_be_none(value, name, names) else None


def _may_be_none(value: cst.BaseExpression, function: str, names: Names) -> bool:
    """Tell whether a value is `None`, or a parameter that is unless it is given."""
    if not isinstance(value, cst.Name) or value.value == "None":
        return isinstance(value, cst.Name)
    node = names.functions.get(function)
    if node is None or [b.how for b in names.bound(of_cst(value), function)] != [":"]:
        return False
    return any(a.arg == value.value and is_none(default) for a, default in defaults(node))


def _held(
    unit: Unit, item: cst.WithItem, call: cst.Call, found: Block, bound: str, held: frozenset[str]
) -> Held:
    awaited = isinstance(item.item, cst.Await)
    taken = Taken(call, found.api, Form.GUARDED, held, awaited, through="manager")
    fact = Acquisition(
        span=unit.span(call),
        taking=TAKING[found.api.kind],
        driver=found.api.driver,
        call=dotted(of_cst(call.func)),
        target=bound,
        release=found.api.release.format(conn=bound, pool="", call=""),
        guard="",
        note=found.api.note,
    )
    return Held(taken, fact)


def _ends(node: cst.FunctionDef, bound: str, of: Entered) -> bool:
    """Tell whether a function may have an object give back its connection within the block."""
    ending = {*of.enders, *of.block.api.released_by}
    for place in places(node):
        match place.node:
            case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method)):
                if name == bound and method in ending:
                    return True
    return False


def enters(node: ast.AST, name: str, names: Names) -> bool:
    """Tell whether a function enters such a manager: asked of each, so it is quick."""
    if not isinstance(node, FunctionDef):
        return False
    return any(
        _takes(item.context_expr, inner, name, names)
        for inner in own_nodes(node)
        if isinstance(inner, ast.With | ast.AsyncWith)
        for item in inner.items
    )


def by_name(entry: ast.Name, name: str, names: Names) -> ast.expr | None:
    """Return what makes the manager that a block enters by its name, where only one may."""
    bound = list(names.scope(name).bound.get(entry.id, ()))
    return bound[0].value if [b.how for b in bound] == ["="] else None


def _takes(value: ast.expr, entry: ast.With | ast.AsyncWith, name: str, names: Names) -> bool:
    """Tell whether entering a value, by a `with` of a function, takes a connection."""
    if isinstance(value, ast.Name):
        made = by_name(value, name, names)
        return made is not None and block(of_ast(made), name, names) is not None
    if not isinstance(value, ast.Call | ast.Await):
        return False
    shape = of_ast(value)
    if block(shape, name, names) is not None:
        return True
    member = function(shape.callee, name, names) if isinstance(shape, Called) else None
    if member is not None and unless_given(member) is not None:
        return True
    return entered_object(shape, isinstance(entry, ast.AsyncWith), name, names) is not None
