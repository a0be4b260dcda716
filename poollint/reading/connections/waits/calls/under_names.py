"""What is awaited, entered or gone through under its name: `req = http.get(url)`, `with req`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

import libcst as cst

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.nodes import walk


def consumed_later(above: Sequence[cst.CSTNode | ast.AST], scope: str, names: Names) -> set[str]:
    """Return how the value of a call is consumed that is given a name; `above` is around it."""
    match above:
        case [ast.Assign(targets=[ast.Name(id=name)]), *_]:
            return _ways(scope, names).get(name, set())
        case [ast.AST(), *_]:  # libcst need not be loaded
            return set()
        case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]), *_]:
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
        for name in _gone_through(node) if node is not None else ():
            memory[scope].setdefault(name, set()).add("for")
    return memory[scope]


def _gone_through(node: FunctionDef) -> Iterator[str]:
    """Yield the names that are gone through by the statement after the one that made them.

    What is gone through later may be so when something else has ended: `db.commit()`.
    """
    for inner in (node, *own_nodes(node)):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(inner, field, None)
            for made, then in pairwise(block) if isinstance(block, list) else ():
                match made:
                    case ast.Assign(targets=[ast.Name(id=name)]) if _goes_through(then, name):
                        yield name


def _goes_through(statement: ast.stmt, name: str) -> bool:
    """Tell whether a statement begins by going through a name: `for one in found`."""
    if isinstance(statement, ast.For):
        return _is(statement.iter, name)
    if not isinstance(statement, ast.Return | ast.Assign | ast.AnnAssign | ast.Expr):
        return False
    for node in walk(statement):
        match node:
            case ast.ListComp() | ast.SetComp() | ast.DictComp() if _is(
                node.generators[0].iter, name
            ):
                return True
    return False


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
