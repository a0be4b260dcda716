"""Where something stands: positions, spans, and the text they point into."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text. Line and column count from 1; columns are characters, not bytes."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file, `end` exclusive.

    `path` is relative to the working directory and uses `/`, so that a person can click it.
    """

    path: str
    start: Position
    end: Position

    @classmethod
    def at(cls, path: str, line: int = 1, column: int = 1, width: int = 0) -> Span:
        """Return a span of `width` characters on one line."""
        return cls(path, Position(line, column), Position(line, column + width))


@dataclass(frozen=True)
class SourceFile:
    """A file that was read once: its path as a `Span` shows it, and its decoded text.

    A byte order mark is not part of the text. Lines end with LF, CRLF or CR, as Python,
    YAML and PostgreSQL count them; form feeds and Unicode separators do not end a line.
    """

    path: str
    text: str

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        starts = [0]
        text = self.text
        at = 0
        while True:
            feed = text.find("\n", at)
            carriage = text.find("\r", at, feed if feed >= 0 else len(text))
            if carriage >= 0 and carriage + 1 != feed:
                at = carriage + 1
            elif feed >= 0:
                at = feed + 1
            else:
                return tuple(starts)
            starts.append(at)

    def position(self, offset: int) -> Position:
        """Return the position of the character at `offset` (0 to `len(text)`)."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def offset(self, position: Position) -> int:
        """Return the offset of `position`; one beyond the last line is the end of the text."""
        if position.line > len(self._starts):
            return len(self.text)
        return min(self._starts[position.line - 1] + position.column - 1, len(self.text))

    def span(self, start: int, end: int) -> Span:
        """Return the span of the characters from offset `start` up to, not including, `end`."""
        return Span(self.path, self.position(start), self.position(end))

    def line(self, number: int) -> str:
        """Return line `number` without its line end; empty beyond the end of the file."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, from its sign to the end of the line.

    `text` includes the sign (`#`, `;`). `own_line` tells that nothing stands before it.
    """

    span: Span
    text: str
    own_line: bool


OVERLOOKED = "it mentions PostgreSQL and what runs, in a form that poollint does not read"
"""Why a file counts as not covered from which nothing was taken: of them a report tells at once."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a part of it, that could not be read, and why.

    `broken` tells that the reason is the file's fault (broken syntax), which is reported as a
    finding; otherwise (a template, a size limit) it only counts as not covered.
    """

    span: Span
    reason: str
    broken: bool = True
