"""Helmfile: the charts of one cluster, each with the values of its release.

Values are taken in their order, what is set one by one over them. A file of values that is a
template (`.gotmpl`) is not rendered; a chart that is not in the tree makes what it is described
to, if it is.

Of several releases of one chart each Service selects what is of its own release, whatever the
labels say: that the chart can be installed twice is taken for granted.

Source: helmfile/helmfile, docs/index.md (releases[], values, set, installed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import fetched
from poollint.reading.deployment.helm.charts import ChartFile, built_of
from poollint.reading.deployment.helm.filling import Names, merged
from poollint.reading.deployment.kubernetes import kubernetes, operators
from poollint.reading.deployment.kubernetes.merging import with_value
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment, Format
from poollint.reading.deployment.linking.reach import named
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.screening import Root
from poollint.syntax import yaml
from poollint.syntax.yaml import Item, Mapping, Node, Scalar

NAME = "Helmfile"
_SELECTS = ("spec", "selector")
_SELECTED = ("spec", "template", "metadata", "labels")
_RELEASE = "helmfile/release"  # a label of our own
_STEP = re.compile(r"((?:[^.\\]|\\.)+)")


def _suits(root: Mapping, path: str) -> bool:
    return _claims(path) and any(r.get("chart") for r in root.mappings("releases"))


def _claims(path: str) -> bool:
    ours = "helmfile" in basename(path) or basename(dirname(path)) == "helmfile.d"
    return ours and path.endswith((".yaml", ".yml"))


def _read(manifest: Manifest, around: Around) -> Environment:
    scope = below(manifest.source.path, around.top)
    reading = _Reading(manifest, around)
    releases = tuple(_installed(manifest))
    every = [release.text("chart") for release in releases]
    made = tuple(
        _apart(m, release.text("name")) if every.count(release.text("chart")) > 1 else m
        for release in releases
        for m in reading.made(release)
    )
    placed = kubernetes.read(made, scope, around.images, around.options)
    run = operators.read(made, scope, named(placed))
    return Environment(scope, manifest.source.path, placed, (), run, unseen=tuple(reading.told()))


FORMAT = Format(NAME, Root(("releases",), claims=_claims), _suits, _read)


def _installed(manifest: Manifest) -> Iterator[Mapping]:
    for release in manifest.root.mappings("releases"):
        if release.text("installed") != "false":
            yield release


def _apart(manifest: Manifest, release: str) -> Manifest:
    """Return an object that selects, and is selected, within its own release only."""
    path = _SELECTS if manifest.kind == "Service" else _SELECTED
    labels = manifest.root.get(*path)
    if not isinstance(labels, Mapping) or not labels.items:
        return manifest
    mark = Scalar(release, "", "", labels.span)
    return replace(manifest, root=with_value(manifest.root, (*path, _RELEASE), mark))


class _Reading:
    """What the releases of one file make, and what of them is not known."""

    def __init__(self, manifest: Manifest, around: Around) -> None:
        self._home = dirname(manifest.source.path)
        self._around = around
        self._files = tuple(d.source for d in around.documents if isinstance(d, ChartFile))
        self._charts: list[str] = []
        self._unread: list[str] = []

    def told(self) -> Iterator[str]:
        """Yield in words what of the releases is not known."""
        if self._charts:
            yield f"what {quoted(self._charts)} may open, whose charts are not in the tree"
        if self._unread:
            yield f"what values in {quoted(self._unread)} change, which are not read"

    def made(self, release: Mapping) -> Iterator[Manifest]:
        """Yield the objects of one release."""
        chart, name = release.text("chart"), release.text("name")
        path = normpath(join(self._home, chart, "Chart.yaml"))
        own = next((file for file in self._files if file.path == path), None)
        values = self._values(release)
        if own:
            yield from built_of(own, self._files, values, name).manifests
        elif fetched.is_described(basename(chart)):
            names = Names(name, "", basename(chart))
            yield from fetched.made(basename(chart), values, names, release.span)
        else:
            self._charts.append(name or chart)

    def _values(self, release: Mapping) -> Mapping:
        whole = Mapping((), "", release.span)
        for node in release.sequence("values"):
            whole = merged(whole, self._of_file(node) if isinstance(node, Scalar) else _map(node))
        for one in release.mappings("set"):
            value = one.get("value")
            steps = [m.replace("\\.", ".") for m in _STEP.findall(one.text("name"))]
            if isinstance(value, Scalar) and steps and "[" not in one.text("name"):
                whole = merged(whole, _nested(steps, value))
        return whole

    def _of_file(self, node: Scalar) -> Mapping:
        """Return the values of a file of the tree, none where it is a template."""
        path = normpath(join(self._home, node.text))
        text = self._text(path) if not path.endswith(".gotmpl") else ""
        stream = yaml.read(SourceFile(path, text))
        if not text or stream.unread:
            self._unread.append(path)
            return _map(node)
        return _map(stream.documents[0] if stream.documents else node)

    def _text(self, path: str) -> str:
        known = next((file.text for file in self._files if file.path == path), "")
        beside = self._around.options.beside
        return known or (beside(path) if beside and not path.startswith("..") else "")


def _map(node: Node) -> Mapping:
    return node if isinstance(node, Mapping) else Mapping((), "", node.span)


def _nested(steps: list[str], value: Scalar) -> Mapping:
    node: Node = value
    for name in reversed(steps):
        node = Mapping((Item(Scalar(name, "", "", value.span), node),), "", value.span)
    return _map(node)
