"""What entering an object takes, and what counts as a way to give it back."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.managing import (
    Left,
    enters,
    given_back_later,
    left_open,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name

HEAD = """
import psycopg2
from contextlib import AbstractContextManager
from psycopg2.pool import SimpleConnectionPool
pool = SimpleConnectionPool(1, 2)
"""
ENTER = "self.conn = pool.getconn()\nreturn self"


def left(enter: str, exit_: str, more: str = "", bases: str = "") -> Left | None:
    """Return what stays open of a class whose methods have these bodies."""
    methods = "def __enter__(self):\n" + indent(enter, "    ")
    methods += "\ndef __exit__(self, *failure):\n" + indent(exit_, "    ")
    text = f"{HEAD}class One{bases}:\n" + indent(f"{methods}\n{dedent(more)}", "    ")
    names = Names(ast.parse(text), drivers())
    api = names.api(Attribute(Name("pool"), "getconn"), "")
    assert api is not None
    lines = text.splitlines()
    line = next(n for n, one in enumerate(lines, 1) if "pool.getconn" in one)
    return left_open(line, "pool.getconn", api, "One.__enter__", names)


@pytest.mark.parametrize(
    ("enter", "attribute"),
    [
        (ENTER, "conn"),
        ("conn = pool.getconn()\nself.kept = conn\nreturn conn.cursor()", "kept"),
        ("try:\n    self.conn = pool.getconn()\nexcept OSError:\n    raise", "conn"),
        ("return pool.getconn()", ""),
    ],
)
def test_what_is_taken_each_time_stays_open(enter: str, attribute: str) -> None:
    found = left(enter, "self.conn.commit()")
    assert found is not None
    assert found.attribute == attribute
    assert found.exit.name == "One.__exit__"


@pytest.mark.parametrize("bases", ["(object)", "(AbstractContextManager)"])
def test_bases_of_the_library_take_nothing_away(bases: str) -> None:
    assert left(ENTER, "pass", bases=bases) is not None


@pytest.mark.parametrize(
    "exit_",
    [
        "pool.putconn(self.conn)",
        "conn = self.conn\npool.putconn(conn)",
        "self.conn.close()",
        "self.owner.take_back(self.conn)",
        "self.close()",
        "super().__exit__(*failure)",
    ],
)
def test_leaving_may_give_it_back(exit_: str) -> None:
    assert left(ENTER, exit_) is None


@pytest.mark.parametrize(
    "enter",
    [
        "if not self.conn:\n    self.conn = pool.getconn()\nreturn self",
        "self.conn = pool.getconn()\nself.stack.callback(self.conn.close)",
        "self.conn = pool.getconn()\nself.stack.push(self.conn)",
        "self.conn = pool.getconn() if self.own else None",
    ],
)
def test_entering_may_keep_it_or_hand_it_on(enter: str) -> None:
    assert left(enter, "pass") is None


def test_another_method_may_end_it() -> None:
    assert left(ENTER, "pass", more="def close(self):\n    pool.putconn(self.conn)") is None


def test_unknown_base_may_end_it() -> None:
    assert left(ENTER, "pass", bases="(Elsewhere)") is None


def test_only_entering_counts() -> None:
    names = Names(
        ast.parse("class One:\n    def __enter__(self): ...\n    def x(self): ..."), drivers()
    )
    assert enters("One.__enter__", names)
    assert not enters("One.x", names)
    assert not enters("__enter__", names)


@pytest.mark.parametrize(
    ("test", "other", "told"),
    [
        ("TESTING", "self.conn = psycopg2.connect('')", True),
        ("TESTING", "self.other = psycopg2.connect('')", False),
        ("self.direct", "self.conn = psycopg2.connect('')", False),
        ("failure", "self.conn = psycopg2.connect('')", True),
    ],
)
def test_a_branch_takes_it_where_the_other_gives_another(test: str, other: str, told: bool) -> None:
    text = f"""{HEAD}
class One:
    def __enter__(self):
        if {test}:
            {other}
        else:
            self.conn = pool.getconn()
        self.conn.set_session(readonly=True)
        return self.conn
    def __exit__(self, *failure):
        pool.putconn(self.conn)
"""
    names = Names(ast.parse(text), drivers())
    api = names.api(Attribute(Name("pool"), "getconn"), "")
    assert api is not None
    line = next(n for n, one in enumerate(text.splitlines(), 1) if "pool.getconn" in one)
    found = given_back_later(line, "pool.getconn", api, "One.__enter__", names)
    assert (found.left.attribute if found is not None else "") == ("conn" if told else "")
