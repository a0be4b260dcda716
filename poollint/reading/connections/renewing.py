"""What a function does last with a session that it is lent.

`session.commit(); session.refresh(row); return row`: the transaction is ended, and a new one is
open when the function returns. What went before does not matter then.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from poollint.reading.connections.keeping import text_of
from poollint.reading.naming.bindings import FunctionDef


def last_mention(node: FunctionDef, own: Collection[str]) -> ast.expr | None:
    """Return the call with which a function last does something with what `own` names are.

    None where it is not certain to come there: it may return before, or catch what is raised.
    """
    body = _always(node.body)
    at = max((n for n, s in enumerate(body) if _mentions(s, own)), default=-1)
    if at < 0 or any(isinstance(n, ast.Return) for s in body[:at] for n in ast.walk(s)):
        return None
    return _call(body[at], own)


def _always(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that run one after the other, or something is raised."""
    last = body[-1] if body else None
    if not isinstance(last, ast.Try) or last.orelse or last.finalbody:
        return body
    raises = all(isinstance(handler.body[-1], ast.Raise) for handler in last.handlers)
    return [*body[:-1], *_always(last.body)] if raises else body


def _call(statement: ast.stmt, own: Collection[str]) -> ast.expr | None:
    """Return the one call that a simple statement makes of a method of the session."""
    if not isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return):
        return None
    value = statement.value
    value = value.value if isinstance(value, ast.Await) else value
    mentions = [n for n in ast.walk(statement) if _is(n, own)]
    return value if isinstance(value, ast.Call) and len(mentions) == 1 else None


def _mentions(statement: ast.stmt, own: Collection[str]) -> bool:
    return any(_is(node, own) for node in ast.walk(statement))


def _is(node: ast.AST, own: Collection[str]) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and text_of(node) in own
