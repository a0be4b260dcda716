"""Templates of OpenShift: objects with parameters, filled in as `oc process` does by default.

Source: docs.openshift.com, "Using templates": `${NAME}` is put in as text, `${{NAME}}` as it is; a
parameter without a value is given by whoever processes the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

KIND = "Template"
_REFERENCE = re.compile(r"\$\{\{(\w+)\}\}|\$\{(\w+)\}")
_APIS = ("template.openshift.io/", "v1")


def is_template(root: Mapping) -> bool:
    """Tell whether a document is such a template: others have objects of this kind too."""
    ours = root.text("kind") == KIND and root.text("apiVersion").startswith(_APIS)
    return ours and isinstance(root.get("objects"), Sequence)


def objects(root: Mapping) -> Iterator[Mapping]:
    """Yield the objects of a template, the values of its parameters put in."""
    values = {
        parameter.text("name"): value
        for parameter in root.mappings("parameters")
        if isinstance(value := parameter.get("value"), Scalar) and not value.is_null
    }
    for one in root.mappings("objects"):
        found = _filled(one, values)
        if isinstance(found, Mapping):
            yield found


def _filled(node: Node, values: dict[str, Scalar]) -> Node:
    if isinstance(node, Mapping):
        items = tuple(Item(item.key, _filled(item.value, values)) for item in node.items)
        return replace(node, items=items)
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_filled(item, values) for item in node.items))
    return _put_in(node, values) if "${" in node.text else node


def _put_in(node: Scalar, values: dict[str, Scalar]) -> Scalar:
    """Return a text with the values that are known; one that is all of it has its own place."""
    whole = _REFERENCE.fullmatch(node.text)
    value = values.get(whole[1] or whole[2]) if whole else None
    if whole and value:
        return replace(node, text=value.text, style="" if whole[1] else node.style, span=value.span)

    def told(found: re.Match[str]) -> str:
        known = values.get(found[1] or found[2])
        return known.text if known else found[0]

    return replace(node, text=_REFERENCE.sub(told, node.text))
