"""TOML with the place of every key and value.

The meaning is the standard library's (`tomllib`, TOML 1.0). It keeps no positions, so an index
of where each key and value stands is made from the text, which is known to be valid by then.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from poollint.model.source import Comment, Position, SourceFile, Span, Unreadable

Scalar = str | int | float | bool | date | datetime | time


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place.

    value  a scalar, a tuple of nodes (an array), or a mapping of nodes (a table)
    span   the value as written, quotes included; a table's header where it has one
    key    the key that names it; `span` in an array
    """

    value: Scalar | tuple[Node, ...] | Mapping[str, Node]
    span: Span
    key: Span


_TOKEN = re.compile(
    r"""(?P<string>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?)
    |(?P<comment>\#[^\r\n]*)
    |(?P<line>\r?\n)
    |(?P<sign>[\[\]{},=.])
    |(?P<bare>[^\s"'\#\[\]{},=.]+)""",
    re.X | re.S,
)
_PLACE = re.compile(r"at line (\d+), column (\d+)")

_Path = tuple[str | int, ...]
_Range = tuple[int, int]


def parse(source: SourceFile) -> Node | Unreadable:
    """Return the document as a table node, or why it is none."""
    try:
        data = tomllib.loads(source.text)
        spots = _Index(source.text).spots
        return _node(data, (), spots, source)
    except RecursionError:
        return Unreadable(Span.at(source.path), "nested too deeply", broken=False)
    except ValueError as error:
        place = _PLACE.search(str(error))
        at = Position(int(place[1]), int(place[2])) if place else source.position(len(source.text))
        reason = str(error).partition(" (at ")[0]
        return Unreadable(Span(source.path, at, at), f"not valid TOML: {reason}")


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return every comment, of a broken document as well."""
    found = []
    for token in _TOKEN.finditer(source.text):
        if token.lastgroup == "comment":
            span = source.span(token.start(), token.end())
            before = source.line(span.start.line)[: span.start.column - 1]
            found.append(Comment(span, token[0], own_line=not before.strip()))
    return tuple(found)


def _node(data: Any, path: _Path, spots: Mapping[_Path, _Spot], source: SourceFile) -> Node:
    spot = spots.get(path) or _Spot((0, 0), (0, 0))
    value = data
    if isinstance(data, dict):
        value = {name: _node(item, (*path, name), spots, source) for name, item in data.items()}
    elif isinstance(data, list):
        value = tuple(_node(item, (*path, n), spots, source) for n, item in enumerate(data))
    return Node(value, source.span(*spot.value), source.span(*spot.key))


@dataclass(frozen=True, slots=True)
class _Spot:
    key: _Range
    value: _Range


class _Index:
    """Where each key and value of a valid document stands, by its path from the top."""

    def __init__(self, text: str) -> None:
        self.spots: dict[_Path, _Spot] = {}
        self._tokens = [t for t in _TOKEN.finditer(text) if t.lastgroup != "comment"]
        self._at = 0
        self._lengths: dict[_Path, int] = {}  # arrays of tables
        table: _Path = ()
        while self._peek():
            if self._peek() == "\n":
                self._at += 1
            elif self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _peek(self) -> str:
        """Return the text of the next token, a newline for a line end, "" at the end."""
        if self._at >= len(self._tokens):
            return ""
        token = self._tokens[self._at]
        return "\n" if token.lastgroup == "line" else token[0]

    def _next(self) -> re.Match[str]:
        self._at += 1
        return self._tokens[self._at - 1]

    def _header(self) -> _Path:
        opening = self._next().start()
        array = self._peek() == "["
        self._at += array
        parts = self._key("]")
        self._at += array
        whole = (opening, self._tokens[self._at - 1].end())
        *parents, (last, key) = parts
        path = (*self._descend((), parents, whole), last)
        spot = _Spot(key, whole)
        self.spots.setdefault(path, spot)
        if array:
            path += (self._lengths.setdefault(path, 0),)
            self._lengths[path[:-1]] += 1
        elif path in self._lengths:
            path += (self._lengths[path] - 1,)
        self.spots[path] = spot
        return path

    def _descend(self, table: _Path, parts: list[tuple[str, _Range]], whole: _Range) -> _Path:
        for name, key in parts:
            table += (name,)
            self.spots.setdefault(table, _Spot(key, whole))
            if table in self._lengths:
                table += (self._lengths[table] - 1,)
        return table

    def _key(self, end: str) -> list[tuple[str, _Range]]:
        parts = []
        while (token := self._next())[0] != end:
            if token[0] == ".":
                continue
            name = token[0]
            if token.lastgroup == "string":
                name = next(iter(tomllib.loads(f"{name} = 0")))
            parts.append((name, token.span()))
        return parts

    def _pair(self, table: _Path) -> None:
        *parents, (last, key) = self._key("=")
        path = (*self._descend(table, parents, key), last)
        self.spots[path] = _Spot(key, self._value(path))

    def _value(self, path: _Path) -> _Range:
        start = self._tokens[self._at].start()
        if self._peek() == "[":
            self._items(path, "]")
        elif self._peek() == "{":
            self._items(path, "}")
        else:
            while self._peek() not in ("", "\n", ",", "]", "}"):
                self._at += 1
        return start, self._tokens[self._at - 1].end()

    def _items(self, path: _Path, end: str) -> None:
        self._at += 1
        count = 0
        while self._peek() != end:
            if self._peek() in (",", "\n"):
                self._at += 1
            elif end == "}":
                self._pair(path)
            else:
                value = self._value((*path, count))
                self.spots[(*path, count)] = _Spot(value, value)
                count += 1
        self._at += 1
