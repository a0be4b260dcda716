"""Values that names are known to have, and what a test of them comes to."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import PurePosixPath
from typing import NamedTuple

from poollint.reading.connections.waits.reach.choices import Choice
from poollint.reading.connections.waits.reach.fields import Constant, Fields
from poollint.reading.connections.waits.reach.parts_of_names import part
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Shape
from poollint.reading.paths.deciding import decided


class Something(Enum):
    """The value of a parameter that is given an attribute, or what a call gives: no `None`."""

    SOMETHING = "something"


class Argument(NamedTuple):
    """What a parameter without a type is given: an expression of the function that calls."""

    shape: Shape
    scope: str
    names: Names


Value = Constant | Something | Fields | Argument | Choice | PurePosixPath | tuple["Value", ...]
Known = tuple[tuple[str, Value], ...]
"""Names of a function whose values are known, or what they are of, with these values."""

_OPEN = (Something, Fields)  # of which more is not known than that they are there
_ORDERED: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def truth_of(test: ast.expr, known: Mapping[str, Value]) -> bool | None:
    """Return what a test comes to, None where it may be either."""
    chosen = {value.of for value in known.values() if isinstance(value, Choice)}
    told = decided(test, lambda part: _simple(part, known))
    for of in sorted(chosen) if told is None else ():
        each = {
            decided(test, lambda part, side=side: _simple(part, side))  # type: ignore[misc]
            for side in _sides(known, of)
        }
        told = each.pop() if len(each) == 1 else told
    return told


def _sides(known: Mapping[str, Value], of: str) -> Iterator[dict[str, Value]]:
    """Yield what is known where the parameter `of` is `None`, and where it is something."""
    for none, given in ((True, None), (False, Something.SOMETHING)):
        found: dict[str, Value] = {}
        for name, value in known.items():
            if not isinstance(value, Choice):
                found[name] = value
            elif value.of == of:
                told = value.none if none else value.some
                found |= {name: told[0]} if told else {}
        yield {**found, of: given}


def _simple(test: ast.expr, known: Mapping[str, Value]) -> bool | None:
    match test:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            one, other = value_of(left, known), value_of(right, known)
            return _compared(one[0], op, other[0]) if one and other else None
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), *_]):
            return False if name in known and known[name] is None else None
    constant = value_of(test, known)
    return bool(constant[0]) if constant else None


def _compared(one: Value, op: ast.cmpop, other: Value) -> bool | None:
    if isinstance(op, ast.Is | ast.IsNot):
        single = other is None or isinstance(other, bool)
        open_ = isinstance(one, _OPEN) and other is not None
        return (one is other) is isinstance(op, ast.Is) if single and not open_ else None
    if isinstance(one, _OPEN) or isinstance(other, _OPEN):
        return None
    if isinstance(op, ast.Eq | ast.NotEq):
        return (one == other) is isinstance(op, ast.Eq)
    if isinstance(op, ast.In | ast.NotIn):
        return _contains(one, other, isinstance(op, ast.In))
    if isinstance(one, int | float) and isinstance(other, int | float) and type(op) in _ORDERED:
        return _ORDERED[type(op)](one, other)
    return None


def _contains(one: Value, other: Value, within: bool) -> bool | None:
    """Tell whether one value is in another, or is not where it shall not be `within`."""
    if isinstance(other, str) and isinstance(one, str):
        return (one in other) is within
    if not isinstance(other, tuple):
        return None
    return (one in other) is within


def alone(node: ast.expr, known: Mapping[str, Value]) -> Value:
    """Return the value of an expression, `None` also where it is not known."""
    constant = value_of(node, known)
    return constant[0] if constant else None


def value_of(node: ast.expr | None, known: Mapping[str, Value]) -> tuple[Value] | None:
    """Return the value of a constant or of a known name, by itself in a tuple; None unknown."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return _display(node.elts, known)
    if isinstance(node, ast.Constant):
        return (node.value,)
    if isinstance(node, ast.Name) and node.id in known:
        value = known[node.id]
        if isinstance(value, Choice):
            return None
        if not isinstance(value, Argument):
            return (value,)
        made = isinstance(value.shape, Attribute | Called)
        return (Something.SOMETHING,) if made else None
    if isinstance(node, ast.BoolOp):
        return _first(node, known)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        of = known.get(node.value.id)
        if isinstance(of, Fields):
            told = dict(of.of)
            return (told[node.attr],) if node.attr in told else None
    made_of = part(node, lambda one: alone(one, known)) if node is not None else None
    return (made_of,) if made_of is not None else None


def _first(node: ast.BoolOp, known: Mapping[str, Value]) -> tuple[Value] | None:
    """Return the value of `name or ""`, None where the name's is not known."""
    first = node.values[0]
    value = value_of(first, known) if isinstance(first, ast.Name) else None
    if value is None or isinstance(value[0], _OPEN) or isinstance(node.op, ast.And):
        return None
    if value[0]:
        return value
    last = node.values[1]
    return value_of(last, known) if len(node.values) == 2 and _is_plain(last) else None


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Name)


def _display(elements: list[ast.expr], known: Mapping[str, Value]) -> tuple[Value] | None:
    """Return the values of a tuple, a list or a set, None where one of them is not known."""
    values = [value_of(element, known) if _is_plain(element) else None for element in elements]
    if any(value is None or isinstance(value[0], _OPEN) for value in values):
        return None
    return (tuple(value[0] for value in values if value is not None),)
