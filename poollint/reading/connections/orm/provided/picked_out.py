"""Sessions that a function picks out of what it is handed: `session: Session = data["session"]`.

A framework hands over a mapping, keywords or a context, of which one value is a session that
whoever put it there takes back. The function says so by an annotation, or by what it asks of it:
`session = data["session"]`, `await session.scalar(select(Order))`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.provided.injecting import session_of
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.naming.objects.by_use import used_session
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name
from poollint.reading.paths.walk import places
from poollint.syntax.python import Unit

_GETTING = frozenset({"get", "pop"})


def picked_out(unit: Unit, node: cst.FunctionDef, name: str, names: Names) -> Iterator[Held]:
    """Yield the sessions that a function picks out of what it is handed."""
    told = dict(_told(names.functions.get(name), name, names))
    if not told:
        return
    for place in places(node, name.rpartition(".")[0]):
        match place.node:
            case cst.AnnAssign(target=cst.Name(value=target)) as picked if place.scope == name:
                if target in told and picked.value is not None:
                    said = picked.annotation.annotation
                    yield _held(unit, picked, said, target, told[target])
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))]) as plain:
                if target in told and place.scope == name:
                    yield _held(unit, plain, plain.value, target, told[target])


def picks_out(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a function picks one out: asked of each, so it is quick."""
    return any(True for _ in _told(node, function, names))


def _told(node: ast.AST | None, function: str, names: Names) -> Iterator[tuple[str, Api]]:
    """Yield the names of the sessions, and what makes one of that type."""
    if not isinstance(node, FunctionDef):
        return
    given = {a.arg for a in parameters(node.args)} - SELF
    for inner in own_nodes(node):
        match inner:
            case (
                ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.Assign(targets=[ast.Name(id=name)], value=value)
            ):
                bound = names.scope(function).bound.get(name, ())
                if not _is_of(value, given) or sum(b.how != ":" for b in bound) != 1:
                    continue
                kind = names.type(Name(name), function)
                if isinstance(inner, ast.Assign):
                    kind = "" if kind else used_session(names, function, name)
                api = session_of(kind, names)
                if api is not None:
                    yield name, api


def _is_of(value: ast.expr, given: set[str]) -> bool:
    """Tell whether a value is picked out of a parameter by a key or an attribute."""
    match value:
        case ast.Subscript(value=of) | ast.Attribute(value=of):
            return _is_of(of, given) or (isinstance(of, ast.Name) and of.id in given)
        case ast.Call(func=ast.Attribute(value=of, attr=attr), args=[ast.Constant(), *_]):
            named = isinstance(of, ast.Name) and of.id in given
            return attr in _GETTING and (named or _is_of(of, given))
    return False


def _held(
    unit: Unit, picked: cst.AnnAssign | cst.Assign, said: cst.BaseExpression, target: str, api: Api
) -> Held:
    fact = Acquisition(
        span=unit.span(said),
        taking=Taking.SESSION,
        driver=api.driver,
        call="parameter",
        target=target,
        release=api.release.format(conn=target, pool="", call=""),
        guard="",
        note=api.note,
    )
    nowhere = cst.Call(cst.Name("parameter"))  # what puts it there stands elsewhere
    taken = Taken(nowhere, api, Form.BOUND, frozenset({target}), False)
    return Held(taken, fact, injected=target, picked=picked)
