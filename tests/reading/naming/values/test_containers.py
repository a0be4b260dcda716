"""Which names only ever stand for containers."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.containers import is_container

MODULE = """
from collections import deque
queue = deque()
either = set()
either = make()
class Store:
    def __init__(self, given):
        self.lent: set[int] = set()
        self.said: set[int]
        self.given = given
        self.kept = {}
        self.kept = dict(a=1)
    def work(self, seen):
        for one in []:
            pass
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("queue", True),
        ("self.lent", True),
        ("self.kept", True),
        ("either", False),
        ("self.said", False),
        ("self.given", False),
        ("self.unknown", False),
        ("seen", False),
        ("one", False),
    ],
)
def test_a_name_is_a_container_where_all_it_is_given_are(text: str, expected: bool) -> None:
    names = Names(ast.parse(MODULE), drivers())
    node = ast.parse(text, mode="eval").body
    assert is_container(of_ast(node), "Store.work", names) is expected
