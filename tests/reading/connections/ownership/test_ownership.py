"""The search for ways out, held against running the same function in every way it can run."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import libcst as cst
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.taking import taken
from poollint.reading.connections.ownership import ownership, search
from poollint.reading.connections.ownership.ownership import build
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.graph import Care

HEAD = "from psycopg2.pool import SimpleConnectionPool\npool = SimpleConnectionPool(1, 2)\n"
RUNS = 800


class Choices:
    """Answers each question anew in every run, until all combinations have been had."""

    def __init__(self) -> None:
        self._plan: list[list[int]] = []
        self._at = 0
        self.endless = False  # a run went round a loop too often; what it caught tells nothing

    def pick(self, options: int) -> int:
        if self._at == len(self._plan):
            self._plan.append([0, options])
        choice = self._plan[self._at][0]
        self._at += 1
        return choice

    def advance(self) -> bool:
        self._at = 0
        while self._plan:
            self._plan[-1][0] += 1
            if self._plan[-1][0] < self._plan[-1][1]:
                return True
            self._plan.pop()
        return False


class Pool:
    """A pool that counts, in a program whose every call may raise."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self.out: set[object] = set()

    def getconn(self) -> object:
        may_raise(self._choices)
        conn = object()
        self.out.add(conn)
        return conn

    def putconn(self, conn: object) -> None:
        self.out.discard(conn)
        may_raise(self._choices)


def may_raise(choices: Choices) -> None:
    match choices.pick(4):
        case 1:
            raise ValueError
        case 2:
            raise RuntimeError
        case 3:
            raise KeyboardInterrupt


class Manager:
    """A context manager that neither raises nor swallows."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


class EndlessError(Exception):
    """The run went round a loop too often to be followed."""


def leaks_when_run(code: str) -> bool | None:
    """Run `f` in every way; tell whether a connection ever stays out, None if too many ways."""
    choices = Choices()
    endless = False
    program = compile(code, "<program>", "exec")
    for _ in range(RUNS):
        pool = Pool(choices)
        names: dict[str, Any] = {"pool": pool, **_world(choices)}
        exec(program, names)
        choices.endless = False
        with suppress(EndlessError, RuntimeError, ValueError, KeyboardInterrupt):
            names["f"]()
        endless |= choices.endless
        if pool.out and not choices.endless:
            return True
        if not choices.advance():
            return None if endless else False
    return None


def _world(choices: Choices) -> dict[str, Callable[..., object]]:
    turns = 0

    def flag() -> bool:
        nonlocal turns
        turns += 1
        if turns > 6:
            choices.endless = True
            raise EndlessError
        return bool(choices.pick(2))

    return {
        "work": lambda: may_raise(choices),
        "flag": flag,
        "len": lambda _: flag(),
        "enter": lambda: Manager(),
    }


def leaks_when_searched(code: str, care: Care = Care.UNLIKELY) -> bool:
    source = HEAD + code
    names = Names(ast.parse(source), drivers())
    function = cst.parse_module(source).body[-1]
    assert isinstance(function, cst.FunctionDef)
    searched = build(function, "f", names, throws=False)
    assert searched is not None
    for one in taken(function, "f", names):
        ways = searched.ways(one, care)
        assert ways is not None
        if ways.normal or ways.raised or ways.rebound or ways.cancelled:
            return True
    return False


def indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


@st.composite
def blocks(draw: st.DrawFn, depth: int, loop: bool) -> list[str]:
    count = draw(st.integers(1, 3))
    return [line for _ in range(count) for line in draw(statements(depth, loop))]


@st.composite
def statements(draw: st.DrawFn, depth: int, loop: bool) -> list[str]:
    plain = ["work()", "pool.putconn(conn)", "pool.putconn(conn)", "conn = pool.getconn()"]
    plain += ["return", "raise ValueError", "pass"]
    plain += ["break", "continue"] if loop else []
    kinds = ["plain", "plain"]
    if depth:
        kinds += ["if", "guard", "while", "try", "try", "finally", "with"]
    kind = draw(st.sampled_from(kinds))
    if kind == "plain":
        return [draw(st.sampled_from(plain))]
    body = indented(draw(blocks(depth - 1, loop or kind == "while")))
    if kind == "if":
        other = indented(draw(blocks(depth - 1, loop)))
        # `len` is known not to raise, as a test in the graph; each `if` decides for itself
        return ["if len(0):", *body, "else:", *other]
    if kind == "guard":
        test = draw(st.sampled_from(["conn", "conn is not None", "not conn", "conn is None"]))
        return [f"if {test}:", *body]
    if kind == "while":
        return ["while len(0):", *body]
    if kind == "with":
        return ["with nullcontext():", *body]
    if kind == "finally":
        return ["try:", *body, "finally:", *indented(draw(blocks(depth - 1, False)))]
    what = draw(st.sampled_from(["except ValueError:", "except Exception:", "except:"]))
    handler = indented(draw(blocks(depth - 1, loop)))
    again = ["    raise"] if draw(st.booleans()) else []
    return ["try:", *body, what, *handler, *again]


# A bare `raise` goes on with an interruption too, where the handler has caught that.
RAISED_AGAIN = """def f():
    conn = None
    try:
        try:
            work()
        except:
            conn = pool.getconn()
            raise
    except Exception:
        pool.putconn(conn)
"""


# What a handler has caught, and raises again, the outer one of the same exception catches.
CAUGHT_AGAIN = """def f():
    conn = None
    try:
        try:
            work()
        except ValueError:
            conn = pool.getconn()
            raise
    except ValueError:
        pool.putconn(conn)
"""


# What the inner handler has caught never comes to the outer one.
CAUGHT_BEFORE = """def f():
    conn = None
    try:
        try:
            work()
        except ValueError:
            return
    except ValueError:
        conn = pool.getconn()
"""


@st.composite
def programs(draw: st.DrawFn) -> str:
    body = ["conn = None", *draw(blocks(3, False))]
    return "def f():\n" + textwrap.indent("\n".join(body), "    ") + "\n"


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
@example(RAISED_AGAIN)
@example(CAUGHT_AGAIN)
@example(CAUGHT_BEFORE)
def test_the_search_finds_a_leak_where_a_run_leaks_and_nowhere_else(code: str) -> None:
    ran = leaks_when_run(code.replace("nullcontext()", "enter()"))
    if ran is not None:
        assert leaks_when_searched(code) == ran, code


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
@example(RAISED_AGAIN)
def test_ways_that_are_joined_tell_the_same(code: str) -> None:
    exact = leaks_when_searched(code)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ownership, "EXACT", 0)
        patch.setattr(search, "EXACT", 0)
        assert leaks_when_searched(code) == exact, code


@pytest.mark.parametrize("given_back", ["if own:", "if not own:"])
def test_a_test_that_has_a_name_is_told_apart_on_ways_that_are_joined(given_back: str) -> None:
    code = f"""def f(conn):
    own = conn is None
    if own:
        conn = pool.getconn()
    if len(conn):
        pass
    {given_back}
        pool.putconn(conn)
"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ownership, "EXACT", 0)
        patch.setattr(search, "EXACT", 0)
        assert leaks_when_searched(code, Care.LIKELY) == (given_back == "if not own:")
