"""odyssey.conf, as Odyssey 1.5.2 reads it (`odyssey --test` was asked)."""

import pytest

from poollint.model.source import SourceFile
from poollint.syntax import odyssey


def _document(text: str) -> odyssey.Document:
    return odyssey.parse(SourceFile("odyssey.conf", text))


def test_several_parameters_stand_on_one_line() -> None:
    found = _document('log_debug no workers "auto" # x\n')
    assert [(item.name, item.values[0].text) for item in found.items] == [
        ("log_debug", "no"),
        ("workers", "auto"),
    ]
    assert [comment.text for comment in found.comments] == ["# x"]
    assert found.error is None


def test_blocks_hold_blocks_and_what_chooses_clients_stands_before_the_brace() -> None:
    (database,) = _document(
        'database "a" {\n  user "b" "10.0.0.0/8" hostssl { pool_size 5 }\n}'
    ).items
    assert [value.text for value in database.values] == ["a"]
    (user,) = database.items or ()
    assert [value.text for value in user.values] == ["b", "10.0.0.0/8", "hostssl"]
    (size,) = user.items or ()
    assert (size.span.start.line, size.span.start.column, size.values[0].number) == (2, 35, 5)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("-1", -1), ("007", 7), ("5kb", 5120), ("2GB", 2**31), ("5b", 5)],
)
def test_numbers_have_sizes(text: str, number: int) -> None:
    (item,) = _document(f"client_max {text}").items
    assert item.values[0].number == number


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("workers 1\n; a comment\n", 2),
        ("log_debug = no\n", 1),
        ("log_file 'x'\n", 1),
        ('log_file "x\n"\n', 1),
        ("listen\n{\n  port 6432\n", 4),
        ("}\n", 1),
        ("workers 1\n5\n", 2),
        ("listen port 6432\n", 1),
        ("workers\nlog_debug no\n", 2),
    ],
)
def test_the_place_where_the_reading_stops_is_told(text: str, line: int) -> None:
    error = _document(text).error
    assert error is not None
    assert error.span.start.line == line


def test_an_error_never_shows_what_stands_there() -> None:
    error = _document('password "open\n').error
    assert error is not None
    assert "open" not in error.reason


def test_deep_nesting_is_an_error() -> None:
    assert _document("listen {" * 10_000).error is not None
