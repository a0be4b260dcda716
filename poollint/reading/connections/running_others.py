"""Calls that run a function, or a coroutine, that they are handed, and wait until it has ended.

`asyncio.run(fetch())`, `await asyncio.to_thread(fetch)`, `async_to_sync(fetch)()`: what they wait
for is what `fetch` waits for. What only starts it (`create_task`, `submit`) is not among them.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

import libcst as cst

from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, Called, Shape, dotted, of_ast, of_cst

_AWAITED = frozenset({"await"})
_PLAIN: frozenset[str] = frozenset()
# Where the function stands among the arguments, and whether the call is awaited.
_THREADS = {
    "asyncio.to_thread": 0,
    "anyio.to_thread.run_sync": 0,
    "starlette.concurrency.run_in_threadpool": 0,
    "fastapi.concurrency.run_in_threadpool": 0,
}
_LOOPS = frozenset({"anyio.run", "trio.run"})
_TO_SYNC = "asgiref.sync.async_to_sync"
_TO_ASYNC = "asgiref.sync.sync_to_async"
_EXECUTOR = "run_in_executor"  # of an event loop, whatever that is called


class Handing(NamedTuple):
    """A function that is run to its end; `how` is the value of calling it consumed."""

    function: Shape
    how: set[str]


def runs_coroutine(callee: Shape) -> bool:
    """Tell whether a call waits for the coroutine that it is handed."""
    text = dotted(callee)
    return text == "asyncio.run" or text.rpartition(".")[2] == "run_until_complete"


def handing(
    call: cst.Call | ast.Call, consumed: set[str], scope: str, names: Names
) -> Handing | None:
    """Return what a call runs that it is handed, None where it runs nothing, or does not wait."""
    callee = _shape(call.func)
    name = names.qualified(callee, scope)
    if name in _LOOPS:
        return _handed(call, 0, _AWAITED)
    turned = names.qualified(callee.callee, scope) if isinstance(callee, Called) else ""
    if turned == _TO_SYNC and isinstance(call.func, cst.Call | ast.Call):
        return _handed(call.func, 0, _AWAITED)
    if "await" not in consumed:
        return None
    if turned == _TO_ASYNC and isinstance(call.func, cst.Call | ast.Call):
        return _handed(call.func, 0, _PLAIN)
    if name in _THREADS:
        return _handed(call, _THREADS[name], _PLAIN)
    if isinstance(callee, Attribute) and callee.name == _EXECUTOR:
        return _handed(call, 1, _PLAIN)
    return None


def _handed(call: cst.Call | ast.Call, at: int, how: frozenset[str]) -> Handing | None:
    given = _plain(call)
    shape = _function(given[at]) if at < len(given) else None
    return Handing(shape, set(how)) if shape is not None else None


def _plain(call: cst.Call | ast.Call) -> list[cst.BaseExpression | ast.expr]:
    if isinstance(call, ast.Call):
        return list(call.args)
    return [a.value for a in call.args if not a.keyword and not a.star]


def _function(node: cst.BaseExpression | ast.expr) -> Shape:
    """Return what is called: `f` itself, of `lambda: f(x)`, and of `partial(f, x)`."""
    if isinstance(node, cst.Lambda | ast.Lambda):
        body = node.body
        return _shape(body.func) if isinstance(body, cst.Call | ast.Call) else None
    if isinstance(node, cst.Call | ast.Call):
        given = _plain(node)
        last = dotted(_shape(node.func)).rpartition(".")[2]
        return _shape(given[0]) if last == "partial" and given else None
    return _shape(node)


def _shape(node: cst.BaseExpression | ast.expr) -> Shape:
    return of_ast(node) if isinstance(node, ast.expr) else of_cst(node)
