"""Charts: their templates with their values, each set of values an environment of its own.

Values of a chart are overlaid by those of a file beside them that is called after an
environment (`values-prod.yaml`): maps merge, all else is replaced.

Source: helm.sh/docs/chart_template_guide/values_files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import basename, dirname

from poollint.model.source import SourceFile
from poollint.reading.deployment import kubernetes, operators
from poollint.reading.deployment.documents import Manifest
from poollint.reading.deployment.environments import Around, Environment
from poollint.reading.deployment.helm.templates import MARK, NAME, UNKNOWN, plain
from poollint.reading.deployment.scopes import below
from poollint.reading.deployment.terraform.scalars import UNKNOWN as UNKNOWN_TAG
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

_MARKED = re.compile(rf"{MARK}([\w.]+)(?:=([\w.%/-]+))?")
_UNKNOWN = re.compile(rf"{UNKNOWN}(\w*)")
_VALUES = re.compile(r"values(?:[._-][\w.-]+)?\.ya?ml|[\w-]+[._-]values\.ya?ml")
_EMPTY = frozenset(("", "false", "0", "null", "~"))


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A file of a chart: a template, its values, or `Chart.yaml`."""

    source: SourceFile


def is_chart_file(path: str) -> bool:
    """Tell by its path whether a file may be one of a chart that is no plain YAML object."""
    return basename(path) == "Chart.yaml" or _VALUES.fullmatch(basename(path)) is not None


def is_readable(source: SourceFile) -> bool:
    """Tell whether a template is YAML once its actions are replaced by marks."""
    stream = yaml.read(SourceFile(source.path, plain(source.text, lambda path: None)))
    return not stream.unread and any(isinstance(d, Mapping) for d in stream.documents)


def without_templates(documents: Iterable[object]) -> list[object]:
    """Return the documents without what is a chart's template, and so has no meaning alone."""
    found = list(documents)
    homes = [
        dirname(d.source.path)
        for d in found
        if isinstance(d, ChartFile) and basename(d.source.path) == "Chart.yaml"
    ]
    return [
        d
        for d in found
        if not isinstance(d, Manifest) or not any(_inside(d.source.path, home) for home in homes)
    ]


def environments(around: Around) -> Iterator[Environment]:
    """Yield what each chart runs, with its own values and with those of each environment."""
    files = [d.source for d in around.documents if isinstance(d, ChartFile)]
    for chart in files:
        if basename(chart.path) == "Chart.yaml" and "/charts/" not in f"/{chart.path}":
            yield from _of_chart(chart, files, around)


def _of_chart(chart: SourceFile, files: list[SourceFile], around: Around) -> Iterator[Environment]:
    home = dirname(chart.path)
    templates = [f for f in files if _inside(f.path, home)]
    beside = [f for f in files if dirname(f.path) == home and _VALUES.fullmatch(basename(f.path))]
    own = next((f for f in beside if basename(f.path) in ("values.yaml", "values.yml")), None)
    others = [f for f in beside if f is not own]
    first = _root(own)
    chosen: list[SourceFile | None] = [*others] or [None]
    for other in chosen:
        values = _merged(first, _root(other)) if other else first
        manifests = tuple(m for t in templates for m in _manifests(t, values, _title(chart)))
        scope = below((other or chart).path if other else home, around.top) or _title(chart)
        placed = kubernetes.read(manifests, scope, around.images, around.options)
        note = f"the chart `{_title(chart)}` is read without rendering it"
        yield Environment(scope, chart.path, placed, (note,), operators.read(manifests, scope))


def _inside(path: str, home: str) -> bool:
    prefix = f"{home}/templates/" if home else "templates/"
    return path.startswith(prefix)


def _title(chart: SourceFile) -> str:
    return _root(chart).text("name") or basename(dirname(chart.path)) or "chart"


def _root(source: SourceFile | None) -> Mapping:
    documents = yaml.read(source).documents if source else ()
    root = documents[0] if documents else None
    if isinstance(root, Mapping):
        return root
    place = source or SourceFile("", "")
    return Mapping((), "", place.span(0, 0))


def _merged(one: Mapping, other: Mapping) -> Mapping:
    found = {item.key.text: item for item in one.items}
    for item in other.items:
        before = found.get(item.key.text)
        value = item.value
        if before and isinstance(before.value, Mapping) and isinstance(value, Mapping):
            value = _merged(before.value, value)
        found[item.key.text] = Item(item.key, value)
    return replace(one, items=tuple(found.values()))


# --- Templates with values -------------------------------------------------------------------


def _manifests(template: SourceFile, values: Mapping, title: str) -> Iterator[Manifest]:
    text = plain(template.text, lambda path: _truth(values, path))
    for document in yaml.read(SourceFile(template.path, text)).documents:
        root = _filled(document, values, title)
        if isinstance(root, Mapping) and root.text("kind") and root.text("apiVersion"):
            yield Manifest(root.text("kind"), root, template)


def _truth(values: Mapping, path: str) -> bool | None:
    """Return whether a template takes a value as true; a value that is not there is false."""
    node = values.get(*path.split("."))
    if node is None:
        return False
    if isinstance(node, Scalar):
        return bool(node.text) if node.style else node.text not in _EMPTY
    return bool(node.items)


def _filled(node: Node, values: Mapping, title: str) -> Node:
    """Return a node with the values for its marks; each keeps the place where it is stated."""
    if isinstance(node, Sequence):
        return replace(node, items=tuple(_filled(item, values, title) for item in node.items))
    if isinstance(node, Mapping):
        items = (Item(_key(i.key, title), _filled(i.value, values, title)) for i in node.items)
        return replace(node, items=tuple(items))
    whole = _MARKED.fullmatch(node.text)
    if whole:
        return _value(whole, node, values)
    return _text(node, values, title)


def _key(key: Scalar, title: str) -> Scalar:
    return replace(key, text=key.text.replace(NAME, title))


def _value(match: re.Match[str], node: Scalar, values: Mapping) -> Node:
    found = values.get(*match[1].split("."))
    empty = isinstance(found, Scalar) and (found.is_null or not found.text)
    if (found is None or empty) and match[2]:
        return replace(node, text=match[2])
    if found is None:
        return replace(node, text="${" + match[1] + "}", tag=UNKNOWN_TAG)
    return found


def _text(node: Scalar, values: Mapping, title: str) -> Scalar:
    known = UNKNOWN not in node.text

    def put_in(match: re.Match[str]) -> str:
        nonlocal known
        found = _value(match, node, values)
        if not isinstance(found, Scalar) or found.tag == UNKNOWN_TAG:
            known = False
            return "${" + match[1] + "}"
        return found.text

    text = _MARKED.sub(put_in, node.text).replace(NAME, title)
    text = _UNKNOWN.sub(lambda match: "${" + match[1].strip("_") + "}", text)
    return replace(node, text=text, tag=node.tag if known else UNKNOWN_TAG)
