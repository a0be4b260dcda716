"""What a template writes: pieces of text, put together, each line with that of the template."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

_SEPARATED = re.compile(r"^---(?=[^\s-])", re.M)
Piece: TypeAlias = tuple[str, int, bool]  # a text, its line, and whether it has lines of its own


@dataclass(frozen=True, slots=True)
class Written:
    """What a template writes: the text, and the line of the template that each line comes of."""

    text: str
    lines: tuple[int, ...]


def joined(out: list[Piece]) -> Written:
    """Return the text that pieces make, each document on lines of its own."""
    lines, blank = [1], True
    for text, line, moves in out:
        for index, row in enumerate(text.split("\n")):
            here = line + index if moves else line
            if index:
                lines.append(here)
            elif blank:
                lines[-1] = here
            blank = (bool(index) or blank) and not row.strip()
    return _apart(Written("".join(text for text, _, _ in out), tuple(lines)))


def _apart(written: Written) -> Written:
    """Return a text in which each document begins on a line of its own.

    Helm takes `---` at the start of a line for the end of a document, whatever stands behind it.
    """
    if not _SEPARATED.search(written.text):
        return written
    rows: list[str] = []
    lines: list[int] = []
    for row, line in zip(written.text.split("\n"), written.lines, strict=True):
        parts = ("---", row[3:]) if _SEPARATED.match(row) else (row,)
        rows += parts
        lines += [line] * len(parts)
    return Written("\n".join(rows), tuple(lines))
