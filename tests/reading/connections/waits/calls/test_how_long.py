"""How long a call is told to wait decides whether that is worth a word."""

import ast

import libcst as cst
import pytest

from poollint.reading.connections.waits.calls.how_long import at_once, brief, constant, literal


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("", False, True),
        ("", 0, True),
        ("timeout", 0, True),
        ("block", False, True),
        ("timeout", 5, False),
        ("", None, False),
        ("default", 0, False),
    ],
)
def test_what_says_to_look_and_go_on(keyword: str, value: object, expected: bool) -> None:
    assert at_once(keyword, value) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.1 * attempt", True), ("0.5 * 2 ** n", True), ("2 * attempt", False), ("delay", False)],
)
def test_a_short_time_that_grows_is_a_backoff(text: str, expected: bool) -> None:
    assert brief(cst.parse_expression(text)) is expected


def test_a_value_is_read_where_it_is_written() -> None:
    assert constant(ast.parse("3", mode="eval").body) == 3
    assert constant(ast.parse("n", mode="eval").body) is None
    assert literal(cst.parse_expression("0.5")) == 0.5
    assert literal(cst.parse_expression("False")) is False
    assert literal(cst.parse_expression("n")) is None
