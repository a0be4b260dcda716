"""Which connections of a pool a function closes each time that it has one."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.acquiring.discarding import discarded
from poollint.reading.connections.acquiring.taking import taken
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree, Unit, parse

HEAD = """
from psycopg2.pool import SimpleConnectionPool
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine
old = SimpleConnectionPool(1, 2)
pool = ConnectionPool("")
engine = create_engine("postgresql://")
"""


def _discards(body: str) -> bool:
    text = HEAD + "def f(a):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    tree = parse(SourceFile("m.py", text))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    prefix, group = list(tree.statements())[-1]
    unit = tree.unit(prefix, group)
    assert isinstance(unit, Unit)
    function = unit.statements[0]
    assert isinstance(function, cst.FunctionDef)
    (one,) = taken(function, "f", names)
    return discarded(function, one) is not None


@pytest.mark.parametrize(
    "body",
    [
        "with pool.connection() as c:\n    c.close()",
        "with pool.connection() as c:\n    try:\n        pass\n    finally:\n        c.close()",
        "c = old.getconn()\nold.putconn(c, close=True)",
        "c = old.getconn()\nc.close()\nold.putconn(c)",
    ],
)
def test_what_is_closed_each_time_is_discarded(body: str) -> None:
    assert _discards(body)


@pytest.mark.parametrize(
    "body",
    [
        "with pool.connection() as c:\n    c.commit()",
        "with pool.connection() as c:\n    if a:\n        c.close()",
        "with pool.connection() as c:\n    a.close()",
        "with pool.connection() as c:\n    def g():\n        c.close()",
        "with pool.connection() as c:\n    try:\n        a()\n    except E:\n        c.close()",
        "c = old.getconn()\nold.putconn(c, close=a)",
        "c = old.getconn()\nold.putconn(c, close=False)",
        "with engine.connect() as c:\n    c.close()",
    ],
)
def test_what_is_closed_sometimes_or_given_back_is_not(body: str) -> None:
    assert not _discards(body)
