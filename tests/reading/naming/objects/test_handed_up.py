"""What an attribute is that a class above gives, by what the class of the object hands up to it."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import instance
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

TEXT = """
class Orders: ...
class Users: ...
class Rows: ...

class Above:
    kind = None
    shelf: Kept
    def __init__(self, kind, rows, *more):
        self.made = kind(Order)
        self.rows = rows
        self.by_class = self.kind(rows)
        self.own = Orders()

class Between(Above):
    shelf = Orders()
    def __init__(self, kind, rows=None):
        super().__init__(kind, rows=Rows())

class ByName(Between):
    kind = Users
    shelf = Users()
    def __init__(self):
        super().__init__(kind=Orders)

class Unsure(Above):
    def __init__(self, *given):
        super().__init__(*given)

class Twice(Above):
    def __init__(self, given):
        if given:
            super().__init__(Orders, Rows())
        else:
            super().__init__(Users, Rows())

class Silent(Above): ...

class Shelf(Generic[Row]):
    kind = Users
    def own(self):
        return self.kind()

class Plain: ...

class Factories:
    def __init__(self, one=None, *, two=None, three=Users, four=None):
        self.one = one or Orders
        self.two = two or Users
        self.three = three or Orders
        self.four = four or Orders or Users
        self.five = unknown or Orders
    def make_one(self): return self.one()
    def make_two(self): return self.two()
    def make_three(self): return self.three()
    def make_four(self): return self.four()
    def make_five(self): return self.five()
"""


@pytest.mark.parametrize(
    ("asked", "cls"),
    [
        ("ByName().made", "Orders"),
        ("ByName().rows", "Rows"),
        ("ByName().by_class", "Users"),
        ("ByName().shelf", "Users"),
        ("ByName().own", "Orders"),
        ("Between(Orders).made", ""),
        ("Between(Orders).rows", "Rows"),
        ("Between(Orders).shelf", "Orders"),
        ("Between(Orders).by_class", ""),
        ("Unsure(Orders, Rows()).rows", ""),
        ("Twice(1).made", ""),
        ("Twice(1).own", "Orders"),
        ("Silent(Orders, Rows()).made", ""),
        ("Above(Orders, Rows()).made", ""),
        ("Shelf[Users]()", "Shelf"),
        ("Plain[Users]()", ""),
        ("Shelf['users']()", ""),
        ("Shelf().own()", "Users"),
        ("Factories().make_one()", "Orders"),
        ("Factories().make_two()", "Users"),
        ("Factories().make_three()", ""),
        ("Factories().make_four()", ""),
        ("Factories().make_five()", ""),
    ],
)
def test_what_a_class_hands_up_tells_what_is_made_of_it(asked: str, cls: str) -> None:
    names = Names(ast.parse(TEXT), drivers())
    found = instance(of_ast(ast.parse(asked, mode="eval").body), "", names)
    assert (found.cls if found else "") == cls
