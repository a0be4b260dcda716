"""Charts: their templates with their values, each set of values an environment of its own.

Values of a chart are overlaid by those of a file beside them that is called after an
environment (`values-prod.yaml`): maps merge, all else is replaced.

Source: helm.sh/docs/chart_template_guide/values_files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import basename, dirname, join

from poollint.model.source import SourceFile
from poollint.reading.deployment import kubernetes, operators
from poollint.reading.deployment.documents import Manifest
from poollint.reading.deployment.environments import Around, Environment
from poollint.reading.deployment.helm import dependencies, fetched
from poollint.reading.deployment.helm.filling import (
    Names,
    full_name,
    manifests,
    merged,
    root_of,
)
from poollint.reading.deployment.helm.templates import plain
from poollint.reading.deployment.scopes import below
from poollint.syntax import yaml
from poollint.syntax.yaml import Mapping

MAX_DEPTH = 5  # of charts within charts
_VALUES = re.compile(r"values(?:[._-][\w.-]+)?\.ya?ml|[\w-]+[._-]values\.ya?ml")
_OWN = ("values.yaml", "values.yml")


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A file of a chart: a template, its values, or `Chart.yaml`."""

    source: SourceFile


def is_chart_file(path: str) -> bool:
    """Tell by its path whether a file may be one of a chart that is no plain YAML object."""
    return (
        basename(path) in ("Chart.yaml", *dependencies.LISTS)
        or _VALUES.fullmatch(basename(path)) is not None
    )


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
    beside = [f for f in files if dirname(f.path) == home and _VALUES.fullmatch(basename(f.path))]
    others: list[SourceFile | None] = [f for f in beside if basename(f.path) not in _OWN]
    for other in others or [None]:
        given = root_of(other) if other else None
        built = built_of(chart, files, given)
        scope = below((other or chart).path if other else home, around.top) or _title(chart)
        placed = kubernetes.read(built.manifests, scope, around.images, around.options)
        run = operators.read(built.manifests, scope)
        yield Environment(scope, chart.path, placed, built.notes, run)


@dataclass(frozen=True, slots=True)
class Built:
    """What a chart makes, and what of it is not known."""

    manifests: tuple[Manifest, ...]
    notes: tuple[str, ...]


def built_of(
    chart: SourceFile, files: Iterable[SourceFile], given: Mapping | None, release: str = ""
) -> Built:
    """Return what a chart makes with the values of a user laid over its own."""
    known = tuple(files)
    title = release or _title(chart)
    notes = [f"the chart `{_title(chart)}` is read without rendering it"]
    names = Names(title, "", _title(chart))
    made = tuple(_of(chart, known, given, names, notes, 0))
    return Built(made, tuple(notes))


def _of(
    chart: SourceFile, files: tuple[SourceFile, ...], given: Mapping | None, names: Names,
    notes: list[str], depth: int,
) -> Iterator[Manifest]:  # fmt: skip
    home = dirname(chart.path)
    own = next((f for f in files if f.path in {join(home, name) for name in _OWN}), None)
    values = merged(root_of(own), given) if given else root_of(own)
    named = replace(names, full=names.full or full_name(names, values))
    for template in files:
        if _inside(template.path, home):
            yield from manifests(template, values, named)
    for inner in dependencies.of(chart, root_of(chart), files, values) if depth < MAX_DEPTH else ():
        below_ = Names(names.release, "", inner.name)
        if inner.chart:
            yield from _of(inner.chart, files, inner.values, below_, notes, depth + 1)
        elif fetched.is_described(inner.title):
            notes.append(f"the chart `{inner.title}` is taken to make what it is described to")
            yield from fetched.made(inner.title, inner.values, below_, inner.span)
        else:
            notes.append(f"the chart `{inner.title}`, on which `{names.chart}` depends, is not "
                         "in the tree")  # fmt: skip


def _inside(path: str, home: str) -> bool:
    prefix = f"{home}/templates/" if home else "templates/"
    return path.startswith(prefix)


def _title(chart: SourceFile) -> str:
    return root_of(chart).text("name") or basename(dirname(chart.path)) or "chart"
