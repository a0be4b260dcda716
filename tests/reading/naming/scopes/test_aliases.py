"""A name may stand for an annotation, in this module or in another."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.instances import instance
from poollint.reading.naming.scopes.aliases import alias
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name

HEAD = "from typing import Annotated, NewType\nfrom sqlalchemy.orm import Session\n"


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Dep = Annotated[Session, 1]", "Annotated[Session, 1]"),
        ("Dep = Session | None", "Session | None"),
        ("Dep: type = Session", "Session"),
        ("Dep = NewType('Dep', Session)", "Session"),
        ("Own = NewType('Own', Session)\nDep = NewType('Dep', Own)", "Session"),
        ("Dep = Type('Dep', Session)", None),
        ("Dep = NewType('Dep', make())", None),
        ("Dep = Session()", None),
        ('Dep = TypeVar("Dep", bound=Session)', "Session"),
        ('Dep = typing.TypeVar("Dep", bound="Session")', "'Session'"),
        ('Dep = TypeVar("Dep")', None),
        ("Dep = Session\nDep = str", None),
        ("def f():\n    Dep = Session", None),
    ],
)
def test_an_alias_is_told_once_and_by_an_annotation(told: str, meant: str | None) -> None:
    names = Names(ast.parse(HEAD + told), drivers())
    found = alias(Name("Dep"), "", names)
    assert (ast.unparse(found[0]) if found else None) == meant


@pytest.mark.skipif(not hasattr(ast, "TypeAlias"), reason="a type statement is Python 3.12")
def test_a_type_statement_gives_one() -> None:
    names = Names(ast.parse(HEAD + "type Dep = Session | None"), drivers())
    found = alias(Name("Dep"), "", names)
    assert found is not None
    assert ast.unparse(found[0]) == "Session | None"


def test_an_alias_of_itself_is_none() -> None:
    names = Names(ast.parse("A = B\nB = A"), drivers())
    assert names.annotated("A") == ""


def test_a_class_that_stands_for_itself_is_none() -> None:
    names = Names(ast.parse("A = B\nB = A\ndef f(a: A): pass"), drivers())
    assert instance(Name("a"), "f", names) is None


def test_a_variable_of_types_is_what_bounds_it() -> None:
    text = 'T = TypeVar("T", bound="Shop")\nclass Shop: pass\ndef f(a: T, b: "T"): pass\n'
    names = Names(ast.parse(text), drivers())
    assert [found and found.cls for found in (instance(Name(n), "f", names) for n in "ab")] == [
        "Shop",
        "Shop",
    ]


def test_a_parameter_has_the_type_its_alias_tells() -> None:
    text = HEAD + "Dep = Annotated[Session, 1]\nDeep = Dep\ndef f(a: Dep, b: Deep): pass\n"
    names = Names(ast.parse(text), drivers())
    assert names.type(Name("a"), "f") == names.type(Name("b"), "f") == "sqlalchemy.session"
