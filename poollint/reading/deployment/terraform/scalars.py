"""Values of Terraform: what is known of them, and what operators make of them.

What is not known stays a text `${…}` with a tag of its own: it never becomes a number.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation

from poollint.model.source import Span
from poollint.syntax.yaml import Mapping, Node, Scalar, Sequence

UNKNOWN = "!unknown"
REST = "!rest"  # the tag of what stands for elements of which not even the number is known
WHOLE = ">"  # the style of a text that is a whole file
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,9})?")


def unknown(text: str, span: Span) -> Scalar:
    """Return a value that is not known: the expression as written, between `${` and `}`."""
    return Scalar(f"${{{text}}}", "", UNKNOWN, span)


def rest(node: Node) -> Scalar:
    """Return what stands for the elements of a collection that is not known."""
    text = node.text if isinstance(node, Scalar) else "${…}"
    return Scalar(text, "", REST, node.span)


def is_unknown(node: Node | None) -> bool:
    """Tell whether a value, or a part of a text, is not known."""
    return isinstance(node, Scalar) and node.tag in (UNKNOWN, REST)


def is_endless(node: Node | None) -> bool:
    """Tell whether a collection has elements of which not even the number is known."""
    if isinstance(node, Sequence):
        return any(isinstance(i, Scalar) and i.tag == REST for i in node.items)
    return isinstance(node, Mapping) and any(item.key.tag == REST for item in node.items)


def is_partial(node: Node | None) -> bool:
    """Tell whether a collection, or an element of it, is not known."""
    if isinstance(node, Sequence):
        return any(is_unknown(item) for item in node.items)
    if isinstance(node, Mapping):
        return any(is_unknown(item.key) for item in node.items)
    return is_unknown(node)


def truth(node: Node | None) -> bool | None:
    """Return whether a value is true; None where it is not known, or neither."""
    if isinstance(node, Scalar) and not is_unknown(node):
        return {"true": True, "false": False}.get(node.text)
    return None


def decimal(node: Node | None) -> Decimal | None:
    """Return the number that a value is; None where it is none, or not known."""
    if not isinstance(node, Scalar) or is_unknown(node) or not _NUMBER.fullmatch(node.text):
        return None
    try:
        return Decimal(node.text)
    except InvalidOperation:
        return None


def number(value: Decimal) -> str:
    """Return a number as Terraform writes it: `2`, not `2.0`."""
    return str(int(value)) if value == int(value) else str(value)


def written(node: Node) -> str:
    """Return a value as it stands in a text: what is no text, as JSON."""
    return node.text if isinstance(node, Scalar) else json.dumps(_plain(node))


def _plain(node: Node) -> object:
    if isinstance(node, Scalar):
        value = decimal(node) if not node.style else None
        return node.text if value is None else float(value)
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return {item.key.text: _plain(item.value) for item in node.items}


def operated(operator: str, values: list[Node | None]) -> str | None:
    """Return what an operator makes of one or two values; None where that is not known."""
    if operator in ("==", "!="):
        same = _same(values)
        return None if same is None else str(same == (operator == "==")).lower()
    if operator in ("&&", "||", "!"):
        return _logic(operator, [truth(value) for value in values])
    numbers = [decimal(value) for value in values]
    if None in numbers:
        return None
    known = [number for number in numbers if number is not None]
    return _arithmetic(operator, known)


def _same(values: list[Node | None]) -> bool | None:
    """Return whether two values are the same; of collections it is known that none is null."""
    known = [v.text for v in values if isinstance(v, Scalar) and not is_unknown(v)]
    if len(known) == 2:
        return known[0] == known[1]
    nothing = any(isinstance(v, Scalar) and v.is_null and not is_unknown(v) for v in values)
    whole = any(isinstance(v, Sequence | Mapping) for v in values)
    return False if nothing and whole else None


def _logic(operator: str, values: list[bool | None]) -> str | None:
    if operator == "!":
        return None if values[0] is None else str(not values[0]).lower()
    decisive = operator == "||"
    if decisive in values:
        return str(decisive).lower()
    return None if None in values else str(not decisive).lower()


def _arithmetic(operator: str, known: list[Decimal]) -> str | None:
    if len(known) == 1:
        return number(-known[0]) if operator == "-" else None
    one, other = known
    if operator in ("/", "%") and not other:
        return None
    compared = {"<": one < other, ">": one > other, "<=": one <= other, ">=": one >= other}
    if operator in compared:
        return str(compared[operator]).lower()
    results = {"+": lambda: one + other, "-": lambda: one - other, "*": lambda: one * other,
               "/": lambda: one / other, "%": lambda: one % other}  # fmt: skip
    return number(results[operator]()) if operator in results else None
