"""What `for` makes of a collection: `[for k, v in var.m : {name = k, value = v}]`.

Source: hashicorp/terraform, docs/language/expressions/for: the elements of a map come in the order
of their keys, those of a set are their own keys. Elements of a collection that are not known stay
so: one stands for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from poollint.model.source import Span
from poollint.reading.deployment.terraform.functions import SET
from poollint.reading.deployment.terraform.scalars import REST, is_unknown, rest, truth, unknown
from poollint.syntax import hcl, yaml
from poollint.syntax.yaml import Item, Node, Scalar, Sequence

# Gives what an expression comes to where names stand for the key and the value of an element.
Within = Callable[[hcl.Expression, dict[str, Node]], Node | None]


class _Element(NamedTuple):
    key: Node
    value: Node
    known: bool = True


def made(for_: hcl.For, each: Node | None, of: Within) -> Node:
    """Return the tuple, or the object, that a `for` comes to; unknown where that is not known."""
    elements = None if is_unknown(each) else _elements(each, for_.span)
    if elements is None:
        return unknown(for_.text, for_.span)
    items: list[Item] = []
    for element in elements:
        if not element.known:
            more = rest(element.value)
            items.append(Item(more, more))
            continue
        local = dict(zip(reversed(for_.names), (element.value, element.key), strict=False))
        kept = _is_kept(for_.condition, local, of)
        if kept is None:
            return unknown(for_.text, for_.span)
        key = of(for_.key, local) if for_.key else unknown("", for_.span)
        value = of(for_.value, local)
        if kept and (not isinstance(key, Scalar) or value is None):
            return unknown(for_.text, for_.span)
        if kept and isinstance(key, Scalar) and value is not None:
            items.append(Item(key, value))
    if for_.key is None:
        return Sequence(tuple(item.value for item in items), "", for_.span)
    return yaml.Mapping(tuple({item.key.text: item for item in items}.values()), "", for_.span)


def _is_kept(condition: hcl.Expression | None, local: dict[str, Node], of: Within) -> bool | None:
    """Return whether a condition keeps an element, None where that is not known.

    What is only asked not to be null, and is not known before it is applied, is kept.
    """
    if condition is None:
        return True
    found = truth(of(condition, local))
    return True if found is None and _asks_for_null(condition) else found


def _asks_for_null(condition: hcl.Expression) -> bool:
    if not isinstance(condition, hcl.Operation) or condition.operator != "!=":
        return False
    constants = (side for side in condition.operands if isinstance(side, hcl.Constant))
    return any(side.text == "null" and not side.quoted for side in constants)


def _elements(each: Node | None, span: Span) -> list[_Element] | None:
    """Return the elements of a collection with their keys, None where it is none."""
    if isinstance(each, yaml.Mapping):
        inner = sorted(each.items, key=lambda item: item.key.text)
        return [_Element(i.key, i.value, not is_unknown(i.key)) for i in inner]
    return list(_listed(each)) if isinstance(each, Sequence) else None


def _listed(each: Sequence) -> Iterator[_Element]:
    """Yield the elements of a list with their indexes, as far as these are known."""
    sure = True
    for at, node in enumerate(each.items):
        index: Node = Scalar(str(at), "", "", node.span) if sure else unknown("index", node.span)
        whole = isinstance(node, Scalar) and node.tag == REST
        sure = sure and not whole
        yield _Element(node if each.tag == SET else index, node, not whole)
