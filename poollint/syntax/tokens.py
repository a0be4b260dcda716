"""Words of a program in a language that is not parsed: enough to find what a literal says.

Strings, comments and brackets are told apart, so that nothing within a string or a comment is
taken for code. A regular expression of JavaScript is taken for one where a value may begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CHARACTERS = 1_000_000

_OPENING = {"(": ")", "[": "]", "{": "}"}
_NAMES = {"//": r"[A-Za-z_$][\w$]*", "#": r"@?[A-Za-z_]\w*[?!]?"}
_NUMBER = r"\d[\d_]*(?:\.\d+)?(?:[eE]\d+)?\w*"
_SIGN = r"\|\||\?\?|\|>|=>|->|\.\.\.|\?\.|::|:=|[=!]==?|&&|<%=?|-?%>|\S"
# What is not closed ends with the line, or the file: nothing is looked through twice.
_COMMENTS = {"//": r"//[^\n]*|/\*.*?(?:\*/|\Z)", "#": r"\#[^\n]*"}
_STRINGS = {
    "//": r"`(?:\\.|[^`\\])*+(?:`|\Z|\\\Z)|\"(?:\\.|[^\"\\\n])*+(?:\"|(?=\n)|\Z|\\\Z)"
    r"|'(?:\\.|[^'\\\n])*+(?:'|(?=\n)|\Z|\\\Z)",
    "#": r"\"\"\".*?(?:\"\"\"|\Z)|\"(?:\\.|[^\"\\])*+(?:\"|\Z|\\\Z)"
    r"|'(?:\\.|[^'\\\n])*+(?:'|(?=\n)|\Z|\\\Z)",
}
_PATTERNS = {
    mark: re.compile(
        rf"(?P<comment>{_COMMENTS[mark]})|(?P<text>{_STRINGS[mark]})|(?P<number>{_NUMBER})"
        rf"|(?P<name>{_NAMES[mark]})|(?P<sign>{_SIGN})",
        re.S,
    )
    for mark in _COMMENTS
}
_REGEX = re.compile(r"/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n]){0,300}+\]|[^/\\\n\[]){1,300}+/[a-z]*")
_VALUE_FOLLOWS = frozenset("( [ { , ; = == === ! != !== => : ? && || ?? return".split())


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its kind ("name", "number", "text", "sign"), what it says, and where it stands.

    Of a text the quotes are left out; what is put into it (`${name}`) stays as written.
    """

    kind: str
    text: str
    start: int
    end: int


class Words:
    """The words of a file, and which bracket closes which."""

    def __init__(self, text: str, comment: str) -> None:
        """Read `text`; `comment` is the sign that begins a comment: "//" or "#"."""
        found = tuple(_tokens(text, comment)) if len(text) <= MAX_CHARACTERS else ()
        self.tokens: tuple[Token, ...] = found
        self.text = text
        self._closing = _pairs(found)

    def closing(self, at: int) -> int | None:
        """Return where the bracket at `at` closes, None where it does not."""
        return self._closing.get(at)

    def sign(self, at: int, text: str) -> bool:
        """Tell whether the word at `at` is this sign."""
        word = self.tokens[at] if 0 <= at < len(self.tokens) else None
        return word is not None and word.kind == "sign" and word.text == text

    def name(self, at: int, *names: str) -> bool:
        """Tell whether the word at `at` is one of these names."""
        word = self.tokens[at] if 0 <= at < len(self.tokens) else None
        return word is not None and word.kind == "name" and word.text in names

    def parts(self, opening: int) -> Iterator[tuple[int, int]]:
        """Yield what stands between the commas in the brackets that open at `opening`."""
        closing = self._closing.get(opening)
        if closing is not None:
            yield from self.split(opening + 1, closing)

    def split(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield what stands between the commas from `start` up to `end`, none that is empty."""
        at = begin = start
        while at < end:
            if self.sign(at, ","):
                if at > begin:
                    yield begin, at
                begin = at + 1
            at = self._closing.get(at, at) + 1
        if end > begin:
            yield begin, end

    def until(self, start: int, going_on: frozenset[str]) -> int:
        """Return where the expression that begins at `start` ends: with its line, or a `;`.

        It goes on behind a line that ends with one of the signs, or before one that begins so.
        """
        at = start
        while at < len(self.tokens):
            if self.sign(at, ";") or (self.tokens[at].text in ")]}" and at > start):
                return at
            after = self._closing.get(at, at) + 1
            if after >= len(self.tokens):
                return after
            between = self.text[self.tokens[after - 1].end : self.tokens[after].start]
            last, coming = self.tokens[after - 1].text, self.tokens[after].text
            if "\n" in between and last not in going_on and coming not in going_on:
                return after
            at = after
        return len(self.tokens)


def _tokens(text: str, comment: str) -> Iterator[Token]:
    pattern = _PATTERNS[comment]
    before = ";"
    at = 0
    while found := pattern.search(text, at):
        kind, word = found.lastgroup or "", found[0]
        start, at = found.span()
        if kind == "comment":
            continue
        if comment == "//" and word == "/" and before in _VALUE_FOLLOWS:
            literal = _REGEX.match(text, start)
            if literal:
                at, before = literal.end(), "/"
                continue
        if kind == "text":
            word = word.strip(word[0])
        before = word if kind in ("sign", "name") else ""
        yield Token(kind, word, start, at)


def _pairs(tokens: tuple[Token, ...]) -> dict[int, int]:
    """Return where each bracket closes; one that closes nothing is passed over."""
    found: dict[int, int] = {}
    waiting: list[tuple[str, int]] = []
    for index, token in enumerate(tokens):
        if token.kind != "sign":
            continue
        if token.text in _OPENING:
            waiting.append((_OPENING[token.text], index))
        elif waiting and token.text == waiting[-1][0]:
            found[waiting.pop()[1]] = index
    return found
