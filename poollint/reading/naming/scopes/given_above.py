"""What a name was given last before a line, where that is certain whatever branch was taken."""

from __future__ import annotations

import ast

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.nodes import walk

# A later line of it may have run before, or only a part of what is above.
_UNSURE = (ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar)
_FIELDS = ("body", "orelse", "finalbody")


def given_above(
    body: list[ast.stmt], name: str, line: int, value: ast.expr | None = None
) -> ast.expr | None:
    """Return the value that a name has at `line` of a block, None where it may be another.

    What counts is the last assignment in the block of that line, or in one around it. `value` is
    what the name has before the block.
    """
    for statement in body:
        if statement.lineno > line:
            break
        if line <= (statement.end_lineno or statement.lineno):
            return _within(statement, name, line, value)
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=given) if target == name:
                value = given
            case ast.AnnAssign(target=ast.Name(id=target), value=given) if target == name:
                value = given or value
            case _:
                value = None if _gives(statement, name) else value
    return value


def _within(statement: ast.stmt, name: str, line: int, value: ast.expr | None) -> ast.expr | None:
    """Return the value at a line of a statement before which the name has `value`."""
    if isinstance(statement, FunctionDef | ast.ClassDef):
        return None
    if not _gives(statement, name):
        return value
    before = None if isinstance(statement, _UNSURE) else value
    for block in _blocks(statement):
        if block[0].lineno <= line <= (block[-1].end_lineno or block[-1].lineno):
            return given_above(block, name, line, before)
    return None


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Return the blocks of a compound statement, none of which is empty."""
    parts = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    found = [getattr(part, field, []) for part in parts for field in _FIELDS]
    return [block for block in found if block]


def _gives(statement: ast.AST, name: str) -> bool:
    """Tell whether a statement gives the name a value, or takes it away, in any way."""
    return any(
        isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
        for node in walk(statement)
    )
