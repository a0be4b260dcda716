"""Limits of roles and databases (`CONNECTION LIMIT`), and what they leave of a pooler's pools.

The server refuses what is above them, so that no pool can open more there. A limit counts where
one statement of the tree alone states it, and the pooler's entry, or the address of whoever
connects without one, names the role or the database. A superuser is held to none.

Source: PostgreSQL, CREATE ROLE ("CONNECTION LIMIT"); src/backend/utils/init/miscinit.c
(InitializeSessionUserId).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.infrastructure import PoolerDatabase, RoleLimit
from poollint.facts.topology import Client
from poollint.model.figure import Entry, Figure
from poollint.reading.deployment.linking.counting import Opened

LIMIT = "CONNECTION LIMIT"  # the name of its figure
_SUPERUSER = "postgres"  # as initdb, and images of PostgreSQL, call it by default


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


def of_roles(
    opened: Iterable[Opened], limits: Iterable[RoleLimit], superuser: str
) -> tuple[Client, ...]:
    """Return what connects without a pooler: all of one role together no more than it may have."""
    known = [one for one in limits if one.role and one.role not in (superuser, _SUPERUSER)]
    groups: dict[object, list[Client]] = {}
    found: list[Client] = []
    arrivals = tuple(opened)
    for one in arrivals:
        limited = any(limit.role == one.user for limit in known)
        groups.setdefault(one.user if limited else id(one), []).append(one.client)
    for role, clients in groups.items():
        stated = [limit.most for limit in known if limit.role == role]
        limit = stated[0] if len(stated) == 1 else None
        found += clients if limit is None else [*_together(clients, limit)]
    return tuple(found)


def _together(clients: list[Client], limit: Figure) -> Iterator[Client]:
    """Yield the clients of one role, or its limit in their place where they may open more."""
    totals = [client.rollout_entry.total for client in clients]
    most = None if any(t.high is None for t in totals) else sum(t.high or 0 for t in totals)
    if limit.high is None or (most is not None and most <= limit.high):
        yield from clients
        return
    least = min(limit.high, sum(client.entry.total.low for client in clients))
    figure = replace(limit, low=least)
    name = " and ".join(dict.fromkeys(client.name for client in clients))
    yield replace(
        clients[0],
        name=name,
        steady=(figure,),
        rollout=(figure,),
        calm=(),
        ending=(),
        assumed=all(client.assumed for client in clients),
    )


def _limit(database: PoolerDatabase, limits: tuple[RoleLimit, ...]) -> Figure | None:
    """Return the limit that binds first, None where none is known for certain."""
    of_role = [one for one in limits if one.role and one.role == database.user]
    of_database = [one for one in limits if one.database and one.database == database.dbname]
    known = [found[0].most for found in (of_role, of_database) if len(found) == 1]
    stated = [figure for figure in known if figure is not None]
    return min(stated, key=lambda figure: figure.low) if stated else None
