"""What is asked of a mapping by its key has the type of what the module puts there."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

MODULE = """
import asyncpg
from collections import OrderedDict, defaultdict
from typing import ClassVar
from psycopg2.pool import SimpleConnectionPool, ThreadedConnectionPool
from elsewhere import given

class Store:
    pass

pools = {}
pools["main"] = SimpleConnectionPool(1, 2)
written = {"a": Store(), "b": Store()}
told: dict[str, asyncpg.Pool] = given()
spread = {**given}
taken = given()
taken["a"] = SimpleConnectionPool(1, 2)
mixed = {"a": SimpleConnectionPool(1, 2)}
mixed["b"] = Store()
listed = [SimpleConnectionPool(1, 2)]
empty = {}
made = OrderedDict()
lazy = defaultdict(given)
lazy["a"] = Store()

class Pools:
    shared: ClassVar[dict[str, asyncpg.Pool]] = {}

    def __init__(self):
        self.own = dict()
        self.stores = {}

    def add(self, key, size):
        self.own[key] = ThreadedConnectionPool(1, size)
        self.own["none"] = None
        made.setdefault(key, SimpleConnectionPool(1, 2))
        self.stores[key] = Store()

    def other(self, pools):
        pools["x"] = 1
"""


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(ast.parse(MODULE), drivers())


def _class(qualified: str) -> str:
    return drivers().type_of_name[qualified]


@pytest.mark.parametrize(
    ("text", "scope", "of"),
    [
        ("pools.get(key)", "", "psycopg2.pool.SimpleConnectionPool"),
        ("pools['main']", "", "psycopg2.pool.SimpleConnectionPool"),
        ("pools.pop(key, None)", "", "psycopg2.pool.SimpleConnectionPool"),
        ("told[key]", "", "asyncpg.Pool"),
        ("made.get(key)", "", "psycopg2.pool.SimpleConnectionPool"),
        ("self.own[key]", "Pools.add", "psycopg2.pool.ThreadedConnectionPool"),
        ("Pools.shared.get(key)", "", "asyncpg.Pool"),
    ],
)
def test_a_mapping_gives_what_is_put_into_it(names: Names, text: str, scope: str, of: str) -> None:
    shape = of_ast(ast.parse(text, mode="eval").body)
    assert names.type(shape, scope) == _class(of)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("spread.get(key)", ""),
        ("taken.get(key)", ""),
        ("mixed.get(key)", ""),
        ("listed.pop(0)", ""),
        ("empty.get(key)", ""),
        ("lazy[key]", ""),
        ("pools.keys()", ""),
        ("pools.get(key)", "Pools.other"),
    ],
)
def test_what_may_be_something_else_is_unknown(names: Names, text: str, scope: str) -> None:
    shape = of_ast(ast.parse(text, mode="eval").body)
    assert names.type(shape, scope) == ""
    assert instance(shape, scope, names) is None


@pytest.mark.parametrize(
    ("text", "scope"),
    [("written['a']", ""), ("written.get(key)", ""), ("self.stores[key]", "Pools.add")],
)
def test_objects_of_the_projects_classes_are_kept_too(names: Names, text: str, scope: str) -> None:
    found = instance(of_ast(ast.parse(text, mode="eval").body), scope, names)
    assert found is not None
    assert found.cls == "Store"
