"""What poollint says of a function, held against running it on a server with faults injected.

Each function of `leak_truth/` is run once as it is, and once for each call it makes (and each
`await`) with that call failing, with the driver's error, an interruption or a cancellation; what
is called while the exception is handled fails in its turn as well. After each run the
connections still taken are counted: by the pool, or by the server for those without one. What
the calls returned is kept, and the garbage collector is off: it would give back, some time, what
the function does not.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import functools
import gc
import importlib
import importlib.util
import inspect
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from poollint.facts.connections import Escape, Leak
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options
from tests.lab.injection import Event, Fault, InjectedError, Plan, Trace, compiled
from tests.lab.server import running
from tests.lab.supply import Supply, supply

CASES = Path(__file__).parent / "leak_truth"
MEASURED = tomllib.loads((CASES.parent / "leaks.toml").read_text("utf-8"))
NEEDS = {
    "psycopg2_direct": ("psycopg2", "psycopg2.OperationalError"),
    "psycopg2_pool": ("psycopg2", "psycopg2.OperationalError"),
    "psycopg3": ("psycopg_pool", "psycopg.OperationalError"),
    "psycopg3_async": ("psycopg_pool", "psycopg.OperationalError"),
    "asyncpg_cases": ("asyncpg", "asyncpg.PostgresError"),
    "sqlalchemy_core": ("sqlalchemy psycopg2", "psycopg2.OperationalError"),
    "sqlalchemy_sessions": ("sqlalchemy psycopg2", "psycopg2.OperationalError"),
    "sqlalchemy_async": ("sqlalchemy asyncpg greenlet", "sqlalchemy.exc.OperationalError"),
}
# Where the verdict and the runs differ, and why that is as it should be.
DIFFERENCES = {
    "psycopg3_async.with_closes": "psycopg: leaving the block commits first, and a commit that is "
    "cancelled leaves the connection open; no code of the function's own would help",
    "sqlalchemy_async.session_closed_unless_cancelled": "SQLAlchemy drops the connection of a "
    "statement that is cancelled; another `await` in its place would lose it",
    "sqlalchemy_core.options_first": "`execution_options` fails only on a wrong option",
}
EVERY = ("Exception", "BaseException")
SETTLING = 0.1  # seconds for what goes on in the background: a shielded release


@dataclass(frozen=True, slots=True)
class Case:
    """A function to be run.

    `lent` is the line of its `yield` where it is a context manager, `caught` a built-in exception
    that a handler of it names.
    """

    file: str
    name: str
    annotation: str
    argument: str
    flags: tuple[bool, ...]
    asynchronous: bool
    lent: int = 0
    caught: str = ""

    def __str__(self) -> str:
        """Return what the test is called."""
        return f"{self.file}.{self.name}"


@dataclass(frozen=True, slots=True)
class Run:
    """How one run ended.

    `lines` are those at which something failed, `escape` is how the function ended, and `leaked`
    how many connections were still taken.
    """

    lines: frozenset[int]
    escape: Escape
    leaked: int
    events: tuple[Event, ...]


def cases() -> Iterator[Case]:
    """Yield every public function of `leak_truth/`."""
    for file in sorted(CASES.glob("*.py")):
        for node in ast.parse(file.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            first = node.args.args[0]
            if first.annotation is not None and not node.name.startswith("_"):
                flags = (False, True) if len(node.args.args) > 1 else (False,)
                lent = [y.lineno for y in ast.walk(node) if isinstance(y, ast.Yield)]
                yield Case(
                    file.stem, node.name, ast.unparse(first.annotation), first.arg, flags,
                    isinstance(node, ast.AsyncFunctionDef), lent[0] if lent else 0,
                    next(_caught(node), ""),
                )  # fmt: skip


def _caught(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.ExceptHandler(type=ast.Name(id=name)) if name not in EVERY:
                yield name


ALL = tuple(cases())


@functools.cache
def verdicts(file: str) -> dict[str, tuple[Leak, ...]]:
    """Return poollint's verdict on each function of a file, as if it were an application's."""
    text = (CASES / f"{file}.py").read_text("utf-8")
    reading = read(SourceFile(f"app/{file}.py", text), Options())
    assert reading.module is not None
    assert reading.unread == ()
    found = {f.name: [a.leak for a in f.acquisitions] for f in reading.module.functions}
    return {name: tuple(leak for leak in leaks if leak) for name, leaks in found.items()}


@pytest.fixture(scope="module")
def socket() -> Iterator[str]:
    with running("max_connections=200") as folder:
        yield folder


class Laboratory:
    """Runs one case, in every way."""

    def __init__(self, case: Case, socket: str, monitor: Callable[[], int]) -> None:
        self._case = case
        self._socket = socket
        self._monitor = monitor
        text = (CASES / f"{case.file}.py").read_text("utf-8")
        self._of = compiled(text, f"{case.file}.py", case.name)
        module, _, name = NEEDS[case.file][1].rpartition(".")
        error = getattr(importlib.import_module(module), name)
        self._errors: dict[Fault, Callable[[], BaseException]] = {
            Fault.ERROR: InjectedError,
            Fault.DRIVER: functools.partial(_error_of, error),
            Fault.NAMED: _named(case.caught),
            Fault.INTERRUPT: KeyboardInterrupt,
        }

    def runs(self) -> Iterator[Run]:
        """Yield the runs without a fault, with one, and with a second one after an error."""
        for flag in self._case.flags:
            plain = self._run(flag, {})
            yield plain
            for at, event in enumerate(plain.events):
                for fault in self._faults(event):
                    run = self._run(flag, {at: (fault, event)})
                    yield run
                    if fault is Fault.ERROR:
                        yield from self._seconds(flag, at, event, run)

    def _seconds(self, flag: bool, at: int, event: Event, run: Run) -> Iterator[Run]:
        for later in range(at + 1, len(run.events)):
            for fault in self._faults(run.events[later]):
                if fault in (Fault.ERROR, Fault.INTERRUPT, Fault.CANCEL):
                    plan = {at: (Fault.ERROR, event), later: (fault, run.events[later])}
                    yield self._run(flag, plan)

    def _faults(self, event: Event) -> tuple[Fault, ...]:
        found = [Fault.ERROR, Fault.DRIVER]
        if self._case.caught:
            found.append(Fault.NAMED)
        if not self._case.asynchronous:
            found.append(Fault.INTERRUPT)
        elif event.awaited:
            found.append(Fault.CANCEL)
        return tuple(found)

    def _run(self, flag: bool, plan: Plan) -> Run:
        return asyncio.run(self._run_within(flag, plan))

    async def _run_within(self, flag: bool, plan: Plan) -> Run:
        given = await supply(self._case.annotation, self._socket)
        kept: list[Any] = []
        trace = Trace(plan, lambda: given.taken(kept), self._errors, kept=kept)
        arguments: dict[str, Any] = {self._case.argument: given.given}
        if len(self._case.flags) > 1:
            arguments["flag"] = flag
        try:
            lines, escape = await self._ended(trace, arguments)
            leaked = await self._settled(given, kept)
        finally:
            for value in kept:
                if inspect.iscoroutine(value):
                    value.close()
            await given.close(kept)
        failed = {event.line for _, event in plan.values()} or lines
        return Run(frozenset(failed), escape, leaked, tuple(trace.events))

    async def _ended(self, trace: Trace, arguments: dict[str, Any]) -> tuple[set[int], Escape]:
        """Return where the function raised by itself, and how it ended."""
        task = asyncio.create_task(self._called(trace, arguments))
        await asyncio.wait({task})
        if task.cancelled():
            return set(), Escape.CANCEL
        error = task.result()
        return _lines(error, self._case.file), _escape(error)

    async def _called(self, trace: Trace, arguments: dict[str, Any]) -> BaseException | None:
        """Call the function; return what it raises, unless the task is cancelled."""
        function = self._of(trace)
        try:
            result = function(**arguments)
            if isinstance(result, AbstractAsyncContextManager) and self._case.lent:
                async with result as value:
                    trace.kept.append(value)
                    await trace.awaited(self._case.lent, asyncio.sleep, 0)
            elif isinstance(result, AbstractContextManager) and self._case.lent:
                with result as value:
                    trace.kept.append(value)
                    trace.event(self._case.lent, bool)
            elif inspect.iscoroutine(result):
                await result
        except (Exception, KeyboardInterrupt) as error:
            return error
        return None

    async def _settled(self, given: Supply, kept: list[Any]) -> int:
        """Return how many connections stay taken; the server must say the same."""
        end = time.monotonic() + SETTLING
        while given.taken(kept) and self._case.asynchronous and time.monotonic() < end:
            await asyncio.sleep(0.005)
        taken = given.taken(kept)
        end = time.monotonic() + 5
        if given.direct and self._monitor() != taken:
            gc.collect()  # what is half connected belongs to the driver; the rest is in `kept`
        while given.direct and self._monitor() != taken:
            assert time.monotonic() < end, "the server counts otherwise"
            time.sleep(0.001)
        return taken


def _error_of(error: type[Exception]) -> Exception:
    if "sqlalchemy" in error.__module__:
        return error("injected", None, Exception())
    return error("injected")


def _named(name: str) -> Callable[[], BaseException]:
    """Return what makes a built-in exception."""
    kind = getattr(builtins, name, Exception)
    return functools.partial(kind, "injected")


def _lines(error: BaseException | None, file: str) -> set[int]:
    """Return where, in the function, an exception of its own was raised."""
    at = error.__traceback__ if error is not None else None
    found = set()
    while at is not None:
        if at.tb_frame.f_code.co_filename == f"{file}.py":
            found.add(at.tb_lineno)
        at = at.tb_next
    return found


def _escape(error: BaseException | None) -> Escape:
    if error is not None and not isinstance(error, Exception):
        return Escape.CANCEL
    return Escape.EXIT if error is None else Escape.RAISE


@pytest.fixture(scope="module")
def monitor(socket: str) -> Iterator[Callable[[], int]]:
    """Yield what asks the server how many sessions it has besides this one."""
    psycopg2 = pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    conn = psycopg2.connect(f"postgresql://postgres@/postgres?host={socket}")
    conn.autocommit = True
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""

    def ask() -> int:
        with conn.cursor() as cur:
            cur.execute(query)
            count: int = cur.fetchone()[0]
            return count

    yield ask
    conn.close()


COUNTED: Counter[str] = Counter()


@pytest.mark.parametrize("case", ALL, ids=str)
def test_the_verdict_is_what_the_runs_show(case: Case, request: pytest.FixtureRequest) -> None:
    for library in NEEDS[case.file][0].split():
        if importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    socket, monitor = request.getfixturevalue("socket"), request.getfixturevalue("monitor")
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # coroutines that are never awaited, on purpose
            runs = list(Laboratory(case, socket, monitor).runs())
    finally:
        gc.enable()
    assert MEASURED[case.file].get(case.name) == worst(runs)
    told = list(complaints(verdicts(case.file).get(case.name, ()), runs))
    COUNTED.update(functions=1, runs=len(runs), leaking=sum(run.leaked > 0 for run in runs))
    COUNTED["differing"] += bool(told)
    if str(case) in DIFFERENCES:
        assert told, "no longer a difference: take it off the list"
    else:
        assert not told, "\n".join(told)


def worst(runs: list[Run]) -> str | None:
    """Return how the function ended where it leaked, the least that it takes; None if it never."""
    ways = {run.escape for run in runs if run.leaked}
    return min(ways, key=_ORDER.index).value if ways else None


def complaints(leaks: tuple[Leak, ...], runs: list[Run]) -> Iterator[str]:
    """Yield where the verdict and the runs differ."""
    leaking = [run for run in runs if run.leaked]
    if not leaks:
        for run in leaking:
            yield f"quiet, and it leaks: line {sorted(run.lines)} ({run.escape.value})"
        return
    said = {_way(leak.escape) for leak in leaks}
    least = min(said, key=_ORDER.index)
    if worst(runs) != least.value:
        yield f"said {least.value}, seen {worst(runs)}"
    for leak in leaks:
        plain = [run for run in runs if run.escape is Escape.EXIT]
        if leak.escape is Escape.NEVER and not all(run.leaked for run in plain):
            yield "said that it is never given back, and it is"
        yield from _misplaced(leak, leaking)


_ORDER = (Escape.EXIT, Escape.RAISE, Escape.CANCEL)


def _way(escape: Escape) -> Escape:
    return escape if escape in (Escape.RAISE, Escape.CANCEL) else Escape.EXIT


def _misplaced(leak: Leak, leaking: list[Run]) -> Iterator[str]:
    """Hold the line that the verdict names against the runs that failed there."""
    for step in leak.steps:
        if step.label.startswith(("may ", "raises")):
            line = step.span.start.line
            # a `raise` of the function's own that it catches itself leaves no trace
            failed = [run for run in leaking if line in run.lines or not run.lines]
            if not any(run.escape is _way(leak.escape) for run in failed):
                yield f"line {line} {step.label}, and the runs that fail there do not leak"


def test_the_cases_are_many_and_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    said = Counter(
        leak.escape for file in NEEDS for leaks in verdicts(file).values() for leak in leaks
    )
    with capsys.disabled():
        told = {escape.value: count for escape, count in said.items()}
        print(f"\nleaks, told and run: {dict(COUNTED)}; verdicts: {told}")
    assert len(ALL) >= 60
    # What is given back twice leaks nothing here: `test_releases.py` shows what comes of it.
    assert set(said) == set(Escape) - {Escape.TWICE}
    assert set(DIFFERENCES) <= {str(case) for case in ALL}
    assert {case.file for case in ALL} == set(NEEDS)
