"""The statements of a file of SQL, told apart as psql does: by `;` outside quotes and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from poollint.model.source import Comment, SourceFile

_PART = re.compile(
    r"""(?P<comment>--[^\n]*)
    |(?P<block>/\*)
    |(?P<dollar>\$(?:[A-Za-z_\u0080-\U0010ffff][\w]*)?\$)
    |(?P<escaped>\b[eE]'(?:\\.|''|[^'\\])*')
    |(?P<string>'(?:''|[^'])*')
    |(?P<name>"(?:""|[^"])*")
    |(?P<command>^[ \t]*\\[^\n]*)
    |(?P<end>;)""",
    re.X | re.S | re.M,
)
_EDGE = re.compile(r"/\*|\*/")


def statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each statement begins and ends, comments before it left out."""
    start = 0
    for kind, at, end in _parts(text):
        if kind == "end":
            yield from _whole(text, start, at)
            start = end
        elif kind in ("comment", "block", "command") and not text[start:at].strip():
            start = end
    yield from _whole(text, start, len(text))


def only(text: str, wanted: re.Pattern[str]) -> str:
    """Return a text with nothing but the statements that begin so, each at its place."""
    kept: list[str] = []
    at = 0
    for start, end in statements(text):
        if wanted.match(text, start):
            kept += (_blank(text[at:start]), text[start:end])
            at = end
    return "".join((*kept, _blank(text[at:])))


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments that end with their line."""
    found = []
    for kind, at, end in _parts(source.text):
        if kind == "comment":
            span = source.span(at, end)
            before = source.line(span.start.line)[: span.start.column - 1]
            found.append(Comment(span, source.text[at:end], own_line=not before.strip()))
    return tuple(found)


def _whole(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    body = text[start:end]
    if body.strip():
        yield start + len(body) - len(body.lstrip()), start + len(body.rstrip())


def _parts(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what is no plain text, and the ends of statements; nothing behind an open quote."""
    at = 0
    while match := _PART.search(text, at):
        kind, end = match.lastgroup or "", match.end()
        if kind == "dollar":
            close = text.find(match[0], end)
            end = len(text) if close < 0 else close + len(match[0])
        elif kind == "block":
            end = _closed(text, end)
        yield kind, match.start(), end
        at = end


def _closed(text: str, at: int) -> int:
    """Return where a comment ends that began just before `at`; they nest."""
    depth = 1
    for edge in _EDGE.finditer(text, at):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    return len(text)
