"""Types that tests tell of parameters."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

TEXT = """
from sqlalchemy.orm import Session, sessionmaker
class Unit:
    def __init__(self, given: Session | sessionmaker, bare, again: Session | sessionmaker):
        if isinstance(given, sessionmaker):
            self.make = given
            self.session = None
        else:
            self.session = given
        if not isinstance(bare, Session):
            raise TypeError
        self.bare = bare
        self.either = given
        if isinstance(given, (Session, sessionmaker)):
            self.any_of = given
        if isinstance(again, Session):
            self.again = again
        again = make()
"""


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        ("make", "sqlalchemy.session_factory"),
        ("session", "sqlalchemy.session"),
        ("bare", "sqlalchemy.session"),
        ("either", ""),
        ("any_of", ""),
        ("again", ""),
    ],
)
def test_a_test_tells_what_a_parameter_is_where_it_is_kept(attribute: str, kind: str) -> None:
    names = Names(ast.parse(TEXT), drivers())
    shape = of_ast(ast.parse(f"self.{attribute}", mode="eval").body)
    assert names.type(shape, "Unit.__init__") == kind
