"""The settings of poolers and of PostgreSQL, read once: pgbouncer.toml, postgresql.toml, ….

Nothing is judged here: what a program does with a value is said where files are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from poollint.catalog.tables import tables

_LONGEST = 64  # letters; no name is longer
_NEAR = 0.75  # one slip in four letters; "max_client_con" is 0.97 of "max_client_conn"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting, and what the program takes for it.

    kind     PgBouncer: int, uint, bool01, time, enum, names, path, string, atoi; PostgreSQL:
             integer, real, bool, enum, string, preset (shown, but not to be set); other poolers:
             as the head of their table says
    allowed  the values of an enum as documented; `also` further spellings it takes
    low      the least number in `unit`, `high` the greatest; None where nothing bounds it
    least    the least number besides `low`, where what follows that is refused; None elsewhere
    multiple what a number must be a multiple of, 0 where any will do
    default  what it does where no file says anything, "" for nothing
    since    the first version that knows it, "" for all; `until` the last, `removed` the
             first that does not
    history  versions and the default that each began with, in order, where it changed
    secret   its value may hold a password or a token
    needed   the program does not start without it
    restart  a reload does not change it
    indexed  of Pgpool-II: a number "always" follows the name, or "also" may; "" where none does
    forms    versions and what each began to take, in order, where it changed; the fields above
             hold the union of them
    """

    name: str
    kind: str
    allowed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    least: float | None = None
    multiple: int = 0
    default: str = ""
    since: str = ""
    until: str = ""
    removed: str = ""
    history: tuple[tuple[str, str], ...] = ()
    secret: bool = False
    needed: bool = False
    restart: bool = False
    indexed: str = ""
    forms: tuple[tuple[str, Parameter], ...] = ()

    def at(self, major: str) -> Parameter:
        """Return the parameter as a major version (13 or later) of PostgreSQL takes it."""
        found = [form for since, form in self.forms if int(since) <= int(major)]
        return found[-1] if found else self


@dataclass(frozen=True, slots=True)
class Bouncer:
    """What PgBouncer knows.

    sections  the settings by section ("pgbouncer", "databases", "users", "peers") and name
    instead   what to write for a name of `[pgbouncer]` that it never knew: a name or a phrase
    tracked   the parameters it keeps for every client where it is not told to keep others
    always    those of them that it keeps whatever it is told
    """

    newest: str
    sections: Mapping[str, Mapping[str, Parameter]]
    instead: Mapping[str, str]
    tracked: tuple[str, ...]
    always: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """What another pooler knows: its settings by section and name.

    places   what each section is called in a sentence ("`[general]`", "a user of a pool")
    instead  what to write for a name it never knew: a name of the same section or a phrase
    """

    title: str
    newest: str
    sections: Mapping[str, Mapping[str, Parameter]]
    places: Mapping[str, str]
    instead: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Postgres:
    """What PostgreSQL knows; every name is in lower case.

    parameters  those that `pg_settings` shows
    others      further names that some version takes: hidden ones, those of developers' builds
    former      names that only versions before the oldest of `versions` knew, and the last of
                those that did
    successors  what took the place of a name that is gone: a name, or a phrase
    renamed     names that no view shows any longer, and every version takes
    restart     those that only a restart of the server changes
    reload      those that it takes from its files or its command only
    """

    versions: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    others: frozenset[str]
    former: Mapping[str, str]
    successors: Mapping[str, str]
    renamed: frozenset[str]
    restart: frozenset[str]
    reload: frozenset[str]

    def removed(self, name: str) -> str:
        """Return the first version that does not know `name` any longer, "" where all do."""
        if name in self.renamed:
            return ""
        parameter = self.parameters.get(name)
        last = self.former.get(name) or (parameter.until if parameter else "")
        return _next(last) if last else ""

    def successor(self, name: str) -> str:
        """Return what to write instead of a name that is gone, "" where nothing took its place."""
        found = self.successors.get(name, "")
        return f"`{found}`" if found in self.parameters else found


_MAJORS = ("8.0", "8.1", "8.2", "8.3", "8.4", "9.0", "9.1", "9.2", "9.3", "9.4", "9.5", "9.6", "10")


def _next(version: str) -> str:
    """Return the major version of PostgreSQL after this one."""
    if version in _MAJORS[:-1]:
        return _MAJORS[_MAJORS.index(version) + 1]
    return str(int(version) + 1)


@cache
def pgbouncer() -> Bouncer:
    """Return the settings of PgBouncer."""
    table = tables("pgbouncer.toml")
    tracked = table["tracked"]
    always = tuple(tracked["always"])
    return Bouncer(
        table["meta"]["newest"],
        {section: _parameters(rows) for section, rows in table["section"].items()},
        table["instead"],
        (*always, *tracked["default"]),
        always,
    )


@cache
def other(name: str) -> Other:
    """Return the settings of "pgcat", "odyssey" or "pgpool"."""
    table = tables(f"{name}.toml")
    sections = {section: _parameters(rows) for section, rows in table["section"].items()}
    meta = table["meta"]
    return Other(meta["title"], meta["newest"], sections, table["places"], table.get("instead", {}))


@cache
def postgresql() -> Postgres:
    """Return the parameters of PostgreSQL."""
    table = tables("postgresql.toml")
    others = {*table["hidden"]["names"], *table["developer"]["names"]}
    return Postgres(
        tuple(table["meta"]["versions"]),
        _parameters(table["parameter"]),
        frozenset(others),
        table["former"],
        table["successor"],
        frozenset(table["renamed"]["names"]),
        frozenset(table["places"]["restart"]),
        frozenset(table["places"]["reload"]),
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that `name` is most likely meant to be, "" where none is near."""
    return next(iter(near(name, known)), "")


def near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return the known names that `name` may be meant to be, the likeliest first, two at most."""
    name = name.lower()
    mine = _pairs(name)
    # A slip spoils two pairs of letters; to compare what shares few is slow and finds nothing.
    alike = [other for other in known if 2 * len(mine & _pairs(other)) >= len(mine)]
    if not mine or not alike:
        return ()
    from difflib import get_close_matches  # only for a name that is wrong

    return tuple(get_close_matches(name, alike, n=2, cutoff=_NEAR))


@lru_cache(maxsize=2048)
def _pairs(name: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters of a name."""
    return frozenset(a + b for a, b in pairwise(name[:_LONGEST]))


_FIELDS = frozenset(Parameter.__dataclass_fields__)


def _parameters(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Parameter]:
    return {name: _parameter(name, row) for name, row in rows.items()}


def _parameter(name: str, row: Mapping[str, Any]) -> Parameter:
    """Return the fields of a row: tuples for lists; what is for people only is left out."""
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
        if key in _FIELDS and key not in ("history", "forms")
    }
    before = tuple((step["since"], step["default"]) for step in row.get("history", ()))
    forms = tuple((step["since"], _form(name, row, step)) for step in row.get("forms", ()))
    return Parameter(name, history=before, forms=forms, **fields)


def _form(name: str, row: Mapping[str, Any], step: Mapping[str, Any]) -> Parameter:
    """Return a parameter as it is from one version on: the row, but for what differs there."""
    whole = {key: value for key, value in row.items() if key != "forms"}
    return _parameter(name, whole | {key: step[key] for key in step if key != "since"})
