"""How many pools an entry of a pooler has: one for each user, and those of some have own sizes.

Source: PgBouncer, doc/config.md and src/server.c (pool_pool_size, since 1.23): what `[users]` says
of a user comes before what an entry of `[databases]` says, and that before what is said of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.facts.infrastructure import Pooler, PoolerDatabase, PoolerUser
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.linking.counting import Opened
from poollint.reading.deployment.linking.wording import quoted


@dataclass(frozen=True, slots=True)
class Pools:
    """Pools of one entry that are alike: of `user` where that one has settings of its own."""

    database: PoolerDatabase
    number: Figure
    user: str = ""


def pools(
    pooler: Pooler, database: PoolerDatabase, arrivals: tuple[Opened, ...]
) -> tuple[tuple[Pools, ...], str]:
    """Return the pools of one entry: one for each user, or name, that is known.

    Says so where clients may bring more.
    """
    if database.user and database.alias != "*":
        own = {one.name: one for one in sized(pooler)}.get(database.user)
        number = Figure(1, 1, "pools", Basis.STATED, database.span)
        return (Pools(_as_it_is_to(own, database) if own else database, number),), ""
    named, text, what = _pairs(pooler, database, arrivals)
    if sized(pooler) and not named and not text:
        others = quoted(one.name for one in sized(pooler))
        text = f"`{pooler.name}`: a pool of another size for {others}, if they come"
    return tuple(_alike(pooler, database, named, what)), text


def _pairs(
    pooler: Pooler, database: PoolerDatabase, arrivals: tuple[Opened, ...]
) -> tuple[list[str], str, str]:
    """Return the user of each pool that is known of, what more may come, and what is counted."""
    if database.alias == "*":
        named = {other.alias for other in pooler.databases}
        pairs = {
            (o.dbname, database.user or o.user)
            for o in arrivals
            if (o.dbname or o.user) and o.dbname not in named
        }
        text = f"`*` of `{pooler.name}`: one more pool for each other database and user asked for"
        return sorted(user for _, user in pairs), text, "pools"
    users = {o.user for o in arrivals if o.user and o.dbname in ("", database.alias)}
    return sorted(users), "", "users"


def _alike(
    pooler: Pooler, database: PoolerDatabase, named: list[str], what: str
) -> Iterator[Pools]:
    own = {one.name: one for one in sized(pooler) if one.name in named}
    rest = [user for user in named if user not in own]
    if rest or not named:
        yield Pools(database, _figure(len(rest), what, pooler))
    for user, settings in own.items():
        number = _figure(named.count(user), what, pooler)
        yield Pools(_as_it_is_to(settings, database), number, user if len(set(named)) > 1 else "")


def sized(pooler: Pooler) -> tuple[PoolerUser, ...]:
    """Return the users whose pools may be of another size than those of others."""
    return tuple(u for u in pooler.users if u.pool_size or u.reserve_pool_size or u.most)


def of_whoever_comes(
    pooler: Pooler, databases: Iterable[PoolerDatabase], arrivals: Iterable[Opened]
) -> bool:
    """Tell whether an entry has a pool for each user that comes, and no file tells who does."""
    known = [arrival for arrival in arrivals if arrival.user]
    return pooler.product == "PgBouncer" and any(
        not (entry.user or entry.asks or entry.most or entry.alias == "*")
        and _has_room(pooler, entry)
        and not any(one.dbname in ("", entry.alias) for one in known)
        for entry in databases
    )


def _has_room(pooler: Pooler, entry: PoolerDatabase) -> bool:
    """Tell whether a second pool would hold anything beside a first: no cap stops it."""
    cap = entry.max_connections or pooler.max_db_connections
    size = entry.pool_size or pooler.default_pool_size
    return size.high is None or not cap.high or size.high < cap.high


def _as_it_is_to(user: PoolerUser, database: PoolerDatabase) -> PoolerDatabase:
    """Return an entry with what is said of a user in place of what it says itself."""
    caps = [cap for cap in (database.max_connections, user.most) if cap and cap.high]
    return replace(
        database,
        pool_size=user.pool_size or database.pool_size,
        reserve_pool_size=user.reserve_pool_size or database.reserve_pool_size,
        max_connections=min(caps, key=lambda cap: cap.high or 0, default=database.max_connections),
    )


def _figure(known: int, name: str, pooler: Pooler) -> Figure:
    number = max(known, 1)
    return Figure(number, number, name, Basis.DERIVED, pooler.span, "in the clients' URLs")
