"""Connections that FastAPI, aiogram or a decorator hands to a function: `conn = Depends(get_conn)`.

A generator, a middleware, or the decorator's wrapper, takes one, hands it out and gives it back
when the function has ended. Unlike a session, which takes its connection with the first statement,
it is out of the pool all the while.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition
from poollint.model.finding import Step
from poollint.reading.connections.acquiring.blocks import taken_as
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.provided import OUT, behind, taking
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.naming.given.by_middleware import given_by_middleware
from poollint.reading.naming.given.decorating import Given, given
from poollint.reading.naming.given.providing import Dependency, dependencies
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, decorator_name
from poollint.syntax.python import PythonTree

_DEPENDENCY = "a dependency's connection"  # no name: the function does not know of it


def checked_out(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the connections that a framework or decorator takes for a function by its name."""
    for by, api, taker in _handed(function, names):
        fact = Acquisition(
            span=tree.span(by.said),
            taking=TAKING[api.kind],
            driver=api.driver,
            call="Depends" if by.provider else "parameter",
            target="" if by.parameter == _DEPENDENCY else by.parameter,
            release="",
            guard="",
            note=api.note,
        )
        name = frozenset({by.parameter})
        nowhere = cst.Call(cst.Name("Depends"))  # what hands it in stands in no body
        taken = Taken(nowhere, api, Form.BOUND, name, False, through="dependency")
        step = _step(by, taker, tree)
        yield Held(taken, fact, injected=by.parameter, begun=step, streams=not by.early)


def _step(by: Dependency, taker: Member | None, tree: PythonTree) -> Step:
    of = taker.name.removesuffix(".__call__") if taker else ""
    name = of.rpartition(".")[2] or decorator_name(by.said)
    label = f"`{name}` has taken it before"
    if by.parameter == _DEPENDENCY and by.provider:
        label += f", for `{by.provider.name.rpartition('.')[2]}`"
    return Step(tree.span(by.said), label)


def has_checked_out(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a function is handed a connection so: asked of each, so it is quick."""
    return isinstance(node, FunctionDef) and any(True for _ in _handed(function, names))


def _handed(function: str, names: Names) -> Iterator[tuple[Dependency, Api, Member | None]]:
    """Yield what hands in a connection, how it is taken and by which function of the project."""
    here = Member(names, function)
    known: set[Member] = set()  # FastAPI runs each once for a request
    for by in dependencies(here):
        kind = names.type(Name(by.parameter), function)
        api = taking(by.provider, kind) if by.provider else None
        if by.provider is not None and api is not None:
            known.add(by.provider)
            if not _bound_again(by.parameter, function, names):
                yield by, api, by.provider
    for one in given(here):
        api = _decorated(one)
        if api is not None and not _bound_again(one.parameter, function, names):
            yield Dependency(one.parameter, None, one.said), api, None
    for one in given_by_middleware(here):
        api = _decorated(one)
        if api is not None and not _bound_again(one.parameter, function, names):
            yield Dependency(one.parameter, None, one.said), api, one.wrapper
    for by in dependencies(here):
        for taker, api in behind(by.provider) if by.provider else ():
            if taker not in known:
                known.add(taker)
                yield Dependency(_DEPENDENCY, by.provider, by.said, by.early), api, taker


def _bound_again(parameter: str, function: str, names: Names) -> bool:
    return any(b.how != ":" for b in names.scope(function).bound.get(parameter, ()))


def _decorated(one: Given) -> Api | None:
    """Return what takes the connection that a decorator hands on, None where that is not sure."""
    found = taken_as(one.value.id, one.wrapper) if isinstance(one.value, ast.Name) else None
    return found.api if found is not None and TAKING[found.api.kind] in OUT else None
