"""odyssey.conf, as Odyssey reads it: words, numbers and strings, and blocks in braces.

Source: sources/include/parser.h and sources/config_reader.c of yandex/odyssey at v1.5.2-rc1, asked
of Odyssey 1.5.2. The first error ends the reading, there as here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from poollint.model.source import Comment, SourceFile, Span, Unreadable

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\n\v\f\r]+)
    |(?P<comment>\#[^\n]*)
    |(?P<number>-?[0-9]+(?:[kKmMgG]?[bB])?)
    |(?P<word>[A-Za-z][A-Za-z0-9_]*)
    |(?P<string>"(?:\\.|[^"\\\n])*")
    |(?P<sign>[^\s])""",
    re.X | re.S,
)
_SIZES = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30}
_ROUTES = frozenset(("database", "user", "group"))
_NAMED = frozenset(
    ("storage", "ldap_endpoint", "shared_pool", "method", "ldap_storage_credentials")
)
_PAIRS = frozenset(("options", "backend_startup_options"))
_PLAIN = frozenset((
    "listen", "soft_oom", "drop", "conn_drop_options", "online_restart_drop_options", "watchdog",
    "balancing", "query_parsing",
))  # fmt: skip
_WORDS = frozenset(("yes", "no", "default", "disabled", "minimal", "full"))
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Value:
    """A value. `kind` is "number", "string" or "word"; `text` is without quotes."""

    kind: str
    text: str
    span: Span

    @property
    def number(self) -> int | None:
        """Return a number in units of one, or bytes; None for what is none."""
        match = re.fullmatch(r"(-?[0-9]+)([A-Za-z]*)", self.text) if self.kind == "number" else None
        if match is None:
            return None
        value = int(match[1][:40]) * _SIZES.get(match[2].lower(), 1)
        return value if abs(value) < 2**63 else None


@dataclass(frozen=True, slots=True)
class Item:
    """A parameter or a block. `name` is as written.

    values  the value, or what stands between a block's name and its brace
    items   the parameters of a block, None for what is no block
    """

    name: str
    name_span: Span
    values: tuple[Value, ...]
    items: tuple[Item, ...] | None = None

    @property
    def span(self) -> Span:
        """Return the place from the name to the end of the value."""
        last = self.values[-1].span if self.values else self.name_span
        return Span(self.name_span.path, self.name_span.start, last.end)


