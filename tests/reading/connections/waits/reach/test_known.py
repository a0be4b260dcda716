"""What a test comes to by the values that names are known to have."""

import ast

import pytest

from poollint.reading.connections.waits.reach.choices import Choice
from poollint.reading.connections.waits.reach.known import Something, Value, truth_of


def _truth(test: str, known: dict[str, Value]) -> bool | None:
    return truth_of(ast.parse(test, mode="eval").body, known)


@pytest.mark.parametrize(
    ("test", "known", "told"),
    [
        ("a", {"a": None}, False),
        ("a is None", {"a": None}, True),
        ("a > 3 and b", {"a": 2}, False),
        ("a > 3 or b", {"a": 2}, None),
        ("a in ('x', 'y')", {"a": "x"}, True),
        ("a in ('x', b)", {"a": "x"}, None),
        ("isinstance(a, str)", {"a": None}, False),
        ("a is not None", {"a": Something.SOMETHING}, True),
        ("a", {}, None),
    ],
)
def test_a_test_is_told_where_its_names_tell_it(
    test: str, known: dict[str, Value], told: bool | None
) -> None:
    assert _truth(test, known) is told


def test_values_that_go_together_are_never_both_there() -> None:
    text = Choice("vector", (), (None,))  # a text only where there is no vector
    assert _truth("text and vector", {"text": text}) is False
    assert _truth("text", {"text": text}) is None
