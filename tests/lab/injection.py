"""Running a function so that what it calls can be made to raise, one call at a time.

The function's source is compiled with each call `f(x)` written as `__event__(line, f, x)`, and
each `await f(x)` as `await __awaited__(line, f, x)`: the same program, whose every call is an
event that a plan may turn into an exception or a cancellation.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Fault(Enum):
    """What happens instead of a call."""

    ERROR = "raises"
    DRIVER = "raises the driver's error"
    NAMED = "raises what a handler of the function names"
    INTERRUPT = "is interrupted"
    CANCEL = "is cancelled"  # the task is, as the call begins


class InjectedError(Exception):
    """An exception that no handler knows by name."""


# Calls that only make an object or take a note of one: they do not fail.
CALM = frozenset(
    """closing suppress ExitStack AsyncExitStack range callback push_async_callback timeout
    LookupError ValueError""".split()
)


@dataclass(slots=True)
class Event:
    """A call that was made: where, how many connections were taken before it and after it."""

    line: int
    awaited: bool
    before: int
    after: int

    @property
    def gives_back(self) -> bool:
        """Tell whether the call gave a connection back."""
        return self.after < self.before

    @property
    def takes(self) -> bool:
        """Tell whether the call took a connection."""
        return self.after > self.before


Plan = Mapping[int, tuple[Fault, Event]]
"""By the number of an event: its fault, and the event as it was without one."""


@dataclass(slots=True)
class Trace:
    """One run. `kept` holds what the calls returned, so that nothing is collected."""

    plan: Plan
    count: Callable[[], int]
    errors: Mapping[Fault, Callable[[], BaseException]]
    events: list[Event] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)

    def event(self, line: int, call: Callable[..., Any], *args: Any, **words: Any) -> Any:
        """Make a call, unless the plan has it fail."""
        event, fault = self._begin(line, False)
        if fault is Fault.CANCEL:
            self._cancel()
            fault = None
        if fault is None or self._done_first(event, call):
            value = call(*args, **words)
            self._end(event, value)
        elif (flush := _flush(call)) is not None:
            flush()
        if fault is not None:
            raise self.errors[fault]()
        return value

    async def awaited(
        self, line: int, call: Callable[..., Awaitable[Any]], *args: Any, **words: Any
    ) -> Any:
        """Make a call and await what it returns, unless the plan has it fail."""
        event, fault = self._begin(line, True)
        if fault is Fault.CANCEL:
            self._cancel()
            fault = None
        if fault is None or self._done_first(event, call):
            value = await call(*args, **words)
            self._end(event, value)
        elif (flush := _flush(call)) is not None:
            await flush()
        if fault is not None:
            raise self.errors[fault]()
        return value

    def leaving(self, line: int) -> None:
        """Come to the end of an `async with` block."""
        _, fault = self._begin(line, True)
        if fault is Fault.CANCEL:
            self._cancel()

    def _begin(self, line: int, awaited: bool) -> tuple[Event, Fault | None]:
        now = self.count()
        self.events.append(Event(line, awaited, now, now))
        fault, _ = self.plan.get(len(self.events) - 1, (None, None))
        return self.events[-1], fault

    @staticmethod
    def _cancel() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    def _done_first(self, event: Event, call: Callable[..., Any]) -> bool:
        """Tell whether a call does what it does, and raises then.

        So do those that give back, but for a commit, which fails before; and those of a
        session, which takes its connection before the server can refuse a statement.
        """
        if getattr(call, "__name__", "") == "commit":
            return False
        session = "Session" in type(getattr(call, "__self__", None)).__name__
        _, before = self.plan[len(self.events) - 1]
        return before.gives_back or (session and before.takes)

    def _end(self, event: Event, value: Any) -> None:
        self.kept.append(value)
        event.after = self.count()


def _flush(call: Callable[..., Any]) -> Callable[[], Any] | None:
    """Return what the commit of a session does before it can fail; None for other calls."""
    session = getattr(call, "__self__", None)
    if getattr(call, "__name__", "") != "commit" or "Session" not in type(session).__name__:
        return None
    found: Callable[[], Any] = session.flush  # type: ignore[union-attr]
    return found


def compiled(text: str, path: str, only: str) -> Callable[[Trace], Callable[..., Any]]:
    """Return what makes, for a trace, the function `only` of a module whose calls are events."""
    tree = ast.parse(text, path)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == only:
            node.body = [_Events().visit(statement) for statement in node.body]
    code = compile(ast.fix_missing_locations(tree), path, "exec")

    def of(trace: Trace) -> Callable[..., Any]:
        names: dict[str, Any] = {
            "__event__": trace.event,
            "__awaited__": trace.awaited,
            "__leaving__": trace.leaving,
            "__name__": path,
        }
        exec(code, names)
        function: Callable[..., Any] = names[only]
        return function

    return of


class _Events(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return self._event("__event__", node)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        """Let what is awaited fail as a whole: `shield(pool.release(conn))` is one event."""
        if isinstance(node.value, ast.Call):
            node.value = self._event("__awaited__", node.value)
        return node

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        """Let a task be cancelled as the block is entered, and as it is left."""
        self.generic_visit(node)
        leaving = ast.parse("__leaving__(0)").body[0]
        for inner in ast.walk(leaving):
            ast.copy_location(inner, node)
        leaving.value.args[0].value = node.lineno  # type: ignore[attr-defined]
        node.body.append(leaving)
        return node

    def _event(self, name: str, node: ast.Call) -> ast.Call:
        if _calm(node):
            return node
        hook = ast.copy_location(ast.Name(name, ast.Load()), node)
        line = ast.copy_location(ast.Constant(node.lineno), node)
        call = ast.Call(hook, [line, node.func, *node.args], node.keywords)
        return ast.copy_location(call, node)


def _calm(node: ast.Call) -> bool:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in CALM
    return False
