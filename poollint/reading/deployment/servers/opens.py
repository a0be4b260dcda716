"""What a pooler may open towards its servers.

Source: PgBouncer's doc/config.md and src/objects.c at 13a344f2, and measurements with versions
1.18 to 1.26: a pool exists for each entry of `[databases]` and server user; it holds its size
and its reserve; `max_db_connections` bounds the pools of one entry, `max_user_connections` those
of one user; all of it in each process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.facts.infrastructure import Pooler, PoolerDatabase, RoleLimit, Workload
from poollint.facts.topology import Client
from poollint.model.figure import Basis, Entry, Figure
from poollint.reading.deployment.kubernetes.rollouts import ending, rolling
from poollint.reading.deployment.linking.asking import Asked
from poollint.reading.deployment.linking.counting import Opened
from poollint.reading.deployment.linking.wording import connections, quoted
from poollint.reading.deployment.servers.role_limits import LIMIT, capped
from poollint.reading.deployment.servers.user_pools import Pools, of_whoever_comes, pools


@dataclass(frozen=True, slots=True)
class Opens:
    """The clients a pooler is of its server, and what had to be taken for granted."""

    clients: tuple[Client, ...]
    missing: tuple[str, ...]


def opens(
    pooler: Pooler,
    databases: tuple[PoolerDatabase, ...],
    opened: Iterable[Opened],
    workload: Workload | None,
    limits: Iterable[RoleLimit] = (),
    most: Asked | None = None,
    listed: int = 0,
) -> Opens:
    """Return what `pooler` may open for `databases`, by the pool or the cap that binds.

    `limits` are those that the server has for its roles and databases; `most` is what all of its
    clients ever ask for at once, None where others may come; `listed` is how
    many users a list of the tree lets in, 0 where there is none.
    """
    known = tuple(limits)
    arrivals = tuple(opened)
    found: list[Client] = []
    missing: list[str] = []
    if not databases:
        missing.append(f"`{pooler.name}`: what it opens is not known{_come(arrivals)}")
    for database in databases:
        if database.most:
            database, open_ended = _of_pairs(pooler, database, arrivals)
            missing += [open_ended] if open_ended else []
            name = pooler.name if len(databases) == 1 else f"{pooler.name}/{database.alias}"
            found += capped([_client(pooler, name, database.most)], database, known)
            continue
        alike, open_ended = pools(pooler, database, arrivals)
        if any(_size(pooler, each.database).basis is Basis.UNKNOWN for each in alike):
            missing.append(f"`{pooler.name}`: the size of its pools is not known")
            continue
        if open_ended:
            missing.append(open_ended)
        own = _of_database(pooler, database, alike, several=len(databases) > 1)
        found += capped(own, database, known)
    users = _users(databases, arrivals)
    cap = pooler.max_user_connections
    apart = any(one.most and one.name in {o.user for o in arrivals} for one in pooler.users)
    if cap.high and not apart and _total(found) > users.low * cap.high:
        factors = (pooler.max_user_connections,)
        found = [_client(pooler, pooler.name, (*_many(users), *factors))]
    whole = tuple(_rolling(client, workload) for client in found)
    # Where they are known, it opens no more than its clients ask for.
    more = () if most else _more(pooler, databases, arrivals, listed)
    return Opens(_asked(pooler, whole, most) if not missing else whole, (*missing, *more))


def _more(
    pooler: Pooler,
    databases: tuple[PoolerDatabase, ...],
    arrivals: tuple[Opened, ...],
    listed: int,
) -> Iterator[str]:
    """Yield what else may be opened: for users that the server knows, by other processes."""
    asks = any(d.asks and not d.user and d.alias != "*" for d in databases)
    if asks and not any(o.user for o in arrivals):
        which = "a pool for each user that it asks the server for (`auth_user`)"
        yield f"`{pooler.name}`: {which}"
    if listed > 1 and of_whoever_comes(pooler, databases, arrivals):
        which = f"one more pool in each database for each other of the {listed} users in its list"
        yield f"`{pooler.name}`: {which}"
    if pooler.peers > 1:
        yield f"`{pooler.name}`: what its peers open ({pooler.peers} in all)"


def _of_pairs(
    pooler: Pooler, database: PoolerDatabase, arrivals: tuple[Opened, ...]
) -> tuple[PoolerDatabase, str]:
    """Return what Pgpool may open for the pairs of user and database that are known to come.

    Each of its children keeps a connection for each pair that it has served, up to `max_pool`
    (`most`). Where a client is known that names no pair, as many as that may come.
    """
    pairs = {(o.dbname, o.user) for o in arrivals}
    known = bool(pairs) and all(name and user for name, user in pairs)
    children, *rest = database.most
    if not known or len(rest) != 1 or rest[0].high is None or rest[0].high <= len(pairs):
        return database, ""
    number = len(pairs)
    pool = replace(rest[0], high=number, hint=f"{rest[0].hint}, {number} in the clients' URLs")
    text = f"`{pooler.name}`: a connection more in each child for each other user and database"
    return replace(database, most=(children, pool)), text


def _asked(pooler: Pooler, clients: tuple[Client, ...], most: Asked | None) -> tuple[Client, ...]:
    """Return what the pools may open, or what their clients ask for, where that is less.

    A pool takes another connection only for a client that waits (PgBouncer, src/janitor.c), so
    that all of them never hold more than there are clients.
    """
    totals = [client.entry.total.high for client in clients]
    room = sum(total or 0 for total in totals)
    if most is None or not clients or None in totals or room <= most.steady:
        return clients
    hint = f"all clients together, of {room} that its pools have room for"
    steady, rollout, ending = (
        (Figure(number, number, "clients", Basis.DERIVED, pooler.default_pool_size.origin, hint),)
        for number in (most.steady, most.rollout, most.ending)
    )
    return (Client(pooler.name, pooler.span, steady, rollout, (), ending),)


def _come(arrivals: Iterable[Opened]) -> str:
    """Return in words what comes in, "" where nothing is known to."""
    clients = [arrival.client for arrival in arrivals]
    if not clients:
        return ""
    return f"; {quoted(c.name for c in clients)} may open {connections(clients)} to it"


def _size(pooler: Pooler, database: PoolerDatabase) -> Figure:
    return database.pool_size or pooler.default_pool_size


def _of_database(
    pooler: Pooler, database: PoolerDatabase, alike: tuple[Pools, ...], *, several: bool
) -> list[Client]:
    """Return what the pools of one entry may open, or the cap on all of them where that binds."""
    name = f"{pooler.name}/{database.alias}" if several else pooler.name
    found = [
        client
        for each in alike
        for client in _of_pools(
            pooler, each.database, each.number, f"{name} of {each.user}" if each.user else name
        )
    ]
    cap = database.max_connections or pooler.max_db_connections
    if len(alike) > 1 and cap.high and _total(found) > cap.high:
        return [_client(pooler, name, (cap,))]
    return found


def _of_pools(pooler: Pooler, database: PoolerDatabase, number: Figure, name: str) -> list[Client]:
    size = _size(pooler, database)
    reserve = database.reserve_pool_size or pooler.reserve_pool_size
    cap = database.max_connections or pooler.max_db_connections
    each = None if size.high is None or reserve.high is None else size.high + reserve.high
    if cap.high and (each is None or number.low * each > cap.high):
        return [_client(pooler, name, (cap,))]
    clients = [_client(pooler, name, (*_many(number), size))]
    if reserve.high != 0:
        clients.append(_client(pooler, f"{name} reserve", (*_many(number), reserve)))
    return clients


def _many(number: Figure) -> tuple[Figure, ...]:
    """Return the factor for several pools; one pool needs no line of its own."""
    return (number,) if number.low > 1 else ()


def _users(databases: tuple[PoolerDatabase, ...], arrivals: tuple[Opened, ...]) -> Figure:
    forced = {d.user for d in databases if d.user}
    free = {o.user for o in arrivals if o.user} or {""}
    number = len(forced) + (len(free) if any(not d.user for d in databases) else 0)
    origin = databases[0].span if databases else "no database"
    return Figure(max(number, 1), max(number, 1), "users", Basis.DERIVED, origin)


def _total(clients: list[Client]) -> int:
    """Return what one process may open; a very large number where nothing bounds it."""
    totals = [Entry("", client.steady[1:]).total.high for client in clients]
    return sum(10**9 if total is None else total for total in totals)


def _client(pooler: Pooler, name: str, factors: tuple[Figure, ...]) -> Client:
    steady = (pooler.instances, *factors)
    return Client(name, pooler.span, steady, steady)


def _rolling(client: Client, workload: Workload | None) -> Client:
    if workload is None or workload.surge is None or client.steady[0].name == LIMIT:
        return client
    rest = client.steady[1:]
    rolled, old = (rolling(workload), *rest), (ending(workload), *rest)
    return replace(client, rollout=rolled, ending=old, behind=workload)
