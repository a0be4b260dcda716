"""Tasks that may be working on the connection themselves while another waits for them.

`load(conn)` that hands `conn` to a thread and waits for its result does not leave it idle, nor does
whoever waits for a thread that runs a function of its own which uses `conn`.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

import libcst as cst

from poollint.facts.connections import Wait
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.naming.objects.instances import Member
from poollint.reading.paths.walk import places
from poollint.syntax.nodes import walk


def may_work_on(waiting: Waiting, call: cst.Call, held: Collection[str], by: Member) -> bool:
    """Tell whether `call`, made `by` a function, waits for a task that may use what is `held`."""
    if waiting.wait is not Wait.TASK:
        return False
    if not waiting.called:
        return any(_uses(name, held, by) for name in _handed_on(by))
    return any(
        isinstance(place.node, cst.Name) and place.node.value in held
        for argument in call.args
        for place in places(argument.value)
    )


def _handed_on(by: Member) -> set[str]:
    """Return the functions within a function that it gives to a call: `Thread(target=poll)`."""
    prefix = f"{by.name}.<locals>."
    given = {
        value.id
        for call in walk(by.names.functions[by.name])
        if isinstance(call, ast.Call)
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(value, ast.Name)
    }
    return {prefix + name for name in given if prefix + name in by.names.functions}


def _uses(name: str, held: Collection[str], by: Member) -> bool:
    """Tell whether a function uses one of the names that hold the connection around it."""
    own = by.names.scope(name).bound
    return any(
        isinstance(node, ast.Name) and node.id in held and node.id not in own
        for node in walk(by.names.functions[name])
    )
