"""What a function of the project makes around a session that it begins itself."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.objects.made_around import begun_in, given_out
from poollint.reading.connections.orm.objects.services import hands_out, lent_objects, objects
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names

TEXT = """
    from contextlib import contextmanager
    from fastapi import Depends
    from sqlalchemy.orm import sessionmaker
    sessions = sessionmaker()
    class Rows:
        def __init__(self, db):
            self.db = db
    class Sum:
        def __init__(self, value):
            self.value = value
    def get_rows():
        with sessions() as db:
            rows = Rows(db)
            yield rows
    def get_sum():
        with sessions() as db:
            yield Sum(db.execute("SELECT 1").scalar())
    def get_two():
        one, two = None, None
        with sessions() as one, sessions() as two:
            yield Rows(one)
    def get_lent(db=None):
        db = sessions()
        yield Rows(db)
    @contextmanager
    def rows_at_hand():
        db = sessions()
        yield Rows(db)
    @contextmanager
    def rows_lent(db):
        yield Rows(db)
    def f(rows=Depends(get_rows), sum=Depends(get_sum), two=Depends(get_two), x=Depends(get_lent)):
        with rows_at_hand() as here, rows_lent(rows.db) as there, rows_at_hand():
            here.find()
"""
NAMES = Names(ast.parse(dedent(TEXT)), drivers())


@pytest.mark.parametrize(
    ("function", "found"),
    [("get_rows", ["db"]), ("get_sum", ["db"]), ("get_two", []), ("get_lent", []),
     ("rows_at_hand", ["db"]), ("rows_lent", [])],
)  # fmt: skip
def test_a_session_is_begun_where_a_call_gives_a_name_nothing_else(
    function: str, found: list[str]
) -> None:
    assert [name for name, _, _ in begun_in(Member(NAMES, function))] == found


def test_a_generator_gives_out_what_it_yields() -> None:
    assert [ast.unparse(value) for value in given_out(Member(NAMES, "get_rows"))] == ["rows"]
    assert [ast.unparse(value) for value in given_out(Member(NAMES, "rows_lent"))] == ["Rows(db)"]
    assert given_out(Member(NAMES, "f")) == ()


def test_who_depends_on_what_is_made_around_a_session_has_it() -> None:
    assert [name for name, _ in objects(Member(NAMES, "f"))] == ["rows"]


def test_a_block_has_what_a_manager_makes_around_its_own_session() -> None:
    assert [name for name, _ in lent_objects(NAMES.functions["f"], "f", NAMES)] == ["here"]
    assert not list(lent_objects(NAMES.classes["Rows"], "Rows", NAMES))


@pytest.mark.parametrize(
    ("name", "told"),
    [("get_rows", True), ("rows_at_hand", True), ("get_sum", False), ("rows_lent", False),
     ("Rows", False)],
)  # fmt: skip
def test_what_hands_out_such_an_object_matters_to_others(name: str, told: bool) -> None:
    assert hands_out(name, NAMES) is told
