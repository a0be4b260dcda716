"""Calls that run a function, or a coroutine, that they are handed, and wait until it has ended.

`asyncio.run(fetch())`, `await asyncio.to_thread(fetch)`, `async_to_sync(fetch)()`: what they wait
for is what `fetch` waits for. What only starts it (`create_task`, `submit`) is not among them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeGuard

import libcst as cst

from poollint.reading.connections.waits.reach.wrapping import runs_body
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Name,
    Shape,
    dotted,
    of_ast,
    of_cst,
)

_AWAITED = frozenset({"await"})
_PLAIN: frozenset[str] = frozenset()
# Where the function stands among the arguments, and whether the call is awaited.
_THREADS = {
    "asyncio.to_thread": 0,
    "anyio.to_thread.run_sync": 0,
    "starlette.concurrency.run_in_threadpool": 0,
    "fastapi.concurrency.run_in_threadpool": 0,
}
_LOOPS = frozenset({"anyio.run", "anyio.from_thread.run", "trio.run"})
_WAITING = frozenset({"asyncio.run", "asyncio.as_completed"})
# What gives a coroutine to the event loop, out of a greenlet that SQLAlchemy runs.
_BRIDGES = frozenset({"await_only", "await_fallback"})
_TO_SYNC = frozenset({"asgiref.sync.async_to_sync", "asyncer.syncify"})
_TO_ASYNC = frozenset({"asgiref.sync.sync_to_async", "asyncer.asyncify"})
# What starts a coroutine, and goes on.
_STARTING = frozenset(
    "create_task ensure_future run_coroutine_threadsafe call_soon start_soon add_task".split()
)
_MAP = Name("map")
_ALL = frozenset({"await", "for"})  # `await gather(*map(f, xs))`, `list(map(f, xs))`
_CALLING = frozenset({"call", "call_async", "acall", "execute", "run"})
_BREAKER = re.compile("breaker|circuit|retrier", re.I)
_CONTEXTS = frozenset({"ctx", "context", "copy_context"})
_EXECUTOR = "run_in_executor"  # of an event loop, whatever that is called


class Handing(NamedTuple):
    """A function that is run to its end; `how` is the value of calling it consumed.

    call  how a lambda that is told nothing calls it, None of any other
    """

    function: Shape
    how: set[str]
    call: cst.Call | ast.Call | None = None


def runs_coroutine(callee: Shape) -> bool:
    """Tell whether a call waits for the coroutine that it is handed."""
    of_loop = isinstance(callee, Attribute) and callee.name == "run_until_complete"
    name = dotted(callee)
    return of_loop or name in _WAITING or name.rpartition(".")[2] in _BRIDGES


def run_by_callee(
    node: cst.CSTNode | ast.AST, above: Sequence[cst.CSTNode | ast.AST], scope: str, names: Names
) -> set[str]:
    """Return how a coroutine is consumed that a function of the project is handed and waits for.

    `node` is the call that makes it, and `above` what is around that; nothing for any other.
    """
    call, at, keyword = _argument(node, above)
    member = function(_shape(call.func), scope, names) if call is not None else None
    if member is None or not runs_body(member):
        return set()
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
    name = keyword or (plain[at] if 0 <= at < len(plain) else "")
    return set(_AWAITED) if name and _runs_parameter(member, name) else set()


def _argument(
    node: cst.CSTNode | ast.AST, above: Sequence[cst.CSTNode | ast.AST]
) -> tuple[cst.Call | ast.Call | None, int, str]:
    """Return the call that `node` is an argument of, with its place, -1 unknown, or its keyword."""
    match above:
        case [ast.keyword(arg=str(keyword)), ast.Call() as call, *_]:
            return call, -1, keyword
        case [ast.Call(args=given) as call, *_] if isinstance(node, ast.expr) and node in given:
            before_it = given[: given.index(node)]
            starred = any(isinstance(argument, ast.Starred) for argument in before_it)
            return call, -1 if starred else len(before_it), ""
        case [ast.AST(), *_]:  # libcst need not be loaded
            return None, -1, ""
        case [cst.Arg() as one, cst.Call() as call, *_] if one.value is node and not one.star:
            before = call.args[: call.args.index(one)]
            starred = any(argument.star for argument in before)
            return call, -1 if starred else len(before), one.keyword.value if one.keyword else ""
    return None, -1, ""


def _runs_parameter(member: Member, name: str) -> bool:
    """Tell whether a plain function runs a coroutine that it is given, whatever way it goes."""
    node = member.names.functions[member.name]
    if isinstance(node, ast.AsyncFunctionDef):
        return False
    calls = [
        call
        for call in own_nodes(node)
        if isinstance(call, ast.Call)
        and any(isinstance(value, ast.Name) and value.id == name for value in call.args)
    ]
    if any(_last(call.func) in _STARTING for call in calls):
        return False
    return any(runs_coroutine(of_ast(call.func)) for call in calls)


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def handing(
    call: cst.Call | ast.Call, consumed: set[str], scope: str, names: Names
) -> Handing | None:
    """Return what a call runs that it is handed, None where it runs nothing, or does not wait."""
    callee = _shape(call.func)
    name = names.qualified(callee, scope)
    if name in _LOOPS:
        return _handed(call, 0, _AWAITED)
    turned = names.qualified(callee.callee, scope) if isinstance(callee, Called) else ""
    if turned in _TO_SYNC and _is_call(call.func):
        return _handed(call.func, 0, _AWAITED)
    kept = _kept(callee, scope, names)
    if kept is not None:
        return Handing(kept, set(consumed))
    if callee == _MAP and consumed & _ALL and names.scope(scope).holder("map") is None:
        return _handed(call, 0, frozenset(consumed))
    if _guards(callee):
        return _named(_handed(call, 0, frozenset(consumed)), scope, names)
    if "await" not in consumed:
        return None
    if turned in _TO_ASYNC and _is_call(call.func):
        return _handed(call.func, 0, _PLAIN)
    if name in _THREADS:
        return _named(_handed(call, _THREADS[name], _PLAIN), scope, names)
    if isinstance(callee, Attribute) and callee.name == _EXECUTOR:
        return _named(_handed(call, 1, _PLAIN), scope, names)
    return None


def _guards(callee: Shape) -> bool:
    """Tell whether a call runs what it is handed unless that fails too often: `breaker.call(f)`."""
    if not isinstance(callee, Attribute) or callee.name not in _CALLING:
        return False
    return _BREAKER.search(dotted(callee.of).rpartition(".")[2]) is not None


def _named(handed: Handing | None, scope: str, names: Names) -> Handing | None:
    """Return what is run under a name that stands for it: `work = partial(fetch, url)`."""
    kept = _kept(handed.function, scope, names) if handed is not None else None
    return Handing(kept, handed.how) if handed is not None and kept is not None else handed


def _kept(callee: Shape, scope: str, names: Names) -> Shape:
    """Return what a name of a function calls that is given once: `ask = lambda: f(x)`."""
    bound = names.bound(callee, scope) if isinstance(callee, Name) else ()
    if len(bound) != 1 or bound[0].how != "=" or bound[0].where != scope:
        return None
    value = bound[0].value
    return made_to_call(value) if isinstance(value, ast.Lambda | ast.Call) else None


def made_to_call(node: ast.expr) -> Shape:
    """Return what `lambda: f(x)` and `partial(f, x)` call, None of any other expression."""
    called = _function(node) if isinstance(node, ast.Lambda | ast.Call) else None
    return called if isinstance(node, ast.Lambda) or called != of_ast(node) else None


def _handed(call: cst.Call | ast.Call, at: int, how: frozenset[str]) -> Handing | None:
    given = _plain(call)
    shape = _function(given[at]) if at < len(given) else None
    return Handing(shape, set(how), _within(given[at])) if shape is not None else None


def _within(node: cst.BaseExpression | ast.expr) -> cst.Call | ast.Call | None:
    """Return the call that `lambda: f(x)` makes."""
    if isinstance(node, ast.expr):
        if not isinstance(node, ast.Lambda) or ast.unparse(node.args):
            return None
        return node.body if isinstance(node.body, ast.Call) else None
    if not isinstance(node, cst.Lambda) or cst.Module([]).code_for_node(node.params):
        return None
    return node.body if isinstance(node.body, cst.Call) else None


def _plain(call: cst.Call | ast.Call) -> list[cst.BaseExpression | ast.expr]:
    if isinstance(call, ast.Call):
        return list(call.args)
    return [a.value for a in call.args if not a.keyword and not a.star]


def _function(node: cst.BaseExpression | ast.expr) -> Shape:
    """Return what is called: `f` itself, of `lambda: f(x)`, and of `partial(f, x)`."""
    if isinstance(node, ast.Lambda if isinstance(node, ast.AST) else cst.Lambda):
        body = node.body
        return _shape(body.func) if _is_call(body) else None
    if _is_call(node):
        given = _plain(node)
        last = dotted(_shape(node.func)).rpartition(".")[2]
        if last == "partial" and len(given) > 1 and _is_context(_shape(given[0])):
            return _shape(given[1])
        return _shape(given[0]) if last == "partial" and given else None
    return _shape(node)


def _is_context(shape: Shape) -> bool:
    """Tell whether a function is `run` of a copy of context variables, which runs another."""
    if not isinstance(shape, Attribute) or shape.name != "run":
        return False
    of = shape.of.callee if isinstance(shape.of, Called) else shape.of
    return dotted(of).rpartition(".")[2] in _CONTEXTS


def _is_call(node: cst.BaseExpression | ast.expr) -> TypeGuard[cst.Call | ast.Call]:
    """Tell whether an expression is a call; of one of `ast` without a look at libcst."""
    return isinstance(node, ast.Call if isinstance(node, ast.AST) else cst.Call)


def _shape(node: cst.BaseExpression | ast.expr) -> Shape:
    return of_ast(node) if isinstance(node, ast.expr) else of_cst(node)
