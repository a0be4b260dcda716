"""Connections that FastAPI hands to a function: `conn = Depends(get_conn)`, out of a pool.

A generator takes one, hands it out and gives it back when the function has ended. Unlike a
session, which takes its connection with the first statement, it is out of the pool all the while.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.model.finding import Step
from poollint.reading.connections.acquiring.blocks import taken_for
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.waits.holding import Held
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.instances import Member
from poollint.reading.naming.names import Names
from poollint.reading.naming.providing import Dependency, dependencies, yielded
from poollint.reading.naming.shapes import Name
from poollint.syntax.python import PythonTree

# What pools call the method whose block has a connection; whose pool it is need not be told.
_METHODS = frozenset({"acquire", "connection", "getconn", "get_connection"})
_OUT = frozenset({Taking.CONNECT, Taking.ACQUIRE})
_NOWHERE = cst.Call(cst.Name("Depends"))  # what hands it in stands in no body


def checked_out(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the connections that a framework takes for a function (qualified name)."""
    for by, api in _handed(function, names):
        fact = Acquisition(
            span=tree.span(by.said),
            taking=TAKING[api.kind],
            driver=api.driver,
            call="Depends",
            target=by.parameter,
            release="",
            guard="",
            note=api.note,
        )
        name = frozenset({by.parameter})
        taken = Taken(_NOWHERE, api, Form.BOUND, name, False, through="dependency")
        step = _step(by, tree)
        yield Held(taken, fact, injected=by.parameter, begun=step, streams=not by.early)


def _step(by: Dependency, tree: PythonTree) -> Step:
    name = by.provider.name.rpartition(".")[2] if by.provider else by.parameter
    return Step(tree.span(by.said), f"`{name}` has taken it before")


def has_checked_out(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a framework hands a function a connection: asked of each, so it is quick."""
    return isinstance(node, FunctionDef) and any(True for _ in _handed(function, names))


def _handed(function: str, names: Names) -> Iterator[tuple[Dependency, Api]]:
    for one in dependencies(Member(names, function)):
        again = [b for b in names.scope(function).bound.get(one.parameter, ()) if b.how != ":"]
        if one.provider is None or again:
            continue
        api = _taking(one.provider, names.type(Name(one.parameter), function))
        if api is not None:
            yield one, api


def _taking(provider: Member, kind: str) -> Api | None:
    """Return what takes the connection that a generator hands out, None where that is not sure.

    `kind` is the type that the parameter has.
    """
    if len(yielded(provider)) != 1:
        return None
    found = taken_for(provider)
    if found is not None:
        return found.api if TAKING[found.api.kind] in _OUT else None
    return _by_type(kind, provider.names) if _enters(provider) else None


def _enters(provider: Member) -> bool:
    """Tell whether a generator yields what the block of a pool's method has.

    `async with request.app.state.pool.acquire() as conn: yield conn`.
    """
    given = yielded(provider)[0]
    for node in own_nodes(provider.names.functions[provider.name]):
        if not isinstance(node, ast.With | ast.AsyncWith):
            continue
        for item in node.items:
            match item:
                case ast.withitem(ast.Call(func=ast.Attribute(attr=method)), ast.Name(id=name)):
                    if method in _METHODS and isinstance(given, ast.Name) and given.id == name:
                        return True
    return False


def _by_type(kind: str, names: Names) -> Api | None:
    """Return how a connection of that type is taken out of a pool."""
    known = [*names.catalog.methods.values(), *names.catalog.functions.values()]
    given = (a for a in known if kind and kind in (a.returns, a.yields) and a.kind in TAKING)
    found = sorted((a for a in given if TAKING[a.kind] in _OUT), key=lambda a: a.kind)
    return replace(found[0], kind="acquire") if found else None
