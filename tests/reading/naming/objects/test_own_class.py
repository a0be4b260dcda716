"""Whether a method gives an object of whichever class it is called on."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import Member, instance
from poollint.reading.naming.objects.own_class import gives_its_own
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast


@pytest.mark.parametrize(
    ("definition", "gives"),
    [
        ("@classmethod\n    def f(cls, a): return cls(a)", True),
        ("@classmethod\n    def f(cls, a) -> Self: return made(cls, a)", True),
        ("@classmethod\n    def f(cls, a) -> typing.Self:\n        return a", True),
        ("def f(self): return self", True),
        ("def f(self, a) -> Self: return made(a)", True),
        ("@classmethod\n    def f(cls): return cls", False),
        ("@classmethod\n    def f(cls, a): return cls(a) if a else None", False),
        ("def f(self, a): return self(a)", False),
        ("def f(self, a): return C(a)", False),
        ("def f(self): ...", False),
        ("@staticmethod\n    def f(a): return a", False),
    ],
)
def test_what_is_of_the_class_it_is_called_on_is_told(definition: str, gives: bool) -> None:
    names = Names(ast.parse(f"class C:\n    {definition}"), drivers())
    assert gives_its_own(Member(names, "C.f")) is gives


TEXT = """
class Base:
    @classmethod
    def of(cls, session): return cls(session)
    @classmethod
    def plain(cls, session): return Base(session)
    def begun(self): return self
class Mixin: ...
class Orders(Mixin, Base): ...
orders = Orders.of(1)
"""


@pytest.mark.parametrize(
    ("made", "cls"),
    [
        ("Orders.of(1)", "Orders"),
        ("Base.of(1)", "Base"),
        ("orders.begun()", "Orders"),
        ("Orders.of(1).begun()", "Orders"),
        ("Orders.plain(1)", "Base"),
    ],
)
def test_an_inherited_method_makes_an_object_of_the_class_that_inherits(
    made: str, cls: str
) -> None:
    names = Names(ast.parse(TEXT), drivers())
    found = instance(of_ast(ast.parse(made, mode="eval").body), "", names)
    assert found is not None
    assert found.cls == cls
