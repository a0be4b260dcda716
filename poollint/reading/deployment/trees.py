"""Documents of other languages as the tree of a YAML file, so that one reader does for all."""

from __future__ import annotations

from collections.abc import Mapping as Table

from poollint.model.source import Span
from poollint.syntax import toml
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence


def of_toml(node: toml.Node) -> Node:
    """Return a TOML value: texts as quoted scalars, all else as it is written in YAML."""
    value = node.value
    if isinstance(value, tuple):
        return Sequence(tuple(of_toml(item) for item in value), "", node.span)
    if isinstance(value, str):
        return Scalar(value, '"', "", node.span)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), "", "", node.span)
    if isinstance(value, Table):
        items = (Item(Scalar(name, "", "", v.key), of_toml(v)) for name, v in value.items())
        return Mapping(tuple(items), "", node.span)
    return Scalar(str(value), "", "", node.span)


def empty(span: Span) -> Mapping:
    """Return a mapping that holds nothing."""
    return Mapping((), "", span)


def entry(name: str, value: Node, at: Span) -> Item:
    """Return a key, which stands at `at`, and its value."""
    return Item(Scalar(name, "", "", at), value)
