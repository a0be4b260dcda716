"""What objects and factories are told when they are made."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.connections.pools.behind import engine_behind
from poollint.reading.connections.pools.sources import source
from poollint.reading.connections.pools.told import engine_of, kept_argument
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_ast
from poollint.syntax.python import PythonTree

SHOP = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from own import Routing
engine = create_engine("postgresql://db/shop")
Sessions = sessionmaker(bind=engine)
Bare = sessionmaker()

class Store:
    def __init__(self, pool, *, spare, again):
        self.pool = pool
        self.spare = spare
        again = again or pool
        self.again = again

class Shop:
    def __init__(self, pool, spare):
        self.pool = pool
        self.store = Store(pool, spare=spare, again=pool)
        self.starred = Store(*pool)
        self.engine = create_engine("postgresql://db/shop")
        self.sessions = sessionmaker(self.engine)

    def sell(self):
        pass

shop = Shop(Sessions, engine)
"""


def _names() -> tuple[Names, PythonTree]:
    files = PythonFiles({"shop.py"}, lambda path: SourceFile(path, SHOP))
    names = Exports(files, drivers()).names("shop.py")
    tree = files.tree("shop.py")
    assert names is not None
    assert tree is not None
    return names, tree


def _shape(text: str) -> Shape:
    return of_ast(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("sessionmaker(bind=engine)", "engine"),
        ("sessionmaker(engine, class_=Session)", "engine"),
        ("sessionmaker(engine, class_=Routing)", ""),
        ("sessionmaker(engine, **more)", ""),
        ("sessionmaker(binds={Session: engine})", ""),
        ("sessionmaker()", ""),
        ("create_engine(engine)", ""),
    ],
)
def test_a_factory_makes_sessions_of_the_engine_it_is_told(text: str, engine: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert dotted(engine_of(call, "", _names()[0])) == engine


@pytest.mark.parametrize(
    ("text", "function", "kept"),
    [
        ("pool", "Store.__init__", ("Store", "pool")),
        ("spare", "Store.__init__", ("Store", "spare")),
        ("again", "Store.__init__", None),  # it may be another
        ("self", "Shop.sell", None),
    ],
)
def test_what_an_object_keeps_of_what_it_is_told(
    text: str, function: str, kept: tuple[str, str] | None
) -> None:
    assert kept_argument(text, function, _names()[0]) == kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.store.pool", ("self", "shop.py", "Shop", "pool")),
        ("self.store.spare", ("self", "shop.py", "Shop", "store", "spare")),
        ("self.starred.pool", ("self", "shop.py", "Shop", "starred", "pool")),
        ("shop.pool", ("module", "shop.py", "Sessions")),
        ("shop.store.pool", ("module", "shop.py", "Sessions")),
    ],
)
def test_what_an_object_is_told_is_its_maker_s(text: str, expected: tuple[str, ...]) -> None:
    assert source(_shape(text), "Shop.sell", _names()[0]) == expected


@pytest.mark.parametrize(
    ("found", "engine"),
    [
        (("module", "shop.py", "Sessions"), ("module", "shop.py", "engine")),
        (("module", "shop.py", "Bare"), ("module", "shop.py", "Bare")),
        (("self", "shop.py", "Shop", "sessions"), ("self", "shop.py", "Shop", "engine")),
        (("module", "shop.py", "shop", "sessions"), ("module", "shop.py", "shop", "engine")),
        (("local", "shop.py", "Shop.sell", "made"), ("local", "shop.py", "Shop.sell", "made")),
        ((), ()),
    ],
)
def test_sessions_of_a_factory_are_of_its_engine_s_pool(
    found: tuple[str, ...], engine: tuple[str, ...]
) -> None:
    assert engine_behind(found, *_names()) == engine
