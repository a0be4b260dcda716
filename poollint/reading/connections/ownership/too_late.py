"""Methods of an object that end its connection, but only behind work that may raise.

`def run(self): self.cursor.execute(…); self.close()` gives back what the object keeps where it
comes to its end, and nothing where the statement raises: whoever calls it has still to do so.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from poollint.reading.connections.ownership.ending import methods_of
from poollint.reading.naming.objects.instances import Instance, Member, lineage, method
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.nodes import walk

_LEVELS = 2  # methods that call the one that works
STATEMENTS = frozenset(
    """execute executemany executescript execute_values execute_batch callproc copy_expert copy_from
    fetch fetchall fetchmany fetchone fetchrow fetchval""".split()
)
"""Methods of connections and cursors that ask the server, which may refuse."""

_GUARDING = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)


def ends_late(of: Instance, ends: Collection[str]) -> frozenset[str]:
    """Return those of the methods `ends` of a class that certainly work before they end it.

    `ends` are all that may end what its objects keep, by whatever way.
    """
    own = {name for at in lineage(of) for name in methods_of(at)}
    return frozenset(name for name in ends if name in own and _is_late(of, name, ends))


def _is_late(of: Instance, name: str, ends: Collection[str]) -> bool:
    return work_before(of, name, ends) is not None


def work_before(
    of: Instance, name: str, ends: Collection[str], works: Collection[str] = STATEMENTS
) -> ast.stmt | None:
    """Return the statement of a method that may raise before anything ends it, None for none.

    `works` are the methods, of whatever, that may raise.
    """
    member = method(of, name)
    node = member.names.functions[member.name] if member is not None else None
    if node is None or node.decorator_list:
        return None
    for statement in node.body:
        if _may_end(statement, ends):
            return None
        if _works(statement, of, ends, works, _LEVELS):
            return statement
    return None


def _may_end(statement: ast.stmt, ends: Collection[str]) -> bool:
    """Tell whether a statement mentions what may end it, or the object by itself."""
    for node in walk(statement):
        if isinstance(node, ast.Attribute) and node.attr in ends:
            return True
    return any(_is_alone(node) for node in walk(statement))


def _is_alone(node: ast.AST) -> bool:
    """Tell whether a node hands the object itself on: `with self:`, `stack.push(self)`."""
    if isinstance(node, ast.withitem):
        return isinstance(node.context_expr, ast.Name) and node.context_expr.id == "self"
    given = node.args if isinstance(node, ast.Call) else ()
    return any(isinstance(value, ast.Name) and value.id == "self" for value in given)


def _works(
    statement: ast.stmt, of: Instance, ends: Collection[str], works: Collection[str], levels: int
) -> bool:
    """Tell whether a statement may ask the database, and raises where that does."""
    for node in _open(statement):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in works:
            return True
        itself = isinstance(node.func.value, ast.Name) and node.func.value.id == "self"
        inner = method(of, node.func.attr) if itself and levels else None
        if inner is not None and _lets_raise(inner, of, ends, works, levels - 1):
            return True
    return False


def _lets_raise(
    member: Member, of: Instance, ends: Collection[str], works: Collection[str], levels: int
) -> bool:
    node = member.names.functions[member.name]
    return not node.decorator_list and any(
        _works(statement, of, ends, works, levels) for statement in node.body
    )


def _open(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement from which an exception leaves it."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if _lets_through(node):
            yield node
            stack += ast.iter_child_nodes(node)


def _lets_through(node: ast.AST) -> bool:
    """Tell whether what a node holds runs where it stands, and what that raises leaves the node.

    A handler that raises counts as one that raises again.
    """
    if isinstance(node, ast.Try | ast.TryStar):
        return any(isinstance(inner, ast.Raise) for h in node.handlers for inner in walk(h))
    return not isinstance(node, (*_GUARDING, FunctionDef, ast.ClassDef, ast.Lambda))
