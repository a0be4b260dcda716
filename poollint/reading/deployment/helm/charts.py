"""Charts: their templates with their values, each set of values an environment of its own.

Values of a chart are overlaid by those of a file beside them that is called after an
environment (`values-prod.yaml`): maps merge, all else is replaced.

Source: helm.sh/docs/chart_template_guide/values_files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from posixpath import basename, dirname, join

from poollint.catalog.platforms import platforms
from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import (
    dependencies,
    fetched,
    filling,
    installing,
    outside,
    rendering,
    screening,
)
from poollint.reading.deployment.helm.chart_files import CHART, ChartFiles
from poollint.reading.deployment.helm.outside import OWN, VALUES, names_one
from poollint.reading.deployment.helm.releases import Installed, ValueFiles, speak_of_database
from poollint.reading.deployment.kubernetes import kubernetes, operators
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.environments import Around, Environment
from poollint.reading.deployment.linking.wording import quoted
from poollint.syntax import gotemplate
from poollint.syntax.yaml import Mapping

MAX_DEPTH = 5  # of charts within charts
MAX_CONDITION = 120
_COUNTED = kubernetes.WORKLOADS | operators.KINDS | {"HorizontalPodAutoscaler", "ScaledObject"}
_GIVEN = re.compile(
    r"\{\{[^}]*(?:\.Values\b|\.Release\b|\.Chart\b|include|template|\.Capabilities\b|\.Files\b)"
)
_PRODUCTION = re.compile(r"(?<![a-z])(?:prod|prd|production|live)(?![a-z])", re.I)
_POSTGRESQL = re.compile(r"postgres|pgbouncer", re.I)
_OF_VALUES = frozenset(("values", "profiles"))
_TEMPLATES = re.compile(r"/?(?<![^/])templates/")


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A file of a chart: a template, its values, or `Chart.yaml`."""

    source: SourceFile


def is_chart_file(path: str) -> bool:
    """Tell by its path whether a file may be one of a chart that is no plain YAML object."""
    return (
        _may_be_values(path)
        or basename(path) in ("Chart.yaml", *dependencies.LISTS)
        or VALUES.fullmatch(basename(path)) is not None
        or path.endswith(".tpl")
    )


def _may_be_values(path: str) -> bool:
    """Tell whether a file lies in a folder of values, and is called after an environment."""
    *_, folder, name = ("", *path.split("/"))
    ending = name.endswith((".yaml", ".yml"))
    return folder in _OF_VALUES and ending and names_one(name.rpartition(".")[0])


def is_readable(source: SourceFile) -> bool:
    """Tell whether a template can be worked out with the values of its chart."""
    try:
        gotemplate.parse(source.text)
    except gotemplate.MalformedError:
        return False
    return _GIVEN.search(source.text) is not None


def without_templates(documents: Iterable[object]) -> list[object]:
    """Return the documents without what is a chart's template, and so has no meaning alone."""
    found = list(documents)
    homes = {
        dirname(d.source.path)
        for d in found
        if isinstance(d, ChartFile) and basename(d.source.path) == CHART
    }
    return [d for d in found if not isinstance(d, Manifest) or not _of_any(d.source.path, homes)]


def named(documents: Iterable[object]) -> Iterator[tuple[str, str]]:
    """Yield the name of each chart among the documents, and its folder."""
    for document in documents:
        if isinstance(document, ChartFile) and basename(document.source.path) == CHART:
            yield _title(document.source), dirname(document.source.path)


def _of_any(path: str, homes: set[str]) -> bool:
    """Tell whether a path is that of a template of one of the charts in `homes`."""
    return any(path[: at.start()].rstrip("/") in homes for at in _TEMPLATES.finditer(path))


