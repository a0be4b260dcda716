"""What names mean: by import, by assignment, by annotation, by what a function returns."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import calls, drivers
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, of_ast

MODULE = """
import asyncpg, psycopg2.pool as pp
import psycopg2
from psycopg2 import pool as pool_module
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from . import db
from .settings import DSN
try:
    import psycopg
except ImportError:
    psycopg = None

_pool: asyncpg.Pool | None = None
direct = pp.ThreadedConnectionPool(1, 2)
Session = sessionmaker(create_engine(DSN))
either = pool_module.SimpleConnectionPool(1, 2)
either = object()

async def get_pool():
    global _pool
    if _pool is None:
        _pool = await asyncpg.create_pool(DSN)
    return _pool

def connect() -> psycopg2.extensions.connection:
    return psycopg2.connect(DSN)

def generate():
    yield psycopg2.connect(DSN)

class Repo:
    pool: "asyncpg.Pool"
    def __init__(self, other: asyncpg.Pool | None = None):
        self.other = other
        self.lazy = None
        self.lazy = pp.SimpleConnectionPool(1, 2)
    async def work(self, psycopg):
        taken = await self.pool.acquire()
        context = self.pool.acquire()
        session = Session()
        asyncpg = object()
        wrapped = connect()
        own = taken or None
        def inner():
            return taken
"""


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(ast.parse(MODULE), drivers())


def kind(names: Names, text: str, scope: str) -> str:
    wrapped = ast.parse(f"async def f():\n    ({text})").body[0]
    assert isinstance(wrapped, ast.AsyncFunctionDef)
    statement = wrapped.body[0]
    assert isinstance(statement, ast.Expr)
    return names.type(of_ast(statement.value), scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("direct", "psycopg2.pool"),
        ("direct.getconn()", "psycopg2.connection"),
        ("_pool", "asyncpg.pool"),
        ("await get_pool()", "asyncpg.pool"),
        ("get_pool()", "awaitable asyncpg.pool"),
        ("self.pool", "asyncpg.pool"),
        ("self.other", "asyncpg.pool"),
        ("self.lazy", "psycopg2.pool"),
        ("taken", "asyncpg.connection"),
        ("await asyncio.wait_for(self.pool.acquire(), 5)", "asyncpg.connection"),
        ("await asyncio.shield(get_pool())", "asyncpg.pool"),
        ("asyncio.wait_for(get_pool(), timeout=5)", "awaitable asyncpg.pool"),
        ("await asyncio.wait_for(asyncio.shield(get_pool()), 5)", "asyncpg.pool"),
        ("await asyncio.wait_for(nobody(), 5)", ""),
        ("await other.wait_for(get_pool(), 5)", ""),
        ("wrapped", "psycopg2.connection"),
        ("session", "sqlalchemy.session"),
        ("either", ""),
        ("generate()", ""),
        ("nobody", ""),
        ("db.pool", ""),
        ("self.missing", ""),
    ],
)
def test_types(names: Names, text: str, expected: str) -> None:
    assert kind(names, text, "Repo.work") == expected


def test_a_closure_sees_the_names_around_it(names: Names) -> None:
    assert kind(names, "taken", "Repo.work.<locals>.inner") == "asyncpg.connection"


def test_a_local_name_hides_an_import(names: Names) -> None:
    assert names.qualified(Name("asyncpg"), "get_pool") == "asyncpg"
    assert names.qualified(Name("asyncpg"), "Repo.work") == ""
    assert names.qualified(Name("psycopg"), "Repo.work") == ""


def test_an_import_with_a_fallback_is_one_still(names: Names) -> None:
    assert names.qualified(Name("psycopg"), "connect") == "psycopg"


def test_relative_imports_keep_their_dots(names: Names) -> None:
    assert names.imports["db"] == ".db"
    assert names.imports["DSN"] == ".settings.DSN"


def test_functions_of_the_module_are_found_by_call(names: Names) -> None:
    self_work = of_ast(ast.parse("self.work", mode="eval").body)
    assert names.function(self_work, "Repo.__init__") == "Repo.work"
    assert names.function(Name("connect"), "Repo.work") == "connect"
    assert names.function(Name("inner"), "Repo.work") == "Repo.work.<locals>.inner"
    assert names.function(Name("asyncpg"), "Repo.work") == ""


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("sessionmaker(engine, class_=AsyncSession)", "sqlalchemy.async_session_factory"),
        ("sessionmaker(engine, class_=Session)", "sqlalchemy.session_factory"),
        ("sessionmaker(engine, class_=Own)", "sqlalchemy.session_factory"),
        ("sessionmaker(engine)", "sqlalchemy.session_factory"),
    ],
)
def test_a_factory_makes_objects_of_the_class_that_it_is_told(told: str, kind: str) -> None:
    text = f"""
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, sessionmaker
make = {told}
"""
    names = Names(ast.parse(text), drivers())
    assert names.type(Name("make"), "") == kind
    assert names.type(Called(Name("make")), "") == kind.removesuffix("_factory")


def test_what_an_object_of_the_catalog_keeps_has_the_type_the_catalog_tells() -> None:
    text = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\nrow = db.engine.connect()\n"
    names = Names(ast.parse(text), drivers())
    engine = Attribute(Name("db"), "engine")
    assert names.type(engine, "") == "sqlalchemy.engine"
    assert names.type(Name("row"), "") == "sqlalchemy.connection"
    assert names.type(Attribute(Name("db"), "engines"), "") == ""


def test_a_long_chain_on_a_name_that_is_given_itself_takes_no_longer_than_its_length() -> None:
    # What asks twice for each call of the chain asks 2 ** 60 times.
    text = "def f(name):\n    name = g(name)\n    name = name" + ".replace('a', '')" * 60
    names = Names(ast.parse(text), drivers())
    assert names.type(Name("name"), "f") == ""
    assert names.type(Attribute(Called(Attribute(Name("name"), "replace")), "engine"), "f") == ""


ENTERED = """
import asyncpg
class Lent:
    pool: asyncpg.Pool
    async def __aenter__(self):
        self.conn = await self.pool.acquire()
        return self.conn
    async def __aexit__(self, *failure): ...