@dataclass(frozen=True, slots=True)
class Include:
    """An `include` at the top of a file, and the path it names."""

    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """A file as far as it can be read; `error` says where Odyssey gives up."""

    source: SourceFile
    items: tuple[Item, ...]
    includes: tuple[Include, ...]
    comments: tuple[Comment, ...]
    error: Unreadable | None


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments: from a `#` outside quotes to the end of the line."""
    return parse(source).comments


def parse(source: SourceFile) -> Document:
    """Read a whole file. Never fails: what Odyssey refuses is in `error`."""
    parser = _Parser(source)
    error = None
    try:
        parser.block(parser.items, 0)
    except _RefusedError as refused:
        error = Unreadable(refused.span, refused.reason)
    found = [item for item in parser.items if item.name.lower() == "include"]
    includes = tuple(Include(value.text, i.span) for i in found for value in i.values)
    items = tuple(item for item in parser.items if item.name.lower() != "include")
    return Document(source, items, includes, tuple(parser.comments), error)


class _RefusedError(Exception):
    def __init__(self, span: Span, reason: str) -> None:
        self.span = span
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    source: SourceFile

    @property
    def span(self) -> Span:
        return self.source.span(self.start, self.start + len(self.text))


@dataclass
class _Parser:
    source: SourceFile
    items: list[Item] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tokens: list[_Token] = []
        self._at = 0
        for match in _TOKEN.finditer(self.source.text):
            kind = match.lastgroup or "sign"
            if kind == "blank":
                continue
            if kind == "comment":
                text = match[0].rstrip("\r")
                here = self.source.span(match.start(), match.start() + len(text))
                before = self.source.line(here.start.line)[: here.start.column - 1]
                self.comments.append(Comment(here, text, own_line=not before.strip()))
            else:
                self._tokens.append(_Token(kind, match[0], match.start(), self.source))

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _is(self, sign: str) -> bool:
        token = self._peek()
        return token is not None and token.kind == "sign" and token.text == sign

    def _fail(self, reason: str) -> _RefusedError:
        token = self._peek()
        end = self.source.position(len(self.source.text))
        return _RefusedError(token.span if token else Span(self.source.path, end, end), reason)

    def block(self, items: list[Item], depth: int) -> None:
        """Read parameters up to the closing brace, or to the end of the file."""
        if depth > _DEEPEST:
            raise self._fail("blocks are nested too deeply")
        while (token := self._peek()) is not None:
            if depth and self._is("}"):
                self._at += 1
                return
            if token.kind != "word":
                raise self._fail(_unexpected(token))
            self._at += 1
            items.append(self._item(token, depth))
        if depth:
            raise self._fail("the file ends within a block: `}` is missing")

    def _item(self, token: _Token, depth: int) -> Item:
        name = token.text.lower()
        if name in _ROUTES:
            return self._opened(token, self._until_brace(), depth)
        if name in _PLAIN:
            return self._opened(token, (), depth)
        if name in _PAIRS:
            return self._pairs(token)
        values = (self._value(token),)
        if name in _NAMED and self._is("{"):
            return self._opened(token, values, depth)
        return Item(token.text, token.span, values)

    def _opened(self, token: _Token, values: tuple[Value, ...], depth: int) -> Item:
        if not self._is("{"):
            raise self._fail(f"`{token.text}` opens a block: `{{` is missing")
        self._at += 1
        items: list[Item] = []
        self.block(items, depth + 1)
        return Item(token.text, token.span, values, tuple(items))

    def _until_brace(self) -> tuple[Value, ...]:
        """Read the name of a database or user, and what else chooses the clients."""
        found: list[Value] = []
        while (token := self._peek()) is not None and token.kind in ("string", "word"):
            self._at += 1
            found.append(_value(token))
        if not found:
            raise self._fail("a name in quotes, or `default`, is missing")
        return tuple(found)

    def _pairs(self, token: _Token) -> Item:
        if not self._is("{"):
            raise self._fail(f"`{token.text}` opens a block: `{{` is missing")
        self._at += 1
        while (inner := self._peek()) is not None and inner.kind == "string":
            self._at += 1
        if not self._is("}"):
            raise self._fail("strings in pairs are expected here, and `}` behind them")
        self._at += 1
        return Item(token.text, token.span, (), ())

    def _value(self, name: _Token) -> Value:
        token = self._peek()
        if token is None or token.kind == "sign":
            if token is not None and token.text == "=":
                raise self._fail("no `=` stands between a name and its value")
            raise self._fail(_unexpected(token) if token else f"`{name.text}` has no value")
        if token.kind == "word" and token.text.lower() not in _WORDS and self._begins(token):
            raise self._fail(f"`{name.text}` has no value")
        self._at += 1
        return _value(token)

    def _begins(self, token: _Token) -> bool:
        """Tell whether a word is most likely the next name: it stands on a line of its own."""
        return token.span.start.line > self._tokens[self._at - 1].span.end.line


def _value(token: _Token) -> Value:
    text = token.text[1:-1] if token.kind == "string" else token.text
    return Value(token.kind, text, token.span)


def _unexpected(token: _Token) -> str:
    """Say what is wrong, never what stands there: it may be part of a password."""
    match token.text[:1]:
        case '"' if token.kind == "sign":
            return "a quote has no end"
        case "'":
            return "single quotes are no quotes here"
        case ";":
            return "`;` begins no comment here, and ends no line"
        case "}":
            return "a block is closed that was never opened"
        case "{":
            return "a block is opened where none is expected"
        case "=":
            return "no `=` stands between a name and its value"
    return "the name of a parameter is expected here"
