"""What the generators of an ApplicationSet put into its template.

Source: argo-cd.readthedocs.io 3.4, operator-manual/applicationset (Generators-List, Generators-Git,
Template, GoTemplate): `{{path.basename}}`, and `{{ .path.basename }}` with templates of Go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import replace
from posixpath import basename

from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

_PLACE = re.compile(r"\{\{-?\s*\.?([A-Za-z_][\w.\[\]-]*)\s*-?\}\}")
MAX_DEPTH = 40


def of_folder(path: str, at: Mapping) -> dict[str, Scalar]:
    """Return the parameters of a folder, with and without Go's templates."""
    whole, last = (Scalar(text, '"', "", at.span) for text in (path, basename(path)))
    return {"path": whole, "path.path": whole, "path.basename": last}


def of_element(element: Mapping) -> dict[str, Scalar]:
    """Return the parameters of an element, those within others behind a dot."""
    return dict(_parameters(element, "", 0))


def _parameters(element: Mapping, before: str, depth: int) -> Iterator[tuple[str, Scalar]]:
    for item in element.items:
        name = f"{before}{item.key.text}"
        if isinstance(item.value, Scalar):
            yield name, item.value
        elif isinstance(item.value, Mapping) and depth < MAX_DEPTH:
            yield from _parameters(item.value, f"{name}.", depth + 1)


def filled(node: Node, known: Map[str, Scalar], depth: int = 0) -> Node:
    """Return a template with parameters put in; one that is a whole value stands where it does."""
    if depth > MAX_DEPTH:
        return node
    if isinstance(node, Mapping):
        items = (Item(i.key, filled(i.value, known, depth + 1)) for i in node.items)
        return replace(node, items=tuple(items))
    if isinstance(node, Sequence):
        return replace(node, items=tuple(filled(i, known, depth + 1) for i in node.items))
    whole = _PLACE.fullmatch(node.text)
    if whole and whole[1] in known:
        return replace(known[whole[1]], style='"')
    text = _PLACE.sub(lambda m: known[m[1]].text if m[1] in known else m[0], node.text)
    return replace(node, text=text) if text != node.text else node
