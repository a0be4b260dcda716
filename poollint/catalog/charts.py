"""Charts that are seldom in the tree, each as a short template that stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from poollint.catalog.tables import tables


@dataclass(frozen=True, slots=True)
class Described:
    """What a chart makes.

    texts      values that hold a text of postgresql.conf
    elsewhere  values that name such a text which no file of the tree holds
    """

    template: str
    texts: tuple[str, ...]
    elsewhere: tuple[str, ...]


@cache
def charts() -> Mapping[str, Described]:
    """Return the charts of `charts.toml` by their names."""
    return {
        name: Described(table["template"], tuple(table["texts"]), tuple(table["elsewhere"]))
        for name, table in tables("charts.toml").items()
    }
