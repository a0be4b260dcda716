"""Which statements are certainly run before others."""

import ast

import pytest

from poollint.reading.connections.orm.use.dominating import dominated, suites


def first_before_last(text: str) -> bool:
    """Tell whether `first()` dominates `last()` in a function."""
    body = "".join(f"    {line}\n" for line in text.split("\n"))
    function = ast.parse(f"def f(x):\n{body}").body[0]
    calls = {
        n.func.id: n
        for n in ast.walk(function)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    of = suites(function)
    return dominated(calls["last"], next(of.statements(calls["first"])), of)


@pytest.mark.parametrize(
    "text",
    [
        "first()\nlast()",
        "first()\nif x:\n    for y in x:\n        last()",
        "first()\nwhile last():\n    pass",
        "with x:\n    first()\nlast()",
        "try:\n    first()\nfinally:\n    x()\nlast()",
        "try:\n    first()\nexcept E:\n    return\nlast()",
        "try:\n    first()\nexcept E:\n    pass\nelse:\n    last()",
        "if x:\n    first()\n    last()",
    ],
)
def test_what_follows_is_come_to_only_afterwards(text: str) -> None:
    assert first_before_last(text)


@pytest.mark.parametrize(
    "text",
    [
        "last()\nfirst()",
        "if x:\n    first()\nlast()",
        "for y in x:\n    first()\nlast()",
        "if x:\n    first()\nelse:\n    last()",
        "try:\n    first()\nexcept E:\n    pass\nlast()",
        "try:\n    first()\nexcept E:\n    last()",
        "try:\n    first()\nfinally:\n    last()",
        "match x:\n    case 1:\n        first()\nlast()",
    ],
)
def test_what_may_be_come_to_otherwise_is_not(text: str) -> None:
    assert not first_before_last(text)


def test_a_loop_repeats_what_it_holds() -> None:
    function = ast.parse("def f(x):\n    for y in x:\n        if y:\n            y()\n    x()")
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    of = suites(function.body[0])
    assert {of.repeats(call) for call in calls if ast.unparse(call) == "y()"} == {True}
    assert {of.repeats(call) for call in calls if ast.unparse(call) == "x()"} == {False}
