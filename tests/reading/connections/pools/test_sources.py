"""Which pool a name stands for, and that two names of one pool come down to the same."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.sources import kept_place, made_by, seen, source
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast

DB = """
from contextlib import contextmanager
from psycopg2.pool import ThreadedConnectionPool
pool = ThreadedConnectionPool(1, 9, "dbname=shop")
other = pool

def get_pool():
    return pool

class Manager:
    _pool = ThreadedConnectionPool(1, 9, "dbname=shop")

    def __init__(self, pool: ThreadedConnectionPool):
        self.pool = pool

    @classmethod
    @contextmanager
    def connection(cls):
        conn = cls._pool.getconn()
        yield conn

    @contextmanager
    def own(self):
        conn = self.pool.getconn()
        yield conn

    def taken(self):
        return self.pool.getconn()

manager = Manager()
"""
SHOP = """
import db
from db import Manager, get_pool, manager, other, pool

def view(told):
    held = get_pool()
    again = held
    made = db.ThreadedConnectionPool(1, 2)

class Shop:
    def __init__(self):
        self.manager = Manager()

    def sell(self, first, second):
        pass
"""
START = """
import asyncpg
from quart import Quart
app = Quart(__name__)
async def start():
    app.db = await asyncpg.create_pool("postgresql://db/shop")
"""
ASKING = """
from quart import current_app as app
class Store:
    def __init__(self):
        self.db = app.db
    async def find(self):
        pass
async def view(pool):
    held = app.db
"""


def names(path: str, **files: str) -> Names:
    texts = {f"{name}.py": text for name, text in files.items()}

    def load(path: str) -> SourceFile | None:
        return SourceFile(path, texts[path]) if path in texts else None

    found = Exports(PythonFiles(texts, load), drivers()).names(path)
    assert found is not None
    return found


def shape(text: str) -> Shape:
    return of_ast(ast.parse(text, mode="eval").body)


POOL = ("module", "db.py", "pool")


@pytest.mark.parametrize(
    ("text", "scope", "expected"),
    [
        ("pool", "", POOL),
        ("other", "", POOL),
        ("db.pool", "", POOL),
        ("get_pool()", "view", POOL),
        ("held", "view", POOL),
        ("again", "view", POOL),
        ("told", "view", ("local", "shop.py", "view", "told")),
        ("told.pool", "view", ("local", "shop.py", "view", "told", "pool")),
        ("Manager._pool", "", ("class", "db.py", "Manager", "_pool")),
        ("manager.pool", "", ("module", "db.py", "manager", "pool")),
        ("self.manager.pool", "Shop.sell", ("self", "shop.py", "Shop", "manager", "pool")),
        ("unknown", "", ()),
        ("Manager().pool", "", ()),
        ("held[0]", "view", ()),
    ],
)
def test_a_pool_comes_down_to_where_it_is_kept(
    text: str, scope: str, expected: tuple[str, ...]
) -> None:
    assert source(shape(text), scope, names("shop.py", db=DB, shop=SHOP)) == expected


@pytest.mark.parametrize(
    ("text", "scope", "expected"),
    [
        ("pool.getconn()", "", POOL),
        ("Manager.connection()", "", ("class", "db.py", "Manager", "_pool")),
        ("manager.own()", "", ("module", "db.py", "manager", "pool")),
        ("manager.taken()", "", ("module", "db.py", "manager", "pool")),
        ("self.manager.own()", "Shop.sell", ("self", "shop.py", "Shop", "manager", "pool")),
        ("first.own()", "Shop.sell", ()),
        ("print()", "", ()),
    ],
)
def test_what_gives_a_connection_tells_from_which_pool(
    text: str, scope: str, expected: tuple[str, ...]
) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    known = names("shop.py", db=DB, shop=SHOP)
    assert made_by(of_ast(call), call, scope, known) == expected


def test_two_objects_that_a_function_is_given_are_two() -> None:
    known = names("shop.py", db=DB, shop=SHOP)
    own = ("self", "db.py", "Manager", "pool")
    first, second = (seen(own, shape(f"{n}.own"), "Shop.sell", known) for n in ("first", "second"))
    assert first
    assert second
    assert first != second


def test_what_the_application_keeps_is_the_same_under_every_name() -> None:
    known = names("views.py", run=START, views=ASKING)
    assert kept_place(shape("app.db"), "view", known) == "app.db"
    assert kept_place(shape("held"), "view", known) == "app.db"
    assert kept_place(shape("self.db"), "Store.find", known) == "app.db"
    assert kept_place(shape("pool"), "view", known) == ""
    assert kept_place(shape("app.other"), "view", known) == ""


def test_what_two_files_set_may_be_two_pools() -> None:
    known = names("views.py", run=START, more=START, views=ASKING)
    assert kept_place(shape("app.db"), "view", known) == ""


TOLD = """
import asyncpg
class Lent:
    def __init__(self, owner, other=None):
        self.owner = owner
        self.other = other
    async def __aenter__(self):
        self.conn = await self.owner.pool.acquire()
    async def __aexit__(self, *failure): await self.owner.pool.release(self.conn)
