"""Charts within charts: which are switched on, and with which values.

Source: helm.sh/docs/topics/charts (`dependencies`: alias, condition, repository; `charts/`) and
helm.sh/docs/chart_template_guide/subcharts_and_globals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.helm.chart_files import ChartFiles
from poollint.reading.deployment.helm.filling import merged, root_of, truth
from poollint.syntax.yaml import Item, Mapping, Scalar

LISTS = ("requirements.yaml", "requirements.yml")  # where Helm 2 has them
_HERE = "file://"
PACKED = ".tgz"


@dataclass(frozen=True, slots=True)
class Dependency:
    """A chart that another takes in: its `Chart.yaml`, None where it is not in the tree.

    title   its own name; `name` what its objects and its values are called after
    values  what the outer chart gives it
    span    where it is asked for
    beside  it is fetched from elsewhere, and lies beside the other chart under the same name
    """

    name: str
    title: str
    chart: SourceFile | None
    values: Mapping
    span: Span
    beside: bool = False


def of(
    chart: SourceFile, root: Mapping, files: ChartFiles, values: Mapping
) -> Iterator[Dependency]:
    """Yield the charts that a chart takes in, those that its values switch off left out."""
    home = dirname(chart.path)
    charts = files.charts
    listed = files.first(*(join(home, name) for name in LISTS))
    entries = (*root.mappings("dependencies"), *root_of(listed).mappings("dependencies"))
    seen: set[str] = set()
    for entry in entries:
        name = entry.text("alias") or entry.text("name")
        folder = _folder(entry, home)
        own = normpath(join(home, "charts", entry.text("name")))
        packed = _packed(entry, home, files)
        inner = charts.get(folder) or charts.get(own) or charts.get(packed)
        near = None if inner else charts.get(normpath(join(home, "..", entry.text("name"))))
        seen |= {own, packed}
        if name and _is_on(entry, values):
            yield Dependency(name, entry.text("name"), inner or near, _given(name, values),
                             _place(entry), near is not None)  # fmt: skip
    for folder, inner in sorted(files.within(normpath(join(home, "charts")))):
        if folder not in seen:
            name = root_of(inner).text("name") or basename(folder)
            yield Dependency(name, name, inner, _given(name, values), Span.at(inner.path))


def _packed(entry: Mapping, home: str, files: ChartFiles) -> str:
    """Return the archive in which a dependency lies in its chart's `charts/`, "" where in none."""
    name = entry.text("name")
    inside = files.within(normpath(join(home, "charts")))
    found = (folder for folder, chart in inside if root_of(chart).text("name") == name)
    return next((folder for folder in found if folder.endswith(PACKED)), "")


def _place(entry: Mapping) -> Span:
    name = entry.get("name")
    return name.span if name else entry.span


def _folder(entry: Mapping, home: str) -> str:
    place = entry.text("repository")
    return normpath(join(home, place.removeprefix(_HERE))) if place.startswith(_HERE) else ""


def _is_on(entry: Mapping, values: Mapping) -> bool:
    """Tell whether a condition lets a dependency in: its first path that is set decides."""
    for path in entry.text("condition").split(","):
        node = values.get(*path.strip().split("."))
        if isinstance(node, Scalar):
            return truth(values, path.strip()) is not False
    return True


def _given(name: str, values: Mapping) -> Mapping:
    """Return what the outer chart gives: its own section, and what is for all (`global`)."""
    section = values.mapping(name)
    shared = values.get("global")
    if not isinstance(shared, Mapping):
        return section
    inner = section.get("global")
    whole = merged(shared, inner) if isinstance(inner, Mapping) else shared
    key = Scalar("global", "", "", shared.span)
    return Mapping((*(i for i in section.items if i.key.text != "global"), Item(key, whole)), "",
                   section.span)  # fmt: skip