def environments(around: Around, installed: Installed) -> Iterator[Environment]:
    """Yield what each chart runs, with its own values and with those of each environment.

    What a tool installs is told by that: its values are no environment besides.
    """
    files = ChartFiles(d.source for d in around.documents if isinstance(d, ChartFile))
    charts = [file for file in files if basename(file.path) == CHART]
    homes = {dirname(chart.path) for chart in charts}
    outer = [chart for chart in charts if not _is_inner(dirname(chart.path), homes)]
    beside = outside.Outside(outer, files)
    commands = installing.told(around.documents) if outer else ()
    for chart in outer:
        values = ValueFiles(files, around.options.beside)
        runs = installing.of(chart, commands, files, values)
        runs = tuple(run for run in runs if run.files[-1] not in installed.values)
        yield from _of_chart(chart, files, around, installed, (runs, beside.of(chart)))
    untold = tuple(path for path in beside.doubtful if path not in installed.values)
    if untold:
        what = f"what values in {quoted(untold)} change, for no file says of which chart"
        yield Environment("", "", (), unseen=(what,))


def _is_inner(home: str, homes: set[str]) -> bool:
    """Tell whether a chart lies in the folder `charts` of another."""
    return basename(dirname(home)) == "charts" and dirname(dirname(home)) in homes


def _of_chart(
    chart: SourceFile, files: ChartFiles, around: Around, installed: Installed,
    given: tuple[tuple[installing.Run, ...], tuple[SourceFile, ...]],
) -> Iterator[Environment]:  # fmt: skip
    """Yield what a chart runs; given are the commands that install it, and values beside it."""
    home = dirname(chart.path)
    own = files.below(home)
    runs, beside = given
    told_of = {path for run in runs for path in run.files}
    others: list[SourceFile | None] = [f for f in own if laid_over(below(f.path, home))]
    others += beside
    others += [f for f in own if _is_tested(f, home)]
    others = [f for f in others if f and f.path not in told_of]
    told: tuple[str, ...] = ()
    if chart.path in installed.charts:
        others = [f for f in others if f and f.path not in installed.values]
    elif not any(_PRODUCTION.search(path) for path in (
        *(below(f.path, home) for f in others if f), *(run.files[-1] for run in runs)
    )):  # fmt: skip
        if others or runs:
            told = (f"no values of production for the chart `{_title(chart)}`: its own are taken",)
        others.append(None)  # what no file lays anything over may be what is in production
    laid: list[tuple[str, Mapping | None]] = [(run.files[-1], run.values) for run in runs]
    laid += ((other.path, filling.root_of(other)) if other else ("", None) for other in others)
    for other, over in laid:
        built = built_of(chart, files, over)
        scope = below(other or home, around.top) or _title(chart)
        placed = kubernetes.read(built.manifests, scope, around.images, around.options)
        run = operators.read(built.manifests, scope)
        names = tuple(kubernetes.aliases(built.manifests))
        notes = built.notes if other else (*told, *built.notes)
        unseen = _lost(built.lost, _title(chart))
        yield Environment(scope, chart.path, placed, notes, run, unseen=unseen, aliases=names)


def _lost(titles: tuple[str, ...], chart: str) -> tuple[str, ...]:
    """Return in words what charts may open that one takes in, and that are not in the tree."""
    if not titles:
        return ()
    what = f"what {quoted(titles)} may open, which the chart `{chart}` takes in from elsewhere"
    return (what,)


def laid_over(path: str) -> bool:
    """Tell by its path within a chart whether a file is laid over the chart's own values."""
    *folders, name = path.split("/")
    if not folders:
        return VALUES.fullmatch(name) is not None and name not in OWN
    if folders[0] in _OF_VALUES:
        return len(folders) == 1 and names_one(name.rpartition(".")[0])
    known = len(folders) < 3 and folders[0] in platforms().parents
    return known and VALUES.fullmatch(name) is not None


def _is_tested(file: SourceFile, home: str) -> bool:
    """Tell whether a file holds values that a test of the chart installs it with, for PostgreSQL.

    Source: helm/chart-testing 3, `ct install` (`ci/*-values.yaml`).
    """
    path = below(file.path, home)
    tested = path.startswith("ci/") and path.endswith(("-values.yaml", "-values.yml"))
    return tested and _POSTGRESQL.search(file.text) is not None


@dataclass(frozen=True, slots=True)
class Built:
    """What a chart makes, and what of it is not known.

    `lost` are the charts it takes in that are not in the tree and are given a database.
    """

    manifests: tuple[Manifest, ...]
    notes: tuple[str, ...]
    lost: tuple[str, ...] = ()


