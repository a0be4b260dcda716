"""What a name that is imported from another file of the project stands for."""

import ast
from collections.abc import Mapping
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.acquiring.handing import handed
from poollint.reading.connections.offering import offered
from poollint.reading.naming.files.exports import Exports, View
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, Shape, of_ast

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


def seen_from(path: str, files: Mapping[str, str] = FILES) -> View:
    found = PythonFiles(files, lambda name: SourceFile(name, dedent(files[name])))
    return Exports(found, drivers()).seen_from(path)


def names_of(path: str, files: Mapping[str, str] = FILES) -> Names:
    return Names(ast.parse(dedent(files[path])), drivers(), seen_from(path, files))


def shape_of(name: str) -> Shape:
    return of_ast(ast.parse(name, mode="eval").body)


def type_of(name: str) -> str:
    found = seen_from("shop/api.py").find(name)
    return found[0].type(found[1], "") if found else ""


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
    assert type_of(name) == kind


def test_a_name_leads_to_where_it_gets_its_value() -> None:
    found = seen_from("shop/api.py").find("shop.open")
    assert found is not None
    assert found[1] == Name("connect")
    assert "connect" in found[0].functions


USING = {
    **FILES,
    "shop/api.py": """
        from shop import db, open, other, pool
        from shop.db import engine, number
    """,
}


def test_a_function_returns_what_it_returns_where_it_stands() -> None:
    names = names_of("shop/api.py", USING)
    assert names.type(shape_of("engine()"), "") == "sqlalchemy.engine"
    assert names.type(shape_of("number()"), "") == ""


@pytest.mark.parametrize("name", ["db.connect", "open", "other.wrap"])
def test_a_function_hands_over_what_it_takes(name: str) -> None:
    given = handed(shape_of(name), "", names_of("shop/api.py", USING))
    assert given is not None
    assert given.api.kind == "connect"


@pytest.mark.parametrize("name", ["number", "engine", "pool", "missing"])
def test_what_takes_nothing_hands_nothing_over(name: str) -> None:
    assert handed(shape_of(name), "", names_of("shop/api.py", USING)) is None


def test_a_package_that_lacks_the_module_it_tries_leads_nowhere() -> None:
    tried = "try:\n    from shop.hooks.paid import paid\nexcept ImportError:\n    paid = print\n"
    files = {"shop/__init__.py": "", "shop/hooks/__init__.py": tried, "shop/sale.py": ""}
    names = names_of("shop/sale.py", files)
    assert names.type(of_ast(ast.parse("paid", mode="eval").body), "") == ""
    offering = seen_from("shop/sale.py", files).find("shop.hooks.paid")
    assert offering is not None
    assert offering[0].type(offering[1], "") == ""


def test_a_module_offers_what_means_something_to_others() -> None:
    names = Names(ast.parse(dedent(DB)), drivers())
    assert sorted(offered(names)) == ["connect", "engine", "later", "make", "pool"]
    assert sorted(offered(names_of("shop/__init__.py"))) == ["open", "pool"]


OBJECTS = {
    "shop/db.py": """
        import psycopg2
        from psycopg2.pool import ThreadedConnectionPool

        class Database:
            def __init__(self):
                self.pool = ThreadedConnectionPool(1, 2)

            def take(self):
                return self.pool.getconn()

        class Tracked(Database):
            pass

        class Money:
            def __init__(self):
                self.amount = 0

        db = Database()

        def database():
            return db
    """,
    "shop/orders.py": """
        from .db import Tracked

        class Orders:
            def __init__(self, db: Tracked):
                self.db = db

        class Empty:
            other: "Empty"
    """,
}


def test_a_module_offers_classes_and_objects_that_lead_to_a_pool() -> None:
    assert sorted(offered(names_of("shop/db.py", OBJECTS))) == [
        "Database", "Tracked", "database", "db",
    ]  # fmt: skip
    assert sorted(offered(names_of("shop/orders.py", OBJECTS))) == ["Orders", "Tracked"]


HANDED = {
    "connecting.py": """
        try:
            import asyncpg
            from sqlalchemy import create_engine as engine
        except ImportError:
            asyncpg = None
        import psycopg2
        from psycopg import connect
        connect = print
        class psycopg2: ...
    """,
    "again.py": "from connecting import asyncpg as pg, psycopg2\n",
    "ports.py": "import asyncpg\nfrom again import pg, psycopg2\nfrom connecting import connect\n"
    "import connecting, again, again.loop\nfrom again import gone\nfrom connecting import engine\n",
}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("again.pg", "asyncpg"),
        ("again.pg.connect", "asyncpg.connect"),
        ("connecting.asyncpg", "asyncpg"),
        ("connecting.engine", "sqlalchemy.create_engine"),
        ("asyncpg", ""),  # as it is imported
        ("again.psycopg2", ""),  # a class of the project's
        ("connecting.connect", ""),
        ("again.gone", ""),
        ("again", ""),
    ],
)
def test_a_driver_that_is_handed_on_is_what_its_importer_imports(name: str, meant: str) -> None:
    assert seen_from("ports.py", HANDED).beyond(name) == meant


def test_a_file_may_connect_by_a_driver_that_another_hands_on() -> None:
    names = names_of("ports.py", HANDED)
    api = names.api(of_ast(ast.parse("pg.connect", mode="eval").body), "")
    assert api is not None
    assert api.driver == "asyncpg"
    exports = seen_from("ports.py", HANDED).exports
    assert not exports.handed_driver("ports.py", ["connecting.connect", "again.gone"])
    assert exports.handed_driver("ports.py", ["connecting.asyncpg"])
    assert not exports.handed_driver("ports.py", ["asyncpg", "again.psycopg2"])
