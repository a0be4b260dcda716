"""Helmfile: the charts of one cluster, each with the values of its release.

Values are taken in their order, what is set one by one over them. A file of values that is a
template (`.gotmpl`) is not rendered; a chart that is not in the tree makes what it is described
to, if it is.

Of several releases of one chart each Service selects what is of its own release, whatever the
labels say: that the chart can be installed twice is taken for granted.

Source: helmfile/helmfile, docs/index.md (releases[], values, secrets, set, installed).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import chart_files, charts, fetched, filling
from poollint.reading.deployment.helm.releases import (
    Installed,
    ValueFiles,
    apart,
    variables,
    with_set,
    within,
)
from poollint.reading.deployment.kubernetes import kubernetes, operators
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Asking, Environment, Format
from poollint.reading.deployment.linking.reach import endpoints, named
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.screening import Root
from poollint.syntax import sealed
from poollint.syntax.yaml import Mapping, Node, Scalar

NAME = "Helmfile"


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
        apart(m, release.text("name")) if every.count(release.text("chart")) > 1 else m
        for release in releases
        for m in reading.made(release)
    )
    placed = kubernetes.read(made, scope, around.images, around.options)
    run = operators.read(made, scope, named(placed))
    notes, unseen = tuple(dict.fromkeys(reading.notes)), tuple(reading.told())
    asking = tuple(reading.asking)
    return Environment(
        scope, manifest.source.path, placed, notes, run, unseen=unseen, asking=asking
    )


FORMAT = Format(NAME, Root(("releases",), claims=_claims), _suits, _read)


def _installed(manifest: Manifest) -> Iterator[Mapping]:
    for release in manifest.root.mappings("releases"):
        if release.text("installed") != "false":
            yield release


def installed(manifests: Iterable[Manifest], around: Around) -> Installed:
    """Return the charts of the tree that helmfiles among the manifests install."""
    found = Installed()
    for manifest in manifests:
        if manifest.kind == NAME:
            reading = _Reading(manifest, around)
            for release in _installed(manifest):
                found |= reading.installed(release)
    return found


class _Reading:
    """What the releases of one file make, and what of them is not known."""

    def __init__(self, manifest: Manifest, around: Around) -> None:
        self._home = dirname(manifest.source.path)
        self._around = around
        self._files = tuple(d.source for d in around.documents if isinstance(d, charts.ChartFile))
        self._given = ValueFiles(self._files, around.options.beside)
        self.notes: list[str] = []
        self.asking: list[Asking] = []
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
        own, space = self._own(release), release.get("namespace")
        values, namespace = self._values(release), release.text("namespace")
        if own:
            built = charts.built_of(own, self._files, values, name, namespace)
            self.notes += built.notes
            self._charts += [name] if built.lost else []
            yield from (within(manifest, space) for manifest in built.manifests)
        elif fetched.is_described(basename(chart)):
            names = filling.Names(name, "", basename(chart), namespace=namespace)
            fetch = fetched.made(basename(chart), values, names, release.span)
            yield from (within(manifest, space) for manifest in fetch)
        else:
            asked = tuple(variables(values))
            if endpoints(asked):
                self.asking.append((name or chart, asked))
            else:
                self._charts.append(name or chart)

    def installed(self, release: Mapping) -> Installed:
        """Return the chart of a release, where it is in the tree, and its files of values."""
        own = self._own(release)
        nodes = (node for node in _given(release) if isinstance(node, Scalar))
        paths = frozenset(self._path(node) for node in nodes)
        return Installed(frozenset((own.path,)), paths) if own else Installed()

    def _own(self, release: Mapping) -> SourceFile | None:
        path = normpath(join(self._home, release.text("chart"), chart_files.CHART))
        return next((file for file in self._files if file.path == path), None)

    def _values(self, release: Mapping) -> Mapping:
        whole = Mapping((), "", release.span)
        for node in _given(release):
            whole = filling.merged(
                whole, self._of_file(node) if isinstance(node, Scalar) else _map(node)
            )
        for one in release.mappings("set"):
            whole = with_set(whole, one)
        return whole

    def _of_file(self, node: Scalar) -> Mapping:
        """Return the values of a file of the tree, none where it is a template."""
        path = self._path(node)
        found = None if path.endswith(".gotmpl") else self._given.read(path)
        if found is None:
            self._unread.append(path)
        elif found.get("sops"):
            self.notes.append(f"`{path}` is encrypted: its values are not known")
        return found or _map(node)

    def _path(self, node: Scalar) -> str:
        return normpath(join(self._home, sealed.path_of(node.text)))


def _given(release: Mapping) -> tuple[Node, ...]:
    """Return what a release is given values by; those that are decrypted first come last."""
    return (*release.sequence("values"), *release.sequence("secrets"))


def _map(node: Node) -> Mapping:
    return node if isinstance(node, Mapping) else Mapping((), "", node.span)
