"""Which functions that one defines end its session's transaction, and where they are handed on."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.use.callbacks import ends_in
from poollint.reading.naming.scopes.names import Names

MODULE = """
def work(db, other):
    def note(state):
        db.execute(state)
        db.commit()
    def within():
        if db:
            return db.rollback()
    def reads():
        return db.execute("SELECT 1")
    def its_own(db):
        db.commit()
    def elsewhere():
        other.commit()
def beside(db):
    db.commit()
"""


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("ask(note)", True),
        ("ask(1, on_progress=note)", True),
        ("ask(partial(note, 'asked'))", True),
        ("ask([note])", True),
        ("ask(within)", True),
        ("ask(reads)", False),
        ("ask(its_own)", False),
        ("ask(elsewhere)", False),
        ("ask(beside)", False),
        ("ask(unknown)", False),
        ("ask(note=1)", False),
        ("ask()", False),
    ],
)
def test_a_function_that_ends_the_transaction_is_told_where_it_is_handed_on(
    call: str, told: bool
) -> None:
    names = Names(ast.parse(MODULE), drivers())
    node = cst.parse_expression(call)
    assert isinstance(node, cst.Call)
    assert ends_in(node, "work", names, {"db"}, {"commit", "rollback"}) is told
