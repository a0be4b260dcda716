"""What a YAML file is read as: nodes that know where they stand.

No scalar is resolved: YAML 1.1 would make 1342 of `22:22`, and Kubernetes, Compose and PyYAML
disagree on `010` and `on`. Whoever knows the format converts the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from poollint.model.source import Span, Unreadable

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))


class _Read:
    """A node, which finds out where it stands in a file when it is asked: few are."""

    __slots__ = ("_place",)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name != "span":
                raise AttributeError(name)
            teller, start, end = self._place
            value = teller.span(start, end)
            object.__setattr__(self, name, value)
            return value


class _At:
    """Tells for what is not there the place of a node that might hold it, when it is asked."""

    __slots__ = ("_node",)

    def __init__(self, node: Mapping) -> None:
        self._node = node

    def span(self, _start: int, _end: int) -> Span:
        return self._node.span


class _Holding(_Read):
    """A node that finds out what it holds when it is asked."""

    __slots__ = ("_held",)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name != "items":
                return super().__getattr__(name)
            make, source, held = self._held
            items = make(source, held)
            object.__setattr__(self, "items", items)
            object.__setattr__(self, "_held", None)
            return items


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
class Mapping(_Holding):
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
            for item in reversed(node.items):
                if item.key.text == name:
                    node = item.value
                    break
            else:
                return None
        return node

    def text(self, *path: str) -> str:
        """Return the text of the scalar under `path`, "" where there is none."""
        node = self.get(*path)
        return node.text if isinstance(node, Scalar) and not node.is_null else ""

    def mapping(self, *path: str) -> Mapping:
        """Return the mapping under `path`, an empty one where there is none."""
        node = self.get(*path)
        return node if isinstance(node, Mapping) else mapping((), "", False, (_At(self), 0, 0))

    def sequence(self, *path: str) -> tuple[Node, ...]:
        """Return the elements of the sequence under `path`, none where there is none."""
        node = self.get(*path)
        return node.items if isinstance(node, Sequence) else ()

    def mappings(self, *path: str) -> tuple[Mapping, ...]:
        """Return those elements of the sequence under `path` that are mappings."""
        return tuple(node for node in self.sequence(*path) if isinstance(node, Mapping))


@dataclass(frozen=True, slots=True)
class Sequence(_Holding):
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


# Nodes are many, and the constructors of frozen classes take most of the time that reading a file
# takes: nodes are made here by what those constructors end in. A place is who tells the span, and
# what it is told by: `place[0].span(place[1], place[2])`.
Place: TypeAlias = tuple[Any, Any, Any]
_new = object.__new__
_set_place, _set_held = _Read.__dict__["_place"].__set__, _Holding.__dict__["_held"].__set__
_set_text, _set_style, _set_tag = (Scalar.__dict__[n].__set__ for n in ("text", "style", "tag"))
_set_key, _set_value = (Item.__dict__[n].__set__ for n in ("key", "value"))
_set_items, _set_mapping_tag, _set_odd = (
    Mapping.__dict__[n].__set__ for n in ("items", "tag", "odd")
)
_set_elements, _set_sequence_tag = (Sequence.__dict__[n].__set__ for n in ("items", "tag"))


def scalar(text: str, style: str, tag: str, place: Place) -> Scalar:
    """Return a scalar."""
    node: Scalar = _new(Scalar)
    _set_text(node, text)
    _set_style(node, style)
    _set_tag(node, tag)
    _set_place(node, place)
    return node


def item(key: Scalar, value: Node) -> Item:
    """Return a key with its value."""
    node: Item = _new(Item)
    _set_key(node, key)
    _set_value(node, value)
    return node


def mapping(items: Iterable[Item], tag: str, odd: bool, place: Place) -> Mapping:
    """Return a mapping."""
    node: Mapping = _new(Mapping)
    _set_items(node, tuple(items))
    _set_mapping_tag(node, tag)
    _set_odd(node, odd)
    _set_place(node, place)
    return node


def sequence(items: Iterable[Node], tag: str, place: Place) -> Sequence:
    """Return a sequence."""
    node: Sequence = _new(Sequence)
    _set_elements(node, tuple(items))
    _set_sequence_tag(node, tag)
    _set_place(node, place)
    return node


def late_mapping(
    held: tuple[Callable[..., tuple[Item, ...]], *tuple[Any, ...]], place: Place
) -> Mapping:
    """Return a mapping whose items are made when they are asked for: a function and arguments."""
    node: Mapping = _new(Mapping)
    _set_held(node, held)
    _set_mapping_tag(node, "")
    _set_odd(node, False)
    _set_place(node, place)
    return node


def late_sequence(
    held: tuple[Callable[..., tuple[Node, ...]], *tuple[Any, ...]], place: Place
) -> Sequence:
    """Return a sequence whose elements are made when they are asked for."""
    node: Sequence = _new(Sequence)
    _set_held(node, held)
    _set_sequence_tag(node, "")
    _set_place(node, place)
    return node
