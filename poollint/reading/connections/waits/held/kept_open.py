"""Transactions that a loop leaves open while it waits, on a connection that outlives the loop.

`while True: self.cur.execute("SELECT …"); time.sleep(5)`, `for message in self.consumer:`: the
connection is an attribute of an object, or a name of a module, and was opened elsewhere. A broker
that calls back (`start_consuming()`) is such a loop. Statements are looked for in the functions
that the loop calls, too. Where something in the loop commits, rolls back or enters a block of the
connection, a statement counts that has certainly run since. Nothing does where whatever opens the
connection may set autocommit.
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
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.held.autocommit import sets_autocommit
from poollint.reading.connections.waits.held.in_order import before, surely
from poollint.reading.connections.waits.held.made_within import (
    Entry,
    blocks_of,
    entered_as,
    has_gone,
    receiver,
)
from poollint.reading.connections.waits.held.meanwhile import gone_through
from poollint.reading.connections.waits.held.opened import Opened, around, opened
from poollint.reading.naming.objects.instances import Member, function, instance, lineage
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

_DRIVERS = ("psycopg", "pg8000")  # a statement begins a transaction
_CONSUMES = "start_consuming"
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
    streams = [n for n in own_nodes(node) if isinstance(n, ast.For | ast.AsyncFor)]
    calling = [n for n in own_nodes(node) if _calls_back(n)]
    blocks = blocks_of(node)
    if not (loops or streams or calling or blocks) or not _may_connect(names):
        return
    if sets_autocommit(node):
        return
    acts = [act for act in _acts(member, _LEVELS) if not _of_autocommitting(act, member)]
    for stream in streams:
        yield from _at_messages(stream, acts, member, waits, quiet)
    yield from _until_called(node, calling, acts, member, waits, quiet)
    for loop in loops:
        inside = {id(inner) for inner in walk(loop)}
        if not any(id(act.outer) in inside and _sends(act) for act in acts):
            continue
        held = ((call, w) for call, w in waits.within(member) if id(call) in inside)
        told = ((call, w, _open_at(loop, call, w, acts)) for call, w in held)
        sure = next(((call, w, found) for call, w, found in told if found is not None), None)
        if sure is not None:
            yield _hold(*sure, member, waits, quiet)
    looped = {id(inner) for loop in loops for inner in walk(loop)}
    for block in blocks:
        yield from _within(block, looped, acts, member, waits, quiet)


def _within(
    block: Entry, looped: set[int], acts: list[Act], member: Member, waits: Waits, quiet: bool
) -> Iterator[Hold]:
    """Yield what a block that is entered for an object of the project waits for, in no loop."""
    inside = {id(inner) for inner in walk(block)} - looped
    own = [a for a in acts if a.node is not a.outer and receiver(a.outer) in entered_as(block)]
    for call, waiting in waits.within(member) if own and inside else ():
        if id(call) not in inside or len(waiting.steps) > 1 or receiver(call) in entered_as(block):
            continue
        turn = before(block.body, call)
        last = max((at for at, one in enumerate(turn) if _ends(one, acts)), default=-1)
        left = [a for a in own if not has_gone(a.outer, call, block)]
        found = _open_in(turn[last + 1 :], left, sure=True)
        if found is not None:
            yield _hold(call, waiting, found, member, waits, quiet, repeated=False)
            return


def _at_messages(
    loop: ast.For | ast.AsyncFor, acts: list[Act], member: Member, waits: Waits, quiet: bool
) -> Iterator[Hold]:
    """Yield what a loop over messages leaves open as it waits for the next one."""
    names, name = member
    waiting = gone_through(of_ast(loop.iter), isinstance(loop, ast.AsyncFor), name, names)
    if waiting is None:
        return
    last = max((at for at, one in enumerate(loop.body) if _ends(one, acts)), default=-1)
    found = _open_in(loop.body[last + 1 :], acts, sure=last >= 0)
    if found is not None:
        yield _hold(loop.iter, waiting, found, member, waits, quiet)


def _calls_back(node: ast.AST) -> bool:
    """Tell whether a broker calls functions back from here on, for as long as there is one."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) if name == _CONSUMES:
            return True
    return False


