"""What a value may be that has no one type."""

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.connections.waits.alternatives import alternatives
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Shape, of_ast

HEAD = """
class A: ...
class B: ...
def either(key):
    if key:
        return A()
    return B()
def told(key) -> A:
    return A() if key else B()
table = {"a": A(), "b": B()}
filled = {"a": A()}
filled["b"] = B()
"""


def shapes(body: str, call: str, parameters: str = "key, given=None") -> tuple[Shape, ...]:
    text = f"{HEAD}\ndef f({parameters}):\n    {body}\n"
    names = Names(ast.parse(text), drivers())
    callee = of_ast(ast.parse(call, mode="eval").body)
    return tuple(option.shape for option in alternatives(callee, "f", names))


BOTH = tuple(of_ast(ast.parse(text, mode="eval").body) for text in ("A().go", "B().go"))


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("if key: c = A()\n    else: c = B()", "c.go"),
        ("c = None\n    if key: c = A()\n    else: c = B()", "c.go"),
        ("pass", "either(key).go"),
        ("pass", "table[key].go"),
        ("pass", "table['a'].go"),
        ("pass", "table.get(key).go"),
        ("pass", "(A() if key else B()).go"),
    ],
)
def test_all_that_it_may_be_is_told(body: str, call: str) -> None:
    assert set(shapes(body, call)) == set(BOTH)


def test_what_is_given_or_made_is_like_what_is_made() -> None:
    assert shapes("pass", "(given or A()).go", "given") == BOTH[:1]


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("c = given", "given.go"),
        ("for c in key: c = A()", "c.go"),
        ("with key as c: c = A()", "c.go"),
        ("pass", "filled['a'].go"),
        ("pass", "unknown['a'].go"),
        ("pass", "told(key).go"),  # the annotation tells
        ("pass", "go"),
    ],
)
def test_where_one_is_not_told_nothing_is(body: str, call: str) -> None:
    assert shapes(body, call) == ()
