"""Applications of Argo CD, and what the charts of a tree make of them.

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
from poollint.reading.deployment.formats.argocd_apps import APPLICATION
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
from poollint.reading.deployment.kubernetes.kustomize import in_place
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Asking
from poollint.reading.deployment.linking.reach import endpoints
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.pools.pools import aside
from poollint.syntax.sealed import path_of
from poollint.syntax.yaml import Mapping, Scalar

_HERE = frozenset(("", "in-cluster", "https://kubernetes.default.svc"))
MAX_MADE = 500
_CHANGING = ("namePrefix", "nameSuffix", "patches", "replicas", "components")


class Application(NamedTuple):
    """An Application, as it is or as a set makes it.

    base   the folder of the repository
    group  the values of the chart that makes it, where no file says what installs that
    inner  a chart makes it: its texts are no longer those of its file
    origin the path of the first Application that leads to it, "" where a chart is the first
    """

    name: str
    root: Mapping
    manifest: Manifest
    base: str = ""
    group: str = ""
    inner: bool = False
    origin: str = ""

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


def _text(one: Application, node: Scalar) -> SourceFile:
    """Return a text of an Application where it stands; of one that a chart makes, as that does."""
    if not one.inner:
        return in_place(node, one.manifest.source)
    return SourceFile(node.span.path, "\n" * node.span.start.line + node.text)


class Tree:
    """The charts of a tree, and what Applications make of them."""

    def __init__(self, around: Around, applied: Sequence_[Manifest]) -> None:
        self.around = around
        self.taken: set[int] = set()
        self._applied = applied
        self.notes: dict[str, list[str]] = {}
        self.asking: dict[str, list[Asking]] = {}
        self.lost: set[str] = set()  # those whose charts take in others that are given a database
        self._files = ChartFiles(d.source for d in around.documents if isinstance(d, ChartFile))
        self._values = ValueFiles(self._files, around.options.beside)
        self._far: dict[str, list[str]] = {}
        self._unread: dict[str, list[str]] = {}

    def told(self, applications: Iterable[Application]) -> Iterator[str]:
        """Yield in words what of Applications is not known."""
        names = [one.name for one in applications]
        far = [name for name in names if name in self._far or name in self.lost]
        if far:
            install = "installs" if len(far) == 1 else "install"
            yield f"what {quoted(far)} may open, which {install} what is not in the tree"
        unread = [path for name in names for path in self._unread.get(name, ())]
        if unread:
            yield f"what values in {quoted(unread)} change, which are not read"

    def made(self, one: Application) -> Iterator[Manifest]:
        """Yield the objects of the charts that an Application installs."""
        to = one.root.mapping("spec", "destination")
        for source in one.sources:
            for manifest in self._of_source(one, source, to.text("namespace")):
                yield within(apart(manifest, one.name), to.get("namespace"))

    def beside(self, one: Application) -> Iterator[Manifest]:
        """Yield the objects that an Application applies as they lie in the tree."""
        space = one.root.get("spec", "destination", "namespace")
        for source in one.sources:
            for manifest in self._plain(one, source):
                self.taken.add(id(manifest))
                yield within(manifest, space)

    def changes(self, one: Application) -> bool:
        """Tell whether an Application says itself what is to be changed of what it applies."""
        return any(
            source.get("kustomize", key) is not None
            and next(self._plain(one, source), None) is not None
            for source in one.sources
            for key in _CHANGING
        )

    def _plain(self, one: Application, source: Mapping) -> Iterator[Manifest]:
        path = source.text("path")
        if not path or self._chart(one.base, source):
            return
        deep, folder = source.text("directory", "recurse") == "true", normpath(join(one.base, path))
        for manifest in self._applied:
            home = dirname(manifest.path) or "."
            inside = home == folder or (deep and home.startswith(f"{folder}/"))
            if inside and manifest.kind != knative.NAME:
                yield manifest

    def _of_source(self, one: Application, source: Mapping, space: str) -> Iterator[Manifest]:
        release = source.text("helm", "releaseName") or one.name
        chart, remote = self._chart(one.base, source), basename(source.text("chart"))
        if chart:
            built = built_of(chart, self._files, self._given(one, source), release, space)
            self.notes.setdefault(one.name, []).extend(built.notes)
            self.lost |= {one.name} if built.lost else set()
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

    def installed(self, one: Application, source: Mapping) -> Installed:
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
        text = path_of(text)
        if text.startswith("$"):
            return normpath(join(base, text.partition("/")[2]))
        home = "" if text.startswith("/") else source.text("path")
        return normpath(join(base, home, text.lstrip("/")))

    def _placed(self, one: Application) -> Application:
        """Return an Application with the folder of the repository: the first that has its paths.

        It is one of those above the file, where the tree is a part of what is read.
        """
        for base in argocd_sets.above(one.manifest.source.path):
            here = one._replace(base=base)
            for source in one.sources:
                if self._chart(base, source) or next(self._plain(here, source), None):
                    return here
        return one

    def _given(self, one: Application, source: Mapping) -> Mapping:
        """Return the values of a source, the strongest laid over the others."""
        whole = Mapping((), "", source.span)
        for node in source.sequence("helm", "valueFiles"):
            if not isinstance(node, Scalar):
                continue
            path = self._path(one.base, source, node.text)
            found = None if "://" in path_of(node.text) else self._values.read(path)
            if found and found.get("sops"):
                told = f"`{path}` is encrypted: its values are not known"
                self.notes.setdefault(one.name, []).append(told)
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

    def applications(self, manifest: Manifest) -> Iterator[Application]:
        """Yield an Application, or those that a set of them makes as far as that is known."""
        if manifest.kind == APPLICATION:
            yield self._placed(Application(manifest.name, manifest.root, manifest))
            return
        template = manifest.root.mapping("spec", "template")
        generators = tuple(manifest.root.mappings("spec", "generators"))
        for generator in generators[:MAX_MADE]:
            for element in list(self._elements(generator, manifest))[:MAX_MADE]:
                root = argocd_sets.filled(template, element)
                if isinstance(root, Mapping):
                    name = root.text("metadata", "name")
                    yield self._placed(Application(name, root, manifest))

    def every(self, manifests: Iterable[Manifest]) -> Iterator[tuple[Manifest, list[Application]]]:
        """Yield each object with its Applications, and those that charts make of these or alone.

        A chart that makes Applications, and that none installs, is installed by hand.
        """
        taken: set[str] = set()
        for manifest in manifests:
            like = Application("", manifest.root, manifest, origin=manifest.source.path)
            yield from self._with_inner(manifest, like, taken)
        by_hand: dict[str, list[tuple[Manifest, list[Application]]]] = {}
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
    ) -> Iterator[tuple[Manifest, list[Application]]]:
        for group, given in argocd_apps.by_values(chart, self._files):
            for made in argocd_apps.made(chart, self._files, given):
                name = below(group, self.around.top)
                like = Application("", made.root, made, group=name, inner=True)
                yield from self._with_inner(made, like, taken)

    def _with_inner(
        self, manifest: Manifest, like: Application, taken: set[str]
    ) -> Iterator[tuple[Manifest, list[Application]]]:
        """Yield an object, and those that charts make of it, with their Applications.

        These are of the group of `like`; `taken` grows by the charts that are installed.
        """
        waiting = [(manifest, like, 0)]
        while waiting:
            manifest, like, depth = waiting.pop(0)
            every = (
                o._replace(group=like.group, inner=like.inner, origin=like.origin)
                for o in self.applications(manifest)
            )
            # Who installs a chart by hand may give values that name those of the next.
            found = [one for one in every if not (one.group and self._is_open(one))]
            yield manifest, found
            for one in found if depth < argocd_apps.MAX_NESTED else ():
                below_ = one._replace(inner=True)
                waiting += ((inner, below_, depth + 1) for inner in self._inner(one, taken))

    def _inner(self, one: Application, taken: set[str]) -> Iterator[Manifest]:
        """Yield the Applications that the charts of an Application make."""
        space = one.root.text("spec", "destination", "namespace")
        for source in one.sources:
            chart = self._chart(one.base, source)
            taken |= {chart.path} if chart else set()
            if chart and argocd_apps.makes(chart, self._files):
                release = source.text("helm", "releaseName") or one.name
                given = self._given(one, source)
                yield from argocd_apps.made(chart, self._files, given, release, space)

    def _is_open(self, one: Application) -> bool:
        """Tell whether an Application makes others of files of values that are not in the tree."""
        charts = [self._chart(one.base, source) for source in one.sources]
        if not any(chart and argocd_apps.makes(chart, self._files) for chart in charts):
            return False
        named = (
            (source, node.text)
            for source in one.sources
            for node in source.sequence("helm", "valueFiles")
            if isinstance(node, Scalar) and source.text("helm", "ignoreMissingValueFiles") != "true"
        )
        return any(
            self._values.read(self._path(one.base, source, text)) is None for source, text in named
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