def _until_called(
    node: ast.AST, calling: list[ast.AST], acts: list[Act], member: Member, waits: Waits,
    quiet: bool,
) -> Iterator[Hold]:  # fmt: skip
    """Yield what a function leaves open when it lets a broker call back, which ends nothing."""
    names, name = member
    owner = names.scope(name).owner if name else None
    whole = names.classes[owner.name] if owner is not None else names.module
    if not calling or _ENDING.search(ast.unparse(whole)):
        return
    for call, waiting in waits.within(member):
        body = node.body if isinstance(node, FunctionDef | ast.Module) else []
        found = _open_in(before(body, call), acts, sure=True) if call in calling else None
        if found is not None:
            yield _hold(call, waiting, found, member, waits, quiet)


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


def _of_autocommitting(act: Act, member: Member) -> bool:
    """Tell whether a method is called on an object whose class sets autocommit, as one below may.

    What the class does that has the method is seen where the connection is opened.
    """
    match act.outer:
        case ast.Call(func=ast.Attribute(value=value)) if act.node is not act.outer:
            of = instance(of_ast(value), member.name, member.names)
            classes = lineage(of) if of is not None else ()
            return any(sets_autocommit(there.classes[cls]) for there, cls in classes)
    return False


def _hold(
    call: ast.expr, waiting: Waiting, found: _Open, member: Member, waits: Waits, quiet: bool,
    repeated: bool = True,
) -> Hold:  # fmt: skip
    act, on = found
    (at,) = waits.step(member, call, waiting.wait.value)
    steps = (
        *waits.step(Member(on.names, ""), on.call, "opened here, and kept"),
        *waits.step(Member(act.names, ""), act.node, "begins a transaction, unless one is open"),
        at,
        *(step for step in waiting.steps if step.span != at.span),
    )
    return Hold(
        held=_acquisition(on, steps[0]),
        wait=waiting.wait,
        call=ast.unparse(call.func if isinstance(call, ast.Call) else call),
        span=at.span,
        steps=steps,
        transaction=True,
        repeated=repeated,
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


def _open_at(loop: ast.While, call: ast.Call, waiting: Waiting, acts: list[Act]) -> _Open | None:
    """Return what has begun the transaction that is open where a loop waits; None for none.

    Where nothing in the loop ends one, any statement counts, for the loop comes round again; else
    one that has certainly run in this turn, after all that may have ended one.
    """
    acts = [a for a in acts if a.node is a.outer or not has_gone(a.outer, call, loop)]
    if not _ends(loop, acts):
        return _open_in([loop], acts)
    if len(waiting.steps) > 1:
        return None  # what is called may end it before it waits
    turn = before(loop.body, call)
    last = max((at for at, one in enumerate(turn) if _ends(one, acts)), default=-1)
    return _open_in(turn[last + 1 :], acts, sure=True)


def _ends(statement: ast.stmt, acts: list[Act]) -> bool:
    """Tell whether a statement, or what it calls, may end a transaction."""
    inside = {id(inner) for inner in walk(statement)}
    here = (act for act in acts if id(act.outer) in inside)
    return bool(_ENDING.search(ast.unparse(statement))) or any(
        act.ends or _ENDING.search(ast.unparse(_around(act))) for act in here
    )


def _open_in(statements: list[ast.stmt], acts: list[Act], sure: bool = False) -> _Open | None:
    """Return what begins a transaction in one of these, and is handed to nobody in any."""
    for statement in statements:
        inside = {id(inner) for inner in walk(statement)}
        for act in acts:
            sends = id(act.outer) in inside and _sends(act)
            if not sends or (sure and not surely(statement, act.outer)):
                continue
            on = opened(act)
            if on is not None and not any(_lent(one, on) for one in statements):
                return _Open(act, on)
    return None


def _sends(act: Act) -> bool:
    """Tell whether an act sends a statement, or makes the cursor for one."""
    match act.node:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _STATEMENTS:
            return True
        case ast.Call(func=ast.Attribute(attr="cursor")):
            return any(_executes(inner) for inner in walk(_around(act)))
    return False


def _executes(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in _STATEMENTS


def _around(act: Act) -> ast.AST:
    """Return the function that the loop calls and in which an act stands, or the act itself."""
    scope = around(act.node, act.names) if act.node is not act.outer else ""
    return act.names.functions[scope] if scope else act.node


def _lent(statement: ast.stmt, on: Opened) -> bool:
    """Tell whether a statement hands the connection, or its object, to who knows whom."""
    given = {on.target, on.target.partition(".")[0]} | ({"self"} if "self." in on.target else set())
    for inner in walk(statement):
        if not isinstance(inner, ast.Call):
            continue
        told = [*inner.args, *(k.value for k in inner.keywords)]
        if any(ast.unparse(value) in given for value in told):
            return True
    return False
