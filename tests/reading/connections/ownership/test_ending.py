"""What of a class may end the connection of its objects, and what it calls that."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.ownership.owning import Owner, owner
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name


def _of(body: str) -> Owner | None:
    """Return what `One()` keeps, whose class has this body."""
    text = "import psycopg, psycopg2\nclass One:\n" + indent(dedent(body), "    ")
    return owner(Name("One"), "", Names(ast.parse(text), drivers()))


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("self.conn.close()", True),
        ("conn = self.conn\nconn.close()", True),
        ("self.quit()", True),
        ("return self.conn", True),
        ("keep(self.conn)", True),
        ("self.conn = None", True),
        ("del self.conn", True),
        ("elsewhere.conn = self.conn", True),
        ("self.cur.connection.close()", True),
        ("cur = self.conn.cursor()\ncur.close()", False),
        ("self.cur.close()", False),
        ("self.conn.commit()", False),
        ("print(self.conn)", False),
        ("with self.conn:\n    pass", False),
        ("conn = self.conn\nreturn conn.cursor()", False),
    ],
)
def test_a_method_ends_it_where_it_may_close_it_or_let_others_have_it(
    body: str, ends: bool
) -> None:
    found = _of(
        "def __init__(self):\n    self.conn = psycopg2.connect()\n"
        "    self.cur = self.conn.cursor()\n"
        "def quit(self):\n    self.conn.close()\n"
        "def work(self):\n" + indent(body, "    ")
    )
    assert found is not None
    assert ("work" in found.api.released_by) is ends


def test_a_connection_that_closes_with_its_block_is_ended_by_it() -> None:
    init = "def __init__(self):\n    self.conn = psycopg.connect()\n"
    found = _of(f"{init}def work(self):\n    with self.conn:\n        pass")
    assert found is not None
    assert found.api.released_by == ("work",)


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("def close(self):\n    self.conn.close()", "{conn}.close()"),
        ("async def stop(self):\n    self.conn.close()\ndef end(self): ...", "{conn}.conn.close()"),
        ("async def disconnect(self):\n    self.conn.close()", "await {conn}.disconnect()"),
        ("def close(self, force):\n    self.conn.close()", "{conn}.conn.close()"),
        ("def _close(self):\n    self.conn.close()", "{conn}.conn.close()"),
    ],
)
def test_what_is_there_to_end_it_is_named(text: str, release: str) -> None:
    found = _of(f"def __init__(self):\n    self.conn = psycopg2.connect()\n{text}")
    assert found is not None
    assert found.api.release == release
