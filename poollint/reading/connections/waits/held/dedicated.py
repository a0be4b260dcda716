"""Connections that are kept on purpose while their function waits: for a lock, or for news."""

from __future__ import annotations

import re

from poollint.facts.connections import Taking

# `pg_advisory_lock(7)`, `with advisory_lock("sync"):`; an advisory alone may be a row of a table.
_LOCKING = re.compile(r"advisory\w*lock|advisory lock|\w_advisory\b|\.advisory\(", re.I)
# Statements stand in quotes: `"LISTEN orders"`; what else listens, or notifies, is no connection.
_HEARING = re.compile(
    r"[\"';]\s*LISTEN\s|add_listener|\bnotifies\b|replication(?:connection|cursor|_slot)"
    r"|start_replication|replication=",
    re.I,
)


def is_dedicated(taking: Taking, code: str) -> bool:
    """Tell whether a function with that code keeps what is taken so for what happens on it."""
    if _LOCKING.search(code):
        return True
    return taking is not Taking.SESSION and bool(_HEARING.search(code))
