"""Argo CD: the charts of the tree that Applications install, each with the values of its source.

What is installed in one cluster belongs together: charts, and the kustomizations and plain objects
that Applications apply beside them; where there are no charts, those are read as they lie in the
tree. That a path of the tree is meant, and not the same one of another repository, is taken for
granted. Of ApplicationSets those with lists, and with folders of the repository, are worked out.

Source: argo-cd.readthedocs.io 3.4, user-guide/helm (parameters over valuesObject over values over
valueFiles, a path from the folder of the chart, or of the repository where it is absolute),
user-guide/multiple_sources (`$name/path`), operator-manual/applicationset (generators, template).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Map
from collections.abc import Sequence as Sequence_
from posixpath import basename, dirname, join, normpath
from typing import NamedTuple

from poollint.model.source import SourceFile
from poollint.reading.deployment.formats import argocd_apps, argocd_sets, knative
from poollint.reading.deployment.helm import fetched
from poollint.reading.deployment.helm.chart_files import CHART, ChartFiles
from poollint.reading.deployment.helm.charts import ChartFile, built_of
from poollint.reading.deployment.helm.filling import Names, merged
from poollint.reading.deployment.helm.releases import (
    Installed,
    ValueFiles,
    apart,
    values_of,
    variables,
    with_set,
    within,
)
from poollint.reading.deployment.kubernetes import kubernetes, operators
from poollint.reading.deployment.kubernetes.kustomize import in_place
from poollint.reading.deployment.kubernetes.scopes import Scope, below, by_namespace, clash
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Asking, Environment
from poollint.reading.deployment.linking.reach import endpoints, named
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.pools.pools import aside
from poollint.syntax.yaml import Mapping, Scalar

APPLICATION, SET = "Application", "ApplicationSet"
KINDS = frozenset((APPLICATION, SET))
_GROUP = "argoproj.io/"
_HERE = frozenset(("", "in-cluster", "https://kubernetes.default.svc"))
MAX_MADE = 500
_CHANGING = ("namePrefix", "nameSuffix", "patches", "replicas", "components")


def is_one(root: Mapping) -> bool:
    """Tell whether a document is an Application, or an ApplicationSet, of Argo CD."""
    return root.text("kind") in KINDS and root.text("apiVersion").startswith(_GROUP)


def environments(
    manifests: Iterable[Manifest], applied: Sequence_[Manifest], around: Around
) -> tuple[tuple[Environment, ...], tuple[Manifest, ...]]:
    """Return what the Applications of each cluster install, and what of `applied` is left."""
    tree = _Tree(around, applied)
    clusters: dict[str, list[_Application]] = {}
    unknown: list[str] = []
    for manifest, made in tree.every(manifests):
        if not made and tree.may_install(manifest):
            unknown.append(manifest.name)
        for one in made:
            clusters.setdefault(one.cluster, []).append(one)
    told: tuple[str, ...] = ()
    if unknown:
        told = (f"what {quoted(unknown)} may install, whose generators are not followed",)
    changing = [one.name for every in clusters.values() for one in every if tree.changes(one)]
    if changing:
        told += (f"what `kustomize` of {quoted(changing)} changes, which is not followed",)
    found: list[Environment] = []
    for cluster, applications in clusters.items():
        found += _of_cluster(cluster, applications, tree, told if not found else ())
    if told and not found:
        found.append(Environment("Argo CD", "", (), unseen=told))
    return tuple(found), tuple(m for m in applied if id(m) not in tree.taken)


def installed(manifests: Iterable[Manifest], around: Around) -> Installed:
    """Return the charts of the tree that Applications install."""
    tree, found = _Tree(around, ()), Installed()
    for _, made in tree.every(m for m in manifests if m.kind in KINDS):
        for one in made:
            for source in one.sources:
                found |= tree.installed(one, source)
    return found


class _Application(NamedTuple):
    """An Application, as it is or as a set makes it.

    base   the folder of the repository
    group  the values of the chart that makes it, where no file says what installs that
    inner  a chart makes it: its texts are no longer those of its file
    """

    name: str
    root: Mapping
    manifest: Manifest
    base: str = ""
    group: str = ""
    inner: bool = False

    @property
    def sources(self) -> tuple[Mapping, ...]:
        """Return where it takes what it installs: several count before the one."""
        several = tuple(self.root.mappings("spec", "sources"))
        return several or (self.root.mapping("spec", "source"),)

    @property
    def cluster(self) -> str:
        """Return the name of its cluster, or the address; "" for the one that Argo CD runs in."""
        to = self.root.mapping("spec", "destination")
        found = to.text("name") or to.text("server")
        found = "" if found in _HERE else found
        return "/".join(part for part in (self.group, found) if part)


def _of_cluster(
    cluster: str, applications: list[_Application], tree: _Tree, told: tuple[str, ...]
) -> Iterator[Environment]:
    """Yield what a cluster holds; what would overwrite each other is not installed together."""
    made = {id(one): list(tree.made(one)) for one in applications}
    if any(made.values()) or any(one.name in tree.asking for one in applications):
        for one in applications:
            made[id(one)] += tree.beside(one)
    whole = [manifest for one in applications for manifest in made[id(one)]]
    parts = by_namespace(cluster or "Argo CD", whole)
    if clash(whole):
        parts = [Scope(one.name, tuple(made[id(one)])) for one in applications]
    for part in parts:
        found = _environment(part, applications, tree, told)
        if found.placed or found.operated or found.asking or told:
            yield found
            told = ()


def _environment(
    part: Scope, applications: list[_Application], tree: _Tree, told: tuple[str, ...]
) -> Environment:
    around, made = tree.around, part.manifests
    placed = kubernetes.read(made, part.name, around.images, around.options)
    run = operators.read(made, part.name, named(placed))
    unseen = (*told, *tree.told(applications)) if placed or run else told
    notes = (note for one in applications for note in tree.notes.get(one.name, ()))
    return Environment(
        part.name,
        applications[0].manifest.source.path,
        placed,
        tuple(dict.fromkeys(notes)),
        run,
        unseen=unseen,
        aliases=tuple(kubernetes.aliases(made)),
        asking=tuple(ask for one in applications for ask in tree.asking.get(one.name, ())),
    )


def _text(one: _Application, node: Scalar) -> SourceFile:
    """Return a text of an Application where it stands; of one that a chart makes, as that does."""
    if not one.inner:
        return in_place(node, one.manifest.source)
    return SourceFile(node.span.path, "\n" * node.span.start.line + node.text)


class _Tree:
    """The charts of a tree, and what Applications make of them."""

    def __init__(self, around: Around, applied: Sequence_[Manifest]) -> None:
        self.around = around
        self.taken: set[int] = set()
        self._applied = applied
        self.notes: dict[str, list[str]] = {}
        self.asking: dict[str, list[Asking]] = {}
        self._files = ChartFiles(d.source for d in around.documents if isinstance(d, ChartFile))
        self._values = ValueFiles(self._files, around.options.beside)
        self._far: dict[str, list[str]] = {}
        self._unread: dict[str, list[str]] = {}

    def told(self, applications: Iterable[_Application]) -> Iterator[str]:
        """Yield in words what of Applications is not known."""
        names = [one.name for one in applications]
        far = [name for name in names if name in self._far]
        if far:
            yield f"what {quoted(far)} may open, which install what is not in the tree"
        unread = [path for name in names for path in self._unread.get(name, ())]
        if unread:
            yield f"what values in {quoted(unread)} change, which are not read"

    def made(self, one: _Application) -> Iterator[Manifest]:
        """Yield the objects of the charts that an Application installs."""
        to = one.root.mapping("spec", "destination")
        for source in one.sources:
            for manifest in self._of_source(one, source, to.text("namespace")):
                yield within(apart(manifest, one.name), to.get("namespace"))

    def beside(self, one: _Application) -> Iterator[Manifest]:
        """Yield the objects that an Application applies as they lie in the tree."""
        space = one.root.get("spec", "destination", "namespace")
        for source in one.sources:
            for manifest in self._plain(one, source):
                self.taken.add(id(manifest))
                yield within(manifest, space)

    def changes(self, one: _Application) -> bool:
        """Tell whether an Application says itself what is to be changed of what it applies."""
        return any(
            source.get("kustomize", key) is not None
            and next(self._plain(one, source), None) is not None
            for source in one.sources
            for key in _CHANGING
        )

    def _plain(self, one: _Application, source: Mapping) -> Iterator[Manifest]:
        path = source.text("path")
        if not path or self._chart(one.base, source):
            return
        deep, folder = source.text("directory", "recurse") == "true", normpath(join(one.base, path))
        for manifest in self._applied:
            home = dirname(manifest.path) or "."
            inside = home == folder or (deep and home.startswith(f"{folder}/"))
            if inside and manifest.kind != knative.NAME:
                yield manifest

    def _of_source(self, one: _Application, source: Mapping, space: str) -> Iterator[Manifest]:
        release = source.text("helm", "releaseName") or one.name
        chart, remote = self._chart(one.base, source), basename(source.text("chart"))
        if chart:
            built = built_of(chart, self._files, self._given(one, source), release, space)
            self.notes.setdefault(one.name, []).extend(built.notes)
            yield from built.manifests
        elif remote and fetched.is_described(remote):
            names = Names(release, "", remote, namespace=space)
            yield from fetched.made(remote, self._given(one, source), names, source.span)
        elif remote:
            asked = tuple(variables(self._given(one, source)))
            if endpoints(asked):
                self.asking.setdefault(one.name, []).append((release, asked))
            else:
                self._far.setdefault(one.name, []).append(remote)

    def installed(self, one: _Application, source: Mapping) -> Installed:
        """Return the chart of a source, where it is in the tree, and its files of values."""
        chart = self._chart(one.base, source)
        if chart is None:
            return Installed()
        nodes = source.sequence("helm", "valueFiles")
        paths = (
            self._path(one.base, source, node.text) for node in nodes if isinstance(node, Scalar)
        )
        return Installed(frozenset((chart.path,)), frozenset(paths))

    def _chart(self, base: str, source: Mapping) -> SourceFile | None:
        path = source.text("path")
        return self._files.first(normpath(join(base, path, CHART))) if path else None

    def _path(self, base: str, source: Mapping, text: str) -> str:
        """Return the path of a file of values in the tree."""
        if text.startswith("$"):
            return normpath(join(base, text.partition("/")[2]))
        home = "" if text.startswith("/") else source.text("path")
        return normpath(join(base, home, text.lstrip("/")))

    def _placed(self, one: _Application) -> _Application:
        """Return an Application with the folder of the repository: the first that has its paths.

        It is one of those above the file, where the tree is a part of what is read.
        """
        for base in argocd_sets.above(one.manifest.source.path):
            here = one._replace(base=base)
            for source in one.sources:
                if self._chart(base, source) or next(self._plain(here, source), None):
                    return here
        return one

    def _given(self, one: _Application, source: Mapping) -> Mapping:
        """Return the values of a source, the strongest laid over the others."""
        whole = Mapping((), "", source.span)
        for node in source.sequence("helm", "valueFiles"):
            if not isinstance(node, Scalar):
                continue
            path = self._path(one.base, source, node.text)
            found = None if "://" in node.text else self._values.read(path)
            if found is None and source.text("helm", "ignoreMissingValueFiles") != "true":
                self._unread.setdefault(one.name, []).append(node.text)
            whole = merged(whole, found) if found else whole
        text, given = source.get("helm", "values"), source.get("helm", "valuesObject")
        inner = values_of(_text(one, text)) if isinstance(text, Scalar) else None
        whole = merged(whole, inner) if inner else whole
        whole = merged(whole, given) if isinstance(given, Mapping) else whole
        for parameter in source.mappings("helm", "parameters"):
            whole = with_set(whole, parameter)
        return whole

    # --- ApplicationSets ---

    def applications(self, manifest: Manifest) -> Iterator[_Application]:
        """Yield an Application, or those that a set of them makes as far as that is known."""
        if manifest.kind == APPLICATION:
            yield self._placed(_Application(manifest.name, manifest.root, manifest))
            return
        template = manifest.root.mapping("spec", "template")
        generators = tuple(manifest.root.mappings("spec", "generators"))
        for generator in generators[:MAX_MADE]:
            for element in list(self._elements(generator, manifest))[:MAX_MADE]:
                root = argocd_sets.filled(template, element)
                if isinstance(root, Mapping):
                    name = root.text("metadata", "name")
                    yield self._placed(_Application(name, root, manifest))

    def every(self, manifests: Iterable[Manifest]) -> Iterator[tuple[Manifest, list[_Application]]]:
        """Yield each object with its Applications, and those that charts make of these or alone.

        A chart that makes Applications, and that none installs, is installed by hand.
        """
        taken: set[str] = set()
        for manifest in manifests:
            yield from self._with_inner(manifest, _Application("", manifest.root, manifest), taken)
        by_hand: dict[str, list[tuple[Manifest, list[_Application]]]] = {}
        inner: dict[str, set[str]] = {}
        for chart in self._files.charts.values():
            free = chart.path not in taken and not aside(below(chart.path, self.around.top))
            if free and argocd_apps.makes(chart, self._files):
                own = inner[chart.path] = set()
                by_hand[chart.path] = list(self._by_hand(chart, own))
        for path, found in by_hand.items():
            if not any(path in installs for other, installs in inner.items() if other != path):
                yield from found

    def _by_hand(
        self, chart: SourceFile, taken: set[str]
    ) -> Iterator[tuple[Manifest, list[_Application]]]:
        for group, given in argocd_apps.by_values(chart, self._files):
            for made in argocd_apps.made(chart, self._files, given, KINDS):
                name = below(group, self.around.top)
                like = _Application("", made.root, made, group=name, inner=True)
                yield from self._with_inner(made, like, taken)

    def _with_inner(
        self, manifest: Manifest, like: _Application, taken: set[str]
    ) -> Iterator[tuple[Manifest, list[_Application]]]:
        """Yield an object, and those that charts make of it, with their Applications.

        These are of the group of `like`; `taken` grows by the charts that are installed.
        """
        waiting = [(manifest, like, 0)]
        while waiting:
            manifest, like, depth = waiting.pop(0)
            every = (
                o._replace(group=like.group, inner=like.inner) for o in self.applications(manifest)
            )
            # What installs a chart by hand may give values that name others.
            found = [one for one in every if not one.group or self._has_values(one)]
            yield manifest, found
            for one in found if depth < argocd_apps.MAX_NESTED else ():
                below_ = one._replace(inner=True)
                waiting += ((inner, below_, depth + 1) for inner in self._inner(one, taken))

    def _inner(self, one: _Application, taken: set[str]) -> Iterator[Manifest]:
        """Yield the Applications that the charts of an Application make."""
        space = one.root.text("spec", "destination", "namespace")
        for source in one.sources:
            chart = self._chart(one.base, source)
            taken |= {chart.path} if chart else set()
            if chart and argocd_apps.makes(chart, self._files):
                release = source.text("helm", "releaseName") or one.name
                given = self._given(one, source)
                yield from argocd_apps.made(chart, self._files, given, KINDS, release, space)

    def _has_values(self, one: _Application) -> bool:
        """Tell whether all files of values that an Application names are in the tree."""
        named = (
            (source, node.text)
            for source in one.sources
            for node in source.sequence("helm", "valueFiles")
            if isinstance(node, Scalar) and source.text("helm", "ignoreMissingValueFiles") != "true"
        )
        return all(
            self._values.read(self._path(one.base, source, text)) is not None
            for source, text in named
        )

    def may_install(self, manifest: Manifest) -> bool:
        """Tell whether what a set makes may install a chart of the tree."""
        template = manifest.root.mapping("spec", "template")
        several = template.mappings("spec", "sources")
        for source in (template.mapping("spec", "source"), *several):
            fixed = source.text("path").partition("{{")[0]
            starts = tuple(join(base, fixed) for base in argocd_sets.above(manifest.source.path))
            if source.text("path") and any(f.startswith(starts) for f in self._files.charts):
                return True
        return False

    def _elements(self, generator: Mapping, manifest: Manifest) -> Iterator[Map[str, Scalar]]:
        """Yield the parameters that a generator gives: those of a list, or of folders."""
        for element in generator.mappings("list", "elements"):
            yield argocd_sets.of_element(element)
        wanted = tuple(generator.mappings("git", "directories"))
        for base in argocd_sets.above(manifest.source.path) if wanted else ():
            charts = sorted(below(folder, base) for folder in self._files.charts)
            found = tuple(argocd_sets.of_folders(charts, wanted))
            yield from found
            if found:
                return
