"""Connections that are given back a second time, and those that only look so."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.acquiring.taking import taken
from poollint.reading.connections.ownership.ownership import build
from poollint.reading.connections.ownership.twice import given_twice
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree, Unit, parse

HEAD = "from psycopg2.pool import SimpleConnectionPool\npool = SimpleConnectionPool(1, 2)\n"


def _lines(body: str) -> tuple[int, int] | None:
    """Return the lines of a body, from 1, at which a connection is given back."""
    text = HEAD + "def f(a, rows):\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    tree = parse(SourceFile("m.py", text))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    prefix, group = list(tree.statements())[-1]
    unit = tree.unit(prefix, group)
    assert isinstance(unit, Unit)
    function = unit.statements[0]
    assert isinstance(function, cst.FunctionDef)
    (one,) = taken(function, "f", names)
    own = build(function, "f", names, throws=False)
    assert own is not None
    found = given_twice(own, one)
    return (
        (unit.span(found[0]).start.line - 3, unit.span(found[1]).start.line - 3) if found else None
    )


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("c = pool.getconn()\npool.putconn(c)\npool.putconn(c)", (2, 3)),
        ("c = pool.getconn()\nd = c\npool.putconn(c)\npool.putconn(d)", (3, 4)),
        ("c = pool.getconn()\npool.putconn(c)\nif a:\n    pool.putconn(conn=c)", (2, 4)),
        ("c = pool.getconn()\ntry:\n    pool.putconn(c)\n    return 1\n"
         "finally:\n    pool.putconn(c)", (3, 6)),
        ("c = pool.getconn()\nfor r in rows:\n    pool.putconn(c)", (3, 3)),
    ],
)  # fmt: skip
def test_what_is_given_back_again_is_found(body: str, lines: tuple[int, int]) -> None:
    assert _lines(body) == lines


@pytest.mark.parametrize(
    "body",
    [
        "c = pool.getconn()\nif a:\n    pool.putconn(c)\nelse:\n    pool.putconn(c, close=True)",
        "c = pool.getconn()\npool.putconn(c)\nc = None\nif c:\n    pool.putconn(c)",
        "c = pool.getconn()\nif a:\n    pool.putconn(c)\nif not a:\n    pool.putconn(c)",
        "c = pool.getconn()\ntry:\n    work(c)\nexcept E:\n    pool.putconn(c)\n    raise\n"
        "pool.putconn(c)",
        "c = pool.getconn()\ntry:\n    pool.putconn(c)\nexcept E:\n    pool.putconn(c)",
        "c = pool.getconn()\npool.putconn(c)\ntry:\n    pool.putconn(c)\nexcept E:\n    pass",
        "for r in rows:\n    c = pool.getconn()\n    pool.putconn(c)",
        "for r in rows:\n    c = pool.getconn()\n    work(c)\n    pool.putconn(c)\n    break",
        "c = pool.getconn()\ndef back():\n    pool.putconn(c)\npool.putconn(c)",
        "c = pool.getconn()\nc.close()\npool.putconn(c)",
        "c = pool.getconn()\npool.putconn(c)\nkept.append(c)\npool.putconn(c)",
    ],
)
def test_what_is_given_back_once_on_each_way_is_not(body: str) -> None:
    assert _lines(body) is None
