"""Transactions that a loop leaves open while it waits, on a connection that outlives the loop.

`while True: self.cur.execute("SELECT …"); time.sleep(5)`: the connection is an attribute of an
object, or a name of a module, and was opened elsewhere. Statements are looked for in the functions
that the loop calls, too. The loop is silent where anything that it runs commits, rolls back or
enters a block of the connection, and where whatever opens the connection may set autocommit.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from poollint.facts.connections import Acquisition, Hold, Taking
from poollint.model.finding import Step
from poollint.reading.connections.shared.acting import Act, Acting
from poollint.reading.connections.waits.opened import Opened, around, opened
from poollint.reading.connections.waits.waiting import Waits
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.instances import Member, function
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import of_ast

_DRIVERS = ("psycopg", "pg8000")  # a statement begins a transaction
_LEVELS = 3  # functions that call functions
_STATEMENTS = frozenset("execute executemany copy_expert copy_from copy_to copy stream".split())
_ENDING = re.compile(r"commit|rollback|transaction|autocommit|isolation_level|set_session", re.I)


class _Open(NamedTuple):
    """A statement of a loop, and the connection on which it begins a transaction."""

    act: Act
    on: Opened


def left_open(member: Member, waits: Waits, quiet: bool) -> Iterator[Hold]:
    """Yield what the `while` loops of a function wait for with such a transaction open.

    Of a member without a name those of a script, outside of its functions.
    """
    names, name = member
    node = names.functions.get(name, names.module)
    loops = [n for n in own_nodes(node) if isinstance(n, ast.While)]
    if not loops or not _may_connect(names):
        return
    acts = list(_acts(member, _LEVELS))
    for loop in loops:
        found = _open_in(loop, acts) if not _ENDING.search(ast.unparse(loop)) else None
        if found is not None:
            yield from _waits(loop, found, member, waits, quiet)


def _may_connect(names: Names) -> bool:
    """Tell whether a file, or one that it imports, may use such a driver: a quick look."""
    told = (value.startswith(_DRIVERS) for value in names.imports.values())
    return any(told) or any(names.outside.reaches(word) for word in _DRIVERS)


def _acts(member: Member, levels: int) -> Iterator[Act]:
    """Yield what a function does with connections, and what functions do that it calls.

    These are given none, and so do it with one that outlives them.
    """
    yield from Acting(member).body(member, {})
    names, name = member
    own = own_nodes(names.functions.get(name, names.module))
    calls = [n for n in own if isinstance(n, ast.Call)]
    for call in calls if levels else ():
        one = function(of_ast(call.func), name, names)
        if one is not None and not one.bound and one != member:
            inner = (act for act in _acts(one, levels - 1) if act.held.made is not None)
            yield from (replace(act, outer=call) for act in inner)


def _waits(
    loop: ast.While, found: _Open, member: Member, waits: Waits, quiet: bool
) -> Iterator[Hold]:
    inside = {id(inner) for inner in ast.walk(loop)}
    held = [(call, wait) for call, wait in waits.within(member) if id(call) in inside]
    if not held:
        return
    call, waiting = held[0]
    act, on = found
    (at,) = waits.step(member, call, waiting.wait.value)
    steps = (
        *waits.step(Member(on.names, ""), on.call, "opened here, and kept"),
        *waits.step(Member(act.names, ""), act.node, "begins a transaction, unless one is open"),
        at,
        *(step for step in waiting.steps if step.span != at.span),
    )
    yield Hold(
        held=_acquisition(on, steps[0]),
        wait=waiting.wait,
        call=ast.unparse(call.func),
        span=at.span,
        steps=steps,
        transaction=True,
        repeated=True,
        quiet=quiet,
    )


def _acquisition(on: Opened, made: Step) -> Acquisition:
    return Acquisition(
        span=made.span,
        taking=Taking.CONNECT,
        driver=on.api.driver,
        call=ast.unparse(on.call.func),
        target=on.target,
        release=on.api.release.format(conn=on.target, pool="", call=""),
        guard="",
        note="",
    )


def _open_in(loop: ast.While, acts: list[Act]) -> _Open | None:
    """Return what begins a transaction in a loop, None where nothing does, or something ends it."""
    inside = {id(inner) for inner in ast.walk(loop)}
    here = [act for act in acts if id(act.outer) in inside]
    if not here or any(act.ends or _ENDING.search(ast.unparse(_around(act))) for act in here):
        return None
    for act in here:
        on = opened(act) if _sends(act) else None
        if on is not None and not _lent(loop, on):
            return _Open(act, on)
    return None


def _sends(act: Act) -> bool:
    """Tell whether an act sends a statement, or makes the cursor for one."""
    match act.node:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _STATEMENTS:
            return True
        case ast.Call(func=ast.Attribute(attr="cursor")):
            return any(_executes(inner) for inner in ast.walk(_around(act)))
    return False


def _executes(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in _STATEMENTS


def _around(act: Act) -> ast.AST:
    """Return the function that the loop calls and in which an act stands, or the act itself."""
    scope = around(act.node, act.names) if act.node is not act.outer else ""
    return act.names.functions[scope] if scope else act.node


def _lent(loop: ast.While, on: Opened) -> bool:
    """Tell whether the loop hands the connection, or its object, to who knows whom."""
    given = {on.target, on.target.partition(".")[0]} | ({"self"} if "self." in on.target else set())
    for inner in ast.walk(loop):
        if not isinstance(inner, ast.Call):
            continue
        told = [*inner.args, *(k.value for k in inner.keywords)]
        if any(ast.unparse(value) in given for value in told):
            return True
    return False
