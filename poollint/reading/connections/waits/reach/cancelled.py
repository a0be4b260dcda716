"""Tasks that are cancelled before they are awaited: that waits for their end, not for their work.

`beat.cancel()` and then `await beat`, as each task that runs beside another is ended; and so
`for task in tasks: task.cancel()`, then `await asyncio.gather(*tasks, return_exceptions=True)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

import libcst as cst

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.newer import statements
from poollint.syntax.nodes import walk

_CANCEL = "cancel"
_BLOCKS = ("body", "orelse", "finalbody")


def cancelled(task: str, node: cst.CSTNode, above: Iterable[cst.CSTNode]) -> bool:
    """Tell whether a task, or each of several, is cancelled on the way to `node`.

    `above` is what is around that, the innermost first.
    """
    before: list[cst.CSTNode] = []
    for around in above:
        if isinstance(around, cst.IndentedBlock):
            at = next(at for at, one in enumerate(around.body) if one is node)
            before += around.body[:at]
        elif isinstance(around, cst.FunctionDef | cst.Lambda):
            break
        node = around
    texts = [cst.Module([]).code_for_node(one) for one in before]
    parsed = (statements(text) for text in texts if f".{_CANCEL}(" in text)
    return any(_cancels(one, task) for body in parsed for one in body)


def cancelled_in(
    task: str, node: ast.AST, above: Sequence[ast.AST], function: FunctionDef | None
) -> bool:
    """Tell the same of what `ast` parsed, in the body of `function`."""
    for around in (*above, function):
        for field in _BLOCKS:
            block = getattr(around, field, None)
            if isinstance(block, list) and any(one is node for one in block):
                at = next(at for at, one in enumerate(block) if one is node)
                if any(_cancels(one, task) for one in block[:at]):
                    return True
        if around is not None:
            node = around
    return False


def _cancels(statement: ast.stmt, task: str) -> bool:
    """Tell whether a statement certainly cancels a task that is still there to be cancelled."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=how))):
            return of == task and how == _CANCEL
        case ast.If(test=test, body=body):  # `if not task.done(): task.cancel()`
            return _names(test, task) and any(_cancels(one, task) for one in body)
        case ast.For(target=ast.Name(id=each), iter=through, body=body):
            return _names(through, task) and any(_cancels(one, each) for one in body)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return any(_cancels(one, task) for one in body)
        case ast.Try(body=body, finalbody=final):
            return any(_cancels(one, task) for one in (*body, *final))
    return False


def _names(node: ast.expr, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in walk(node))
