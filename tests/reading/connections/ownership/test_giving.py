"""Functions that give whoever calls them an object that connects."""

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.ownership.giving import given_owner, gives
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name

HEAD = """
import logging, psycopg2
from functools import cache, partial
class One:
    def __init__(self):
        self.conn = psycopg2.connect()
    def rows(self): return self.conn.cursor().fetchall()
    def close(self): self.conn.close()
class Other(One): ...
class Plain: ...
one = One()
kept = []
def keep(one): kept.append(one)
"""


def _names(body: str, decorator: str = "") -> Names:
    text = "".join(f"    {line}\n" for line in body.splitlines())
    return Names(ast.parse(f"{HEAD}{decorator}\ndef f(given=None):\n{text}"), drivers())


@pytest.mark.parametrize(
    "body",
    [
        "return One()",
        "one = One()\nreturn one",
        "one = One()\none.rows()\nreturn one",
        "one = One()\nif not one:\n    return None\nreturn one",
        "one: One = None\nfor n in range(3):\n    one = One()\n    logging.info(one)\nreturn one",
        "if given:\n    return One()\nreturn None",
    ],
)
def test_an_object_that_only_the_caller_gets_is_given(body: str) -> None:
    names = _names(body)
    found = given_owner(Name("f"), "", names)
    assert found is not None
    owner, member = found
    assert owner.attribute == "conn"
    assert owner.api.released_by == ("close",)
    assert member.name == "f"
    assert gives(Name("f"), "", names)


@pytest.mark.parametrize(
    "body",
    [
        "return one",
        "return Plain()",
        "return given",
        "return given or One()",
        "yield One()",
        "one = One()\nkeep(one)\nreturn one",
        "one = One()\nkept.append(one)\nreturn one",
        "one = One()\ngiven.one = one\nreturn one",
        "one = One()\none = Other()\nreturn one",
        "one = One()\nreturn one, 1",
        "given = One()\nreturn given",
        "global one\none = One()\nreturn one",
        "if given:\n    return Other()\nreturn One()",
        "return f()",
        "pass",
    ],
)
def test_an_object_that_others_may_have_is_not_given(body: str) -> None:
    assert given_owner(Name("f"), "", _names(body)) is None


def test_a_function_gives_what_another_gives_it() -> None:
    names = _names("return One()")
    text = f"{ast.unparse(names.module)}\ndef g():\n    one = f()\n    return one\n"
    found = given_owner(Name("g"), "", Names(ast.parse(text), drivers()))
    assert found is not None
    assert found[1].name == "g"


@pytest.mark.parametrize(
    ("decorator", "given"), [("@staticmethod", True), ("@cache", False), ("@partial", False)]
)
def test_what_a_decorator_may_keep_is_not_given(decorator: str, given: bool) -> None:
    assert gives(Name("f"), "", _names("return One()", decorator)) is given


def test_a_coroutine_gives_nothing_as_it_is_called() -> None:
    names = Names(ast.parse(f"{HEAD}\nasync def f(): return One()\n"), drivers())
    assert not gives(Name("f"), "", names)
