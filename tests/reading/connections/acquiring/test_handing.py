"""Functions that take a connection for their caller, and functions that keep it."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.acquiring.handing import Handed, handed
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name

HEAD = """
import asyncpg, atexit, logging, psycopg2, psycopg2.extras
from functools import lru_cache
from psycopg2.pool import SimpleConnectionPool
pool = SimpleConnectionPool(1, 2)
apool: asyncpg.Pool
log = logging.getLogger()
kept = []
"""


def _handed(text: str, name: str = "take") -> Handed | None:
    names = Names(ast.parse(HEAD + dedent(text)), drivers())
    return handed(Name(name), "", names)


def _of(body: str) -> Handed | None:
    return _handed("def take(x=None):\n" + indent(dedent(body), "    "))


@pytest.mark.parametrize(
    "body",
    [
        "return pool.getconn()",
        "conn = pool.getconn()\nreturn conn",
        "conn = pool.getconn()\nconn.autocommit = True\nconn.set_session()\nreturn conn",
        "conn = None\ntry:\n    conn = pool.getconn()\nexcept OSError:\n    x = 1\nreturn conn",
        "conn = pool.getconn()\nif conn.closed:\n    raise ValueError\nreturn conn",
        "conn = pool.getconn()\npsycopg2.extras.register_uuid(conn_or_curs=conn)\nreturn conn",
        "conn = pool.getconn()\nlog.info('%s', conn)\nprint(f'{conn}')\nreturn conn",
        "conn = pool.getconn()\ntaken[id(conn)] = x\nreturn conn",
        "conn = pool.getconn()\nwith conn, conn.cursor() as cur:\n    cur.execute(x)\nreturn conn",
    ],
)
def test_what_is_only_returned_is_the_caller_s(body: str) -> None:
    found = _of(body)
    assert found is not None
    assert (found.api.kind, found.function, found.pool, found.at) == ("acquire", "take", "pool", -1)


@pytest.mark.parametrize(
    "body",
    [
        "global conn\nconn = pool.getconn()\nreturn conn",
        "conn = pool.getconn()\nkept.append(conn)\nreturn conn",
        "conn = pool.getconn()\nx.conn = conn\nreturn conn",
        "conn = x.conn = pool.getconn()\nreturn conn",
        "conn = pool.getconn()\natexit.register(conn.close)\nreturn conn",
        "conn = pool.getconn()\nkeep(conn)\nreturn conn",
        "conn = pool.getconn()\nx.on_close(lambda: pool.putconn(conn))\nreturn conn",
        "conn = pool.getconn()\ndef done():\n    pool.putconn(conn)\nx(done)\nreturn conn",
        "x = x or pool.getconn()\nreturn x",
        "if x:\n    return x\nreturn pool.getconn()",
        "conn = pool.getconn()\nif x:\n    pool.putconn(conn)\nreturn conn",
        "conn = pool.getconn()\ntry:\n    return conn\nfinally:\n    pool.putconn(conn)",
        "conn = pool.getconn()\nreturn Wrapper(conn)",
        "conn = pool.getconn()\nyield conn",
        "with psycopg2.connect(x) as conn:\n    return conn",
        "return pool.getconn(), True",
        "return pool.getconn(), pool.getconn()",
        "return take()",
        "return None",
        "pool.getconn()",
    ],
)
def test_what_is_kept_or_may_be_another_s_is_not(body: str) -> None:
    assert _of(body) is None


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    conn = pool.getconn()\n    return conn\n"
        "except OSError:\n    pool.putconn(conn)\n    raise",
        "conn = pool.getconn()\nif conn.closed:\n    pool.putconn(conn, close=True)\n"
        "    conn = pool.getconn()\nreturn conn",
        "for _ in range(3):\n    conn = pool.getconn()\n    if x(conn.closed):\n"
        "        return conn\n    give_back(conn)\nraise OSError",
        "conn = pool.getconn()\ntry:\n    conn.cursor().execute('SELECT 1')\n"
        "except OSError:\n    kept.append(conn)\n    return None\nreturn conn",
    ],
)
def test_what_is_given_back_on_another_way_is_the_caller_s(body: str) -> None:
    found = _of(body)
    assert found is not None
    assert (found.api.kind, found.pool) == ("acquire", "pool")


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    return pool.getconn()\nexcept OSError:\n    return psycopg2.connect('')",
        "if x:\n    conn = psycopg2.connect('')\nelse:\n    conn = pool.getconn()\nreturn conn",
    ],
)
def test_what_is_connected_to_for_want_of_one_is_given_back_either_way(body: str) -> None:
    found = _of(body)
    assert found is not None
    assert (found.api.kind, found.api.released_by) == ("acquire", ("close",))
    assert found.api.given_back_to == ("putconn",)


def test_one_of_a_pool_or_of_another_database_is_handed_over_where_a_setting_tells() -> None:
    text = """
        import sqlite3
        def take():
            if LOCAL:
                return sqlite3.connect("x")
            return pool.getconn()
        """
    found = _handed(text)
    assert found is not None
    assert "close" in found.api.released_by
    assert {truth for _, truth in found.when} == {False}
    assert _handed(text.replace("take()", "take(LOCAL)")) is None


def test_a_coroutine_that_tries_a_pool_first_is_awaited() -> None:
    found = _handed("""
        async def take():
            if apool:
                return await apool.acquire()
            return await asyncpg.connect("")
        """)
    assert found is not None
    assert found.api.call == {"await"}
    assert found.api.awaited_exit == ""
    assert _handed("def take(x):\n    if x:\n        return apool.acquire()\n"
                   "    return pool.getconn()") is None  # fmt: skip


def test_a_caching_or_unknown_decorator_hands_nothing_over() -> None:
    for decorator in ("lru_cache", "lru_cache(maxsize=1)", "app.route('/')"):
        assert _handed(f"@{decorator}\ndef take():\n    return psycopg2.connect('')") is None


def test_a_connection_in_a_tuple_is_known_by_its_place() -> None:
    found = _of("conn = pool.getconn()\ncur = conn.cursor()\nreturn cur, conn")
    assert found is not None
    assert (found.at, found.size) == (1, 2)


def test_it_may_pass_through_several_functions() -> None:
    text = """
        def take():
            conn = inner()
            return conn
        def inner():
            return psycopg2.connect("")
        """
    found = _handed(text)
    assert found is not None
    assert (found.api.kind, found.function) == ("connect", "take")


def test_a_method_hands_over_what_its_instance_s_pool_lends() -> None:
    text = """
        class Repo:
            def __init__(self, pool: SimpleConnectionPool):
                self._pool = pool
            def take(self):
                return self._pool.getconn()
            def ask(self): ...
        """
    names = Names(ast.parse(HEAD + dedent(text)), drivers())
    found = handed(Attribute(Name("self"), "take"), "Repo.ask", names)
    assert found is not None
    assert found.pool == "self._pool"


@pytest.mark.parametrize(
    ("text", "call", "exit_", "awaited_exit"),
    [
        ("async def take():\n    return await apool.acquire()", {"await"}, "", ""),
        ("def take():\n    return apool.acquire()", {"await", "async-with"}, "release", ""),
        ("async def take():\n    return psycopg2.connect('')", {"await"}, "", "transaction"),
    ],
)
def test_the_caller_of_a_coroutine_awaits_it(
    text: str, call: set[str], exit_: str, awaited_exit: str
) -> None:
    found = _handed(text)
    assert found is not None
    assert found.api.call == call
    assert (found.api.exit, found.api.awaited_exit) == (exit_, awaited_exit)


def test_who_is_given_a_cursor_alone_has_its_connection_to_close() -> None:
    found = _of("conn = psycopg2.connect()\nreturn conn.cursor()")
    assert found is not None
    assert (found.api.kind, found.api.released_by) == ("connect", ("connection",))
    assert found.api.release == "{conn}.connection.close()"
    assert _of("return pool.getconn().cursor()") is None
    assert _of("conn = pool.getconn()\nreturn conn.cursor()") is None
    assert _of("return x.cursor()") is None
