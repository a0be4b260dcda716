"""Two sources that are certainly two pools."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.pools.apart import are_two
from poollint.reading.connections.pools.sources import source
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

TEXT = """
from psycopg2.pool import SimpleConnectionPool
from elsewhere import far
near, other = None, None
one = SimpleConnectionPool(1, 2)
two = SimpleConnectionPool(1, 2)
same = one
late = None
late = SimpleConnectionPool(1, 2)
either = SimpleConnectionPool(1, 2)
either = SimpleConnectionPool(1, 3)
class Store:
    shared = SimpleConnectionPool(1, 2)
    def __init__(self, given):
        self.own = SimpleConnectionPool(1, 2)
        self.given = given
    def f(self, param):
        local = SimpleConnectionPool(1, 2)
"""


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("one", "two", True),
        ("one", "same", False),
        ("one", "one", False),
        ("one", "late", True),
        ("one", "either", False),
        ("one", "self.own", True),
        ("self.own", "Store.shared", True),
        ("self.own", "self.given", False),
        ("self.own", "local", True),
        ("one", "param", False),
        ("one", "far", False),
        ("one", "unheard", False),
    ],
)
def test_two_pools_are_built_by_two_calls(first: str, second: str, told: bool) -> None:
    names = Names(ast.parse(TEXT), drivers())
    sources = [
        source(of_ast(ast.parse(text, mode="eval").body), "Store.f", names)
        for text in (first, second)
    ]
    assert are_two(sources[0], sources[1], names) is told
    assert are_two(sources[1], sources[0], names) is told
