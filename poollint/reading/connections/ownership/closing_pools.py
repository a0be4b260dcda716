"""What closes a pool with all that it has lent: psycopg2's `closeall()`.

It closes what is lent as well as what is at hand (psycopg2 2.9, `lib/pool.py`). The object that
keeps the pool may have a method for that: `database.close()` ends `database.get_connection()`.
Where a connection was found broken, `old.closeall()` and a new pool leave nothing taken.
"""

from __future__ import annotations

import ast

import libcst as cst

from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast, of_cst
from poollint.reading.paths.walk import places

_CLOSES_ALL = "closeall"


class Closing:
    """Tells of the nodes of a function whether they close the pool that `taken` comes from."""

    def __init__(self, taken: Taken, body: list[cst.CSTNode], scope: str, names: Names) -> None:
        self._scope = scope
        self._names = names
        self._pools = _called(taken, body) if taken.api.driver == "psycopg2" else frozenset()
        self._known: dict[int, bool] = {}

    def at(self, node: cst.CSTNode) -> bool:
        """Tell whether evaluating `node` closes it, by itself or in a function that it calls."""
        if not self._pools:
            return False
        if id(node) not in self._known:
            calls = (p.node for p in places(node) if isinstance(p.node, cst.Call))
            self._known[id(node)] = any(self._closes(call) for call in calls)
        return self._known[id(node)]

    def _closes(self, call: cst.Call) -> bool:
        shape = of_cst(call.func)
        of, _, last = dotted(shape).rpartition(".")
        if last in ("", _CLOSES_ALL):
            return of in self._pools
        kept = frozenset(pool for pool in self._pools if _is_part(pool, of))
        if not kept:
            return False
        member = function(shape, self._scope, self._names)
        if member is None or (not of and member.names is not self._names):
            return False
        node = member.names.functions[member.name]
        itself = next((argument.arg for argument in (*node.args.posonlyargs, *node.args.args)), "")
        within = {f"{itself}{pool.removeprefix(of)}" for pool in kept} if of else kept
        return any(
            isinstance(inner, ast.Call) and _closed(inner) in within for inner in own_nodes(node)
        )


def _is_part(pool: str, of: str) -> bool:
    """Tell whether `pool` is an attribute of what a method is called on, or the module's."""
    return pool.startswith(f"{of}.") if of else True


def _closed(call: ast.Call) -> str:
    of, _, last = dotted(of_ast(call.func)).rpartition(".")
    return of if last == _CLOSES_ALL else ""


def _called(taken: Taken, nodes: list[cst.CSTNode]) -> frozenset[str]:
    """Return what a function calls the pool: `self.pool`, and `old` of `old = self.pool`."""
    pool = taken.pool or dotted(of_cst(taken.call.func)).rpartition(".")[0]
    if not pool:
        return frozenset()
    renamed = {
        dotted(of_cst(target.target))
        for node in nodes
        if isinstance(node, cst.Assign) and dotted(of_cst(node.value)) == pool
        for target in node.targets
    }
    return frozenset({pool, *renamed} - {""})
