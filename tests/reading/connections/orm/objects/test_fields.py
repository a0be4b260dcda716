"""Classes whose objects keep what they are given without an `__init__` that says so."""

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.orm.objects.fields import fields, filled
from poollint.reading.connections.orm.objects.services import service
from poollint.reading.naming.objects.instances import Instance
from poollint.reading.naming.scopes.names import Names

TEXT = """
    import attr
    from dataclasses import dataclass, field
    from typing import ClassVar
    from attrs import define
    from sqlalchemy.orm import Session
    @dataclass(frozen=True)
    class Rows:
        db: Session
        size: int = 3
        made: list = field(init=False)
        every: ClassVar[list] = []
    @define
    class Shop:
        rows: Rows
    @dataclass
    class More(Rows):
        name: str
    @attr.s
    class Two:
        one: Session
        other: Session
    class Plain:
        db: Session
    @dataclass
    class Own:
        db: Session
        def __init__(self): ...
    @dataclass
    class OfPlain(Plain):
        name: str
"""
NAMES = Names(ast.parse(dedent(TEXT)), drivers())


@pytest.mark.parametrize(
    ("cls", "found"),
    [
        ("Rows", ["db", "size"]),
        ("Shop", ["rows"]),
        ("More", ["db", "size", "name"]),
        ("Two", ["one", "other"]),
        ("Plain", []),
        ("Own", []),
        ("OfPlain", []),
    ],
)
def test_the_fields_of_a_class_are_what_its_objects_are_given(cls: str, found: list[str]) -> None:
    assert [ast.unparse(node.target) for node in fields(Instance(NAMES, cls))] == found


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ("Rows(s)", [("db", "s")]),
        ("Rows(s, size=n)", [("db", "s"), ("size", "n")]),
        ("Rows(*s)", [("", "s")]),
        ("Rows(**s)", [("", "s")]),
        ("Rows(s, n, m)", [("db", "s"), ("size", "n"), ("", "m")]),
        ("Rows(made=s)", [("", "s")]),
    ],
)
def test_a_call_fills_them_in_order_or_by_name(call: str, found: list[tuple[str, str]]) -> None:
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    told = [
        (name, ast.unparse(value).lstrip("*"))
        for name, value in filled(node, Instance(NAMES, "Rows"))
    ]
    assert told == found


def test_an_object_keeps_the_session_that_one_field_is_said_to_be() -> None:
    rows, shop = service(Instance(NAMES, "Rows")), service(Instance(NAMES, "Shop"))
    assert rows is not None
    assert rows.made.own == {"self.db"}
    assert shop is not None
    assert set(shop.made.inner) == {"rows"}
    assert [service(Instance(NAMES, cls)) for cls in ("Two", "Plain", "Own")] == [None] * 3
