"""YAML as most files have it, read line by line in a fraction of the time a whole parser takes.

Block mappings and sequences, scalars and flow collections of one line, literal blocks. Whatever
else a file may hold (an anchor, a tag, an escape, a text of several lines, a tab, an error), this
reader does not judge: it says that the file is not as plain as that. What it does take, it takes
as libyaml does, each place included.

First the lines are read, all of them, into offsets; nodes are made of those that are asked for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, TypeAlias

from poollint.model.source import SourceFile
from poollint.syntax.yaml_nodes import (
    Item,
    Node,
    Scalar,
    item,
    late_mapping,
    late_sequence,
    scalar,
)

_MAX_DEPTH = 50
_MAX_CHARACTERS = 1_000_000

# A scalar is where it begins and ends, a literal block also where its lines begin and how far they
# are indented; a collection is whether it is a mapping, where it begins and ends, and what it
# holds: of a mapping, keys and values in turn.
_Scalar: TypeAlias = tuple[int, ...]
_Held: TypeAlias = list[Any]  # scalars and collections
_Collection: TypeAlias = list[Any]  # no tuple, as a scalar is

_QUOTED = r""" "(?:[^"\\\n]|\\["\\nrt])*" | '(?:[^'\n]|'')*' """
# The next line with content: its indentation, the sign of an element, a key, and its value: a
# scalar, the sign of a literal block, or that of a flow collection.
_LINE = re.compile(
    rf"""(?:\ *(?:\#[^\n]*)?\n)*+(?!---[\ \n])
    (\ *)(-(?=[\ \n])\ *)?
    (?:([\w./$\\][\w./@+$()\\-]*|{_QUOTED}):(?=[\ \n])\ *)?
    (?:(?:({_QUOTED}
          |(?:[^\s\-?:,\[\]{{}}\#&*!|>'"%@`]|-(?=[^\s]))
           [^\n:\#]*+(?:(?::(?=[^\ \n])|(?<!\ )\#)[^\n:\#]*+)*+)
        \ *(?:(?<=\ )\#[^\n]*)?
       |([|>][-+]?)\ *
       |(?:\#[^\n]*)?)\n
    |([\[{{]))""",
    re.X,
)
_KEY, _SCALAR, _BLOCK, _FLOW = 3, 4, 5, 6
_REST = re.compile(r"(?: *(?:#[^\n]*)?\n)*+")
_DOCUMENT = re.compile(r"---(?: +#[^\n]*| *)\n")
_FIRST = re.compile(r"\n*( +)[^ \n]")  # the first line of a block
_BEHIND = re.compile(r"(?: +#[^\n]*| *)\n")  # the rest of a line
_WORD = re.compile(
    rf"(?:{_QUOTED}|(?:[A-Za-z0-9_./+]|-(?=[\w-]))[\w./+@=%$-]*(?=\ *[,\]}}]|:\ ))", re.X
)
_SPACES = re.compile(" *")
_ESCAPE, _ESCAPED = re.compile(r"\\(.)"), {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_FOLDED = re.compile(r"(?<=[^\n])\n+")  # the ends of a line and of the empty ones behind it
_COLON = re.compile(": +")
_COMMA = re.compile(r" *(?:, *(?![\]}])|(?=[\]}]))")


class _NotPlainError(Exception):
    """The file is not as plain as this reader wants it."""


def documents(source: SourceFile) -> tuple[Node, ...] | None:
    """Return the documents of a file, empty ones left out; None where it is not that plain."""
    text = source.text if source.text.endswith("\n") else source.text + "\n"
    if len(text) > _MAX_CHARACTERS:
        return None
    if not text.replace("\n", "").isprintable():  # a tab, a control character, an odd line end
        return None
    try:
        held = _Lines(text, len(source.text)).read()
    except _NotPlainError:
        return None
    return tuple(_node(source, one) for one in held)


class _Lines:
    """The collections that are open at a line, the innermost apart from those around it.

    indent  the column of its keys or signs, -1 of the file itself; `maps` tells it is a mapping
    held    what it holds so far; `hole` is where nothing would be if the value that is awaited
            does not come, -1 where none is
    """

    def __init__(self, text: str, length: int) -> None:
        self._text = text
        self._length = length  # without the line end that may have been put behind it
        self._outer: list[tuple[int, bool, int, _Held]] = []
        self._indent, self._maps, self._start = -1, False, 0
        self._held: _Held = []
        self._hole = 0

    def read(self) -> _Held:
        """Return the documents."""
        text, following, at = self._text, _LINE.match, 0
        while True:
            while line := following(text, at):
                at = self._line(line)
            at = _end(_REST.match(text, at))
            mark = _DOCUMENT.match(text, at)
            if mark is None and at < len(text):
                raise _NotPlainError
            while self._indent >= 0:
                self._close(min(at, self._length))
            if mark is None:
                return self._held
            self._hole, at = 0, mark.end()

    def _line(self, line: re.Match[str]) -> int:
        """Take a line; return where the next one begins."""
        (_, end), (first, at), (_, sign), key, value, _, _ = line.regs
        column = at - first
        if sign > 0:
            self._element(column, at)
            if key[0] >= 0:  # a mapping that begins behind the sign
                self._open(key[0] - first, True, key[0])
        elif key[0] < 0:
            raise _NotPlainError
        elif column != self._indent or not self._maps:
            self._field(column, at)
        elif self._hole >= 0:
            self._held.append((self._hole, self._hole))
        if key[0] >= 0:
            self._held.append(key)
            self._hole = key[1] + 1
        if value[0] >= 0:
            self._held.append(value)
            self._hole = -1
            return end
        group = line.lastindex or 0
        if group <= _KEY:
            return end
        self._hole = -1
        return self._block(line) if group == _BLOCK else self._flow(end - 1)

    def _field(self, column: int, at: int) -> None:
        """Close and open what ends and begins with a key that is no further one."""
        while column < self._indent or (column == self._indent and not self._maps):
            self._close(at)
        if column > self._indent:
            self._open(column, True, at)
        elif self._hole >= 0:
            self._held.append((self._hole, self._hole))

    def _element(self, column: int, at: int) -> None:
        """Close and open what ends and begins with an element of a sequence."""
        while column < self._indent:
            self._close(at)
        if column > self._indent or self._maps:  # elements may stand below their key
            self._open(column, False, at)
        elif self._hole >= 0:
            self._held.append((self._hole, self._hole))
        self._hole = at + 1

    def _open(self, column: int, maps: bool, at: int) -> None:
        if self._hole < 0 or len(self._outer) >= _MAX_DEPTH:
            raise _NotPlainError
        self._outer.append((self._indent, self._maps, self._start, self._held))
        self._indent, self._maps, self._start = column, maps, at
        self._held, self._hole = [], -1

    def _close(self, end: int) -> None:
        if self._hole >= 0:
            self._held.append((self._hole, self._hole))
            self._hole = -1
        done: _Collection = [self._maps, self._start, end, self._held]
        self._indent, self._maps, self._start, self._held = self._outer.pop()
        self._held.append(done)

    def _block(self, line: re.Match[str]) -> int:
        """Take a block of text; return where the next line begins."""
        begin = line.end()
        first = _FIRST.match(self._text, begin)
        width = len(first[1]) if first else 0
        if width <= self._indent:
            raise _NotPlainError
        start, end = line.start(_BLOCK), _end(_lines(width).match(self._text, begin))
        # Lines that are indented further are not folded; a last line may have no end.
        folded = self._text[start] == ">"
        if end > self._length or (folded and _deeper(width).search(self._text, begin - 1, end)):
            raise _NotPlainError
        self._held.append((start, end, begin, width))
        return end

    def _flow(self, start: int) -> int:
        """Take a flow collection; return where the next line begins."""
        found, end = _collection(self._text, start, 0)
        self._held.append(found)
        return _end(_BEHIND.match(self._text, end))


@lru_cache(maxsize=64)
def _lines(width: int) -> re.Pattern[str]:
    """Return what matches the lines of a block that is indented so far."""
    return re.compile(rf"(?: {{{width}}}[^\n]*\n| *\n)*+")


@lru_cache(maxsize=64)
def _margin(width: int) -> re.Pattern[str]:
    return re.compile(rf"^ {{0,{width}}}", re.M)


@lru_cache(maxsize=64)
def _deeper(width: int) -> re.Pattern[str]:
    return re.compile(rf"\n {{{width + 1}}}")


def _collection(text: str, start: int, depth: int) -> tuple[_Collection, int]:
    """Return the flow collection that begins at `start`, and where it ends."""
    maps = text[start] == "{"
    if depth > _MAX_DEPTH:
        raise _NotPlainError
    held: _Held = []
    closing = "}" if maps else "]"
    at = _end(_SPACES.match(text, start + 1))
    while text[at] != closing:
        if maps:
            end = _end(_WORD.match(text, at))
            held.append((at, end))
            at = _end(_COLON.match(text, end))
        if text[at] in "[{":
            inner, end = _collection(text, at, depth + 1)
            held.append(inner)
        else:
            end = _end(_WORD.match(text, at))
            held.append((at, end))
        at = _end(_COMMA.match(text, end))
    return [maps, start, at + 1, held], at + 1


def _end(found: re.Match[str] | None) -> int:
    if found is None:
        raise _NotPlainError
    return found.end()


def _node(source: SourceFile, held: _Scalar | _Collection) -> Node:
    """Return a node, what it holds being made when it is asked for."""
    if isinstance(held, tuple):
        return _scalar(source, held)
    maps, start, end, inner = held
    if maps:
        return late_mapping((_items, source, inner), (source, start, end))
    return late_sequence((_elements, source, inner), (source, start, end))


def _items(source: SourceFile, held: _Held) -> tuple[Item, ...]:
    each = iter(held)
    return tuple(
        [
            item(_scalar(source, key), _node(source, value))
            for key, value in zip(each, each, strict=True)
        ]
    )


def _elements(source: SourceFile, held: _Held) -> tuple[Node, ...]:
    return tuple([_node(source, one) for one in held])


def _scalar(source: SourceFile, held: _Scalar) -> Scalar:
    start, end = held[0], held[1]
    if len(held) == 4:
        return _block_scalar(source, *held)
    text = source.text[start:end]
    style = text[:1]
    if style == '"':
        text = text[1:-1]
        if "\\" in text:
            text = _ESCAPE.sub(lambda sign: _ESCAPED[sign[1]], text)
    elif style == "'":
        text = text[1:-1].replace("''", "'")
    else:
        style, text = "", text.rstrip(" ")
        end = start + len(text)
    return scalar(text, style, "", (source, start, end))


def _block_scalar(source: SourceFile, start: int, end: int, begin: int, width: int) -> Scalar:
    text, style = _margin(width).sub("", source.text[begin:end]), source.text[start]
    kept = text.rstrip("\n")
    rest = text[len(kept) :]
    if style == ">":
        kept = _FOLDED.sub(lambda ends: ends[0][1:] or " ", kept)
    chomping = source.text[start + 1]
    rest = rest if chomping == "+" else "\n" * (chomping != "-")
    return scalar(kept + rest, style, "", (source, start, end))
