"""What `not`, `and` and `or` make of tests of which some may come to either."""

from __future__ import annotations

import ast
from collections.abc import Callable


def decided(test: ast.expr, simple: Callable[[ast.expr], bool | None]) -> bool | None:
    """Return what a test comes to, None where it may be either; `simple` judges its parts."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = decided(operand, simple)
            return None if found is None else not found
        case ast.BoolOp(op=op, values=values):
            stops = isinstance(op, ast.Or)
            each = [decided(value, simple) for value in values]
            if stops in each:
                return stops
            return None if None in each else not stops
    return simple(test)
