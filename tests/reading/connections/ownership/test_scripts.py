"""The statements of scripts that run again and again: what they take, and what ends it."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Module
from poollint.facts.connections import Escape
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.connections.ownership.scripts import ended_elsewhere
from poollint.reading.naming.scopes.names import Names
from poollint.reading.reader import Options

HEAD = "import psycopg2\nimport streamlit as st\nst.title('x')\n"


def _module(text: str) -> Module:
    reading = read(SourceFile("page.py", dedent(text)), Options())
    assert reading.module is not None
    return reading.module


def _leaks(text: str) -> list[Escape]:
    at_import = [f for f in _module(HEAD + text).functions if not f.name]
    return [a.leak.escape for f in at_import for a in f.acquisitions if a.leak is not None]


@pytest.mark.parametrize(
    ("text", "escapes"),
    [
        ("conn = psycopg2.connect('')\nconn.cursor()\n", [Escape.NEVER]),
        ("conn = psycopg2.connect('')\nconn.cursor().execute('')\nconn.close()\n", [Escape.RAISE]),
        ("conn = psycopg2.connect('')\ntry:\n    conn.cursor()\nfinally:\n    conn.close()\n", []),
        ("def done():\n    conn.close()\nconn = psycopg2.connect('')\ndone()\n", []),
        ("def f():\n    return conn.cursor()\nconn = psycopg2.connect('')\nf()\n", [Escape.NEVER]),
        ("st.session_state.conn = psycopg2.connect('')\n", []),
        ("class A:\n    conn = psycopg2.connect('')\n", []),
    ],
)
def test_a_page_gives_back_what_it_takes_at_import(text: str, escapes: list[Escape]) -> None:
    assert _leaks(text) == escapes


def test_what_a_module_takes_that_runs_once_ends_with_the_process() -> None:
    module = _module("import psycopg2\nconn = psycopg2.connect('')\nconn.cursor()\n")
    assert not [a for f in module.functions for a in f.acquisitions]


def test_what_is_looked_for_in_the_session_is_made_once() -> None:
    text = "if 'c' not in st.session_state:\n    conn = psycopg2.connect('')\n"
    (function,) = _module(HEAD + text).functions
    (taken,) = function.acquisitions
    assert taken.once == "kept in the session's state"


def test_a_function_that_sets_the_name_may_end_what_it_held() -> None:
    setting = "def f():\n    global conn\n    conn = None\n"
    text = f"conn = 1\n{setting}def g():\n    conn = 2\n    x.close()\n"
    names = Names(ast.parse(text), drivers())
    assert ended_elsewhere("conn", drivers().functions["psycopg2.connect"], names)
    only = Names(ast.parse(text.replace("    global conn\n", "")), drivers())
    assert not ended_elsewhere("conn", drivers().functions["psycopg2.connect"], only)
