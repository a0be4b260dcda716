"""Statements of a file of SQL end where psql ends them."""

import pytest

from poollint.model.source import SourceFile
from poollint.syntax import scripts


def _statements(text: str) -> list[str]:
    return [text[start:end] for start, end in scripts.statements(text)]


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("a; b ;\n c", ["a", "b", "c"]),
        ("-- a;\nb; -- c;\n", ["b"]),
        ("/* a; /* b; */ c; */ d;", ["d"]),
        ("a ';' ''';' b; c", ["a ';' ''';' b", "c"]),
        ("a e'\\';' b; c", ["a e'\\';' b", "c"]),
        ('a ";" b; c', ['a ";" b', "c"]),
        ("do $$ a; b; $$; c", ["do $$ a; b; $$", "c"]),
        ("do $x$ a; $$ b; $x$; c", ["do $x$ a; $$ b; $x$", "c"]),
        ("\\connect a;b\nc;", ["c"]),
        ("", []),
        (";;", []),
    ],
)
def test_statements_end_at_semicolons_outside_quotes(text: str, statements: list[str]) -> None:
    assert _statements(text) == statements


@pytest.mark.parametrize("text", ["'" * 99_999, "/*" * 50_000, "$$", "$a$" * 30_000, "--"])
def test_what_is_never_closed_is_read_to_an_end(text: str) -> None:
    assert len(_statements(text)) <= 1


def test_comments_are_those_of_a_line() -> None:
    found = scripts.comments(SourceFile("a.sql", "-- one\nselect '--'; -- two\n/* three */"))
    assert [(comment.text, comment.own_line) for comment in found] == [
        ("-- one", True),
        ("-- two", False),
    ]
