"""Source frames: the lines that matter, each place underlined and labelled, steps numbered."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from poollint.model.finding import Problem, Severity
from poollint.model.secret import MASK, hidden
from poollint.model.source import Position, SourceFile, Span
from poollint.report.characters import TAB, said, visible, width
from poollint.report.palette import Palette

Sources = Callable[[str], SourceFile | None]

_CUT = "…"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to underline, and the words beside it."""

    span: Span
    text: str
    primary: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a mark underlines of one line: characters `start` up to, not including, `end`."""

    start: int
    end: int
    text: str
    primary: bool


def marks(problem: Problem) -> tuple[Mark, ...]:
    """Return the places a problem shows: its steps in order, and its own where none is there."""
    several = len(problem.path) > 1
    found = [
        Mark(
            step.span,
            f"({number}) {said(step.label)}" if several else said(step.label),
            _covers(step.span, problem.at),
        )
        for number, step in enumerate(problem.path, 1)
    ]
    if not any(mark.primary for mark in found):
        found.append(Mark(problem.at, said(problem.label), primary=True))
    return tuple(found)


def gutter(problem: Problem) -> int:
    """Return how many columns the line numbers of a problem's frame take."""
    lines = (line for mark in marks(problem) for line in (mark.span.start.line, _last(mark.span)))
    return max(2, len(str(max(lines))))


def frame(
    problem: Problem, severity: Severity, sources: Sources, palette: Palette
) -> Iterator[str]:
    """Yield the lines of a problem's frame, file by file, its own file first."""
    found = marks(problem)
    paths = dict.fromkeys((problem.at.path, *(mark.span.path for mark in found)))
    margin = " " * gutter(problem)
    for path in paths:
        here = [mark for mark in found if mark.span.path == path]
        first = problem.at if path == problem.at.path else here[0].span
        yield f"{margin}--> {palette.place(path, first.start)}"
        rows = list(_rows(here, sources(path), len(margin), severity, palette))
        if rows:
            yield f"{margin} |"
            yield from rows
            yield f"{margin} |"


def _covers(step: Span, at: Span) -> bool:
    if step.path != at.path:
        return False
    return step.start == at.start or step.start <= at.start < step.end


def _last(span: Span) -> int:
    """Return the last line a span reaches into."""
    last = span.end.line - (1 if span.end.column <= 1 else 0)
    return max(span.start.line, last)


def _rows(
    here: list[Mark], source: SourceFile | None, margin: int, severity: Severity, palette: Palette
) -> Iterator[str]:
    if source is None:
        for mark in sorted(here, key=lambda mark: mark.span.start.line):
            if mark.text:
                yield f"{mark.span.start.line:>{margin}} | {mark.text}"
        return
    text = _Text(source)
    drawn = _Lines(text, margin, severity, palette)
    before = 0
    for line, stretches in sorted(_stretches(here, text).items()):
        if before and line == before + 2:
            yield from drawn.plain(line - 1)
        elif before and line > before + 2:
            yield f"{' ' * margin} :"
        yield from drawn.marked(line, stretches)
        before = line


def _stretches(here: Iterable[Mark], text: _Text) -> dict[int, list[Stretch]]:
    """Return what is underlined, by line: of a longer span its first line and its last."""
    found: dict[int, list[Stretch]] = {}
    for mark in here:
        first, last = mark.span.start.line, _last(mark.span)
        start = mark.span.start.column - 1
        end = mark.span.end.column - 1 if mark.span.end.line == first else text.length(first)
        stretch = Stretch(start, max(start, end), mark.text, mark.primary)
        found.setdefault(first, []).append(stretch)
        if last > first:
            tail = mark.span.end.column - 1 if last == mark.span.end.line else text.length(last)
            indent = min(text.indent(last), max(0, tail - 1))
            found.setdefault(last, []).append(Stretch(indent, tail, "", mark.primary))
    return found


