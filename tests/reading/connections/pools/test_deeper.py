"""What a function takes from the pool that the application keeps, under whatever name."""

from __future__ import annotations

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.deeper import chain, taken_within
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.names import Names

START = """
import asyncpg
from quart import Quart
from store import Store
app = Quart(__name__)
async def start():
    app.db = await asyncpg.create_pool("postgresql://db/shop")
    app.store = Store(app)
"""
STORE = """
from quart import Quart
class Store:
    def __init__(self, app: Quart):
        self.db = app.db
    async def find(self):
        return await self.db.fetchval("SELECT 1")
    async def deep(self):
        return await self.find()
    async def around(self):
        return await self.deep()
    async def again(self):
        return await self.again()
    async def maybe(self, told):
        if told:
            return await self.find()
    async def lent(self, conn):
        return await self.find_with(conn)
    async def find_with(self, conn):
        return await conn.fetchval("SELECT 1")
    async def later(self):
        return self.find()
"""
VIEWS = "from quart import current_app as app\nasync def view(pool):\n    held = app.db\n"


def names(more: str = "", path: str = "views.py") -> Names:
    files = {"run.py": START, "store.py": STORE, "views.py": VIEWS}
    if more:
        files["more.py"] = more

    def load(path: str) -> SourceFile | None:
        return SourceFile(path, files[path]) if path in files else None

    found = Exports(PythonFiles(files, load), drivers()).names(path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("method", "places"),
    [
        ("find", {"app.db"}),
        ("deep", {"app.db"}),
        ("around", {"app.db"}),
        ("again", set()),
        ("maybe", set()),
        ("lent", set()),
        ("later", set()),
        ("nothing", set()),
    ],
)
def test_a_method_of_what_the_application_keeps_takes_from_its_pool(
    method: str, places: set[str]
) -> None:
    found = taken_within(chain(f"app.store.{method}"), "view", names(), waited=True)
    assert {one.source for one in found} == {("kept", place) for place in places}


def test_what_is_not_awaited_takes_nothing_yet() -> None:
    assert not taken_within(chain("app.store.find"), "view", names(), waited=False)


SESSIONS = """
from contextlib import contextmanager
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker
engine = create_engine("postgresql://db/shop")
Local = sessionmaker(bind=engine)
registry = scoped_session(Local)

def get_db():
    return Local()

@contextmanager
def scope():
    with Session(engine) as session:
        yield session

def asks():
    db = get_db()
    try:
        return db.execute(text("SELECT 1")).scalar()
    finally:
        db.close()

def enters():
    with scope() as db:
        return db.query(1).first()

def adds(thing):
    with Local() as db:
        db.add(thing)

def shares():
    with registry() as db:
        return db.execute(text("SELECT 1")).scalar()

def may(told):
    with Local() as db:
        if told:
            db.execute(text("SELECT 1"))

class Store:
    @staticmethod
    def all():
        with Session(bind=engine) as db:
            return db.scalars(text("SELECT 1")).all()
"""


@pytest.mark.parametrize(
    ("callee", "source"),
    [
        ("asks", ("module", "more.py", "Local")),
        ("enters", ("module", "more.py", "engine")),
        ("Store.all", ("module", "more.py", "engine")),
        ("adds", None),
        ("shares", None),
        ("may", None),
    ],
)
def test_a_session_counts_that_is_asked_something(
    callee: str, source: tuple[str, ...] | None
) -> None:
    found = taken_within(chain(callee), "", names(SESSIONS, "more.py"), waited=False)
    assert [one.source for one in found] == ([source] if source else [])


ORDERS = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
sessions = sessionmaker(create_engine("postgresql://db/shop"))
class Orders:
    def one(self, db: Session): return db.get(Order, 1)
    def note(self, db: Session): db.add(Order())
    def done(self, db: Session):
        db.get(Order, 1)
        db.commit()
orders = Orders()
"""


@pytest.mark.parametrize(
    ("does", "number"),
    [
        ("db.get(Order, 1)", 1),
        ("orders.one(db)", 1),
        ("print(orders.one(db))", 1),
        ("orders.note(db)", 0),  # nothing is sent
        ("unknown(db)", 0),
        ("db and orders.one(db)", 0),
        ("orders.one(other)", 0),
    ],
)
def test_a_session_holds_a_connection_when_who_it_is_lent_to_asks_something(
    does: str, number: int
) -> None:
    more = f"{ORDERS}def work():\n    with sessions() as db:\n        {does}\n"
    found = taken_within(chain("work"), "", names(more, "more.py"), waited=False)
    assert len(found) == number


HANDLERS = """
from flask import Flask
from sqlalchemy import create_engine, text
app = Flask("shop")
engine = create_engine("postgresql://db/shop")
def counted():
    with engine.connect() as conn:
        return conn.execute(text("SELECT 1")).scalar()
@app.route("/count")
def count():
    return counted()
@app.get("/direct")
def direct():
    return counted()
@cached
def kept():
    return counted()
"""


@pytest.mark.parametrize(("callee", "takes"), [("count", True), ("direct", True), ("kept", False)])
def test_a_handler_that_is_called_takes_what_it_takes(callee: str, takes: bool) -> None:
    found = taken_within(chain(callee), "", names(HANDLERS, "more.py"), waited=False)
    assert [one.source for one in found] == ([("module", "more.py", "engine")] if takes else [])
