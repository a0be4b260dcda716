"""How long a call that waits is told to wait: at once, a moment, a backoff.

`get(False)` and `join(timeout=0)` look and go on; `sleep(0.01)` is no wait to speak of.
"""

from __future__ import annotations

import ast
import re

import libcst as cst

MOMENT = 0.1
"""Seconds; a shorter sleep is nothing."""

_BACKOFF = 1.0  # seconds; nor is `0.1 * attempt`, which begins below this
_HOW_LONG = re.compile(r"block|timeout|wait", re.I)


def at_once(keyword: str, value: object) -> bool:
    """Tell whether an argument says to look and go on: `get(False)`, `join(timeout=0)`."""
    nothing = value is False or (isinstance(value, int | float) and value == 0)
    return nothing and (not keyword or bool(_HOW_LONG.match(keyword)))


def constant(node: ast.expr) -> object:
    """Return the value of a constant, None of any other expression."""
    return node.value if isinstance(node, ast.Constant) else None


def literal(node: cst.BaseExpression) -> object:
    """Return the value of a number, or False; None of any other expression."""
    match node:
        case cst.Integer() | cst.Float():
            return node.evaluated_value
        case cst.Name(value="False"):
            return False
    return None


def brief(node: cst.BaseExpression) -> bool:
    """Tell whether a time is a short one times something: a backoff."""
    if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, cst.Multiply):
        return False
    sides = (literal(node.left), literal(node.right))
    return any(isinstance(side, float) and side < _BACKOFF for side in sides) or any(
        brief(side) for side in (node.left, node.right)
    )