class _Text:
    """A file as it may be shown: each character of a line as the text that stands for it."""

    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._hidden = hidden(source.text, code=source.path.endswith((".py", ".pyi")))

    def length(self, line: int) -> int:
        return len(self._source.line(line))

    def indent(self, line: int) -> int:
        text = self._source.line(line)
        return len(text) - len(text.lstrip())

    def cells(self, line: int) -> list[str]:
        """Return what is shown for each character; nothing or `***` for those of a secret."""
        text = self._source.line(line)
        start = self._source.offset(Position(line, 1))
        cells: list[str] = []
        column = 0
        for at, char in enumerate(text):
            cell = " " * (TAB - column % TAB) if char == "\t" else visible(char)
            secret = self._secret(start + at)
            if secret is not None:
                cell = MASK if start + at == max(start, secret) else ""
            cells.append(cell)
            column += width(cell)
        return cells

    def _secret(self, offset: int) -> int | None:
        """Return where the secret begins that the character at `offset` is part of."""
        at = bisect_right(self._hidden, (offset, sys.maxsize)) - 1
        return self._hidden[at][0] if at >= 0 and offset < self._hidden[at][1] else None


class _Lines:
    """Draws lines of one file, with what is marked in them."""

    def __init__(self, text: _Text, margin: int, severity: Severity, palette: Palette) -> None:
        self._text = text
        self._margin = margin
        self._severity = severity
        self._palette = palette
        self._room = max(20, palette.width - margin - 3)

    def plain(self, line: int) -> Iterator[str]:
        """Yield a line with nothing marked."""
        cells = self._text.cells(line)
        yield self._numbered(line, _window(cells, 0, 0, self._room)[0])

    def marked(self, line: int, stretches: list[Stretch]) -> Iterator[str]:
        """Yield a line and, below it, its marks; a line that is cut stands anew for each."""
        cells = self._text.cells(line)
        fits = sum(map(width, cells)) <= self._room
        for index, stretch in enumerate(stretches):
            shown, start, length = _window(cells, stretch.start, stretch.end, self._room)
            if index == 0 or not fits:
                yield self._numbered(line, shown)
            yield from self._underline(start, length, stretch)

    def _numbered(self, line: int, shown: str) -> str:
        return f"{line:>{self._margin}} | {shown}".rstrip()

    def _underline(self, start: int, length: int, stretch: Stretch) -> Iterator[str]:
        sign = ("^" if stretch.primary else "-") * length
        bar = " " * self._margin + " | "
        if start + length + 1 + width(stretch.text) <= self._room:
            yield bar + " " * start + self._coloured(f"{sign} {stretch.text}".rstrip(), stretch)
            return
        yield bar + " " * start + self._coloured(sign, stretch)
        indent = max(0, min(start, self._room - width(stretch.text)))
        yield bar + " " * indent + self._coloured(stretch.text, stretch)

    def _coloured(self, text: str, stretch: Stretch) -> str:
        return self._palette.severe(text, self._severity) if stretch.primary else text


def _window(cells: list[str], start: int, end: int, room: int) -> tuple[str, int, int]:
    """Return what is shown of a line, and where in it `start` to `end` stands, in columns.

    A line that is wider than `room` is cut around the stretch. The stretch is at least one
    column wide, and may begin one column beyond the line.
    """
    edges = list(accumulate(map(width, cells), initial=0))
    start, end = min(start, len(cells)), min(end, len(cells))
    low, high = edges[start], max(edges[end], edges[start] + 1)
    if edges[-1] <= room:
        return "".join(cells), low, high - low
    inner = room - 2
    spare = inner - (high - low)
    left = max(0, min(low - spare // 2 if spare > 0 else low - inner // 4, edges[-1] - inner))
    first = next(i for i, edge in enumerate(edges) if edge >= left)
    last = max(i for i, edge in enumerate(edges) if edge <= edges[first] + inner)
    before = _CUT if first > 0 else ""
    after = _CUT if last < len(cells) else ""
    shown = before + "".join(cells[first:last]) + after
    at = max(0, low - edges[first]) + len(before)
    until = min(high, edges[last] + (0 if after else 1)) - edges[first] + len(before)
    return shown, at, max(1, until - at)
