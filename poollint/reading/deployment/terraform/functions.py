"""The functions of Terraform that poollint evaluates.

Source: hashicorp/terraform, docs/language/functions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from urllib.parse import quote_plus

from poollint.model.source import Span
from poollint.reading.deployment.terraform import texts
from poollint.reading.deployment.terraform.documents import document
from poollint.reading.deployment.terraform.scalars import (
    UNKNOWN,
    decimal,
    is_endless,
    is_unknown,
    number,
    rest,
)
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Node, Scalar, Sequence

_PORT = re.compile(r":(?:\d+|\$\{[\w.-]+\.port\})")
_ENDPOINT = ".endpoint}"
SET = "!set"  # the tag of what is known to be a set, not a list

Function = Callable[[list[Node], Span], Node | None]


def _numeric(choose: Callable[[list[Decimal]], Decimal]) -> Function:
    def function(arguments: list[Node], span: Span) -> Node | None:
        numbers = [decimal(argument) for argument in arguments]
        known = [number for number in numbers if number is not None]
        if len(known) != len(numbers):
            return None
        return Scalar(number(choose(known)), "", "", span)

    return function


def _itself(arguments: list[Node], span: Span) -> Node | None:
    return arguments[0]


def _set(arguments: list[Node], span: Span) -> Node | None:
    node = arguments[0]
    if not isinstance(node, Sequence):
        return node
    once = {i.text if isinstance(i, Scalar) else str(at): i for at, i in enumerate(node.items)}
    return replace(node, items=tuple(once.values()), tag=SET)


def _encoded(arguments: list[Node], span: Span) -> Node | None:
    node = arguments[0]
    if not isinstance(node, Scalar) or is_unknown(node):
        return node
    return replace(node, text=quote_plus(node.text))


def _first_known(arguments: list[Node], span: Span) -> Node | None:
    for argument in arguments:
        if is_unknown(argument):
            return None
        if isinstance(argument, Scalar) and (argument.is_null or not argument.text):
            continue
        return argument
    return None


def _tried(arguments: list[Node], span: Span) -> Node | None:
    return next((a for a in arguments[:1] if not is_unknown(a)), None)


def _lookup(arguments: list[Node], span: Span) -> Node | None:
    if len(arguments) < 2 or not isinstance(arguments[1], Scalar) or is_unknown(arguments[1]):
        return None
    if not isinstance(arguments[0], yaml.Mapping):
        return None
    found = arguments[0].get(arguments[1].text)
    if found or is_endless(arguments[0]) or len(arguments) < 3:
        return found
    return arguments[2]


def _element(arguments: list[Node], span: Span) -> Node | None:
    at = decimal(arguments[1]) if len(arguments) > 1 else None
    if not isinstance(arguments[0], Sequence) or at is None or not arguments[0].items:
        return None
    if is_endless(arguments[0]):
        return None
    return arguments[0].items[int(at) % len(arguments[0].items)]


def _length(arguments: list[Node], span: Span) -> Node | None:
    node = arguments[0]
    if is_unknown(node) or is_endless(node):
        return None
    size = len(node.text) if isinstance(node, Scalar) else len(node.items)
    return Scalar(str(size), "", "", span)


def _merged(arguments: list[Node], span: Span) -> Node | None:
    """Return all keys that are known; what is not known may give those before it other values."""
    found: dict[str, Item] = {}
    for argument in arguments:
        if isinstance(argument, Scalar) and argument.is_null and not is_unknown(argument):
            continue
        if not isinstance(argument, yaml.Mapping):
            if not is_unknown(argument):
                return None
            found = {name: replace(i, value=_doubted(i.value)) for name, i in found.items()}
            more = rest(argument)
            found[more.text] = Item(more, more)
            continue
        found.update({item.key.text: item for item in argument.items})
    return yaml.Mapping(tuple(found.values()), "", span)


def _doubted(node: Node) -> Node:
    return replace(node, tag=UNKNOWN) if isinstance(node, Scalar) and not node.tag else node


def _concatenated(arguments: list[Node], span: Span) -> Node | None:
    """Return all elements that are known, and one for those of each list that is not."""
    found: list[Node] = []
    for argument in arguments:
        if isinstance(argument, Sequence):
            found += argument.items
        elif is_unknown(argument):
            found.append(rest(argument))
        else:
            return None
    return Sequence(tuple(found), "", span)


def _flattened(arguments: list[Node], span: Span) -> Node | None:
    """Return the elements of a list, and of lists in it, however deep."""
    if not isinstance(arguments[0], Sequence):
        return None
    found: list[Node] = []
    for item in arguments[0].items:
        inner = _flattened([item], span)
        if isinstance(inner, Sequence):
            found += inner.items
        else:
            found.append(rest(item) if is_unknown(item) else item)
    return Sequence(tuple(found), "", span)


def _keys(arguments: list[Node], span: Span) -> Node | None:
    """Return the keys of a map in the order of their texts; `_held` the values in that order."""
    return _sorted(arguments[0], lambda item: item.key)


def _held(arguments: list[Node], span: Span) -> Node | None:
    return _sorted(arguments[0], lambda item: item.value)


def _sorted(node: Node, part: Callable[[Item], Node]) -> Node | None:
    if not isinstance(node, yaml.Mapping):
        return None
    items = sorted(node.items, key=lambda item: item.key.text)
    return Sequence(tuple(part(item) for item in items), "", node.span)


def _joined(arguments: list[Node], span: Span) -> Node | None:
    if len(arguments) != 2 or not isinstance(arguments[1], Sequence):
        return None
    texts = [i.text for i in arguments[1].items if isinstance(i, Scalar)]
    if len(texts) != len(arguments[1].items) or not isinstance(arguments[0], Scalar):
        return None
    doubt = UNKNOWN if any(map(is_unknown, (arguments[0], *arguments[1].items))) else ""
    return Scalar(arguments[0].text.join(texts), '"', doubt, span)


def _formatted(arguments: list[Node], span: Span) -> Node | None:
    texts = [a.text for a in arguments if isinstance(a, Scalar)]
    if len(texts) != len(arguments):
        return None
    pieces = re.split(r"%[sdv]", texts[0])
    if len(pieces) != len(texts) or "%" in "".join(pieces):
        return None
    doubt = UNKNOWN if any(is_unknown(a) for a in arguments) else ""
    text = pieces[0] + "".join(a + b for a, b in zip(texts[1:], pieces[1:], strict=True))
    return Scalar(text, '"', doubt, span)


def _cased(change: Callable[[str], str]) -> Function:
    def function(arguments: list[Node], span: Span) -> Node | None:
        node = arguments[0]
        if not isinstance(node, Scalar) or is_unknown(node):
            return None
        return replace(node, text=change(node.text))

    return function


def _decoded(arguments: list[Node], span: Span) -> Node | None:
    node = arguments[0]
    return document(node) if isinstance(node, Scalar) and not is_unknown(node) else None


def _replaced(arguments: list[Node], span: Span) -> Node | None:
    """Return a text with a part of it exchanged; without its port an endpoint is an address."""
    texts = [a.text for a in arguments if isinstance(a, Scalar)]
    if len(texts) != 3 or len(arguments) != 3 or is_unknown(arguments[2]):
        return None
    if is_unknown(arguments[0]):
        without = _PORT.fullmatch(texts[1]) and not texts[2]
        return _address(arguments[0]) if without else None
    if is_unknown(arguments[1]) or texts[1].startswith("/"):  # a pattern
        return None
    return Scalar(texts[0].replace(texts[1], texts[2]), '"', "", span)


def _split(arguments: list[Node], span: Span) -> Node | None:
    """Return the parts of a text; the first of an endpoint is its address."""
    texts = [a.text for a in arguments if isinstance(a, Scalar)]
    if len(texts) != 2 or len(arguments) != 2 or is_unknown(arguments[0]) or not texts[0]:
        return None
    if not is_unknown(arguments[1]):
        return Sequence(tuple(Scalar(t, '"', "", span) for t in texts[1].split(texts[0])), "", span)
    address = _address(arguments[1]) if texts[0] == ":" else None
    return Sequence((address, arguments[1]), "", span) if address else None


def _address(node: Node) -> Node | None:
    """Return the address of a database whose endpoint is not known."""
    if not isinstance(node, Scalar) or not node.text.endswith(_ENDPOINT):
        return None
    found = node.text.removesuffix(_ENDPOINT) + ".address}"
    return replace(node, text=found) if found.count("${") == 1 else None


FUNCTIONS: dict[str, Function] = {
    **texts.FUNCTIONS,
    "min": _numeric(min),
    "max": _numeric(max),
    "ceil": _numeric(lambda n: Decimal(math.ceil(n[0]))),
    "floor": _numeric(lambda n: Decimal(math.floor(n[0]))),
    "coalesce": _first_known,
    "concat": _concatenated,
    "element": _element,
    "flatten": _flattened,
    "format": _formatted,
    "join": _joined,
    "jsondecode": _decoded,
    "yamldecode": _decoded,
    "jsonencode": _itself,
    "yamlencode": _itself,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "lower": _cased(str.lower),
    "merge": _merged,
    "nonsensitive": _itself,
    "replace": _replaced,
    "sensitive": _itself,
    "split": _split,
    "tolist": _itself,
    "tomap": _itself,
    "tonumber": _itself,
    "tostring": _itself,
    "toset": _set,
    "trimspace": _cased(str.strip),
    "try": _tried,
    "upper": _cased(str.upper),
    "urlencode": _encoded,
    "values": _held,
}
