"""The strings of Python code, as far as one must know them to find secrets in it.

Nothing is parsed: a frame shows a few lines, and a broken file has secrets too. A literal is
told from its quotes, an expression from its brackets; every search is bounded.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Range = tuple[int, int]
Hidden = Callable[[str], tuple[Range, ...]]

_STRINGS = re.compile(
    r"#[^\n]*|(?P<triple>'''|\"\"\")(?:\\.|(?!(?P=triple)).)*(?:(?P=triple)|\Z)"
    r"|'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?",
    re.S,
)
_APART = 500  # characters between two pieces of a string
_REACH = 2_000  # characters of an expression that are looked at
_SIGNS = re.compile(r"[()\[\]{},;:\n]")
# What stands between the pieces of one string: nothing, `+`, or `+ name +`.
_JOINED = re.compile(
    r"(?:[\s\\+()]|#[^\n]*\n)*(?P<hole>\+\s*[\w.\[\]()]{1,60}\s*\+\s*)?\(?[rbufRBUF]{0,2}"
)
_FILLED = re.compile(r"[\s)]*(?P<how>%|\.\s*format\s*\(|,)")
_HOLE = r"(?:%[s(]|\{|:\w|\$\d)"
# The name of a thing that is looked up: `environ["X"]`, `getenv("X")`, `config.get("X", …)`.
_LOOKS_UP = re.compile(
    r"(?:\w\[|\w*(?:get|env|secret|read|load|fetch|lookup|config|open|pop|param|prompt)\w*\()\s*"
    r"[rbufRBUF]{0,2}\Z",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or a comment: its whole extent, and that of its content."""

    start: int
    end: int
    first: int
    last: int
    comment: bool


class Literals:
    """The strings and comments of a text, in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._all = [_literal(match) for match in _STRINGS.finditer(text)]
        self._firsts = [literal.first for literal in self._all]
        self._starts = [literal.start for literal in self._all]

    def around(self, offset: int) -> Range | None:
        """Return the content of the string or comment that `offset` lies in."""
        at = bisect_right(self._firsts, offset) - 1
        found = self._all[at] if at >= 0 else None
        return (found.first, found.last) if found and offset <= found.last else None

    def within(self, at: int, commas: bool = False) -> Iterator[Range]:
        """Yield the content of the strings in the expression at `at`, but for names looked up.

        `commas` tells that a comma does not end it: it is the rest of the arguments of a call.
        """
        yield from self._until(at, self._end(at, commas))

    def _until(self, at: int, end: int) -> Iterator[Range]:
        for number in range(bisect_left(self._starts, at), len(self._all)):
            literal = self._all[number]
            if literal.start >= end:
                return
            before = self._text[max(at, literal.start - 60) : literal.start]
            if not literal.comment and not _LOOKS_UP.search(before):
                yield literal.first, literal.last

    def _end(self, at: int, commas: bool) -> int:
        """Return where the expression at `at` ends."""
        depth = 0
        limit = min(len(self._text), at + _REACH)
        while match := _SIGNS.search(self._text, at, limit):
            at = match.end()
            inside = self._covering(match.start())
            if inside is not None:
                at = max(at, inside.end)
                continue
            sign = match[0]
            if sign in "([{":
                depth += 1
            elif sign in ")]}":
                depth -= 1
                if depth < 0:
                    return match.start()
            elif depth == 0 and not (commas and sign in ",\n") and not self._goes_on(match):
                return match.start()
        return limit

    def _covering(self, offset: int) -> Literal | None:
        at = bisect_right(self._starts, offset) - 1
        return self._all[at] if at >= 0 and offset < self._all[at].end else None

    def _goes_on(self, match: re.Match[str]) -> bool:
        """Tell whether a line goes on behind its end: with a backslash, or `or`."""
        return match[0] == "\n" and self._text[max(0, match.start() - 1) : match.start()] == "\\"

    def assembled(self, hidden: Hidden, word: str) -> Iterator[Range]:
        """Yield what is secret in strings that are made of several pieces, or filled in.

        hidden  what is secret in one text
        word    expression for the names of secrets
        """
        asks = re.compile(
            rf"://\S{{0,300}}?:{_HOLE}|{word}[\w.-]{{0,40}}\\?[\"']?\s{{0,20}}[:=]?\s{{0,20}}[\"']?{_HOLE}",
            re.I,
        )
        done = 0
        for chain in self._chains():
            joined, places = self._join(chain)
            if len(chain) > 1:
                for start, end in hidden(joined):
                    yield from _back(start, end, places)
            filled = _FILLED.match(self._text, chain[-1].end)
            if filled and filled.end() >= done and asks.search(joined):
                done = self._end(filled.end(), commas=filled["how"] != "%")
                yield from self._until(filled.end(), done)

    def _chains(self) -> Iterator[list[Literal]]:
        chain: list[Literal] = []
        for literal in self._all:
            if literal.comment:
                continue
            if chain and not self._between(chain[-1], literal):
                yield chain
                chain = []
            chain.append(literal)
        if chain:
            yield chain

    def _between(self, one: Literal, other: Literal) -> re.Match[str] | None:
        if other.start - one.end > _APART:
            return None
        return _JOINED.fullmatch(self._text, one.end, other.start)

    def _join(self, chain: list[Literal]) -> tuple[str, list[tuple[int, Range]]]:
        """Return the text of all pieces, and where each begins in it and stands in the file."""
        parts: list[str] = []
        places: list[tuple[int, Range]] = []
        length = 0
        for number, literal in enumerate(chain):
            if number:
                between = self._between(chain[number - 1], literal)
                hole = "{}" if between and between["hole"] else ""
                parts.append(hole)
                length += len(hole)
            places.append((length, (literal.first, literal.last)))
            parts.append(self._text[literal.first : literal.last])
            length += literal.last - literal.first
        return "".join(parts), places


def _back(start: int, end: int, places: list[tuple[int, Range]]) -> Iterator[Range]:
    """Yield where the characters `start` to `end` of the joined text stand in the file."""
    for begins, (first, last) in places:
        here = max(start - begins, 0), min(end - begins, last - first)
        if here[0] < here[1]:
            yield first + here[0], first + here[1]


def _literal(match: re.Match[str]) -> Literal:
    sign = match["triple"] or match[0][0]
    start, end = match.span()
    if sign == "#":
        return Literal(start, end, start, end, comment=True)
    closed = len(match[0]) >= 2 * len(sign) and match[0].endswith(sign)
    return Literal(start, end, start + len(sign), end - (len(sign) if closed else 0), comment=False)
