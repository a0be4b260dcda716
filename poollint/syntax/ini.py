"""PgBouncer's ini files, as its loader reads them (lib/usual/cfparser.c, 1.16 to 1.26).

It is not the ini of other programs: there are no comments behind a value, no quotes around
one, no continued lines, and the name of a section is not trimmed. Where the loader stops at an
error, this reader notes the error and goes on with the next line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from poollint.model.source import Comment, SourceFile, Span, Unreadable

_SPACE = " \t\n\v\f\r"
_NAME = re.compile(r"[A-Za-z0-9_.\-*]*")
_INCLUDE = re.compile(r"%include[ \t][ \t]*([^\n]*)")
_BLANKS = re.compile(r"[ \t]*")
_KEY = re.compile(r"([^= ]+) *= *")
_QUOTED = re.compile(r"'((?:[^']|'')*+)'")


@dataclass(frozen=True, slots=True)
class Section:
    """A `[name]`; `opening` counts the sections of the file from 0."""

    name: str
    span: Span
    opening: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A `key = value`.

    section  the section it stands in, None before the first; after an include it may be
             another one, which only the included file tells: `included` says so
    quoted   the key stands in single quotes, which PgBouncer reads since 1.25
    offset   where the value begins in the text
    """

    section: Section | None
    key: str
    value: str
    span: Span
    key_span: Span
    value_span: Span
    offset: int
    quoted: bool = False
    included: bool = False


@dataclass(frozen=True, slots=True)
class Include:
    """An `%include path`."""

    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """A file: what it holds, in order, and where the loader would stop.

    others  the files that it includes, where what they hold is among the sections and entries
    """

    source: SourceFile
    sections: tuple[Section, ...]
    entries: tuple[Entry, ...]
    includes: tuple[Include, ...]
    comments: tuple[Comment, ...]
    errors: tuple[Unreadable, ...]
    others: tuple[SourceFile, ...] = ()

    def source_of(self, entry: Entry) -> SourceFile:
        """Return the file that an entry stands in."""
        path = entry.span.path
        return next((other for other in self.others if other.path == path), self.source)


@dataclass(frozen=True, slots=True)
class Pair:
    """A `key=value` of a connection string; `value` without its quotes."""

    key: str
    value: str
    key_span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection string: its pairs up to where it is broken, if it is (`error`)."""

    pairs: tuple[Pair, ...]
    error: Unreadable | None = None


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments: lines that begin with `;` or `#`. There are no others."""
    return parse(source).comments


def parse(source: SourceFile) -> Document:
    """Read a whole file. Never fails: what the loader refuses is in `errors`.

    A byte order mark, which the loader refuses as well, is passed over.
    """
    return _Loader(source).document()


def connection(entry: Entry, source: SourceFile) -> Connection:
    """Read the value of an entry of `[databases]`, `[users]` or `[peers]`.

    Only a space separates pairs, a value may be empty neither bare nor quoted, and a quote in
    a quoted value is doubled (src/loader.c, cstr_get_pair).
    """
    text, at = entry.value, 0
    pairs: list[Pair] = []
    while True:
        at = _skip(text, at)
        if at == len(text):
            return Connection(tuple(pairs))
        match = _KEY.match(text, at)
        if match is None:
            return _broken(entry, source, pairs, at, "`key=value` is expected here")
        start = match.end()
        value, end, at = _value(text, start)
        if not value:
            what = "a quoted value has no end" if value is None else "a value is empty"
            return _broken(entry, source, pairs, match.start(), what)
        first = entry.offset
        key_span = source.span(first + match.start(1), first + match.end(1))
        value_span = source.span(first + start, first + end)
        pairs.append(Pair(match[1], value, key_span, value_span))


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] == " ":
        at += 1
    return at


