"""The pooler that a pgcat.toml describes: a pool for each user at each server of each shard.

Source: src/pool.rs (ConnectionPool::from_config) of postgresml/pgcat at 5b03881: it builds one pool
of `pool_size` for every address, mirrors included, and every user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from poollint.facts.infrastructure import Pooler, PoolerDatabase, Setting
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.syntax.toml import Node

PRODUCT = "PgCat"
_MODES = ("session", "transaction")
_PORT = 5432
_DEFAULT = "PgCat default, 0.6 to 1.3"
_EVERYWHERE = frozenset({"", "0.0.0.0", "::", "*"})
# What it sets anew for each client that differs in it (src/server.rs, ServerParameters); `shard` is
# no parameter, but a command of its own: `SET SHARD TO '1'`.
_TRACKED = (
    "client_encoding", "DateStyle", "TimeZone", "standard_conforming_strings", "application_name",
    "shard",
)  # fmt: skip

Table = Mapping[str, Node]


def table(node: Node | Table, name: str) -> Table:
    """Return a table within a table, empty where there is none."""
    given = node.value if isinstance(node, Node) else node
    found = given.get(name) if isinstance(given, Mapping) else None
    return found.value if found is not None and isinstance(found.value, Mapping) else {}


def tables(node: Node | Table, name: str) -> Mapping[str, Table]:
    """Return the tables of a table, by their names."""
    return {
        key: one.value for key, one in table(node, name).items() if isinstance(one.value, Mapping)
    }


def text(node: Node) -> str:
    """Return a scalar as it may be shown, "" for what is none."""
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    return "" if isinstance(node.value, Mapping | tuple) else str(node.value)


def pooler(root: Node, settings: tuple[Setting, ...], place: Span, name: str) -> Pooler:
    """Return the pooler. Nothing bounds how many clients it lets in."""
    general = table(root, "general")
    none = Figure.defaulted(0, "max_db_connections", "PgCat has no such limit")
    host = text(general["host"]) if "host" in general else ""
    pools = tables(root, "pools")
    return Pooler(
        name=name,
        product=PRODUCT,
        span=place,
        hosts=() if host in _EVERYWHERE else (host,),
        port=_port(general.get("port")),
        mode=_agreed(pools),
        instances=Figure(1, 1, "instances", Basis.ASSUMED, "one process for a file"),
        max_client_conn=Figure(0, None, "clients", Basis.UNKNOWN, "PgCat has no such limit"),
        default_pool_size=Figure(0, None, "pool_size", Basis.UNKNOWN, place),
        reserve_pool_size=none,
        max_db_connections=none,
        max_user_connections=none,
        databases=tuple(d for pool in pools for d in _databases(pool, pools[pool], place)),
        tracked=_TRACKED,
        prepared=_prepared(pools),
    )


def _port(node: Node | None) -> int:
    return node.value if node is not None and isinstance(node.value, int) else _PORT


def _agreed(pools: Mapping[str, Table]) -> Word:
    """Return the mode where all pools have the same, unknown where they differ."""
    found = {word.value: word for pool in pools.values() for word in _modes(pool)}
    if len(found) == 1:
        return next(iter(found.values()))
    return Word(None, Basis.UNKNOWN, "it differs by pool and user")


def _modes(pool: Table) -> Iterator[Word]:
    for user in tables(pool, "users").values() or ({},):
        yield _mode(pool, user)


def _mode(pool: Table, user: Table) -> Word:
    for given in (user, pool):
        node = given.get("pool_mode")
        if node is not None:
            mode = text(node).lower()
            return Word(mode if mode in _MODES else None, Basis.STATED, node.span)
    return Word("transaction", Basis.DEFAULTED, _DEFAULT)


def _prepared(pools: Mapping[str, Table]) -> Figure | None:
    """Return how many named statements are followed, None where pools differ."""
    name = "prepared_statements_cache_size"
    found = [pool[name] for pool in pools.values() if name in pool]
    if not found:
        return Figure.defaulted(0, name, _DEFAULT)
    numbers = {node.value for node in found}
    number = numbers.pop()
    if numbers or len(found) != len(pools) or not isinstance(number, int):
        return None
    return Figure.stated(number, name, found[0].span)


def _databases(name: str, pool: Table, place: Span) -> Iterator[PoolerDatabase]:
    """Yield one entry for each user at each server."""
    for user in tables(pool, "users").values():
        for shard in tables(pool, "shards").values():
            for kind in ("servers", "mirrors"):
                for server in _list(shard.get(kind)):
                    yield _database(name, pool, user, shard, server)


def _list(node: Node | None) -> tuple[Node, ...]:
    return node.value if node is not None and isinstance(node.value, tuple) else ()


def _database(name: str, pool: Table, user: Table, shard: Table, server: Node) -> PoolerDatabase:
    given = server.value
    if isinstance(given, tuple):
        given = dict(zip(("host", "port"), given, strict=False))
    given = given if isinstance(given, Mapping) else {}
    role = user.get("server_username") or user.get("username")
    size = user.get("pool_size")
    return PoolerDatabase(
        alias=name,
        span=server.span,
        host=text(given["host"]).lower() if "host" in given else "",
        port=_port(given.get("port")),
        dbname=text(shard["database"]) if "database" in shard else "",
        user=(text(role) if role else "") or "?",
        mode=_mode(pool, user),
        pool_size=_size(size, server.span),
    )


def _size(node: Node | None, place: Span) -> Figure:
    if node is None or not isinstance(node.value, int) or isinstance(node.value, bool):
        return Figure(0, None, "pool_size", Basis.UNKNOWN, node.span if node else place)
    return Figure.stated(node.value, "pool_size", node.span)