def built_of(
    chart: SourceFile, files: Iterable[SourceFile], given: Mapping | None, release: str = "",
    namespace: str = "",
) -> Built:  # fmt: skip
    """Return what a chart makes with the values of a user laid over its own."""
    known = ChartFiles.of(files)
    title = release or _title(chart)
    notes = [f"the chart `{_title(chart)}` is read without rendering it"]
    names = filling.Names(title, "", _title(chart), namespace=namespace)
    lost: list[str] = []
    made = tuple(_of(chart, known, given, names, (notes, lost), 0))
    return Built(made, tuple(notes), tuple(dict.fromkeys(lost)))


def _of(
    chart: SourceFile, files: ChartFiles, given: Mapping | None, names: filling.Names,
    told: tuple[list[str], list[str]], depth: int,
) -> Iterator[Manifest]:  # fmt: skip
    notes, lost = told
    home = dirname(chart.path)
    own = files.first(*(join(home, name) for name in OWN))
    values = filling.merged(filling.root_of(own), given) if given else filling.root_of(own)
    named = replace(names, full=names.full or filling.full_name(names, values))
    parts = defined(files, home)
    about = filling.root_of(chart)
    rendered = rendering.Chart(
        rendering.root(values, names.release, about, names.namespace), parts, named.full
    )
    for template in files.below(join(home, "templates")):
        if _is_object(template.path) and screening.may_count(template.text):
            yield from _made(template, rendered, notes)
    for inner in (
        dependencies.of(chart, filling.root_of(chart), files, values) if depth < MAX_DEPTH else ()
    ):
        around = (*names.around, chart.path)
        below_ = filling.Names(names.release, "", inner.name, around, names.namespace)
        if inner.beside:
            notes.append(f"the chart `{inner.title}` is taken from beside `{names.chart}`")
        if inner.chart and below_.within(inner.chart.path):
            notes.append(f"the chart `{inner.title}` takes in itself, which Helm refuses")
        elif inner.chart:
            yield from _of(inner.chart, files, inner.values, below_, told, depth + 1)
        elif fetched.is_described(inner.title):
            notes.append(f"the chart `{inner.title}` is taken to make what it is described to")
            yield from fetched.made(inner.title, inner.values, below_, inner.span)
        else:
            notes.append(f"the chart `{inner.title}`, on which `{names.chart}` depends, is not "
                         "in the tree")  # fmt: skip
            lost += [inner.title] if speak_of_database(inner.values) else []


def _made(template: SourceFile, chart: rendering.Chart, notes: list[str]) -> Iterator[Manifest]:
    """Yield what a template makes, or note that it is not understood."""
    try:
        for made in filling.manifests(template, chart):
            if made.kind in _COUNTED:
                notes += _decided(made)
            yield made
    except gotemplate.MalformedError:
        notes.append(f"the template `{template.path}` is not understood")


def _decided(made: Manifest) -> Iterator[str]:
    """Yield what of an object is decided by a condition that no file tells of."""
    what = f"{made.kind} `{made.name}`"
    if made.given:
        condition = made.given[:MAX_CONDITION]
        yield f"{what} may not be made: no file tells whether `{condition}` holds"
    elif made.partly:
        yield f"{what} is taken as it is made where `{made.partly[:MAX_CONDITION]}` holds"


def defined(files: ChartFiles, home: str) -> dict[str, tuple[gotemplate.Part, ...]]:
    """Return what the templates of a chart, and of those within it, define by name."""
    found: dict[str, tuple[gotemplate.Part, ...]] = {}
    own = files.below(home)
    for file in sorted(own, key=lambda f: -f.path.count("/")):  # the outer chart's count
        if "templates/" in file.path and "define" in file.text:
            with suppress(gotemplate.MalformedError):
                found.update(gotemplate.parse(file.text).defined)
    return found


def _is_object(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and not basename(path).startswith("_")


def _title(chart: SourceFile) -> str:
    return filling.root_of(chart).text("name") or basename(dirname(chart.path)) or "chart"
