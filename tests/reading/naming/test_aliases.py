"""A name may stand for an annotation, in this module or in another."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.aliases import alias
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Name

HEAD = "from typing import Annotated\nfrom sqlalchemy.orm import Session\n"


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Dep = Annotated[Session, 1]", "Annotated[Session, 1]"),
        ("Dep = Session | None", "Session | None"),
        ("Dep: type = Session", "Session"),
        ("Dep = Session()", None),
        ("Dep = Session\nDep = str", None),
        ("def f():\n    Dep = Session", None),
    ],
)
def test_an_alias_is_told_once_and_by_an_annotation(told: str, meant: str | None) -> None:
    names = Names(ast.parse(HEAD + told), drivers())
    found = alias(Name("Dep"), "", names)
    assert (ast.unparse(found[0]) if found else None) == meant


def test_an_alias_of_itself_is_none() -> None:
    names = Names(ast.parse("A = B\nB = A"), drivers())
    assert names.annotated("A") == ""


def test_a_parameter_has_the_type_its_alias_tells() -> None:
    text = HEAD + "Dep = Annotated[Session, 1]\nDeep = Dep\ndef f(a: Dep, b: Deep): pass\n"
    names = Names(ast.parse(text), drivers())
    assert names.type(Name("a"), "f") == names.type(Name("b"), "f") == "sqlalchemy.session"
