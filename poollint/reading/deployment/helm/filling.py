"""Templates of a chart with its values: what they make, each value at the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm.marks import without_lonely
from poollint.reading.deployment.helm.read_back import ReadBack
from poollint.reading.deployment.helm.rendering import Chart
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax import yaml
from poollint.syntax.gotemplate import MalformedError
from poollint.syntax.yaml import Item, Mapping, Node, Scalar, Sequence

MAX_ASKED = 8  # conditions of one template that are each taken not to hold as well
_COUNTING = frozenset(
    ("replicas", "minReplicas", "maxReplicas", "minReplicaCount", "maxReplicaCount", "parallelism",
     "completions", "suspend", "containers")
)  # fmt: skip
# What of a container opens no connection.
_ASIDE = frozenset(
    ("resources", "securityContext", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle",
     "ports", "volumeMounts", "imagePullPolicy")
)  # fmt: skip
_EMPTY = frozenset(("", "false", "0", "null", "~"))


@dataclass(frozen=True, slots=True)
class Names:
    """What a chart calls its objects after: the release, what charts make of it, its own name.

    `around` are the paths of the charts that take it in; `namespace` is that of the release, ""
    where no file says.
    """

    release: str
    full: str
    chart: str
    around: tuple[str, ...] = ()
    namespace: str = ""

    def within(self, path: str) -> bool:
        """Tell whether the chart at `path` takes this one in."""
        return path in self.around


def full_name(names: Names, values: Mapping) -> str:
    """Return what the helper that `helm create` writes makes of a chart's name."""
    given = values.text("fullnameOverride")
    name = values.text("nameOverride") or names.chart
    return given or (names.release if name in names.release else f"{names.release}-{name}")


@lru_cache(maxsize=256)  # each set of values of a chart asks for the same files
def root_of(source: SourceFile | None) -> Mapping:
    """Return the mapping that a file of a chart holds, an empty one where it holds none."""
    documents = yaml.read(source).documents if source else ()
    root = documents[0] if documents else None
    if isinstance(root, Mapping):
        return root
    place = source or SourceFile("", "")
    return Mapping((), "", place.span(0, 0))


def merged(one: Mapping, other: Mapping) -> Mapping:
    """Return values with others laid over them; null takes a value away."""
    found = {item.key.text: item for item in one.items}
    for item in other.items:
        before = found.get(item.key.text)
        value = item.value
        if isinstance(value, Scalar) and value.is_null:
            found.pop(item.key.text, None)
            continue
        if before and isinstance(before.value, Mapping) and isinstance(value, Mapping):
            value = merged(before.value, value)
        found[item.key.text] = Item(item.key, value)
    return replace(one, items=tuple(found.values()))


def manifests(template: SourceFile, chart: Chart) -> Iterator[Manifest]:
    """Yield the objects that a template of a chart makes; MalformedError where it makes no YAML.

    Those that are not made unless some condition holds, of which no file tells, say so.
    """
    chart.asked.clear()
    found = list(_made(template, chart))
    for condition in tuple(chart.asked)[:MAX_ASKED] if found else ():
        chart.refused = frozenset((condition,))
        with suppress(MalformedError):
            sure = {(m.kind, m.name): m for m in _made(template, chart)}
            found = [_under(m, sure.get((m.kind, m.name)), condition) for m in found]
        chart.refused = frozenset()
    yield from found


def _under(manifest: Manifest, other: Manifest | None, condition: str) -> Manifest:
    """Return an object with what a condition decides of it: `other` is made where it fails."""
    if other is None:
        return replace(manifest, given=manifest.given or condition)
    if tuple(_counting(manifest.root)) != tuple(_counting(other.root)):
        return replace(manifest, partly=manifest.partly or condition)
    return manifest


def _counting(node: Node, inside: bool = False) -> Iterator[str]:
    """Yield the texts of an object that tell how many run, and what runs in its containers."""
    if isinstance(node, Scalar):
        yield from (node.text,) if inside else ()
    elif isinstance(node, Sequence):
        for one in node.items:
            yield from _counting(one, inside)
    else:
        for item in node.items:
            if not inside or item.key.text not in _ASIDE:
                yield from _counting(item.value, inside or item.key.text in _COUNTING)


def _made(template: SourceFile, chart: Chart) -> Iterator[Manifest]:
    whole = chart.written(template.text)
    stream = yaml.read(SourceFile(template.path, without_lonely(whole.text)))
    if stream.unread and not stream.documents:
        raise MalformedError(stream.unread[0].reason)
    read = ReadBack(template, whole.lines, chart.marks)
    for document in stream.documents:
        root = read.node(document)
        made = isinstance(root, Mapping) and root.text("kind") and root.text("apiVersion")
        if isinstance(root, Mapping) and made and not _is_test(root):
            yield Manifest(root.text("kind"), root, template)


def _is_test(root: Mapping) -> bool:
    """Tell whether an object is only made by `helm test`."""
    hook = root.get("metadata", "annotations", "helm.sh/hook")
    return isinstance(hook, Scalar) and hook.text.startswith("test")


def truth(values: Mapping, path: str) -> bool | None:
    """Return whether a template takes a value as true; a value that is not there is false."""
    node = values.get(*path.split("."))
    if node is None:
        return False
    if isinstance(node, Scalar):
        return bool(node.text) if node.style else node.text not in _EMPTY
    return bool(node.items)
