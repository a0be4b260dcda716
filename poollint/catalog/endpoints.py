"""Hosts and variables that tell by their name where a connection goes: endpoints.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from poollint.catalog.tables import tables

DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class KnownHost:
    """A host recognised by its name; `mode` is `DIRECT` where no pooler is between.

    `tracked` are the parameters that this provider's pooler restores for each client, beyond
    those that PgBouncer does.

    prepared  how many named statements of drivers it follows for each client; None unknown
    ignored   the startup parameters it throws away, with commas; None unknown
    chosen    a customer may choose another mode, `mode` is what it is unasked
    """

    host: re.Pattern[str]
    ports: tuple[int, ...]
    pooler: str
    mode: str
    tracked: tuple[str, ...]
    prepared: int | None = None
    ignored: str | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    hosts: tuple[KnownHost, ...]
    direct: tuple[str, ...]


def known_host(host: str, port: int) -> KnownHost | None:
    """Return what is known of a host by its name, None for a host of one's own."""
    for row in _table().hosts:
        if row.host.match(host) and (not row.ports or port in row.ports):
            return row
    return None


def is_direct(variable: str) -> bool:
    """Tell whether an environment variable is called after the way past a pooler."""
    name = variable.upper()
    return any(word in name for word in _table().direct)


@cache
def _table() -> _Table:
    found = tables("endpoints.toml")
    rows = tuple(
        KnownHost(
            re.compile(row["host"]),
            tuple(row.get("ports", ())),
            row.get("pooler", ""),
            row["mode"],
            tuple(row.get("tracked", ())),
            row.get("prepared"),
            row.get("ignored"),
            row.get("chosen", False),
        )
        for row in found["endpoint"]
    )
    return _Table(rows, tuple(found["variables"]["direct"]))
