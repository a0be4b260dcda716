"""pg_hba.conf: lines of words, as PostgreSQL splits them (src/backend/libpq/hba.c, 13 to 18).

PgBouncer's `auth_hba_file` has the same form with fewer words (src/hba.c).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.model.source import Comment, SourceFile, Span

# A word ends at a blank, a comma or `#`; in double quotes it may hold them.
_WORD = re.compile(r'(?:"(?:[^"\n]|"")*"|[^\s,"#])+')
_COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its fields, each a list of words that commas part, without their quotes."""

    fields: tuple[tuple[str, ...], ...]
    span: Span


def parse(source: SourceFile) -> tuple[Line, ...]:
    """Return the lines that hold something. Never fails: what a line means is not looked at."""
    found = []
    start = 1 if source.text.startswith("\ufeff") else 0
    for line in source.text[start:].split("\n"):
        fields, end = _fields(line)
        if fields:
            first = start + len(line) - len(line.lstrip())
            found.append(Line(fields, source.span(first, start + end)))
        start += len(line) + 1
    return tuple(found)


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments: from a `#` outside quotes to the end of the line."""
    found = []
    start = 0
    for line in source.text.split("\n"):
        fields, end = _fields(line)
        match = _COMMENT.search(line.rstrip("\r"), end)
        if match:
            span = source.span(start + match.start(), start + match.end())
            found.append(Comment(span, match[0], not fields))
        start += len(line) + 1
    return tuple(found)


def _fields(line: str) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Return the fields of a line, and where the last of them ends."""
    fields: list[list[str]] = []
    at = end = 0
    joined = False
    while at < len(line) and line[at] != "#":
        if line[at] == ",":
            joined = True
            at += 1
            continue
        match = _WORD.match(line, at)
        if match is None:
            at += 1
            continue
        word = match[0].replace('"', "")
        if joined and fields:
            fields[-1].append(word)
        else:
            fields.append([word])
        joined = False
        at = end = match.end()
    return tuple(tuple(words) for words in fields), end
