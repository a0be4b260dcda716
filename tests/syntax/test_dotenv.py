from __future__ import annotations

import pytest

from poollint.model.source import SourceFile, Span
from poollint.syntax import dotenv


@pytest.mark.parametrize(
    ("line", "name", "value", "expands"),
    [
        ("A=1", "A", "1", True),
        ("export B = two words  ", "B", "two words", True),
        ("C='single # $X'  # comment", "C", "single # $X", False),
        ('D="a\\nb" # comment', "D", "a\nb", True),
        ("E=abc#x", "E", "abc#x", True),
        ("F=abc # comment", "F", "abc", True),
        ("G=", "G", "", True),
        ("H: 5", "H", "5", True),
    ],
)
def test_bindings_are_read_as_compose_reads_them(
    line: str, name: str, value: str, expands: bool
) -> None:
    (binding,) = dotenv.read(SourceFile(".env", f"# head\n{line}\n"))
    assert (binding.name, binding.value, binding.expands) == (name, value, expands)
    assert binding.span.start.line == 2


def test_the_place_is_that_of_the_value() -> None:
    first, second = dotenv.read(SourceFile(".env", "AB=12\nC='xy'\n"))
    assert first.span == Span.at(".env", 1, 4, 2)
    assert second.span == Span.at(".env", 2, 4, 2)


def test_other_lines_say_nothing() -> None:
    text = "# A=1\nNAME\n\n=x\n" + "B=" + " " * 20_000 + "x\n"
    assert dotenv.read(SourceFile(".env", text)) == ()
