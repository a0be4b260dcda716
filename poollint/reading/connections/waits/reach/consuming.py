"""How the value of a call is consumed, and which calls a function makes when it is run.

What is in a lambda, a nested function or a generator runs later, or never.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

import libcst as cst

from poollint.reading.connections.waits.reach.attributes import asked_for, is_read
from poollint.reading.connections.waits.reach.running_others import runs_coroutine
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.shapes import dotted, of_ast, of_cst
from poollint.syntax.nodes import children, walk

_FUNCTIONS = 10_000  # whose calls are remembered: each is asked for by all that call it
# What starts a coroutine, or keeps it for later, and does not wait for it.
_STARTING = frozenset(
    """create_task ensure_future run_coroutine_threadsafe add_task start_soon spawn submit
    call_soon partial append""".split()
)
# What leaves a call to a worker, by the names that queues give it.
_QUEUEING = frozenset("delay apply_async send_task enqueue enqueue_job kiq defer_async".split())
# What takes all that a generator gives, at once.
_TAKING_ALL = frozenset("all any dict extend frozenset join list max min set sorted sum".split())
_TAKING_ALL |= {"tuple", "gather"}
_LATER = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _up_to_statement(above: list[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for node in above:
        if isinstance(node, cst.BaseSuite):
            return
        yield node


def consumed(above: list[cst.CSTNode]) -> set[str]:
    """Return how the value of a call is consumed: "await", "with", "async-with"."""
    if above and isinstance(above[0], cst.WithItem):
        block = next((n for n in above if isinstance(n, cst.With)), None)
        return {"async-with" if block is not None and block.asynchronous else "with"}
    if above and isinstance(above[0], cst.For | cst.CompFor):
        return {"async-for" if above[0].asynchronous else "for"}
    for node in _up_to_statement(above):
        if isinstance(node, cst.Await):
            return {"await"}
        if isinstance(node, cst.Call) and runs_coroutine(of_cst(node.func)):
            return {"await"}
        if isinstance(node, cst.Call) and _last_of(node) in _STARTING:
            return set()
    given = isinstance(above[0], cst.From) if above else False
    return {"for"} if given or _takes_all(above) else set()


def runs_later(above: list[cst.CSTNode]) -> bool:
    """Tell whether what is `above` a call runs it later than where it is written."""
    around = list(_up_to_statement(above))
    return any(
        isinstance(node, cst.Lambda | cst.FunctionDef | cst.ClassDef)
        or (isinstance(node, cst.GeneratorExp) and not _takes_all(around[at + 1 :]))
        for at, node in enumerate(around)
    )


def _takes_all(above: list[cst.CSTNode]) -> bool:
    """Tell whether an argument is of a call that takes all it gives: `sum(…)`, `gather(*…)`."""
    match above:
        case [cst.Arg(), cst.Call() as call, *_] | [cst.Call() as call, *_]:
            return _last_of(call) in _TAKING_ALL
    return False


def _takes_all_in(above: list[ast.AST]) -> bool:
    """Tell the same of what `ast` parsed."""
    match above:
        case [ast.Starred(), ast.Call(func=func), *_] | [ast.Call(func=func), *_]:
            last = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            return last in _TAKING_ALL
    return False


def _last_of(call: cst.Call) -> str:
    func = call.func
    return func.attr.value if isinstance(func, cst.Attribute) else getattr(func, "value", "")


def consumed_in(call: ast.Call, above: list[ast.AST]) -> set[str]:
    """Return the same for a call that `ast` parsed; `above` is what is around it."""
    if above and isinstance(above[0], ast.withitem):
        return {"async-with" if isinstance(above[1], ast.AsyncWith) else "with"}
    if above and isinstance(above[0], ast.For | ast.AsyncFor) and above[0].iter is call:
        return {"async-for" if isinstance(above[0], ast.AsyncFor) else "for"}
    if above and isinstance(above[0], ast.comprehension) and above[0].iter is call:
        return {"async-for" if above[0].is_async else "for"}
    for node in above:
        if isinstance(node, ast.Await):
            return {"await"}
        if isinstance(node, ast.stmt):
            break
        if isinstance(node, ast.Call) and runs_coroutine(of_ast(node.func)):
            return {"await"}
        if isinstance(node, ast.Call) and dotted(of_ast(node.func)).rpartition(".")[2] in _STARTING:
            return set()
    given = isinstance(above[0], ast.YieldFrom) if above else False
    return {"for"} if given or _takes_all_in(above) else set()


@lru_cache(maxsize=_FUNCTIONS)
def own_calls(node: FunctionDef | ast.Module) -> tuple[tuple[ast.AST, list[ast.AST]], ...]:
    """Return the calls and yields of a function's body, each with what is around it.

    Not those of a handler: what is done only after a failure is not what the function is for. Nor
    what it does itself only where there is no queue to leave it to.
    """
    return tuple(one for one in own_parts(node) if not isinstance(one[0], ast.Attribute))


@lru_cache(maxsize=_FUNCTIONS)
def own_parts(node: FunctionDef | ast.Module) -> tuple[tuple[ast.AST, list[ast.AST]], ...]:
    """Return the same, and the attributes that are read whose names some client asks for."""
    words = asked_for()
    found: list[tuple[ast.AST, list[ast.AST]]] = []
    stack: list[tuple[ast.AST, list[ast.AST]]] = [(n, []) for n in reversed(node.body)]
    while stack:
        inner, above = stack.pop()
        if isinstance(inner, (*_LATER, ast.ExceptHandler)):
            continue
        if isinstance(inner, ast.GeneratorExp) and not _takes_all_in(above):
            continue
        if isinstance(inner, ast.Attribute):
            counts = inner.attr in words and is_read(inner, above)
        else:
            counts = isinstance(inner, ast.Call | ast.Yield | ast.YieldFrom)
        if counts:
            found.append((inner, above))
        around = [inner, *above]
        spared = _instead(inner) if isinstance(inner, ast.If) else ()
        stack += [(c, around) for c in children(inner)[::-1] if c not in spared]
    return tuple(found)


def _instead(node: ast.If) -> list[ast.stmt]:
    """Return the branch that does itself what the other leaves to a queue."""
    queues = [_queues(branch) for branch in (node.body, node.orelse)]
    if queues == [True, False]:
        return node.orelse
    return node.body if queues == [False, True] else []


def _queues(branch: list[ast.stmt]) -> bool:
    calls = (n for statement in branch for n in walk(statement) if isinstance(n, ast.Call))
    return any(isinstance(c.func, ast.Attribute) and c.func.attr in _QUEUEING for c in calls)
