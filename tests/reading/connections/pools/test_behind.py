"""Which call builds the pool that a source comes down to, and how many that lends at once."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.behind import behind, never_empty, size
from poollint.reading.connections.pools.sources import source
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.shapes import of_ast

DB = """
import os
from functools import lru_cache
import asyncpg
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool, StaticPool

URL = "postgresql://db/shop"
plain = create_engine(URL)
sized = create_engine(URL, pool_size=3, max_overflow=4)
endless = create_engine(URL, max_overflow=-1)
every = create_engine(URL, pool_size=0)
null = create_engine(URL, poolclass=NullPool)
static = create_engine(URL, poolclass=StaticPool)
kw = {"poolclass": NullPool} if os.environ.get("PGBOUNCER") else {"pool_size": 3}
either = create_engine(URL, **kw)
of_tests = {"poolclass": NullPool} if os.environ.get("TESTING") else {"pool_size": 3}
serving = create_engine(URL, **of_tests)
unknown = create_engine(URL, **os.environ)
threads = ThreadedConnectionPool(1, 9, URL)
Session = sessionmaker(bind=sized)
Direct = sessionmaker(create_engine(URL, poolclass=NullPool))
twice = create_engine(URL)
twice = create_engine(URL, pool_size=1)

class Store:
    def __init__(self):
        self.engine = sized
        self.pool = None

    async def open(self):
        self.pool = await asyncpg.create_pool(URL, max_size=7)

store = Store()

class Unpooled:
    def __init__(self):
        self.engine = create_engine(URL, poolclass=NullPool)

@lru_cache
def unpooled():
    return Unpooled()

class Sized:
    def __init__(self, url):
        self.engine = create_engine(url, pool_size=2, max_overflow=1)

@lru_cache
def of_two(url):
    return Sized(url)

main = of_two("main")
"""
WEB = "import db\nfrom db import Session, store\n"


def found(text: str) -> tuple[bool, int] | None:
    files = {"db.py": SourceFile("db.py", DB), "web.py": SourceFile("web.py", WEB)}
    exports = Exports(PythonFiles(files, files.get), drivers())
    names, tree = exports.names("web.py"), exports.files.tree("web.py")
    assert names is not None
    assert tree is not None
    shape = of_ast(ast.parse(text, mode="eval").body)
    pool = behind(source(shape, "", names), names, tree)
    return (never_empty(pool), size(pool)) if pool is not None else None


@pytest.mark.parametrize(
    ("text", "lends"),
    [
        ("db.plain", 15),
        ("db.sized", 7),
        ("db.threads", 9),
        ("db.Session", 7),
        ("Session", 7),
        ("store.pool", 7),
        ("db.unknown", 0),
        ("db.serving", 13),
        ("db.main.engine", 3),
    ],
)
def test_size_is_read_where_the_pool_is_built(text: str, lends: int) -> None:
    assert found(text) == (False, lends)


@pytest.mark.parametrize(
    "text",
    ["db.endless", "db.every", "db.null", "db.static", "db.either", "db.Direct",
     "db.unpooled().engine"],
)  # fmt: skip
def test_nobody_waits_for_some_pools(text: str) -> None:
    told = found(text)
    assert told is not None
    assert told[0]


@pytest.mark.parametrize("text", ["db.twice", "store.nothing", "db.URL", "elsewhere.pool"])
def test_what_is_not_certain_is_not_known(text: str) -> None:
    assert found(text) is None
