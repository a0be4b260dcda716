"""Which objects of a function keep a session, as the annotations say."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.objects.keeping import of_names
from poollint.reading.connections.orm.objects.services import objects, says, service
from poollint.reading.naming.objects.instances import Instance, Member
from poollint.reading.naming.scopes.names import Names

TEXT = """
    from fastapi import Depends
    from sqlalchemy.orm import Session
    class Rows:
        def __init__(self, db: Session):
            self.db = db
        def find(self): ...
    class Shop:
        def __init__(self, rows: Rows, url: str):
            self.rows = rows
    class Plain:
        def __init__(self, db):
            self.db = db
    class Two:
        def __init__(self, one: Session, two: Session):
            self.one = one
    def get_plain(db: Session):
        return Plain(db)
    def get_shop(plain=Depends(get_plain)):
        return Shop(plain, "")
    def f(rows: Rows, shop: "Shop", plain: Plain, two: Two, url: str): ...
    def g(plain: Plain = Depends(get_plain), shop=Depends(get_shop), db: Session = None): ...
"""
NAMES = Names(ast.parse(dedent(TEXT)), drivers())


@pytest.mark.parametrize(
    ("function", "found"),
    [("f", ["rows", "shop"]), ("g", ["plain", "shop"]), ("Rows.find", ["self"]), ("get_plain", [])],
)
def test_what_was_given_a_session_keeps_one(function: str, found: list[str]) -> None:
    assert [name for name, _ in objects(Member(NAMES, function))] == found


def test_a_service_keeps_what_its_repository_does() -> None:
    found = service(Instance(NAMES, "Shop"))
    assert found is not None
    assert found.made.inner["rows"].own == {"self.db"}
    assert service(Instance(NAMES, "Plain")) is None
    assert service(Instance(NAMES, "Two")) is None


@pytest.mark.parametrize(
    ("function", "name", "told"), [("get_plain", "db", True), ("g", "x", False)]
)
def test_a_parameter_that_is_annotated_says_it(function: str, name: str, told: bool) -> None:
    assert says(Member(NAMES, function), of_names({name})) is told


OWN = """
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session, sessionmaker
    make = sessionmaker(bind=create_engine("postgresql://db/shop"))
    class One:
        def __init__(self):
            self.db = make()
        def find(self): ...
    class Below(One):
        def find(self): ...
    class Two:
        def __init__(self):
            self.db = make()
            self.other = make()
        def find(self): ...
"""


@pytest.mark.parametrize(
    ("cls", "own"), [("One", {"self.db"}), ("Below", {"self.db"}), ("Two", None)]
)
def test_an_object_keeps_the_one_session_that_it_makes(cls: str, own: set[str] | None) -> None:
    names = Names(ast.parse(dedent(OWN)), drivers())
    found = dict(objects(Member(names, f"{cls}.find")))
    assert found["self"].made.own == own if own else not found
