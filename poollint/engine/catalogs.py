"""What installed packages add to the catalog: TOML files, read without running their code.

A package says `acme = "acme_poollint:catalog.toml"` under the entry-point group
`poollint.catalogs`; the file holds the tables `drivers` and `handlers` that settings may hold.
What is installed is trusted as its rules are; nothing is looked for in the checked project.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from poollint.catalog.own import NOTHING, Additions
from poollint.engine.settings.settings_table import read
from poollint.model.usage import UsageError

if TYPE_CHECKING:
    from importlib import metadata

GROUP = "poollint.catalogs"


def load(points: Iterable[metadata.EntryPoint]) -> Additions:
    """Return what the catalogs at `points` say; `UsageError` where one makes no sense."""
    found = NOTHING
    for point in sorted(points, key=lambda p: p.name):
        found += _additions(point)
    return found


def _additions(point: metadata.EntryPoint) -> Additions:
    from poollint.engine.settings.settings_catalog import additions  # only where there is one

    origin = point.dist.name if point.dist else point.name
    path = next((place for place in _places(point) if place.is_file()), None)
    if path is None:
        raise UsageError(f"`{origin}` has no catalog `{point.value}`", "is it installed whole?")
    try:
        table = read(path, str(path))
        table.only("drivers", "handlers")
        return additions(table)
    except UsageError as error:
        message = f"{error.message}, in the catalog of `{origin}`"
        raise UsageError(message, error.hint, error.span, error.line) from None


def _places(point: metadata.EntryPoint) -> Iterator[Path]:
    """Yield where the file may be: among what was installed, or where that leads to."""
    parts = point.module.split(".")
    inside = os.path.join(*parts[1:], point.attr)
    if point.dist:
        yield Path(str(point.dist.locate_file(os.path.join(parts[0], inside))))
    spec = importlib.util.find_spec(parts[0])  # of a name without a dot: imports nothing
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        yield Path(folder, inside)
