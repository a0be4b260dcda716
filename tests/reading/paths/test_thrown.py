"""Where an exception that only the project raises comes from."""

from __future__ import annotations

import pytest

from poollint.model.finding import Confidence
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import json
import psycopg2.pool
from fastapi import HTTPException
from werkzeug.exceptions import NotFound
pool = psycopg2.pool.ThreadedConnectionPool(1, 5, "")

class Gone(Exception): ...
class LongGone(Gone): ...
class Odd(NotFound): ...

def refusing(conn, row=None):
    if row is None:
        raise Gone
def deeper(conn):
    return refusing(conn)
def late(conn):
    raise LongGone("late")
def plain(conn):
    with conn.cursor() as cur:
        cur.execute("SELECT 2")
    raise ValueError
def answering(conn):
    raise HTTPException(404)
def oddly(conn):
    raise Odd
def each(f, conn):
    f(conn)
def once(conn):
    return twice(conn)
def twice(conn):
    return once(conn)
def checked(f):
    def inner(*args):
        return f(*args)
    raise Gone
@checked
def under_a_check(conn):
    return json.loads("1")
"""
WORK = """
def work(client):
    conn = pool.getconn()
    try:
        {call}
    except {caught}:
        raise
    except Exception:
        pool.putconn(conn)
        raise
    pool.putconn(conn)
"""


def _confidence(call: str, caught: str = "Gone") -> Confidence | None:
    text = HEAD + WORK.format(call=call, caught=caught)
    module = read(SourceFile("work.py", text), Options()).module
    assert module is not None
    ((taken,),) = [f.acquisitions for f in module.functions if f.name == "work"]
    return taken.leak.confidence if taken.leak else None


@pytest.mark.parametrize(
    "call",
    ["refusing(conn)", "deeper(conn)", "late(conn)", "each(deeper, conn)", "under_a_check(conn)"],
)
def test_what_raises_it_or_calls_what_does_may_raise_it(call: str) -> None:
    assert _confidence(call) is Confidence.HIGH


@pytest.mark.parametrize(
    "call",
    ["conn.cursor().execute('SELECT 2')", "plain(conn)", "json.loads(client)", "once(conn)",
     "raise ValueError", "int(client)"],
)  # fmt: skip
def test_drivers_and_other_packages_do_not_raise_it(call: str) -> None:
    assert _confidence(call) is Confidence.LOW


def test_who_knows_what_an_unknown_object_raises() -> None:
    assert _confidence("client.send(conn)") is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("call", "confidence"),
    [
        ("answering(conn)", Confidence.HIGH),
        ("oddly(conn)", Confidence.HIGH),
        ("abort(404)", Confidence.HIGH),
        ("client.first_or_404()", Confidence.HIGH),
        ("refusing(conn)", Confidence.LOW),
        ("plain(conn)", Confidence.LOW),
        ("client.found.update({'name': client.row['name']})", Confidence.MEDIUM),
        ("found = {}; found.update({'name': client.row['name']})", Confidence.LOW),
        ("found = []; found.append(client.row[0])", Confidence.LOW),
        ("found = {}; found.update({'age': float(client.row[0])})", Confidence.LOW),
    ],
)
def test_the_answer_of_a_framework_is_raised_by_the_project(
    call: str, confidence: Confidence
) -> None:
    assert _confidence(call, "HTTPException") is confidence


def test_an_exception_of_others_may_come_from_anywhere() -> None:
    assert _confidence("plain(conn)", "(Gone, OSError)") is Confidence.HIGH
