"""postgresql.conf and postgresql.auto.conf, as the server reads them.

The scanner is that of src/backend/utils/misc/guc-file.l, versions 13 to 18: at each place the
longest token wins, a line is one `name [=] value`, and an error costs its line only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from poollint.model.source import Comment, SourceFile, Span, Unreadable

# A letter is also whatever is no ASCII. Said by what is none: a class of a million takes long.
_LETTER = r"[^\0-@\[-^`{-\x7f]"
_WORD = r"[^\0-/:-@\[-^`{-\x7f]"
_ID = f"{_LETTER}{_WORD}*"
# In the order of the scanner's rules: the first of the longest is taken.
_TOKENS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("id", _ID),
        ("qualified", rf"{_ID}\.{_ID}"),
        ("string", r"'(?:[^'\\\n]|\\[^\n]|'')*'"),
        ("unquoted", rf"{_LETTER}(?:{_WORD}|[-._:/])*"),
        ("integer", r"[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*"),
        ("real", r"[-+]?[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?"),
        ("equals", "="),
        ("other", r"[^\n]"),
    )
)
_BLANK = re.compile(r"[ \t\r]*")
_VALUES = frozenset({"id", "string", "integer", "real", "unquoted"})
_INCLUDES = frozenset({"include", "include_if_exists", "include_dir"})
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)|''", re.S)
_CHARACTERS = "no parameter and value; a value with more than letters, digits, `-._:/` needs quotes"
_BEHIND = "there is more than one value; a value with a blank or a sign in it needs quotes"
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter and its value, without quotes and escapes. `name` is as written."""

    name: str
    value: str
    span: Span
    name_span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class Include:
    """An include directive (`kind` in lower case) and the path or folder it names."""

    kind: str
    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """A file: what it sets, in order, and the lines the server refuses."""

    source: SourceFile
    entries: tuple[Entry, ...]
    includes: tuple[Include, ...]
    comments: tuple[Comment, ...]
    errors: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments: from a `#` outside quotes to the end of the line."""
    return parse(source).comments


def parse(source: SourceFile) -> Document:
    """Read a whole file. Never fails: what the server refuses is in `errors`.

    A byte order mark, which the server takes for part of the first name, is passed over.
    """
    entries: list[Entry] = []
    includes: list[Include] = []
    found: list[Comment] = []
    errors: list[Unreadable] = []
    start = 1 if source.text.startswith("\ufeff") else 0
    for line in source.text[start:].split("\n"):
        tokens, comment = _scan(line, start)
        if comment is not None:
            at, text = comment
            found.append(Comment(source.span(at, at + len(text)), text, not tokens))
        if tokens:
            item = _item(source, tokens)
            if isinstance(item, Entry):
                entries.append(item)
            elif isinstance(item, Include):
                includes.append(item)
            else:
                errors.append(item)
        start += len(line) + 1
    return Document(source, tuple(entries), tuple(includes), tuple(found), tuple(errors))


def _scan(line: str, offset: int) -> tuple[list[_Token], tuple[int, str] | None]:
    """Return the tokens of a line, and its comment with the place where it begins."""
    tokens: list[_Token] = []
    at = 0
    while True:
        blank = _BLANK.match(line, at)
        at = blank.end() if blank else at
        if at >= len(line):
            return tokens, None
        if line[at] == "#":
            return tokens, (offset + at, line[at:].rstrip("\r"))
        kind, text = max(_matches(line, at), key=lambda match: len(match[1]))
        tokens.append(_Token(kind, text, offset + at))
        if kind == "other":  # the rest of the line is skipped
            return tokens, None
        at += len(text)


def _matches(line: str, at: int) -> Iterator[tuple[str, str]]:
    for kind, pattern in _TOKENS:
        match = pattern.match(line, at)
        if match and match[0]:
            yield kind, match[0]


def _item(source: SourceFile, tokens: list[_Token]) -> Entry | Include | Unreadable:
    """Make an entry of the tokens of a line, or say at which token it is refused."""
    name, rest = tokens[0], tokens[1:]
    if name.kind not in ("id", "qualified"):
        return _error(source, name, tokens[-1])
    if rest and rest[0].kind == "equals":
        rest = rest[1:]
    if not rest:
        where = source.span(name.start, tokens[-1].end)
        return Unreadable(where, f"`{name.text}` has no value")
    value = rest[0]
    if value.kind not in _VALUES:
        return _error(source, value, tokens[-1])
    if len(rest) > 1:
        return _error(source, rest[1], tokens[-1], _BEHIND)
    text = _unquoted(value.text) if value.kind == "string" else value.text
    span = source.span(name.start, value.end)
    if name.text.lower() in _INCLUDES:
        return Include(name.text.lower(), text, span)
    name_span = source.span(name.start, name.end)
    return Entry(name.text, text, span, name_span, source.span(value.start, value.end))


def _error(
    source: SourceFile, token: _Token, last: _Token, reason: str = _CHARACTERS
) -> Unreadable:
    """Say what is wrong at `token`, never what stands there: it may be part of a password."""
    span = source.span(token.start, max(token.end, last.end))
    match token.text[:1]:
        case "'":
            reason = "a quote has no end"
        case '"':
            reason = "double quotes are no quotes here"
        case ";":
            reason = "`;` begins no comment here"
        case "[":
            reason = "there are no sections here"
    return Unreadable(span, reason)


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if code is None:
        return "'"
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return _ESCAPED.get(code, code)
