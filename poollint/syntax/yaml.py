"""YAML as a tree that remembers where everything stands.

The tree is built from the events of PyYAML's C parser. No scalar is resolved: YAML 1.1 would
make 1342 of `22:22`, and Kubernetes, Compose and PyYAML disagree on `010` and `on`. Whoever
knows the format converts the text.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
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

from poollint.model.source import Comment, Position, SourceFile, Span, Unreadable

if TYPE_CHECKING:
    from yaml import _yaml, error

    Mark: TypeAlias = error.Mark | _yaml.Mark

MAX_CHARACTERS = 4_000_000
MAX_DEPTH = 100
MAX_NODES = 1_000_000  # aliases counted as often as they are used

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BLOCKS = "|>"
_ODD_ASCII = "\r\x0b\x0c"
_ODD = _ODD_ASCII + "\x85\u2028\u2029\ufeff"
_SIGN = re.compile(r"(?:(?<=\s)|\A)#")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Read:
    """A node, which knows where it stands in a file when it is asked: few are."""

    __slots__ = ("_place",)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Span:
            if name != "span":
                raise AttributeError(name)
            builder, start, end = self._place
            span = builder.span(start, end)
            object.__setattr__(self, name, span)
            return span


@dataclass(frozen=True, slots=True)
class Scalar(_Read):
    """A scalar: its text without quotes and escapes.

    `style` is "" for a plain one, else its sign: `'`, `"`, `|` or `>`.
    """

    text: str
    style: str
    tag: str
    span: Span

    @property
    def is_null(self) -> bool:
        """Tell whether this is null: nothing, `~` or `null`, unquoted."""
        return not self.style and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Item:
    """A key and its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping(_Read):
    """A mapping in the order of the file; what `<<` merges in comes last.

    `odd` tells that it held a key which is no scalar (left out): `{{ name }}` of a template.
    """

    items: tuple[Item, ...]
    tag: str
    span: Span
    odd: bool = False

    def get(self, *path: str) -> Node | None:
        """Return the value under the keys of `path`, one level each; None where one is missing.

        Of a key that is given twice, the last one counts, as everywhere in practice.
        """
        node: Node = self
        for name in path:
            if not isinstance(node, Mapping):
                return None
            found = next((i.value for i in reversed(node.items) if i.key.text == name), None)
            if found is None:
                return None
            node = found
        return node

    def text(self, *path: str) -> str:
        """Return the text of the scalar under `path`, "" where there is none."""
        node = self.get(*path)
        return node.text if isinstance(node, Scalar) and not node.is_null else ""

    def mapping(self, *path: str) -> Mapping:
        """Return the mapping under `path`, an empty one where there is none."""
        node = self.get(*path)
        return node if isinstance(node, Mapping) else Mapping((), "", self.span)

    def sequence(self, *path: str) -> tuple[Node, ...]:
        """Return the elements of the sequence under `path`, none where there is none."""
        node = self.get(*path)
        return node.items if isinstance(node, Sequence) else ()

    def mappings(self, *path: str) -> tuple[Mapping, ...]:
        """Return those elements of the sequence under `path` that are mappings."""
        return tuple(node for node in self.sequence(*path) if isinstance(node, Mapping))


@dataclass(frozen=True, slots=True)
class Sequence(_Read):
    """A sequence."""

    items: tuple[Node, ...]
    tag: str
    span: Span


Node: TypeAlias = Scalar | Mapping | Sequence


@dataclass(frozen=True, slots=True)
class Stream:
    """The documents of a file, empty ones left out, and what could not be read.

    A document that stands before a broken one is kept.
    """

    documents: tuple[Node, ...]
    unread: tuple[Unreadable, ...] = ()


def _offset(mark: object) -> int:
    return int(getattr(mark, "index", 0))


class _RefusedError(Exception):
    """A limit of this reader, or an alias without an anchor."""

    def __init__(self, index: int, reason: str, *, broken: bool) -> None:
        super().__init__(reason)
        self.index = index
        self.reason = reason
        self.broken = broken


# Nodes are many, and the constructors of frozen classes take most of the time that reading a file
# takes: nodes are made here by what those constructors end in.
_new = object.__new__
_set_place = _Read.__dict__["_place"].__set__
_set_text, _set_style, _set_tag = (Scalar.__dict__[n].__set__ for n in ("text", "style", "tag"))
_set_key, _set_value = (Item.__dict__[n].__set__ for n in ("key", "value"))


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


