"""Charts that are not in the tree, taken by what they are described to make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog.charts import Described, charts
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.helm.filling import Names, full_name, manifests
from poollint.reading.deployment.helm.rendering import Chart, root
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.terraform.scalars import unknown
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

_HEAD = "chart:"  # how the path of a description begins
_NUMBER = "HELM_MAX_CONNECTIONS"
_STATED = re.compile(r"^[ \t]*max_connections[ \t]*=?[ \t]*'?(\d{1,7})'?", re.M)


def is_described(name: str) -> bool:
    """Tell whether it is known what a chart of this name makes."""
    return name in charts()


def made(name: str, values: Mapping, names: Names, at: Span) -> Iterator[Manifest]:
    """Yield what a described chart makes for the dependency that stands at `at`."""
    known = charts()[name]
    number = _stated(known, values)
    if number:
        key = Scalar(_NUMBER, "", "", number.span)
        values = replace(values, items=(*values.items, Item(key, number)))
    if values.text("architecture") == "replication":
        key = Scalar("replication", "", "", at)
        values = replace(values, items=(*values.items, Item(key, Scalar("true", "", "", at))))
    template = SourceFile(f"{_HEAD}{name}", known.template)
    named = replace(names, full=full_name(names, values))
    about = Mapping((), "", at)
    chart = Chart(root(values, names.release, about, names.namespace), {}, named.full)
    for manifest in manifests(template, chart):
        placed = _placed(manifest.root, at)
        if isinstance(placed, Mapping):
            yield Manifest(manifest.kind, placed, SourceFile(at.path, ""))


def _stated(known: Described, values: Mapping) -> Scalar | None:
    """Return the number that a text of postgresql.conf within the values sets."""
    for path in known.texts:
        node = values.get(*path.split("."))
        found = _STATED.search(node.text) if isinstance(node, Scalar) else None
        if isinstance(node, Scalar) and found:
            line = node.span.start.line + node.text.count("\n", 0, found.start())
            at = replace(node.span.start, line=line + (node.style in ("|", ">")))
            return Scalar(found[1], '"', "", Span(node.span.path, at, max(at, node.span.end)))
    for path in known.elsewhere:
        node = values.get(*path.split("."))
        if isinstance(node, Scalar) and node.text:
            return unknown(path, node.span)
    return None


def _placed(node: Node, at: Span) -> Node:
    """Return a node of a description as it stands where the chart is asked for."""
    span = at if node.span.path.startswith(_HEAD) else node.span
    if isinstance(node, Scalar):
        return replace(node, span=span)
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_placed(item, at) for item in node.items), span=span)
    items = tuple(
        Item(key, _placed(item.value, at))
        for item in node.items
        if isinstance(key := _placed(item.key, at), Scalar)
    )
    return replace(node, items=items, span=span)
