"""`.env` files as Docker Compose reads them.

Source: compose-spec 170098b, 12-interpolation.md and the run of Docker Compose 5.6.1: single
quotes are literal, double quotes know escapes, ` #` begins a comment, `abc#x` does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from poollint.model.source import Comment, SourceFile, Span

_BINDING = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*
        (?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>.*?))
        [ \t]*(?:(?:(?<=[ \t])|(?<=['"]))\#.*)?$""",
    re.X,
)
MAX_LINE = 10_000
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Binding:
    """A variable and its value; `expands` tells that `$NAME` in it is replaced."""

    name: str
    value: str
    span: Span
    expands: bool = True


def read(source: SourceFile) -> tuple[Binding, ...]:
    """Return the bindings in order, a later one of the same name counts.

    Names without a value are left out, and so are values that go on over several lines: none
    of them is a number or the address of a database.
    """
    found: list[Binding] = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", source.text), 1):
        match = _BINDING.match(line) if len(line) <= MAX_LINE else None
        if not match:
            continue
        group = match.lastgroup or "plain"
        value = match[group] or ""
        if group == "double":
            value = _ESCAPE.sub(lambda m: _ESCAPES.get(m[1], m[1]), value)
        start = match.start(group) + 1
        span = Span.at(source.path, number, start, len(match[group] or ""))
        found.append(Binding(match["name"], value, span, group != "single"))
    return tuple(found)


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the lines that begin with `#`."""
    found: list[Comment] = []
    for number, text in enumerate(re.split(r"\r\n|\n|\r", source.text), 1):
        at = len(text) - len(text.lstrip(" \t"))
        if text[at : at + 1] == "#":
            span = Span.at(source.path, number, at + 1, len(text) - at)
            found.append(Comment(span, text[at:], own_line=True))
    return tuple(found)
