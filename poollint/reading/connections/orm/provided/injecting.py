"""The sessions that a function is handed: `db: Session = Depends(get_db)`, `session: AsyncSession`.

The function does not take them and does not close them: whoever hands them in does. What it asks
of them it asks on one connection, until it commits. A framework may have asked already, for
another of the things that it hands to the function (`connections.orm.depending`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.model.finding import Step
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.objects.keeping import Keeper
from poollint.reading.connections.orm.objects.services import objects
from poollint.reading.connections.orm.provided.depending import Used, used_before
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.connections.waits.reach.captured import giver, silent
from poollint.reading.naming.given.decorating import given
from poollint.reading.naming.given.providing import dependencies, yielded
from poollint.reading.naming.objects.by_use import shown
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef, parameters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name
from poollint.syntax.python import PythonTree

_DEPENDENCY = "a dependency's session"  # no name: the function does not know of it


class _Parameter(NamedTuple):
    """A parameter that is a session.

    said      what tells so, among the function's parameters
    call      "Depends" where a framework fills it, out of `provider` as far as that is known
    streams   who hands it in takes it back only when the response has been streamed
    """

    name: str
    said: ast.expr
    api: Api
    call: str
    provider: Member | None = None
    streams: bool = False


def injected(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the sessions that are handed to `function` (qualified name), or open behind it."""
    node = names.functions.get(function)
    if node is None:
        return
    before = used_before(Member(names, function))
    kept = {name: one.made for name, one in objects(Member(names, function))}
    for one in _sessions(node, function, names):
        used = before.pop(one.provider, None) if one.provider else None
        yield _held(one, tree, used, kept)
    for one in _captured(function, names):
        yield _held(one, tree, None, {})
    for used in before.values():
        if used.sure:
            one = _Parameter(_DEPENDENCY, used.said, used.api, "Depends", streams=used.streams)
            yield replace(_held(one, tree, used, kept), provider=used.asked)


def injects(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a function is handed a session: asked of each, so it is quick."""
    if not isinstance(node, FunctionDef):
        return False
    if any(True for _ in _sessions(node, function, names)):
        return True
    if any(True for _ in _captured(function, names)):
        return True
    return any(used.sure for used in used_before(Member(names, function)).values())


def _sessions(node: FunctionDef, function: str, names: Names) -> Iterator[_Parameter]:
    filled = {d.parameter: d for d in dependencies(Member(names, function))}
    decorated = {one.parameter: one.said for one in given(Member(names, function))}
    for argument in parameters(node.args):
        by = filled.get(argument.arg)
        said = by.said if by else argument.annotation or decorated.get(argument.arg)
        said = said or shown(argument, function, names)
        if argument.arg in SELF or said is None:
            continue
        kind = names.type(Name(argument.arg), function)
        bound = [b for b in names.scope(function).bound.get(argument.arg, ()) if b.how != ":"]
        # `if db is None: db = SessionLocal()`: on the other way it is the one that was handed in
        again = [b for b in bound if names.of_bindings(("", f"={id(b.value)}"), (b,)) != kind]
        api = session_of(kind, names) if not again else None
        if api is not None:
            call = "Depends" if by else "parameter"
            provider = by.provider if by else None
            streams = by is not None and not by.early and bool(provider and yielded(provider))
            yield _Parameter(argument.arg, said, api, call, provider, streams)


def _captured(function: str, names: Names) -> Iterator[_Parameter]:
    """Yield the sessions of the function around one that is given away, which asks nothing."""
    outer = giver(function, names)
    if not outer:
        return
    for one in _sessions(names.functions[outer], outer, names):
        own = one.name in names.scope(function).bound
        if not own and silent(outer, one.name, names):
            yield one


def _held(one: _Parameter, tree: PythonTree, used: Used | None, kept: Mapping[str, Keeper]) -> Held:
    """Return the session of a parameter; objects that keep one are taken to keep this one."""
    fact = Acquisition(
        span=tree.span(one.said),
        taking=Taking.SESSION,
        driver=one.api.driver,
        call=one.call,
        target="" if one.name == _DEPENDENCY else one.name,
        release=one.api.release.format(conn=one.name, pool="", call=""),
        guard="",
        note=one.api.note,
    )
    step = _step(used, tree) if used is not None and used.sure else None
    nowhere = cst.Call(cst.Name(one.call))  # it stands nowhere in the body
    taken = Taken(nowhere, one.api, Form.BOUND, frozenset({one.name}), False)
    uses = partial(Session, kept=kept) if kept else None
    return Held(taken, fact, injected=one.name, begun=step, streams=one.streams, uses=uses)


def _step(used: Used, tree: PythonTree) -> Step:
    name = used.by.name.rpartition(".")[2]
    return Step(tree.span(used.said), f"`{name}` has asked something of the session before")


def session_of(kind: str, names: Names) -> Api | None:
    """Return what makes a session of that type, None where it is none."""
    found = names.catalog.functions.values()
    return next((a for a in found if a.kind == "session" and a.returns == kind and kind), None)
