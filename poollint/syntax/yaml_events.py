"""YAML of any kind, as PyYAML's C parser reads it: nodes are made of its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from poollint.model.source import Position, SourceFile, Span, Unreadable
from poollint.syntax.yaml_nodes import (
    Item,
    Mapping,
    Node,
    Scalar,
    Sequence,
    item,
    mapping,
    scalar,
    sequence,
)

if TYPE_CHECKING:
    from yaml import _yaml, error

    Mark: TypeAlias = error.Mark | _yaml.Mark

MAX_DEPTH = 100
MAX_NODES = 1_000_000  # aliases counted as often as they are used

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
# libyaml's scanner, which runs ahead of its events, gives up at 1,000 levels (PyYAML 6.0.4).
_SCANNER_TOO_DEEP = "exceeded maximum nesting depth"
_BLOCKS = "|>"
_ODD_ASCII = "\r\x0b\x0c"
_ODD = _ODD_ASCII + "\x85\u2028\u2029\ufeff"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def documents(source: SourceFile) -> tuple[tuple[Node, ...], Unreadable | None]:
    """Return the documents of a file, and what ends them before its end; never raises."""
    builder = _Builder(source)
    unread: Unreadable | None = None
    try:
        builder.run()
    except _RefusedError as refused:
        unread = Unreadable(source.span(refused.index, refused.index), refused.reason,
                            refused.broken)  # fmt: skip
    except (yaml.YAMLError, UnicodeError) as error:
        unread = _unreadable(source, error)
    return tuple(builder.documents), unread


def opaque(source: SourceFile) -> list[tuple[int, int]]:
    """Return the offsets of what may hold a `#` that begins no comment; raises `ValueError`."""
    try:
        return list(_opaque(source))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError("no valid YAML") from error


def _opaque(source: SourceFile) -> Iterator[tuple[int, int]]:
    """Yield the offsets of what may hold a `#` that begins no comment."""
    for event in yaml.parse(source.text, Loader=_Loader):
        if not isinstance(event, ScalarEvent) or not event.style:
            continue
        start, end = _offset(event.start_mark), _offset(event.end_mark)
        if event.style in _BLOCKS:  # a comment may follow the sign
            line_end = source.text.find("\n", start)
            start = end if line_end < 0 else line_end
        if start < end:
            yield start, end


def _offset(mark: object) -> int:
    return int(getattr(mark, "index", 0))


class _RefusedError(Exception):
    """A limit of this reader, or an alias without an anchor."""

    def __init__(self, index: int, reason: str, *, broken: bool) -> None:
        super().__init__(reason)
        self.index = index
        self.reason = reason
        self.broken = broken


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet.

    `outer` holds the nodes of the collection around it, `before` is how many nodes stand before it.
    """

    start: Mark | None
    tag: str
    anchor: str | None
    mapping: bool
    outer: list[Node]
    before: int


class _Builder:
    """Makes nodes of events, without recursion."""

    def __init__(self, source: SourceFile) -> None:
        self.documents: list[Node] = []
        self._source = source
        self._path = source.path
        self._length = len(source.text)
        # Where lines end only as YAML and everybody else say, its own count is ours.
        self._plain = not _has_odd_breaks(source.text)
        self._open: list[_Open] = []
        self._nodes: list[Node] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._size = 0

    def run(self) -> None:
        """Read the whole file."""
        loader = _Loader(self._source.text)
        try:
            following = loader.get_event
            event: Event = following()
            while type(event) is not StreamEndEvent:
                if type(event) is ScalarEvent:  # two events of three
                    node = self._scalar(event)
                    self._nodes.append(node)
                    self._size += 1
                    if event.anchor:
                        self._anchors[event.anchor] = (node, 1)
                else:
                    self._take(event)
                event = following()
        finally:
            loader.dispose()

    def span(self, start: Mark | None, end: Mark | None) -> Span:
        """Return the place between two marks of the parser."""
        # Behind a last line without an end libyaml sees one more.
        if not self._plain or start is None or end is None or end.index >= self._length:
            return self._source.span(_offset(start), _offset(end))
        return Span(
            self._path,
            Position(start.line + 1, start.column + 1),
            Position(end.line + 1, end.column + 1),
        )

    def _take(self, event: Event) -> None:
        match event:
            case AliasEvent():
                if event.anchor not in self._anchors:
                    reason = f"the alias *{event.anchor} has no anchor before it"
                    raise _RefusedError(_offset(event.start_mark), reason, broken=True)
                node, size = self._anchors[event.anchor]
                self._nodes.append(node)
                self._count(size, event.start_mark)
            case MappingStartEvent() | SequenceStartEvent():
                self._begin(event)
            case CollectionEndEvent():
                self._finish(event.end_mark)
            case DocumentStartEvent():
                self._anchors, self._open, self._nodes = {}, [], []
            case DocumentEndEvent():
                root = self._nodes[0]
                if not (isinstance(root, Scalar) and root.is_null):
                    self.documents.append(root)

    def _scalar(self, event: ScalarEvent) -> Scalar:
        place = (self, event.start_mark, event.end_mark)
        return scalar(event.value, event.style or "", event.tag or "", place)

    def _begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise _RefusedError(_offset(event.start_mark), _TOO_DEEP, broken=False)
        kind = type(event) is MappingStartEvent
        self._open.append(
            _Open(event.start_mark, event.tag or "", event.anchor, kind, self._nodes, self._size)
        )
        self._nodes = []

    def _finish(self, end: Mark | None) -> None:
        done = self._open.pop()
        place = (self, done.start, end)
        node: Node
        if done.mapping:
            items, odd = _items(self._nodes)
            node = mapping(items, done.tag, odd, place)
        else:
            node = sequence(self._nodes, done.tag, place)
        done.outer.append(node)
        self._nodes = done.outer
        self._count(1, done.start)
        if done.anchor:
            self._anchors[done.anchor] = (node, self._size - done.before)

    def _count(self, more: int, at: Mark | None) -> None:
        self._size += more
        if self._size > MAX_NODES:
            raise _RefusedError(_offset(at), f"more than {MAX_NODES:,} nodes", broken=False)


def _has_odd_breaks(text: str) -> bool:
    """Tell whether lines end in a way that YAML and editors count differently."""
    odd = _ODD_ASCII if text.isascii() else _ODD
    return any(sign in text for sign in odd)


def _items(nodes: list[Node]) -> tuple[tuple[Item, ...], bool]:
    own: list[Item] = []
    merged: list[Mapping] = []
    odd = False
    each = iter(nodes)
    for key, value in zip(each, each, strict=False):
        if type(key) is not Scalar:
            odd = True
        elif key.text == "<<" and not key.style:
            sources = value.items if isinstance(value, Sequence) else (value,)
            merged += [node for node in sources if isinstance(node, Mapping)]
        else:
            own.append(item(key, value))
    if not merged:
        return tuple(own), odd
    names = {one.key.text for one in own}
    for source in merged:
        fresh = {i.key.text: i for i in source.items if i.key.text not in names}
        own += fresh.values()
        names |= fresh.keys()
    return tuple(own), odd


def _unreadable(source: SourceFile, error: yaml.YAMLError | UnicodeError) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = mark.index if mark else getattr(error, "position", getattr(error, "start", 0))
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "no valid YAML"
    index = min(index if isinstance(index, int) else 0, len(source.text))
    if reason == _SCANNER_TOO_DEEP:
        return Unreadable(source.span(index, index), _TOO_DEEP, broken=False)
    return Unreadable(source.span(index, index), f"broken YAML: {reason}")
