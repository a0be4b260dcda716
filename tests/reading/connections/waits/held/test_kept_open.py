"""Loops that leave a transaction open on a connection that outlives them."""

from __future__ import annotations

from textwrap import indent

import pytest

from poollint.facts.connections import Hold
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import time
import psycopg2
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 2)
conn = psycopg2.connect("")
def opened(dsn):
    return psycopg2.connect(dsn)
def asked():
    cur = conn.cursor()
    cur.execute("SELECT 1")
def asked_and_ended():
    asked()
    conn.rollback()
class Worker:
    def __init__(self, dsn, given):
        self.conn = {opens}
        self.cur = self.conn.cursor()
    def ask(self):
        with self.conn.cursor() as cur:
            cur.execute("SELECT 1")
    def save(self):
        self.ask()
        self.conn.commit()
    def run(self):
        while True:
{body}
"""


PREPARED = """
def prepared(dsn):
    one = psycopg2.connect(dsn)
    one.autocommit = True
    return one
"""


def idle(body: str, opens: str = "psycopg2.connect(dsn)") -> list[Hold]:
    text = HEAD.format(body=indent(body, "            "), opens=opens)
    text += PREPARED if opens.startswith("prepared") else ""
    module = read(SourceFile("work.py", text), Options()).module
    assert module is not None
    return [hold for f in module.functions if f.name == "Worker.run" for hold in f.idle]


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ('self.cur.execute("SELECT 1")\ntime.sleep(5)', "self.conn"),
        ("self.ask()\ntime.sleep(5)", "self.conn"),
        ("time.sleep(5)\nself.ask()", "self.conn"),
        ("asked()\ntime.sleep(5)", "conn"),
        ("cur = self.conn.cursor()\ncur.execute('SELECT 1')\ntime.sleep(5)", "self.conn"),
        ("self.save()\ntime.sleep(5)", ""),
        ("asked_and_ended()\ntime.sleep(5)", ""),
        ("self.ask()\nself.conn.rollback()\ntime.sleep(5)", ""),
        ("self.ask()\nunknown(self.conn)\ntime.sleep(5)", ""),
        ("self.ask()\nunknown(self)\ntime.sleep(5)", ""),
        ("with self.conn:\n    self.ask()\ntime.sleep(5)", ""),
        ('self.cur.execute("SELECT 1; COMMIT")\ntime.sleep(5)', ""),
        ("try:\n    self.ask()\nexcept OSError:\n    time.sleep(5)", ""),
        ("self.conn.poll()\ntime.sleep(5)", ""),
        ("self.ask()", ""),
        ("if self.ask():\n    time.sleep(5)\n    continue\nself.conn.commit()", "self.conn"),
        ("self.ask()\nself.conn.commit()\nself.ask()\ntime.sleep(5)", "self.conn"),
        ("self.ask()\nself.conn.commit()\ntime.sleep(5)", ""),
        ("if now:\n    self.ask()\nif now:\n    self.conn.commit()\ntime.sleep(5)", ""),
        ("self.save()\nif self.ask():\n    self.save()\n    time.sleep(5)", ""),
    ],
)
def test_a_loop_that_waits_ends_its_transactions_or_is_told(body: str, target: str) -> None:
    assert [hold.held.target for hold in idle(body)] == ([target] if target else [])


@pytest.mark.parametrize(
    ("opens", "told"),
    [
        ("psycopg2.connect(dsn)", True),
        ("opened(dsn)", True),
        ("prepared(dsn)", False),
        ("psycopg2.connect(dsn, options='-c default_transaction_isolation_level=x')", False),
        ("given", False),
        ("pool.getconn()", False),
    ],
)
def test_only_what_is_known_to_begin_transactions_counts(opens: str, told: bool) -> None:
    assert bool(idle("self.ask()\ntime.sleep(5)", opens)) is told