def _value(text: str, start: int) -> tuple[str | None, int, int]:
    """Return the value at `start` (None: no end), its end, and where reading goes on.

    The character behind a value is dropped, whatever it is.
    """
    if text[start : start + 1] != "'":
        end = text.find(" ", start)
        end = len(text) if end < 0 else end
        return text[start:end], end, min(end + 1, len(text))
    match = _QUOTED.match(text, start)
    if match is None:
        return None, len(text), len(text)
    return match[1].replace("''", "'"), match.end(), min(match.end() + 1, len(text))


def _broken(
    entry: Entry, source: SourceFile, pairs: list[Pair], at: int, reason: str
) -> Connection:
    span = source.span(entry.offset + at, entry.offset + len(entry.value))
    return Connection(tuple(pairs), Unreadable(span, reason))


@dataclass
class _Loader:
    """One run over one file; the order of the checks is the loader's."""

    source: SourceFile
    sections: list[Section] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    errors: list[Unreadable] = field(default_factory=list)
    included: bool = False

    def document(self) -> Document:
        at = 1 if self.source.text.startswith("\ufeff") else 0
        text = self.source.text.partition("\0")[0]  # for the loader a NUL byte ends the file
        while True:
            while at < len(text) and text[at] in _SPACE:
                at += 1
            if at >= len(text):
                break
            at = self._item(text, at)
        return Document(
            self.source,
            tuple(self.sections),
            tuple(self.entries),
            tuple(self.includes),
            tuple(self.comments),
            tuple(self.errors),
        )

    def _item(self, text: str, at: int) -> int:
        """Read what begins at `at`, and return where it ends."""
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        include = _INCLUDE.match(text, at)
        if include:
            path = include[1].rstrip(_SPACE)
            self.includes.append(Include(path, self.source.span(at, include.start(1) + len(path))))
            self.included = True
            return end
        if text[at] in "#;":
            self._comment(text, at, end)
            return end
        if text[at] == "[":
            return self._section(text, at, end)
        self._entry(text, at, end)
        return end

    def _comment(self, text: str, at: int, end: int) -> None:
        line = text[at:end].rstrip("\r")
        own = not text[text.rfind("\n", 0, at) + 1 : at].strip()
        self.comments.append(Comment(self.source.span(at, at + len(line)), line, own))

    def _section(self, text: str, at: int, end: int) -> int:
        close = text.find("]", at, end)
        if close < 0:
            self._error(at, end, "a section without its `]`")
            return end
        span = self.source.span(at, close + 1)
        self.sections.append(Section(text[at + 1 : close], span, len(self.sections)))
        self.included = False
        return close + 1

    def _entry(self, text: str, at: int, end: int) -> None:
        quoted = text[at] == "'"
        if quoted:
            close = text.find("'", at + 1)
            key = text[at + 1 : close] if close > 0 else ""
            behind = close + 1
            if not key or "\n" in key:
                self._error(at, end, "a quoted name that is empty or has no end")
                return
        else:
            match = _NAME.match(text, at)
            key = match[0] if match else ""
            behind = at + len(key)
        equals = _BLANKS.match(text, behind)
        sign = equals.end() if equals else behind
        if text[sign : sign + 1] != "=":
            self._error(at, end, _no_equals(key, text[sign:end]))
            return
        blanks = _BLANKS.match(text, sign + 1)
        start = min(blanks.end() if blanks else sign + 1, end)
        value = text[start:end].rstrip(_SPACE)
        span = self.source.span
        self.entries.append(
            Entry(
                self.sections[-1] if self.sections else None,
                key,
                value,
                span(at, start + len(value) if value else sign + 1),
                span(at, behind),
                span(start, start + len(value)),
                start,
                quoted,
                self.included,
            )
        )

    def _error(self, start: int, end: int, reason: str) -> None:
        text = self.source.text[start:end].rstrip(_SPACE)
        self.errors.append(Unreadable(self.source.span(start, start + len(text)), reason))


def _no_equals(key: str, rest: str) -> str:
    if not key:
        return "neither a section, a comment nor `name = value`"
    if rest.startswith(":"):
        return f"`{key}` is followed by `:`; PgBouncer takes only `=`"
    return f"no `=` behind `{key}`"
