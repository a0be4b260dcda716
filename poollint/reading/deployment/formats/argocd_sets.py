"""What the generators of an ApplicationSet put into its template.

Source: argo-cd.readthedocs.io 3.4, operator-manual/applicationset (Generators-List, Generators-Git,
Template, GoTemplate): `{{path.basename}}`, and `{{ .path.basename }}` with templates of Go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from collections.abc import Sequence as Sequence_
from dataclasses import replace
from fnmatch import fnmatchcase
from posixpath import basename, dirname

from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

_PLACE = re.compile(r"\{\{-?\s*\.?([A-Za-z_][\w.\[\]-]*)\s*-?\}\}")
MAX_DEPTH = 40


def above(path: str) -> Iterator[str]:
    """Yield the folders that a file lies in, the outermost first."""
    parts = dirname(path).split("/")
    for length in range(len(parts) + 1 if parts != [""] else 1):
        yield "/".join(parts[:length])


def of_folders(folders: Iterable[str], wanted: Sequence_[Mapping]) -> Iterator[dict[str, Scalar]]:
    """Yield the parameters of the folders that a generator asks for, and does not leave out."""
    for folder in folders:
        fits = [w for w in wanted if fnmatchcase(folder, w.text("path"))
                and folder.count("/") == w.text("path").count("/")]  # fmt: skip
        if fits and not any(w.text("exclude") == "true" for w in fits):
            yield _of_folder(folder, fits[0])


def _of_folder(path: str, at: Mapping) -> dict[str, Scalar]:
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
