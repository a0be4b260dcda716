"""Names that a program does not know where they stand: why, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Flaw, Setting

_MAIN = "pgbouncer"
_ANY = "*"
_STOPS = "PgBouncer stops at it when it starts"
_NO_CLIENTS = "PgBouncer refuses every client of a database that only `*` names"
_NOT_STARTED = "PostgreSQL does not start with it, and a reload changes nothing"


@dataclass(frozen=True, slots=True)
class Strange:
    """What is wrong with a name, as the fields of a `Setting` say it."""

    flaw: Flaw
    complaint: str
    expected: str = ""
    nearest: str = ""
    sole: bool = False
    removed: str = ""

    def on(self, setting: Setting) -> Setting:
        """Return the setting with this said of it."""
        return replace(
            setting, flaw=self.flaw, complaint=self.complaint, expected=self.expected,
            nearest=self.nearest, sole=self.sole, removed=self.removed,
        )  # fmt: skip


def of_pgbouncer(section: str, owner: str, name: str) -> Strange:
    """Return what is wrong with a name that no version knows in this section."""
    known = catalog.pgbouncer()
    when = _NO_CLIENTS if owner == _ANY else _STOPS
    if section == _MAIN and name in known.instead:
        instead = known.instead[name]
        if instead in known.sections[_MAIN]:
            return Strange(Flaw.UNKNOWN, when, nearest=instead)
        return Strange(Flaw.MISPLACED, when, instead)
    for other, names in known.sections.items():
        if name in names:
            return Strange(Flaw.MISPLACED, when, f"`{name}` {_in(other)}")
    near = catalog.near(name, known.sections[section])
    if not near and name.lower() in catalog.postgresql().parameters:
        return Strange(Flaw.MISPLACED, when, _on_server(section, name))
    return _misspelt(when, near)


def _misspelt(when: str, near: tuple[str, ...]) -> Strange:
    return Strange(Flaw.UNKNOWN, when, nearest=near[0] if near else "", sole=len(near) == 1)


def settled(settings: Iterable[Setting]) -> tuple[Setting, ...]:
    """Return the settings; a name that is set besides is not the only one that may be meant."""
    found = tuple(settings)
    stated = {(s.section, s.owner, s.name.lower()) for s in found}
    return tuple(
        replace(s, sole=False) if s.sole and (s.section, s.owner, s.nearest) in stated else s
        for s in found
    )


def whole_entry(name: str) -> Strange:
    """Return what is wrong with a setting of `[pgbouncer]` among databases, users or peers."""
    return Strange(Flaw.MISPLACED, _STOPS, f"`{name}` {_in(_MAIN)}")


def _in(section: str) -> str:
    return f"in `[{section}]`" if section == _MAIN else f"in an entry of `[{section}]`"


def _on_server(section: str, name: str) -> str:
    if section == _MAIN:
        return f"`{name}` in postgresql.conf"
    return f"`ALTER ROLE … SET {name}` on the server"


def of_postgres(name: str) -> Strange:
    """Return what is wrong with a name (in lower case) that no version from 13 on knows."""
    known = catalog.postgresql()
    if name in known.former:
        removed = known.removed(name)
        return Strange(Flaw.REMOVED, f"PostgreSQL {removed} and later do not start with it",
                       known.successor(name), removed=removed)  # fmt: skip
    near = catalog.near(name, known.parameters)
    if not near and name in catalog.pgbouncer().sections[_MAIN]:
        return Strange(Flaw.MISPLACED, _NOT_STARTED, f"`{name}` in pgbouncer.ini")
    return _misspelt(_NOT_STARTED, near)
