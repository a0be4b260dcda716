"""Tests by which a function tells a connection of PostgreSQL from another database's."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.ownership.choosing import asked_again
from poollint.reading.naming.scopes.meaning import told
from poollint.reading.naming.scopes.names import Names

MODULE = """
BACKEND = os.environ.get("BACKEND")
OTHER = input()
def f(): ...
"""
NAMES = Names(ast.parse(MODULE), drivers())


def _asked(text: str, known: str, truth: bool) -> bool | None:
    """Return what a test comes to where another is known to come to `truth`, None unknown."""
    when = told(ast.parse(known, mode="eval").body, truth, "f", NAMES)
    found = dict(asked_again(when, [text], "f", NAMES))
    return found.get(text)


@pytest.mark.parametrize(
    ("text", "known", "truth", "expected"),
    [
        ("BACKEND == 'sqlite'", "BACKEND == 'sqlite'", False, False),
        ("BACKEND != 'sqlite'", "BACKEND == 'sqlite'", False, True),
        ("BACKEND == 'postgres'", "BACKEND == 'sqlite'", False, True),
        ("BACKEND == 'pg'", "BACKEND == 'sqlite'", False, True),
        ("BACKEND == 'mysql'", "BACKEND == 'sqlite'", False, False),
        ("BACKEND == 'sqlite'", "BACKEND == 'postgres'", True, False),
        ("OTHER == 'postgres'", "BACKEND == 'sqlite'", False, None),
        ("BACKEND", "BACKEND == 'sqlite'", False, None),
    ],
)
def test_what_a_value_is_told_to_be_answers_what_else_it_is(
    text: str, known: str, truth: bool, expected: bool | None
) -> None:
    assert _asked(text, known, truth) is expected
