"""Where a function only asks whether it was given a session at all.

`if not self.session: return None` says nothing of a session that is there: what comes after it is
as certain as without it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from poollint.reading.paths.deciding import decided
from poollint.syntax.nodes import walk


def looked_for(function: ast.AST) -> frozenset[int]:
    """Return the ids of the expressions in a function that are only tested: true, or not None."""
    tests = (
        node.test
        for node in walk(function)
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert)
    )
    return frozenset(id(found) for test in tests for found in _tested(test))


def _tested(test: ast.expr) -> Iterator[ast.expr]:
    match test:
        case ast.Name() | ast.Attribute():
            yield test
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _tested(operand)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _tested(value)
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq()],
            comparators=[ast.Constant(value=None)],
        ):  # fmt: skip
            yield from _tested(left)


def presence(test: ast.expr, there: Callable[[ast.expr], bool]) -> bool | None:
    """Return what a test comes to where all is there that `there` is true of; None: either."""

    def simple(part: ast.expr) -> bool | None:
        match part:
            case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=None)]):
                return isinstance(op, ast.IsNot | ast.NotEq) if there(left) else None
            case ast.Name() | ast.Attribute():
                return True if there(part) else None
        return None

    return decided(test, simple)
