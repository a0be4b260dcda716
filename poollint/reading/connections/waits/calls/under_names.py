"""What is awaited or entered under the name that it is given: `req = http.get(url)`, `with req`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst

from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names


def consumed_later(above: Sequence[cst.CSTNode | ast.AST], scope: str, names: Names) -> set[str]:
    """Return how the value of a call is consumed that is given a name; `above` is around it."""
    match above:
        case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]), *_]:
            return _ways(scope, names).get(name, set())
        case [ast.Assign(targets=[ast.Name(id=name)]), *_]:
            return _ways(scope, names).get(name, set())
    return set()


def _ways(scope: str, names: Names) -> dict[str, set[str]]:
    """Return how the names of a function are awaited and entered."""
    memory: dict[str, dict[str, set[str]]] = names.memory.setdefault("consumed under names", {})
    if scope not in memory:
        memory[scope] = {}
        node = names.functions.get(scope)
        for inner in own_nodes(node) if node is not None else ():
            match inner:
                case ast.Await(value=ast.Name(id=name)):
                    memory[scope].setdefault(name, set()).add("await")
                case ast.With(items=items) | ast.AsyncWith(items=items):
                    way = "async-with" if isinstance(inner, ast.AsyncWith) else "with"
                    for item in items:
                        if isinstance(item.context_expr, ast.Name):
                            memory[scope].setdefault(item.context_expr.id, set()).add(way)
    return memory[scope]
