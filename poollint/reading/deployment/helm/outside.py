"""Values that lie outside of the charts of a tree, and which chart they are for.

That is the one whose keys they have: those of its own values, and those its templates ask for.
Of several such charts it is the one that the path of the values names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import basename, dirname, join

from poollint.catalog.platforms import platforms
from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import filling
from poollint.reading.deployment.helm.chart_files import ChartFiles

OWN = ("values.yaml", "values.yml")
VALUES = re.compile(r"values(?:[._-](?!schema\.)[\w.-]+)?\.ya?ml|[\w-]+[._-]values\.ya?ml")
"""What files of values are called."""
_ASKED = re.compile(r"\.Values\.([\w-]+)")


class Outside:
    """The values outside of all charts that are called after an environment, each with its chart.

    `doubtful` are the paths of those that fit several charts.
    """

    def __init__(self, charts: Iterable[SourceFile], files: ChartFiles) -> None:
        every = [chart for chart in charts if dirname(chart.path)]
        inside = {f.path for chart in every for f in files.below(dirname(chart.path))}
        self._found: dict[str, list[SourceFile]] = {}
        self.doubtful: list[str] = []
        loose = [f for f in files if f.path not in inside and _is_of_environment(f.path)]
        keys = {chart.path: frozenset(_keys(chart, files)) for chart in every if loose}
        for file in loose:
            own = {item.key.text for item in filling.root_of(file).items}
            fits = [chart for chart in every if own and own <= keys[chart.path]]
            fits = fits if len(fits) < 2 else [c for c in fits if _is_named(c, file)] or fits
            if len(fits) == 1:
                self._found.setdefault(fits[0].path, []).append(file)
            elif fits:
                self.doubtful.append(file.path)

    def of(self, chart: SourceFile) -> tuple[SourceFile, ...]:
        """Return the values for one chart."""
        return tuple(self._found.get(chart.path, ()))


def names_one(text: str) -> bool:
    """Tell whether a word of a name is that of an environment ("shop-prod")."""
    return not platforms().environments.isdisjoint(re.split(r"[._-]", text.lower()))


def _is_of_environment(path: str) -> bool:
    if not VALUES.fullmatch(basename(path)):
        return False
    return any(names_one(part) for part in path.removesuffix(".yaml").split("/"))


def _keys(chart: SourceFile, files: ChartFiles) -> Iterator[str]:
    """Yield the keys that values of a chart may have."""
    home = dirname(chart.path)
    yield from (
        i.key.text for i in filling.root_of(files.first(*(join(home, n) for n in OWN))).items
    )
    for template in files.below(join(home, "templates")):
        yield from _ASKED.findall(template.text)


def _is_named(chart: SourceFile, values: SourceFile) -> bool:
    """Tell whether a path of values has the name of a chart, or of its folder, as a word."""
    names = {basename(dirname(chart.path)).lower(), filling.root_of(chart).text("name").lower()} - {
        ""
    }
    path = values.path.lower()
    return any(re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", path) for name in names)