def read(source: SourceFile) -> Stream:
    """Return the documents of `source`; never raises."""
    if len(source.text) > MAX_CHARACTERS:
        reason = f"larger than {MAX_CHARACTERS // 1_000_000} MB"
        return Stream((), (Unreadable(source.span(0, 0), reason, broken=False),))
    builder = _Builder(source)
    unread: Unreadable | None = None
    try:
        builder.run()
    except _RefusedError as refused:
        unread = Unreadable(source.span(refused.index, refused.index), refused.reason,
                            refused.broken)  # fmt: skip
    except (yaml.YAMLError, UnicodeError) as error:
        unread = _unreadable(source, error)
    documents = tuple(builder.documents)
    template = _template(source, documents, failed=unread is not None)
    if template:
        return Stream((), (template,))
    return Stream(documents, (unread,) if unread else ())


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
        node: Scalar = _new(Scalar)
        _set_text(node, event.value)
        _set_style(node, event.style or "")
        _set_tag(node, event.tag or "")
        _set_place(node, (self, event.start_mark, event.end_mark))
        return node

    def _begin(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            reason = f"nested deeper than {MAX_DEPTH} levels"
            raise _RefusedError(_offset(event.start_mark), reason, broken=False)
        mapping = type(event) is MappingStartEvent
        self._open.append(
            _Open(event.start_mark, event.tag or "", event.anchor, mapping, self._nodes, self._size)
        )
        self._nodes = []

    def _finish(self, end: Mark | None) -> None:
        done = self._open.pop()
        kind: type[Mapping | Sequence] = Mapping if done.mapping else Sequence
        node = _new(kind)
        _set_place(node, (self, done.start, end))
        if done.mapping:
            items, odd = _items(self._nodes)
            _fill_mapping(node, items, done.tag, odd)
        else:
            _fill_sequence(node, tuple(self._nodes), done.tag)
        done.outer.append(node)
        self._nodes = done.outer
        self._count(1, done.start)
        if done.anchor:
            self._anchors[done.anchor] = (node, self._size - done.before)

    def _count(self, more: int, at: Mark | None) -> None:
        self._size += more
        if self._size > MAX_NODES:
            raise _RefusedError(_offset(at), f"more than {MAX_NODES:,} nodes", broken=False)


def _filling(kind: type, *names: str) -> Callable[..., None]:
    """Return what sets fields of a frozen class."""
    setters = tuple(kind.__dict__[name].__set__ for name in names)

    def fill(node: object, *values: object) -> None:
        for set_, value in zip(setters, values, strict=True):
            set_(node, value)

    return fill


_fill_mapping = _filling(Mapping, "items", "tag", "odd")
_fill_sequence = _filling(Sequence, "items", "tag")


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
            item: Item = _new(Item)
            _set_key(item, key)
            _set_value(item, value)
            own.append(item)
    if not merged:
        return tuple(own), odd
    names = {item.key.text for item in own}
    for mapping in merged:
        fresh = {i.key.text: i for i in mapping.items if i.key.text not in names}
        own += fresh.values()
        names |= fresh.keys()
    return tuple(own), odd


def _unreadable(source: SourceFile, error: yaml.YAMLError | UnicodeError) -> Unreadable:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = mark.index if mark else getattr(error, "position", getattr(error, "start", 0))
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "no valid YAML"
    index = min(index if isinstance(index, int) else 0, len(source.text))
    return Unreadable(source.span(index, index), f"broken YAML: {reason}")


def _template(
    source: SourceFile, documents: tuple[Node, ...], *, failed: bool
) -> Unreadable | None:
    """Return why this is no YAML but a template for YAML; None where it is none."""
    text = source.text
    at = text.find("{%")
    jinja = at >= 0
    if not jinja:
        at = text.find("{{")
    if at < 0 or not (failed or any(_is_odd(document) for document in documents)):
        return None
    folder, chart, _ = source.path.rpartition("/templates/")
    if jinja:
        reason = "Jinja template; render it, then audit what comes out"
    elif chart or source.path.startswith("templates/"):
        reason = f"Helm template; render it: helm template {folder or '.'} | poollint audit -"
    else:
        reason = "template; render it, then audit what comes out"
    return Unreadable(source.span(at, at + 2), reason, broken=False)


def _is_odd(node: Node) -> bool:
    pending: list[Node] = [node]
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, Scalar) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += node.items
            continue
        if node.odd:
            return True
        pending += (item.value for item in node.items)
    return False


def comments(source: SourceFile) -> tuple[Comment, ...]:
    """Return the comments in order; none where the file is no YAML."""
    if "#" not in source.text or len(source.text) > MAX_CHARACTERS:
        return ()
    try:
        opaque = deque(_opaque(source))
    except (yaml.YAMLError, UnicodeError):
        return ()
    found: list[Comment] = []
    behind = 0  # offset where the last comment ended
    for match in _SIGN.finditer(source.text):
        at = match.start()
        while opaque and opaque[0][1] <= at:
            opaque.popleft()
        if at < behind or (opaque and opaque[0][0] <= at):
            continue
        comment = _comment(source, at)
        found.append(comment)
        behind = at + len(comment.text)
    return tuple(found)


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


def _comment(source: SourceFile, at: int) -> Comment:
    position = source.position(at)
    line = source.line(position.line)
    text = line[position.column - 1 :]
    own_line = not line[: position.column - 1].strip()
    return Comment(source.span(at, at + len(text)), text, own_line)
