"""What entering a context manager of the project takes, whichever file it stands in."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.acquiring.blocks import block, offers
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, dotted, of_ast

DB = """
from contextlib import asynccontextmanager, contextmanager
import asyncpg, psycopg, psycopg2
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 9, "dbname=shop")

@contextmanager
def lent():
    conn = pool.getconn()
    try:
        yield conn
    finally:
        pool.putconn(conn)

@contextmanager
def around():
    with lent() as conn:
        yield conn

@contextmanager
def renamed():
    conn = None
    with lent() as found:
        conn = found
        yield conn

def taken():
    return pool.getconn()

def made():
    return psycopg.connect("dbname=shop")

@contextmanager
def by_a_function():
    conn = taken()
    yield conn
    pool.putconn(conn)

@contextmanager
def ended_by_the_block():
    with made() as conn:
        yield conn

@contextmanager
def not_ended_by_the_block():
    with taken() as conn:
        yield conn

async def later():
    return taken()

@contextmanager
def not_awaited():
    conn = later()
    yield conn

@contextmanager
def either(old):
    if old:
        conn = pool.getconn()
    else:
        conn = psycopg2.connect("dbname=shop")
    yield conn

@contextmanager
def two():
    conn = pool.getconn()
    yield conn, 1

@contextmanager
def itself():
    with itself() as conn:
        yield conn

def given():
    return lent()

async def awaited():
    return lent()

@asynccontextmanager
async def opened(apool):
    async with asyncpg.create_pool("dbname=shop") as made, made.acquire() as conn:
        yield conn

def plain():
    conn = pool.getconn()
    yield conn

at_hand = contextmanager(plain)
of_lent = contextmanager(lent)
otherwise = print(plain)

class Store:
    @classmethod
    @contextmanager
    def own(cls):
        conn = pool.getconn()
        yield conn

store = Store()
"""
USER = """from db import *
import db
from db import around, awaited, at_hand, given, lent, opened, store
"""


@pytest.fixture(scope="module")
def names() -> Names:
    files = {"db.py": DB, "user.py": USER}

    def load(path: str) -> SourceFile | None:
        return SourceFile(path, files[path]) if path in files else None

    found = Exports(PythonFiles(files, load), drivers()).names("user.py")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("entered", "callee"),
    [
        ("lent()", "pool.getconn"),
        ("db.lent()", "pool.getconn"),
        ("around()", "pool.getconn"),
        ("db.renamed()", "pool.getconn"),
        ("db.by_a_function()", "taken"),
        ("db.ended_by_the_block()", "made"),
        ("at_hand()", "pool.getconn"),
        ("db.at_hand()", "pool.getconn"),
        ("given()", "pool.getconn"),
        ("await awaited()", "pool.getconn"),
        ("store.own()", "pool.getconn"),
        ("db.Store.own()", "pool.getconn"),
        ("opened(1)", "made.acquire"),
    ],
)
def test_what_the_block_holds_is_known(entered: str, callee: str, names: Names) -> None:
    found = block(of_ast(ast.parse(entered, mode="eval").body), "", names)
    assert found is not None
    assert dotted(found.callee) == callee


@pytest.mark.parametrize(
    "entered",
    [
        "db.either(1)", "db.two()", "db.itself()", "awaited()", "await given()", "await lent()",
        "lent", "unknown()", "db.pool.getconn()", "await at_hand()",
        "db.not_ended_by_the_block()", "db.not_awaited()",
        "db.of_lent()", "db.otherwise()", "db.plain()",
    ],
)  # fmt: skip
def test_what_is_not_sure_is_nothing(entered: str, names: Names) -> None:
    assert block(of_ast(ast.parse(entered, mode="eval").body), "", names) is None


def test_managers_and_what_returns_them_are_offered(names: Names) -> None:
    told = {}
    for name in ("lent", "around", "given", "awaited", "opened"):
        member = function(Name(name), "", names)
        assert member is not None
        told[name] = offers(member)
    assert all(told.values()), told