class Itself:
    def __enter__(self): return self
async def f():
    async with Lent() as conn, Itself() as it: ...
"""


def test_a_block_is_handed_what_entering_an_object_gives() -> None:
    names = Names(ast.parse(ENTERED), drivers())
    assert names.type(Name("conn"), "f") == "asyncpg.connection"
    assert names.type(Name("it"), "f") == ""


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ('QdrantClient("http://vectors")', "vectors.qdrant"),
        ("QdrantClient(url, path=None)", "vectors.qdrant"),
        ('QdrantClient(":memory:")', ""),
        ('QdrantClient(location=":memory:")', ""),
        ("QdrantClient(path=folder)", ""),
        ('MilvusClient("http://vectors")', "vectors.milvus"),
        ('MilvusClient("notes.db")', ""),
        ("httpx.AsyncClient(timeout=5)", "httpx.async_client"),
        ("httpx.AsyncClient(transport=httpx.AsyncHTTPTransport())", "httpx.async_client"),
        ("httpx.AsyncClient(transport=httpx.ASGITransport(app=a))", ""),
        ("httpx.AsyncClient(app=a)", ""),
    ],
)
def test_a_client_that_is_told_to_ask_nobody_is_none_that_waits(made: str, kind: str) -> None:
    text = (
        "import httpx\nfrom qdrant_client import QdrantClient\nfrom pymilvus import MilvusClient\n"
    )
    cls = made.partition("(")[0]
    text += f"def make() -> {cls}:\n    return {made}\none: {cls} = {made}\nother = {made}\n"
    names = Names(ast.parse(text), calls())
    for shape in (Called(Name("make")), Name("one"), Name("other")):
        assert names.type(shape, "") == kind


def test_functions_may_import_different_things_under_one_name() -> None:
    text = """
def first():
    from asyncpg import connect
def second():
    from psycopg import connect
def third(): ...
"""
    names = Names(ast.parse(text), drivers())
    found = [names.qualified(Name("connect"), scope) for scope in ("first", "second")]
    assert found == ["asyncpg.connect", "psycopg.connect"]
    assert names.import_in("connect", "third") == "asyncpg.connect"  # who knows which
    assert names.import_in("unknown", "first") == ""


KEEPING = """
import psycopg2, httpx
class Memory:
    def __init__(self, given):
        self.driver = psycopg2
        self.lazy = None
        self.lazy = psycopg2
        self.either = psycopg2
        self.either = given
        self.two = psycopg2
        self.two = httpx
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("self.driver.connect", "psycopg2.connect"),
        ("self.lazy.connect", "psycopg2.connect"),
        ("self.either.connect", ""),
        ("self.two.connect", ""),
        ("self.driver.nothing", ""),
        ("self.driver", ""),
        ("self.other.connect", ""),
    ],
)
def test_a_module_that_an_object_keeps_is_that_module(text: str, name: str) -> None:
    names = Names(ast.parse(KEEPING), drivers())
    assert names.qualified(of_ast(ast.parse(text, mode="eval").body), "Memory.__init__") == name
