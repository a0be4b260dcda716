"""What a function of the project does with a connection that it is lent."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.lending import Lent, Outcome
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names

CATALOG = drivers()
CONNECT = CATALOG.functions["psycopg2.connect"]
GETCONN = CATALOG.methods[("psycopg2.pool", "getconn")]
HEAD = """
import contextlib, logging
kept = []

def closes(it):
    it.close()

def looks(it):
    print(it)

def again(it):
    again(it)

class Owner:
    def take(self, first, conn):
        conn.close()

    @staticmethod
    def still(conn):
        conn.close()

    def nothing(self, conn):
        "To be overridden."
        raise NotImplementedError

    def release(self, conn): ...

    def update(self, conn): conn.cursor()

    def push(self, conn): kept.append(conn)

    def set(self, conn): ...
"""


def _outcome(body: str, name: str = "work", pooled: bool = False) -> Outcome:
    text = f"{HEAD}\ndef {name}(conn, *more):\n{indent(dedent(body), '    ')}"
    member = Member(Names(ast.parse(text), CATALOG), name)
    return Lent(member, GETCONN if pooled else CONNECT, "transaction").at(0, "")


@pytest.mark.parametrize(
    "body",
    [
        "conn.close()",
        "if conn:\n    conn.close()",
        "run(conn.close)",
        "with contextlib.closing(conn):\n    pass",
        "same = conn\nsame.close()",
        "for one in (5, conn):\n    one.close()",
        "[one.close() for one in [conn]]",
        "closes(conn)",
        "closes(it=conn)",
        "Owner().take(1, conn)",
        "Owner.still(conn)",
        "unknown.close_quietly(conn)",
        "def end():\n    conn.close()\nend()",
    ],
)
def test_it_is_given_back(body: str) -> None:
    assert _outcome(body) is Outcome.RELEASED


@pytest.mark.parametrize(
    "body",
    [
        "kept.append(conn)",
        "self.conn = conn",
        "return conn",
        "yield conn",
        "Wrapper(conn)",
        "Owner().push(conn)",
        "Owner().set(conn)",
    ],
)
def test_it_is_kept(body: str) -> None:
    assert _outcome(body) is Outcome.TRANSFERRED


@pytest.mark.parametrize(
    "body",
    [
        "pass\nx = 1",
        "conn.rollback()",
        "looks(conn)",
        "print(conn)",
        "logging.info('%s', conn)",
        "with conn:\n    conn.cursor()",
        "same = conn",
        "Owner().update(conn)",
    ],
)
def test_it_is_only_used(body: str) -> None:
    assert _outcome(body) is Outcome.HELD
    assert _outcome(body, name="close_it") is Outcome.HELD


@pytest.mark.parametrize(
    "body", ["unknown(conn)", "self.other(conn)", "unknown(*conn)", "again(conn)"]
)
def test_what_nobody_knows_is_told_by_the_name(body: str) -> None:
    assert _outcome(body) is Outcome.PASSED
    assert _outcome(body, name="close_it") is Outcome.RELEASED


def test_closing_what_belongs_to_a_pool_does_not_give_it_back() -> None:
    assert _outcome("conn.close()", pooled=True) is Outcome.FALSE_RELEASE
    assert _outcome("pool.putconn(conn)", pooled=True) is Outcome.RELEASED


@pytest.mark.parametrize(
    ("method", "outcome"), [("nothing", Outcome.PASSED), ("release", Outcome.RELEASED)]
)
def test_a_method_to_be_overridden_is_told_by_its_name(method: str, outcome: Outcome) -> None:
    member = Member(Names(ast.parse(HEAD), CATALOG), f"Owner.{method}")
    assert Lent(member, CONNECT, "").at(0, "") is outcome


def test_arguments_meet_their_parameters() -> None:
    names = Names(ast.parse(HEAD), CATALOG)
    take = Lent(Member(names, "Owner.take"), CONNECT, "")
    assert [take.at(0, ""), take.at(1, ""), take.at(-1, "conn"), take.at(5, "")] == [
        Outcome.HELD, Outcome.RELEASED, Outcome.RELEASED, Outcome.PASSED,
    ]  # fmt: skip
    assert take.at(-1, "other") is Outcome.PASSED
