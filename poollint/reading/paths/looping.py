"""What a loop goes through: whether it is all there before the loop begins, and is one only."""

from __future__ import annotations

from collections import Counter

import libcst as cst

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_cst
from poollint.reading.naming.values.containers import is_container
from poollint.reading.paths.walk import places

_VIEWS = frozenset("items keys values".split())
# What they answer has been made before a loop goes through it, or is only counted.
_MADE = frozenset("range enumerate sorted list tuple set dict".split())


def at_hand(items: cst.BaseExpression, scope: str, names: Names) -> bool:
    """Tell whether coming to the next of some `items` asks nobody, and so does not raise."""
    match items:
        case cst.Call(func=cst.Name(value=name)):
            return name in _MADE
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name), value=of)):
            return name in _VIEWS and is_container(of_cst(of), scope, names)
    written = isinstance(items, cst.List | cst.Tuple | cst.Set | cst.Dict | cst.SimpleString)
    return written or is_container(of_cst(items), scope, names)


def is_one(items: cst.BaseExpression) -> bool:
    """Tell whether a list or a tuple is written with one element: who goes through it goes once."""
    if not isinstance(items, cst.List | cst.Tuple):
        return False
    return len(items.elements) == 1 and isinstance(items.elements[0], cst.Element)


def of_one(function: cst.FunctionDef) -> frozenset[str]:
    """Return the names that a function gives a list of one, and then speaks of once only."""
    spoken: Counter[str] = Counter()
    given: set[str] = set()
    for place in places(function):
        match place.node:
            case cst.Name(value=name):
                spoken[name] += 1
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value
            ) if is_one(value):
                given.add(name)
            case cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression() as value):
                given |= {name} if is_one(value) else set()
    return frozenset(name for name in given if spoken[name] == 2)
