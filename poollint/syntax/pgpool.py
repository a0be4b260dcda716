"""pgpool.conf, as Pgpool-II reads it: names and values, without regard to lines.

Source: src/config/pool_config.l of pgpool/pgpool2 (V3_6_28 to V4_7_2): at each place the longest
token wins. An error ends the reading of the whole file, there as here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from poollint.model.source import Comment, SourceFile, Span, Unreadable

# A letter is also whatever is no ASCII. Said by what is none: a class of a million takes long.
_LETTER = r"[^\0-@\[-^`{-\x7f]"
_WORD = r"[^\0-/:-@\[-^`{-\x7f]"
# In the order of the scanner's rules: the first of the longest is taken.
_TOKENS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("line", r"\n"),
        ("blank", r"[ \t\r]+"),
        ("comment", r"#[^\n]*(?=\n)"),  # `$` of flex: nothing at the end of the file
        ("key", f"{_LETTER}{_WORD}*"),
        ("string", r"'(?:\\[^\n]|[^'\n])*'"),
        ("unquoted", f"{_LETTER}(?:{_WORD}|[-._:/])*"),
        ("integer", r"[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*"),
        ("real", r"[-+]?[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?"),
        ("equals", "="),
        ("other", "."),
    )
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter and its value, without quotes; no escape means anything."""

    name: str
    value: str
    span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class Include:
    """An `include` (lower case alone is one) and the path of the file it names."""

    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """A file as far as it can be read; `error` says where Pgpool-II gives up."""

    source: SourceFile
    entries: tuple[Entry, ...]
    includes: tuple[Include, ...]
    comments: tuple[Comment, ...]
    error: Unreadable | None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def parse(source: SourceFile) -> Document:
    """Read a whole file. Never fails: what Pgpool-II refuses is in `error`."""
    comments: list[Comment] = []
    tokens = (token for token in _scan(source, comments) if token.kind != "blank")
    entries: list[Entry] = []
    error = None
    for key in tokens:
        if key.kind == "line":
            continue
        if key.kind != "key":
            error = Unreadable(source.span(key.start, key.end), _reason(key))
            break
        value = next(tokens, None)
        if value is not None and value.kind == "equals":
            value = next(tokens, None)
        entries.append(_entry(source, key, value or _Token("line", "", len(source.text))))
    includes = tuple(Include(e.value, e.span) for e in entries if e.name == "include")
    others = tuple(entry for entry in entries if entry.name != "include")
    return Document(source, others, includes, tuple(comments), error)


def _scan(source: SourceFile, comments: list[Comment]) -> Iterator[_Token]:
    text, at = source.text, 0
    while at < len(text):
        found = [(kind, m[0]) for kind, pattern in _TOKENS if (m := pattern.match(text, at))]
        kind, word = max(found, key=lambda pair: len(pair[1]))
        if kind == "comment":
            shown = word.rstrip("\r")
            span = source.span(at, at + len(shown))
            before = source.line(span.start.line)[: span.start.column - 1]
            comments.append(Comment(span, shown, own_line=not before.strip()))
        else:
            yield _Token(kind, word, at)
        at += len(word)


def _entry(source: SourceFile, key: _Token, value: _Token) -> Entry:
    """Return what a name and a token make: any token is a value, the end of the line too."""
    text = value.text[1:-1] if value.kind == "string" else value.text
    end = key.end if value.kind == "line" else value.end
    start = end if value.kind == "line" else value.start
    return Entry(key.text, text, source.span(key.start, end), source.span(start, end))


def _reason(token: _Token) -> str:
    """Say what is wrong, never what stands there: it may be part of a password."""
    match token.text[:1]:
        case "'" if token.kind == "other":
            return "a quote has no end"
        case '"':
            return "double quotes are no quotes here"
        case "#":
            return "a comment at the end of the file has no line end"
        case ";":
            return "`;` begins no comment here"
        case "[":
            return "there are no sections here"
    return "the name of a parameter is expected; a value with a sign in it needs quotes"
