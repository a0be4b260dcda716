"""Paths of a Compose file that another one takes in: they count from the folder of their own.

Source: compose-spec 170098b, 14-include.md (`project_directory`: by default the folder of the
included file) and 05-services.md (`extends`: relative paths count from the extended file).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from posixpath import dirname, join, normpath, relpath

from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

Move = Callable[[Scalar], Scalar]
_FILED = ("configs", "secrets")  # what is at the top of a project, and may name a file


def between(inner: str, outer: str) -> str:
    """Return the way from the folder of the file `outer` to that of `inner`, "" for the same."""
    way = relpath(dirname(inner) or ".", dirname(outer) or ".")
    return "" if way == "." else way


def project(root: Mapping, way: str) -> Mapping:
    """Return a document with its paths counted from elsewhere: `way` leads to its own folder."""
    if not way:
        return root
    move = _mover(way)

    def filed(node: Node) -> Node:
        return _put(node, "file", _scalar(move))

    found: Node = _put(root, "services", lambda node: _each(node, lambda one: service(one, way)))
    for key in _FILED:
        found = _put(found, key, lambda node: _each(node, filed))
    return found if isinstance(found, Mapping) else root


def service(node: Node, way: str) -> Node:
    """Return the same of one service."""
    if not way or not isinstance(node, Mapping):
        return node
    move = _mover(way)
    found = _put(node, "build", lambda build: _build(build, move))
    found = _put(found, "env_file", lambda given: _files(given, move))
    return _put(found, "volumes", lambda given: _volumes(given, move))


def _mover(way: str) -> Move:
    def move(node: Scalar) -> Scalar:
        text = node.text
        if not text or text.startswith(("/", "~", "$")) or "://" in text or "@" in text:
            return node
        return replace(node, text=normpath(join(way, text)))

    return move


def _build(node: Node, move: Move) -> Node:
    if isinstance(node, Scalar):
        return move(node)
    if not isinstance(node, Mapping):
        return node
    if node.get("context") is None:
        here = move(Scalar(".", "", "", node.span))
        return replace(node, items=(*node.items, Item(replace(here, text="context"), here)))
    return _put(node, "context", _scalar(move))


def _files(node: Node, move: Move) -> Node:
    """Return files of variables, which stand alone or in a list, as texts or with their `path`."""
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_files(entry, move) for entry in node.items))
    return _put(node, "path", _scalar(move)) if isinstance(node, Mapping) else _scalar(move)(node)


def _volumes(node: Node, move: Move) -> Node:
    if not isinstance(node, Sequence):
        return node
    return replace(node, items=tuple(_volume(entry, move) for entry in node.items))


def _volume(node: Node, move: Move) -> Node:
    if isinstance(node, Mapping):
        return _put(node, "source", _scalar(move)) if node.text("type") == "bind" else node
    if not isinstance(node, Scalar) or not node.text.startswith("."):
        return node
    outer, colon, rest = node.text.partition(":")
    moved = move(replace(node, text=outer)).text
    # What begins with no dot is the name of a volume.
    moved = moved if moved.startswith(".") else f"./{moved}"
    return replace(node, text=f"{moved}{colon}{rest}")


def _scalar(move: Move) -> Callable[[Node], Node]:
    return lambda node: move(node) if isinstance(node, Scalar) else node


def _each(node: Node, change: Callable[[Node], Node]) -> Node:
    if not isinstance(node, Mapping):
        return node
    return replace(node, items=tuple(replace(i, value=change(i.value)) for i in node.items))


def _put(node: Node, key: str, change: Callable[[Node], Node]) -> Node:
    """Return a mapping with one of its values changed, where it has it."""
    if not isinstance(node, Mapping):
        return node
    items = (replace(i, value=change(i.value)) if i.key.text == key else i for i in node.items)
    return replace(node, items=tuple(items))
