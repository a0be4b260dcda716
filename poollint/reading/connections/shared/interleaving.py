"""Coroutines that use a blocking connection, and wait for something else in between.

While one statement runs on it no other task does anything; but where a coroutine waits between
two of its statements, and ends its transaction, the others go on with the same transaction.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from poollint.reading.connections.shared.acting import Act
from poollint.reading.connections.waits.held.opened import around
from poollint.reading.naming.scopes.bodies import own_nodes

_Position = tuple[int, int]


def waits_between(acts: Sequence[Act]) -> bool:
    """Tell whether a coroutine that does all this waits between the first and an end of it."""
    if len(acts) < 2 or not any(act.ends for act in acts):
        return False
    homes = {(act.names.outside.path, around(act.node, act.names)) for act in acts}
    names, (_, scope) = acts[0].names, next(iter(homes))
    node = names.functions.get(scope)
    if len(homes) > 1 or not isinstance(node, ast.AsyncFunctionDef):
        return False
    first = min(_at(act.node) for act in acts)
    last = max(_at(act.node) for act in acts if act.ends)
    waits = (n for n in own_nodes(node) if isinstance(n, ast.Await | ast.AsyncFor | ast.AsyncWith))
    return any(first < _at(wait) < last for wait in waits)


def _at(node: ast.expr | ast.stmt) -> _Position:
    return node.lineno, node.col_offset
