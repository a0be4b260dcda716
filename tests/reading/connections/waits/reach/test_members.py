"""What members of enumerations, and constants of other classes, stand for."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.waits.reach.fields import Fields
from poollint.reading.connections.waits.reach.members import constant, named
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names

MODULE = """
from enum import Enum, StrEnum, auto
class Step(str, Enum):
    COURT = "court"
    NEXT = auto()
class Way(StrEnum):
    POST = "post"
class Size(Enum):
    SMALL = 1
class Limits:
    MOST = 7
    CHANGED = 1
Limits.CHANGED = 2
@counted
class Counted:
    ONE = 1
class Row(Base):
    KIND = "row"
def ask(step, way):
    if step == Step.COURT or way in (1, 2) or Step.OTHER != step:
        pass
"""
NAMES = Names(ast.parse(MODULE), drivers())
ASK = Member(NAMES, "ask")


@pytest.mark.parametrize(
    ("said", "stands_for"),
    [
        ("Step.COURT", "court"),
        ("Way.POST", "post"),
        ("Limits.MOST", 7),
        ("Step.NEXT", None),
        ("Step.OTHER", None),
        ("Limits.CHANGED", None),
        ("Counted.ONE", None),
        ("Row.KIND", None),
        ("Unknown.KIND", None),
        ("Step", None),
    ],
)
def test_a_constant_of_a_class_stands_for_its_value(said: str, stands_for: object) -> None:
    assert constant(ast.parse(said, mode="eval").body, ASK) == stands_for


def test_a_member_of_no_other_type_equals_nothing_but_itself() -> None:
    small = constant(ast.parse("Size.SMALL", mode="eval").body, ASK)
    assert small not in (None, 1, "SMALL")
    assert small == constant(ast.parse("Size.SMALL", mode="eval").body, ASK)


def test_only_what_a_function_compares_with_is_looked_up() -> None:
    assert named(ASK) == {"Step": Fields((("COURT", "court"),))}
