"""Objects that connect when they are first used: which methods connect for certain."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.ownership.on_use import connects_on_use, on_use
from poollint.reading.naming.objects.instances import Instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

TEXT = dedent("""
    import psycopg2
    class Db:
        def __init__(self, dsn):
            self.dsn, self._conn = dsn, None
        @property
        def conn(self):
            if not self._conn:
                self._conn = psycopg2.connect(self.dsn)
            return self._conn
        def asks(self):
            with self.conn.cursor() as cur:
                return cur.fetchone()
        def asks_through(self):
            try:
                return self.asks()
            finally:
                pass
        def may_ask(self, really):
            if really:
                return self.asks()
        def leaves_before(self, known):
            if known:
                return known
            return self.asks()
        def asks_later(self):
            return lambda: self.conn
        def idle(self):
            return self.dsn
    class Given:
        def __init__(self, conn=None):
            self._conn = conn
        @property
        def conn(self):
            if self._conn is None:
                self._conn = psycopg2.connect("")
            return self._conn
    class Eager:
        def __init__(self):
            self._conn = psycopg2.connect("")
        def asks(self):
            return self._conn.cursor().fetchone()
    db = Db("")
""")


@pytest.fixture
def names() -> Names:
    return Names(ast.parse(TEXT), drivers())


@pytest.mark.parametrize("method", ["conn", "asks", "asks_through"])
def test_a_method_connects_that_reads_the_connection_whenever_it_runs(
    method: str, names: Names
) -> None:
    found = on_use(Instance(names, "Db"), method)
    assert found is not None
    assert (found.attribute, found.made.name) == ("_conn", "Db.conn")


@pytest.mark.parametrize(
    ("cls", "method"),
    [
        ("Db", "may_ask"),
        ("Db", "leaves_before"),
        ("Db", "idle"),
        ("Db", "__init__"),
        ("Db", "missing"),
        ("Given", "conn"),
        ("Eager", "asks"),
    ],
)
def test_other_methods_do_not_for_certain(cls: str, method: str, names: Names) -> None:
    assert on_use(Instance(names, cls), method) is None


def test_a_call_is_known_by_the_object_it_is_made_on(names: Names) -> None:
    found = [
        connects_on_use(of_ast(ast.parse(text, mode="eval").body), "", names)
        for text in ("db.asks", "db.idle", "asks", "other.asks")
    ]
    assert found == [True, False, False, False]
