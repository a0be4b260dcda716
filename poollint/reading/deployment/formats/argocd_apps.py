"""Applications of Argo CD that charts make: an app of apps.

Source: argo-cd.readthedocs.io 3.4, operator-manual/cluster-bootstrapping ("App Of Apps Pattern").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import dirname, join

from poollint.model.source import SourceFile
from poollint.reading.deployment.helm import chart_files, charts, filling
from poollint.reading.deployment.kubernetes.scopes import below
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Mapping

APPLICATION, SET = "Application", "ApplicationSet"
KINDS = frozenset((APPLICATION, SET))
MAX_NESTED = 4  # charts that make Applications of charts that make Applications
_GROUP = "argoproj.io/"
_KIND = re.compile(r"^[ \t-]*kind:[ \t]*[\"']?Application(?:Set)?\b", re.M)


def makes(chart: SourceFile, files: chart_files.ChartFiles) -> bool:
    """Tell whether a template of a chart makes Applications."""
    templates = files.below(join(dirname(chart.path), "templates"))
    return any(_is_marked(template) for template in templates)


def any_makes(documents: Iterable[object]) -> bool:
    """Tell whether a chart among the documents may make Applications."""
    every = (d.source for d in documents if isinstance(d, charts.ChartFile))
    return any("templates/" in source.path and _is_marked(source) for source in every)


def _is_marked(template: SourceFile) -> bool:
    return _GROUP in template.text and _KIND.search(template.text) is not None


def made(
    chart: SourceFile, files: chart_files.ChartFiles, given: Mapping | None, release: str = "",
    namespace: str = "",
) -> Iterator[Manifest]:  # fmt: skip
    """Yield the Applications, and sets of them, that a chart makes with values."""
    built = charts.built_of(chart, files, given, release, namespace)
    yield from (one for one in built.manifests if one.kind in KINDS)


def by_values(
    chart: SourceFile, files: chart_files.ChartFiles
) -> Iterator[tuple[str, Mapping | None]]:
    """Yield the values that a chart is installed with, which no file says: each a cluster's."""
    home = dirname(chart.path)
    others = [f for f in files.below(home) if charts.laid_over(below(f.path, home))]
    yield from ((file.path, filling.root_of(file)) for file in others)
    if not others:
        yield home, None
