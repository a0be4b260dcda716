"""What a function takes off the context of a request is what was put there."""

import ast
from textwrap import dedent

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.handing import Handed
from poollint.reading.connections.acquiring.popping import popped
from poollint.reading.naming.scopes.names import Names

HEAD = """
from flask import Flask, g
from psycopg2 import connect
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 2, "")
"""


def _popped(put: str, off: str = "g.pop('db', None)") -> Handed | None:
    text = f"{HEAD}def put():\n    {put}\ndef end(error):\n    {off}\n"
    module = ast.parse(dedent(text))
    names = Names(module, drivers())
    (call,) = (n.value for n in ast.walk(names.functions["end"]) if isinstance(n, ast.Expr))
    assert isinstance(call, ast.Call)
    written = cst.ensure_type(cst.parse_expression(off), cst.Call)
    assert popped(written, "end", names) == popped(call, "end", names)
    return popped(call, "end", names)


@pytest.mark.parametrize(
    ("put", "kind"),
    [
        ("g.db = connect('')", "connect"),
        ("g.db = pool.getconn()", "acquire"),
        ("if 'db' not in g:\n        g.db = pool.getconn()", "acquire"),
    ],
)
def test_what_a_driver_gave_is_taken_off(put: str, kind: str) -> None:
    found = _popped(put)
    assert found is not None
    assert (found.api.kind, found.function) == (kind, "put")


def test_what_a_function_hands_over_is_taken_off() -> None:
    found = _popped("def open(): return pool.getconn()\n    g.db = open()")
    assert found is not None
    assert (found.api.kind, found.pool) == ("acquire", "pool")


@pytest.mark.parametrize(
    ("put", "off"),
    [
        ("g.user = 'ada'", "g.pop('user', None)"),
        ("g.db = pool.getconn()", "g.pop('other', None)"),
        ("g.db = pool.getconn()", "g.get('db')"),
        ("g.db = pool.getconn()", "g.pop(KEY, None)"),
        ("g.db = pool.getconn()", "g.pop()"),
        ("g.db = pool.getconn()", "waiting.pop('db', None)"),
        ("g.db = pool.getconn()\n    g.db = None", "g.pop('db', None)"),
        ("g.db = pool.getconn()\n    g.db = connect('')", "g.pop('db', None)"),
        ("pass", "g.pop('db', None)"),
    ],
)
def test_what_is_not_certainly_a_connection_is_none(put: str, off: str) -> None:
    assert _popped(put, off) is None
