"""One table of a settings file, read strictly: what is not expected is an error with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from os import PathLike

from poollint.model.source import Position, SourceFile, Span, Unreadable
from poollint.model.usage import UsageError, nearest
from poollint.syntax.toml import Node, parse

MOST = 1_000_000_000  # above any count of connections; keeps products small


@dataclass(frozen=True, slots=True)
class Table:
    """A table and the file it stands in. Reading a key of the wrong type is a `UsageError`."""

    source: SourceFile
    node: Node

    def line(self, span: Span) -> str:
        """Return the text of the line on which `span` starts."""
        return self.source.line(span.start.line)

    def refused(self, message: str, hint: str, span: Span) -> UsageError:
        """Return the error that points at `span`."""
        return UsageError(message, hint, span, self.line(span))

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Yield each key with its value."""
        if isinstance(self.node.value, Mapping):
            yield from self.node.value.items()

    def get(self, key: str) -> Node | None:
        """Return the value of `key`, None where it is not set."""
        return dict(self.pairs()).get(key)

    def only(self, *known: str) -> None:
        """Refuse every key that is not `known`."""
        for key, node in self.pairs():
            if key in known:
                continue
            near = nearest(key, known)
            hint = f"there is a setting `{near}`" if near else f"known here: {', '.join(known)}"
            raise self.refused(f"unknown setting `{key}`", hint, _inner(self.source, node.key))

    def table(self, key: str) -> Table:
        """Return the table `key`, an empty one where it is not set."""
        node = self.get(key)
        if node is None:
            return Table(self.source, Node({}, self.node.span, self.node.span))
        if not isinstance(node.value, Mapping):
            raise self._wrong(node, key, "a table")
        return Table(self.source, node)

    def items(self, key: str) -> tuple[Node, ...]:
        """Return the items of the array `key`, none where it is not set."""
        node = self.get(key)
        if node is None:
            return ()
        if not isinstance(node.value, tuple):
            raise self._wrong(node, key, "a list")
        return node.value

    def text(self, node: Node, key: str) -> tuple[str, Span]:
        """Return the string `node` and the place of its content, without the quotes."""
        if not isinstance(node.value, str):
            raise self._wrong(node, key, "a string")
        return node.value, _inner(self.source, node.span)

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        """Return the value of `key`, which must be one of `known`."""
        node = self.get(key)
        if node is None:
            return default
        value, span = self.text(node, key)
        if value not in known:
            hint = f"one of {', '.join(f'`{name}`' for name in known)}"
            raise self.refused(f"`{key}` cannot be `{value}`", hint, span)
        return value

    def flag(self, key: str) -> bool:
        """Return the boolean `key`, False where it is not set."""
        node = self.get(key)
        if node is None:
            return False
        if not isinstance(node.value, bool):
            raise self._wrong(node, key, "true or false")
        return node.value

    def number(self, node: Node, key: str) -> int:
        """Return the count `node`: a whole number, not negative."""
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
            raise self._wrong(node, key, "a whole number from 0")
        return value

    def _wrong(self, node: Node, key: str, wanted: str) -> UsageError:
        message = f"`{key}` takes {wanted}"
        return self.refused(message, f"this is {_kind(node)}", _first_line(self.source, node.span))


def read(path: str | PathLike[str], shown: str) -> Table:
    """Return the table at the top of a TOML file; `UsageError` where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            text = stream.read().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"cannot read the settings in `{shown}`", str(reason)) from None
    source = SourceFile(shown, text)
    document = parse(source)
    if isinstance(document, Unreadable):
        at = document.span
        line = source.line(at.start.line)
        raise UsageError(f"cannot read the settings: {document.reason}", "", at, line)
    return Table(source, document)


def _kind(node: Node) -> str:
    match node.value:
        case bool():
            return "true or false"
        case int() | float():
            return f"the number {node.value}"
        case str():
            return "a string"
        case tuple():
            return "a list"
        case date() | time():
            return "a date or time"
    return "a table"


def _inner(source: SourceFile, span: Span) -> Span:
    """Return `span` without the quotes around it; unchanged for other forms of strings."""
    start, end = source.offset(span.start), source.offset(span.end)
    text = source.text[start:end]
    quoted = len(text) > 2 and text[0] in "'\"" and text[:3] not in ("'''", '"""')
    return source.span(start + 1, end - 1) if quoted else span


def _first_line(source: SourceFile, span: Span) -> Span:
    if span.start.line == span.end.line:
        return span
    end = Position(span.start.line, len(source.line(span.start.line)) + 1)
    return Span(span.path, span.start, end)
