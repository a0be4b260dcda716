"""What a loop goes through: whether it is all there before the loop begins."""

from __future__ import annotations

import libcst as cst

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_cst
from poollint.reading.naming.values.containers import is_container

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
