"""What a function makes that an annotation tells of."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.factories import made_by
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

TEXT = """
from collections.abc import Callable

class Orders: pass
class Bills: pass
Making = Callable[[str], Bills]

class Desk:
    later: Callable[[], Bills]

    def __init__(self, make: Callable[[str], Orders], maybe: Callable[..., Bills] | None, named:
                 Making, plain, other: Callable[[str], Foreign]):
        self.make = make
        self.maybe = maybe
        self.named = named
        self.plain = plain
        self.other = other
        self.two = make

    def again(self, give: Callable[[], Orders], found):
        self.two = Bills
        give = give
"""


@pytest.mark.parametrize(
    ("callee", "scope", "cls"),
    [
        ("self.make", "Desk.again", "Orders"),
        ("self.maybe", "Desk.again", "Bills"),
        ("self.named", "Desk.again", "Bills"),
        ("self.later", "Desk.again", "Bills"),
        ("make", "Desk.__init__", "Orders"),
        ("self.plain", "Desk.again", ""),
        ("self.other", "Desk.again", ""),
        ("self.two", "Desk.again", ""),
        ("give", "Desk.again", ""),
        ("found", "Desk.again", ""),
        ("self.unknown", "Desk.again", ""),
        ("desk.make", "Desk.again", ""),
    ],
)
def test_the_annotation_of_a_factory_tells_what_it_makes(callee: str, scope: str, cls: str) -> None:
    names = Names(ast.parse(TEXT), drivers())
    found = made_by(of_ast(ast.parse(callee, mode="eval").body), scope, names)
    assert (found.cls if found is not None else "") == cls
