"""The objects a function makes that connect, and what it does by way of them."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from poollint.facts.connections import Acquisition, Escape
from poollint.model.finding import Confidence
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import psycopg2

class One:
    def __init__(self):
        self.conn = psycopg2.connect()
    def rows(self):
        return self.conn.cursor().fetchall()
    def close(self):
        self.conn.close()

class Later(One):
    def __init__(self):
        self.conn = None
    def connect(self):
        self.conn = psycopg2.connect()

class Endless:
    def __init__(self):
        self.conn = psycopg2.connect()
    def rows(self):
        return self.conn.cursor().fetchall()
"""


def _taken(body: str) -> tuple[Acquisition, ...]:
    text = f"{HEAD}\ndef work(given):\n{indent(dedent(body), '    ')}\n"
    module = read(SourceFile("shop/work.py", text), Options()).module
    assert module is not None
    found = [f for f in module.functions if f.name == "work"]
    return found[0].acquisitions if found else ()


def _escape(body: str) -> Escape | None:
    (one,) = _taken(body)
    return one.leak.escape if one.leak else None


@pytest.mark.parametrize(
    ("body", "escape"),
    [
        ("one = One()\nreturn one.rows()", Escape.NEVER),
        ("return One().rows()", Escape.NEVER),
        ("one = One()\nrows = one.rows()\none.close()\nreturn rows", Escape.RAISE),
        ("one = One()\nif given:\n    return 1\none.close()", Escape.EXIT),
        ("one = One()\none.conn.cursor()\nreturn 1", Escape.NEVER),
        ("one = Later()\none.connect()\nreturn one.rows()", Escape.NEVER),
    ],
)
def test_what_is_not_ended_is_lost(body: str, escape: Escape) -> None:
    assert _escape(body) is escape


@pytest.mark.parametrize(
    "body",
    [
        "one = One()\ntry:\n    one.rows()\nfinally:\n    one.close()",
        "one = One()\ntry:\n    one.rows()\nfinally:\n    one.conn.close()",
        "one = One()\nreturn one",
        "one = One()\nreturn one.conn",
        "one = One()\ngiven.conn = one.conn",
        "one = One()\ngiven.append(one)",
        "one = One()\nService(one)",
        "one = One()\nkeep(one.conn)",
        "one = Later()\none.connect()\ntry:\n    one.rows()\nfinally:\n    one.close()",
    ],
)
def test_what_is_ended_or_handed_on_is_not(body: str) -> None:
    assert _escape(body) is None


@pytest.mark.parametrize(
    "body",
    [
        "One()",
        "given(One())",
        "return One()",
        "given.one = One()",
        "one = Later()\ngiven.append(one)\none.connect()",
        "one = given or Later()\none.connect()",
        "given.connect()",
    ],
)
def test_an_object_that_others_have_is_theirs_to_end(body: str) -> None:
    assert all(one.leak is None for one in _taken(body))


def test_an_object_that_nothing_ends_may_be_there_for_as_long_as_the_program() -> None:
    (one,) = _taken("one = Endless()\none.rows()")
    assert one.leak is not None
    assert one.leak.confidence is Confidence.LOW
    (one,) = _taken("one = Endless()\nreturn one.rows()")
    assert one.leak is not None
    assert one.leak.confidence is Confidence.MEDIUM
    (one,) = _taken("one = One()\none.rows()")
    assert one.leak is not None
    assert one.leak.confidence is Confidence.MEDIUM


def test_what_ends_it_is_told_in_the_function_s_own_words() -> None:
    (one,) = _taken("one = One()\nreturn one.rows()")
    assert (one.release, one.guard, one.through) == ("one.close()", "closing(One(…))", "One")
    (one,) = _taken("return Endless().rows()")
    assert one.release == "endless.conn.close()"


HANDING = """
class Handing(Later):
    def open(self):
        self.conn = psycopg2.connect()
        return self.conn
    def begin(self):
        self.conn = psycopg2.connect()
        return True
    def cursor(self):
        self.conn = psycopg2.connect()
        return self.conn.cursor()
"""


def _handing(body: str) -> tuple[Acquisition, ...]:
    text = f"{HEAD}{HANDING}\ndef work(given):\n{indent(dedent(body), '    ')}\n"
    module = read(SourceFile("shop/work.py", text), Options()).module
    assert module is not None
    return next((f.acquisitions for f in module.functions if f.name == "work"), ())


@pytest.mark.parametrize(
    ("body", "escape"),
    [
        ("conn.cursor()", Escape.NEVER),
        ("conn.cursor()\none.close()", Escape.RAISE),
        ("conn.cursor()\nconn.close()", Escape.RAISE),
        ("try:\n    conn.cursor()\nfinally:\n    one.close()", None),
        ("try:\n    conn.cursor()\nfinally:\n    conn.close()", None),
        ("return conn", None),
        ("given.conn = conn", None),
    ],
)
def test_what_an_object_keeps_and_hands_out_may_be_ended_by_either_way(
    body: str, escape: Escape | None
) -> None:
    (one,) = _handing(f"one = Handing()\nconn = one.open()\n{body}")
    assert (one.leak.escape if one.leak else None) == escape
    assert one.release == "one.close()"


@pytest.mark.parametrize(
    ("body", "escape"),
    [
        ("begun = one.begin()", Escape.NEVER),
        ("if one.begin():\n    one.conn.cursor()", Escape.NEVER),
        ("if not one.begin():\n    return\none.conn.cursor()\none.close()", Escape.RAISE),
        ("if not one.begin():\n    return\none.close()", None),
        ("begun = one.begin()\nif begun:\n    one.close()", None),
    ],
)
def test_what_is_connected_where_a_method_says_so(body: str, escape: Escape | None) -> None:
    (one,) = _handing(f"one = Handing()\n{body}")
    assert (one.leak.escape if one.leak else None) == escape


@pytest.mark.parametrize(
    "body",
    [
        "one = Handing()\nconn = one.cursor()",
        "one = Handing()\ngiven.conn = one.open()",
        "one = Handing()\nkeep(one)\nconn = one.open()",
        "one = given\nconn = one.open()",
        "one = Handing()\none = one.open()",
    ],
)
def test_what_may_be_something_else_or_somebody_elses_is_not_told(body: str) -> None:
    assert _handing(body) == ()
