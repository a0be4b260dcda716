"""Flux: the charts of the tree that a HelmRelease installs, each with the values it is given.

The path of a chart in a repository of Git is taken to be one of this tree, where a chart lies
there. A chart from elsewhere makes what no file tells.

Source: fluxcd.io/flux/components/helm/helmreleases (`chart.spec.chart`, `sourceRef`, `values`,
`valuesFrom`, `valuesFiles`, `releaseName`, `targetNamespace`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import chart_files, charts, filling
from poollint.reading.deployment.helm.releases import Installed, ValueFiles, within
from poollint.reading.deployment.kubernetes import kubernetes, operators
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment
from poollint.reading.deployment.linking.reach import named
from poollint.syntax.yaml import Mapping, Scalar

KIND = "HelmRelease"
_GROUP = "helm.toolkit.fluxcd.io/"
_SOURCES = ("GitRepository", "Bucket")  # of which a path is a chart's, and no name


def is_one(root: Mapping) -> bool:
    """Tell whether a document is a release of Flux."""
    return root.text("kind") == KIND and root.text("apiVersion").startswith(_GROUP)


def environments(releases: Iterable[Manifest], around: Around) -> Iterator[Environment]:
    """Yield what each release of a chart of the tree runs."""
    files = _files(around)
    for release in releases:
        chart = _chart(release, files, around)
        if chart is not None:
            yield _environment(release, chart, files, around)


def installed(releases: Iterable[Manifest], around: Around) -> Installed:
    """Return the charts of the tree that releases install, and their files of values."""
    files = _files(around)
    found = Installed()
    for release in releases:
        chart = _chart(release, files, around)
        if chart is not None:
            paths = frozenset(_paths(release, around))
            found |= Installed(frozenset((chart.path,)), paths)
    return found


def _files(around: Around) -> tuple[SourceFile, ...]:
    return tuple(d.source for d in around.documents if isinstance(d, charts.ChartFile))


def _asked(release: Manifest) -> Mapping:
    return release.root.mapping("spec", "chart", "spec")


def _chart(release: Manifest, files: Iterable[SourceFile], around: Around) -> SourceFile | None:
    asked = _asked(release)
    path, kind = asked.text("chart"), asked.text("sourceRef", "kind")
    if not path or kind not in _SOURCES:
        return None
    at = normpath(join(around.top or ".", path, chart_files.CHART))
    return next((file for file in files if normpath(file.path) == at), None)


def _paths(release: Manifest, around: Around) -> Iterator[str]:
    """Yield the files of values that a release names, from the top of its repository."""
    for node in _asked(release).sequence("valuesFiles"):
        if isinstance(node, Scalar):
            yield normpath(join(around.top or ".", node.text))


def _environment(
    release: Manifest, chart: SourceFile, files: tuple[SourceFile, ...], around: Around
) -> Environment:
    spec = release.root.mapping("spec")
    given, unread = ValueFiles(files, around.options.beside), list[str]()
    values = Mapping((), "", spec.span)
    for path in _paths(release, around):
        known = given.read(path)
        unread += [] if known else [f"`{path}`"]
        values = filling.merged(values, known) if known else values
    values = filling.merged(values, spec.mapping("values"))
    unread += [f"`{one.text('name')}`" for one in spec.mappings("valuesFrom")]
    space = spec.get("targetNamespace") or release.root.get("metadata", "namespace")
    namespace = space.text if isinstance(space, Scalar) else ""
    before = f"{spec.text('targetNamespace')}-" if spec.text("targetNamespace") else ""
    name = spec.text("releaseName") or f"{before}{release.name}"
    built = charts.built_of(chart, files, values, name, namespace)
    made = tuple(within(manifest, space) for manifest in built.manifests)
    scope = below(release.source.path, around.top)
    told = [f"what values in {' and '.join(unread)} change, which are not read"] if unread else []
    told += [f"what `{name}` may open, whose charts are not in the tree"] if built.lost else []
    placed = kubernetes.read(made, scope, around.images, around.options)
    return Environment(
        scope,
        release.source.path,
        placed,
        tuple(dict.fromkeys(built.notes)),
        operators.read(made, scope, named(placed)),
        unseen=tuple(told),
    )
