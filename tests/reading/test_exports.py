"""What a name that is imported from another file of the project stands for."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.exports import Exports, View, offered
from poollint.reading.library import Library
from poollint.reading.names import Names

DB = """
    import asyncpg, psycopg2
    from psycopg2.pool import ThreadedConnectionPool
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker, Session

    pool = ThreadedConnectionPool(1, 2)
    make = sessionmaker(create_engine("x"))
    LIMIT = 5

    def connect():
        return psycopg2.connect("x")

    async def later():
        return await asyncpg.connect("x")

    def engine():
        return create_engine("x")

    def number():
        return 5
"""
FILES = {
    "shop/__init__.py": "from .db import connect as open, pool\nfrom .other import *\n",
    "shop/db.py": DB,
    "shop/other.py": "from shop import db\nown = db.make\ndef wrap():\n    return db.connect()\n",
    "shop/loop.py": "from .pool_ import a\n",
    "shop/pool_.py": "from .loop import a\n",
}


def seen_from(path: str) -> View:
    library = Library(FILES, lambda name: SourceFile(name, dedent(FILES[name])))
    return Exports(library).seen_from(path)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (".db.pool", "psycopg2.pool"),
        ("shop.db.pool", "psycopg2.pool"),
        ("shop.pool", "psycopg2.pool"),
        (".db.make", "sqlalchemy.session_factory"),
        ("shop.own", "sqlalchemy.session_factory"),
        (".db.LIMIT", ""),
        (".db.missing", ""),
        (".db", ""),
        ("shop.loop.a", ""),
        ("psycopg2.extensions", ""),
    ],
)
def test_a_value_has_the_type_it_has_where_it_is_made(name: str, kind: str) -> None:
    assert seen_from("shop/api.py").type(name) == kind


def test_a_function_returns_what_it_returns_where_it_stands() -> None:
    view = seen_from("shop/api.py")
    assert view.returns(".db.engine") == "sqlalchemy.engine"
    assert view.returns(".db.number") == ""


@pytest.mark.parametrize("name", [".db.connect", "shop.open", "shop.wrap", "shop.other.wrap"])
def test_a_function_hands_over_what_it_takes(name: str) -> None:
    given = seen_from("shop/api.py").handed(name)
    assert given is not None
    assert given.api.kind == "connect"


def test_what_takes_nothing_hands_nothing_over() -> None:
    view = seen_from("shop/api.py")
    assert [view.handed(name) for name in (".db.number", ".db.engine", ".db.pool", "a.b")] == [
        None
    ] * 4


def test_a_module_offers_what_means_something_to_others() -> None:
    names = Names(ast.parse(dedent(DB)), drivers())
    assert sorted(offered(names)) == ["connect", "engine", "later", "make", "pool"]
    handing_on = Names(
        ast.parse(FILES["shop/__init__.py"]), drivers(), seen_from("shop/__init__.py")
    )
    assert sorted(offered(handing_on)) == ["open", "pool"]