class Second(Lent):
    async def __aenter__(self):
        self.conn = await self.other.acquire()
class Either:
    def __init__(self, pool: asyncpg.Pool):
        pool = pool or None
        self.pool = pool
    async def __aenter__(self):
        self.conn = await self.pool.acquire()
    async def __aexit__(self, *failure): await self.pool.release(self.conn)
class Shop:
    pool: asyncpg.Pool
    def lent(self):
        return Lent(self)
shop = Shop()
def view(told: asyncpg.Pool): ...
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shop.lent()", ("module", "db.py", "shop", "pool")),
        ("Lent(shop)", ("module", "db.py", "shop", "pool")),
        ("Lent()", ()),
        ("Second(shop, told)", ()),
        ("Either(told)", ()),
    ],
)
def test_an_object_made_for_a_block_takes_from_the_pool_it_is_told_of(
    text: str, expected: tuple[str, ...]
) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert made_by(of_ast(call), call, "view", names("db.py", db=TOLD)) == expected


ANNOTATED = """
import asyncpg
from quart import Quart
app = Quart(__name__)
async def start():
    app.db: asyncpg.Pool = await asyncpg.create_pool("postgresql://db/shop")
class Store:
    def __init__(self):
        self.db: asyncpg.Pool = app.db
    async def find(self, db: asyncpg.Pool):
        if db is None:
            db = app.db
"""


def test_what_annotates_an_attribute_gives_it_no_value() -> None:
    known = names("views.py", views=ANNOTATED)
    assert kept_place(shape("self.db"), "Store.find", known) == "app.db"
    assert kept_place(shape("db"), "Store.find", known) == ""


ELSEWHERE = """
from db import Manager, get_pool, manager, pool
class Store:
    plain = pool
    def __init__(self, told=None):
        self.pool = get_pool()
        self.named = pool
        self.own = manager.pool
        self.told = told
        self.made = Manager(pool)
        self.either = pool
    def change(self, other):
        self.either = other
class Further(Store): ...
store = Store()
class Shop:
    def __init__(self):
        self.store = Further()
    def sell(self): ...
"""


@pytest.mark.parametrize("of", ["store", "self.store"])
def test_an_attribute_that_stands_for_a_pool_kept_elsewhere_is_that_pool(of: str) -> None:
    known = names("shop.py", db=DB, shop=ELSEWHERE)
    for name in ("pool", "named", "plain"):
        assert source(shape(f"{of}.{name}"), "Shop.sell", known) == POOL
    assert source(shape(f"{of}.own"), "Shop.sell", known) == ("module", "db.py", "manager", "pool")
    base = source(shape(of), "Shop.sell", known)
    for name in ("told", "either", "made"):
        assert source(shape(f"{of}.{name}"), "Shop.sell", known) == (*base, name)
