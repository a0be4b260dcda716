"""What mappings keep: `pools[key] = pool` here, `pools.get(key)` there.

A mapping keeps what its annotation says, and otherwise whatever its module puts into it, under
any key. Where it may come from elsewhere, filled, nothing is known of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Item,
    Name,
    Shape,
    dotted,
    of_ast,
)

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

# `pop` and `setdefault` give one of the values, as `get` does.
_ASKING = frozenset({"get", "pop", "setdefault"})
_MAPPINGS = frozenset(
    """dict Dict Mapping MutableMapping DefaultDict defaultdict OrderedDict WeakValueDictionary
    LRUCache TTLCache""".split()
)
_AROUND = frozenset({"ClassVar", "Final", "Optional"})


class Kept(NamedTuple):
    """What one mapping keeps: `names` are of the file that fills it, `key` is for their memory."""

    names: Names
    key: tuple[str, str]
    values: tuple[Binding, ...]


def kept(shape: Shape, scope: str, names: Names) -> Kept | None:
    """Return what the mapping keeps that `shape` asks for one of its values; None where unknown."""
    match shape:
        case Item(of=of):
            return values_of(of, scope, names)
        case Called(callee=Attribute(of=of, name=name)) if name in _ASKING:
            return values_of(of, scope, names)
    return None


def values_of(table: Shape, scope: str, names: Names) -> Kept | None:
    """Return what a mapping keeps, under whatever key; None where unknown."""
    bound = names.bound(table, scope)
    imported = not bound or any(binding.how == "import" for binding in bound)
    there = names.imported(table, scope) if imported else None
    if there is not None:
        return values_of(there[1], "", there[0])
    if imported or not isinstance(table, Name | Attribute):
        return None
    word = table.text if isinstance(table, Name) else table.name
    values = _values(bound)
    if values is None:
        return None
    if not any(value.how == ":" for value in values):
        if any(names.bound(of, at) == bound for of, at in _filled_by_others(names)):
            return None
        values += tuple(b for of, b in _filling(word, names) if names.bound(of, b.where) == bound)
    return Kept(names, (bound[0].where, f"{word}[]"), values) if values else None


def _values(bound: tuple[Binding, ...]) -> tuple[Binding, ...] | None:
    """Return what a mapping begins with, or its annotation; None where it may be any mapping."""
    found: list[Binding] = []
    for how, value, where in bound:
        if how == ":":
            kind = _annotated(value)
            if kind is not None:
                return (Binding(":", kind, where),)
        elif how != "=" or not _begins(value):
            return None
        elif isinstance(value, ast.Dict):
            found += (Binding("=", one, where) for one in value.values)
    return tuple(found) if any(b.how == "=" for b in bound) else None


def _begins(node: ast.expr | None) -> bool:
    """Tell whether an expression makes a mapping of which all values are seen."""
    match node:
        case ast.Dict(keys=keys):
            return None not in keys  # `{**others}`
        case ast.Call(func=func):
            name = dotted(of_ast(func)).rpartition(".")[2]
            bounded = name in {"LRUCache", "TTLCache"}  # their arguments are sizes
            return name in _MAPPINGS and (bounded or not (node.args or node.keywords))
    return False


def _annotated(node: ast.expr | None) -> ast.expr | None:
    """Return the annotation of the values of a mapping, None where an annotation has none."""
    match node:
        case ast.Subscript(value=of, slice=inner):
            name = dotted(of_ast(of)).rpartition(".")[2]
            if name in _AROUND:
                return _annotated(inner)
            if name in _MAPPINGS and isinstance(inner, ast.Tuple) and len(inner.elts) == 2:
                return inner.elts[1]
    return None


def _filling(word: str, names: Names) -> Iterator[tuple[Shape, Binding]]:
    """Yield what the module puts into mappings of one (last) name."""
    yield from ((of_ast(of), binding) for of, binding in names.filled.get(word, ()))
    for call, at in names.calls("setdefault"):
        match call:
            case ast.Call(func=ast.Attribute(value=of), args=[_, value]):
                yield of_ast(of), Binding("=", value, at)


def _filled_by_others(names: Names) -> Iterator[tuple[Shape, str]]:
    """Yield the mappings that are given what another one has: `kept.update(others)`."""
    for call, at in names.calls("update"):
        match call:
            case ast.Call(func=ast.Attribute(value=of), args=[ast.Name() | ast.Attribute(), *_]):
                yield of_ast(of), at
