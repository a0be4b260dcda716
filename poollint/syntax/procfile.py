"""Procfiles: `type: command`, one a line (Heroku, Dokku, foreman, honcho)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.model.source import Comment, SourceFile, Span

_LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+)[ \t]*:[ \t]*(?P<command>\S.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """A process type and the shell line that starts it."""

    name: str
    span: Span
    command: str
    command_span: Span


def read(source: SourceFile) -> tuple[Line, ...]:
    """Return the process types in order; other lines are ignored, as Heroku does."""
    found: list[Line] = []
    for number, text in enumerate(re.split(r"\r\n|\n|\r", source.text), 1):
        match = _LINE.match(text.rstrip())
        if match:
            name = Span.at(source.path, number, 1, len(match["name"]))
            command = Span.at(
                source.path, number, match.start("command") + 1, len(match["command"])
            )
            found.append(Line(match["name"], name, match["command"], command))
    return tuple(found)


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the lines that begin with `#`; there are no other comments."""
    found: list[Comment] = []
    for number, text in enumerate(re.split(r"\r\n|\n|\r", source.text), 1):
        at = len(text) - len(text.lstrip(" \t"))
        if text[at : at + 1] == "#":
            span = Span.at(source.path, number, at + 1, len(text) - at)
            found.append(Comment(span, text[at:], own_line=True))
    return tuple(found)
