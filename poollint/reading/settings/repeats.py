"""Settings that stand twice in one file: which of them counts."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from poollint.facts.infrastructure import Setting
from poollint.model.source import Span
from poollint.syntax import ini, pgconf

_MAIN = "pgbouncer"
_DATABASES = "databases"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Winner:
    """The place that counts instead.

    again    it sets the same anew, and is not just a section that resets everything
    repeats  it says the same
    """

    span: Span
    again: bool
    repeats: bool

    def over(self, setting: Setting) -> Setting:
        """Return the setting as one without effect."""
        return replace(setting, winner=self.span, again=self.again, repeats=self.repeats)


def of_pgbouncer(document: ini.Document) -> dict[Span, Winner]:
    """Return, by the place of each entry without effect, what counts instead.

    A second `[pgbouncer]` sets all of the first back to its default; of several databases of
    one name the last counts, whole (lib/usual/cfparser.c, src/loader.c). What follows an
    include may stand in another section, and is left alone.
    """
    main = [section for section in document.sections if section.name == _MAIN]
    certain = [e for e in document.entries if e.section is not None and not e.included]
    found: dict[Span, Winner] = {}
    for entry in certain:
        if entry.section and entry.section.name == _MAIN and entry.section != main[-1]:
            found[entry.span] = Winner(main[-1].span, again=False, repeats=False)
    by_key = _grouped((_key(entry, main[-1:]), entry) for entry in certain)
    for entries in by_key.values():
        found.update(_lost([(e.span, e.value) for e in entries]))
    return found


def _key(entry: ini.Entry, main: list[ini.Section]) -> Hashable:
    """Return what entries of one setting or one database share, None for others."""
    section = entry.section
    if section is None:
        return None
    if section.name == _DATABASES or section in main:
        return (section.name, entry.key)
    return None


def of_connection(read: ini.Connection) -> dict[Span, Winner]:
    """Return the same for the pairs of one connection string."""
    found: dict[Span, Winner] = {}
    for pairs in _grouped((pair.key, pair) for pair in read.pairs).values():
        found.update(_lost([(pair.value_span, pair.value) for pair in pairs]))
    return found


def of_postgres(document: pgconf.Document) -> dict[Span, Winner]:
    """Return the same for postgresql.conf: the last line of a name counts."""
    found: dict[Span, Winner] = {}
    for entries in _grouped((e.name.lower(), e) for e in document.entries).values():
        found.update(_lost([(e.span, e.value) for e in entries]))
    return found


def _grouped(pairs: Iterable[tuple[Hashable, T]]) -> dict[Hashable, list[T]]:
    groups: dict[Hashable, list[T]] = {}
    for key, item in pairs:
        if key is not None:
            groups.setdefault(key, []).append(item)
    return groups


def _lost(places: list[tuple[Span, str]]) -> Iterator[tuple[Span, Winner]]:
    last, value = places[-1]
    for span, other in places[:-1]:
        yield span, Winner(last, again=True, repeats=other == value)
