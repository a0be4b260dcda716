"""Limits of roles and databases (`CONNECTION LIMIT`), and what they leave of a pooler's pools.

The server refuses what is above them, so that no pool can open more there. A limit counts where
one statement of the tree alone states it, and the pooler's entry names the role or the database.
"""

from __future__ import annotations

from collections.abc import Iterable

from poollint.facts.infrastructure import PoolerDatabase, RoleLimit
from poollint.facts.topology import Client
from poollint.model.figure import Entry, Figure

LIMIT = "CONNECTION LIMIT"  # the name of its figure


def capped(
    clients: list[Client], database: PoolerDatabase, limits: Iterable[RoleLimit]
) -> list[Client]:
    """Return what an entry may open, or the limit of its role or database where that is less."""
    limit = _limit(database, tuple(limits))
    if limit is None or limit.high is None or not clients:
        return clients
    totals = [Entry("", client.steady).total.high for client in clients]
    if all(total is not None for total in totals) and sum(t or 0 for t in totals) <= limit.high:
        return clients
    first = clients[0]
    return [Client(first.name, first.span, (limit,), (limit,), workload=first.workload)]


def _limit(database: PoolerDatabase, limits: tuple[RoleLimit, ...]) -> Figure | None:
    """Return the limit that binds first, None where none is known for certain."""
    of_role = [one for one in limits if one.role and one.role == database.user]
    of_database = [one for one in limits if one.database and one.database == database.dbname]
    known = [found[0].most for found in (of_role, of_database) if len(found) == 1]
    stated = [figure for figure in known if figure is not None]
    return min(stated, key=lambda figure: figure.low) if stated else None
