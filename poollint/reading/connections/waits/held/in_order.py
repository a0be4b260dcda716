"""What has certainly run before a call, in the order of the text, within one turn of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.syntax.nodes import walk

_BRANCHING = (
    ast.If, ast.IfExp, ast.BoolOp, ast.Match, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler,
)  # fmt: skip


def before(body: list[ast.stmt], node: ast.AST) -> list[ast.stmt]:
    """Return the statements that come before `node` in a body, and in the blocks around it.

    What a block is entered by is one of them. Nothing where it stands in a handler, or in none
    of the blocks.
    """
    for at, statement in enumerate(body):
        if not _holds(statement, node):
            continue
        for block in _blocks(statement):
            if any(_holds(inner, node) for inner in block):
                return [*body[:at], *_asked(statement), *before(block, node)]
        handled = any(_holds(h, node) for h in getattr(statement, "handlers", ()))
        return [] if handled else body[:at]
    return []


def surely(statement: ast.stmt, node: ast.AST) -> bool:
    """Tell whether a part of a statement runs whenever that does, but for errors."""
    return not any(
        isinstance(inner, _BRANCHING) and inner is not node and _holds(inner, node)
        for inner in walk(statement)
    )


def _holds(outer: ast.AST, node: ast.AST) -> bool:
    return any(inner is node for inner in walk(outer))


def _asked(statement: ast.stmt) -> list[ast.stmt]:
    """Return what is evaluated before a block is entered, each as a statement."""
    match statement:
        case ast.If(test=one) | ast.While(test=one) | ast.Match(subject=one):
            return [ast.Expr(one)]
        case ast.For(iter=one) | ast.AsyncFor(iter=one):
            return [ast.Expr(one)]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return [ast.Expr(item.context_expr) for item in items]
    return []


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if isinstance(block, list):
            yield block
    for case in getattr(statement, "cases", ()):
        yield case.body
