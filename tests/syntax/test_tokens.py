"""Words, strings, comments and brackets of languages that are not parsed."""

from __future__ import annotations

import gc
import time

import pytest

from poollint.syntax.tokens import MAX_CHARACTERS, Words


def texts(text: str, comment: str = "//") -> list[str]:
    return [token.text for token in Words(text, comment).tokens]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a // b\nc /* d\n e */ f", ["a", "c", "f"]),
        ('x = "a // b"', ["x", "=", "a // b"]),
        ("x = `a ${b}`", ["x", "=", "a ${b}"]),
        ("f(/[\"'{]/, 1)", ["f", "(", ",", "1", ")"]),
        ("a / b / c", ["a", "/", "b", "/", "c"]),
        ("a?.b ?? c || d", ["a", "?.", "b", "??", "c", "||", "d"]),
    ],
)
def test_words_of_javascript(text: str, found: list[str]) -> None:
    assert texts(text) == found


def test_words_of_ruby_and_elixir() -> None:
    assert texts('ENV.fetch("A") { 5 } # 6', "#") == [
        "ENV",
        ".",
        "fetch",
        "(",
        "A",
        ")",
        "{",
        "5",
        "}",
    ]
    assert texts('x = """\n a { b\n"""\ny', "#")[-1] == "y"
    assert texts("System.fetch_env!(1)", "#")[2] == "fetch_env!"


def test_brackets_are_paired_and_what_closes_nothing_is_passed_over() -> None:
    words = Words("f({ a: [1, 2] }) )", "//")
    assert words.closing(1) == 11
    assert words.closing(2) == 10
    assert Words("( ] (", "//").closing(0) is None


def test_parts_are_what_stands_between_the_commas_of_one_depth() -> None:
    words = Words("f(a, g(b, c), d,)", "//")
    parts = [" ".join(t.text for t in words.tokens[a:b]) for a, b in words.parts(1)]
    assert parts == ["a", "g ( b , c )", "d"]


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("1\n2", "1"),
        ("1 ||\n 2\n3", "1 || 2"),
        ("1\n || 2\n3", "1 || 2"),
        ("1; 2", "1"),
        ("1)", "1"),
    ],
)
def test_an_expression_ends_with_its_line_unless_it_goes_on(text: str, end: str) -> None:
    words = Words(text, "//")
    until = words.until(0, frozenset(("||",)))
    assert " ".join(t.text for t in words.tokens[:until]) == end


def test_a_file_that_is_too_long_has_no_words() -> None:
    assert texts("a" * (MAX_CHARACTERS + 1)) == []


@pytest.mark.parametrize("text", ["'", '"', "`", "/*", "((((", "))))", "\0", "a\\"])
def test_broken_text_raises_nothing(text: str) -> None:
    assert isinstance(Words(text, "//").tokens, tuple)
    assert isinstance(Words(text, "#").tokens, tuple)


@pytest.mark.parametrize(
    "piece", ["/*", '"', "'", "`", "(/a", '"""', "\\", '"\\"', "{", "[({", "x(/[", "#", "${`"]
)
@pytest.mark.parametrize("comment", ["//", "#"])
def test_time_grows_with_the_length_alone(piece: str, comment: str) -> None:
    def once(number: int) -> float:
        text = piece * number
        start = time.process_time()
        Words(text, comment)
        return time.process_time() - start

    def seconds(number: int) -> float:
        return min(once(number) for _ in range(3))  # another process may share the core

    once(1000)
    gc.disable()  # what it looks through grows with what is held, and is no part of the work
    try:
        # What grows with the square of the length takes a hundred times as long.
        assert seconds(40_000) < 60 * max(seconds(4_000), 0.02)
    finally:
        gc.enable()
