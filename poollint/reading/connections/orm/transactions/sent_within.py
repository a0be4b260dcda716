"""What a function waits for after a statement of its own, in the transaction of its caller.

`with atomic(): subscribe(user)`: where `subscribe` reads a row and then asks another service, the
block's transaction has begun by then, though nothing in the block itself has sent a statement.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace

from poollint.reading.connections.orm.transactions.sending import asks
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.held.in_order import before, surely
from poollint.reading.connections.waits.reach.unnamed import unnamed
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

_LEVELS = 4  # functions that call functions
_BEGINS = "its first statement begins the transaction"

Blocks = Callable[[Member], Iterator[ast.AST]]
"""The transactions that a function is, or holds: it answers for what waits in these itself."""


def waited_within(call: ast.Call, here: Member, waits: Waits, blocks: Blocks) -> Waiting | None:
    """Return what a call waits for after the first statement that it sends, None for nothing."""
    found = (_waited(one, waits, blocks, _LEVELS) for one in _run_by(call, here))
    return next((waiting for waiting in found if waiting is not None), None)


def _run_by(call: ast.Call, here: Member) -> Iterator[Member]:
    """Yield the functions of the project that a call runs."""
    names, scope = here
    callee = of_ast(call.func)
    named = function(callee, scope, names)
    if named is not None:
        yield named
    else:
        yield from (one.member for one in unnamed(callee, set(), scope, names))


def _waited(member: Member, waits: Waits, blocks: Blocks, levels: int) -> Waiting | None:
    own = list(blocks(member))
    for node, waiting in waits.within(member):
        if any(_holds(block, node) for block in own):
            continue
        sent = _sent_before(member, node)
        if sent is not None:
            steps = waits.step(member, sent, _BEGINS)
            return replace(waiting, steps=(*steps, *waiting.steps), called=True)
        for further in _run_by(node, member) if waiting.called and levels else ():
            found = _waited(further, waits, blocks, levels - 1)
            if found is not None:
                way = waits.step(member, node, f"calls `{ast.unparse(node.func)}`")
                return replace(found, steps=(*way, *found.steps))
    return None


def _sent_before(member: Member, node: ast.AST) -> ast.Call | None:
    """Return the statement that a function has certainly sent before it comes to `node`."""
    for statement in before(member.names.functions[member.name].body, node):
        found = _sent_in(statement, member, _LEVELS)
        if found is not None:
            return found
    return None


def _sent_in(statement: ast.stmt, here: Member, levels: int) -> ast.Call | None:
    """Return what is sent whenever a statement runs: by a call, or by what that calls."""
    for call in walk(statement):
        if not isinstance(call, ast.Call) or not surely(statement, call):
            continue
        further = function(of_ast(call.func), here.name, here.names) if levels else None
        if asks(call, here, 0) or (further is not None and _sends(further, levels - 1)):
            return call
    return None


def _sends(member: Member, levels: int) -> bool:
    """Tell whether a function sends a statement whenever it is called, before it may return."""
    memory: dict[str, bool] = member.names.memory.setdefault("surely sends", {})
    if member.name not in memory:
        memory[member.name] = False  # one that calls itself
        memory[member.name] = _sends_first(member, levels)
    return memory[member.name]


def _sends_first(member: Member, levels: int) -> bool:
    for statement in member.names.functions[member.name].body:
        if _sent_in(statement, member, levels) is not None:
            return True
        if any(isinstance(n, ast.Return | ast.Yield) for n in walk(statement)):
            return False
    return False


def _holds(block: ast.AST, node: ast.AST) -> bool:
    return any(inner is node for inner in walk(block))
