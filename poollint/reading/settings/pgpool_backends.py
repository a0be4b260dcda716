"""The pooler that a pgpool.conf describes: what its children may open at every backend.

Source: documentation of Pgpool-II 4.7, `num_init_children` and `max_pool`: each child serves one
client at a time and keeps a connection for each of up to `max_pool` pairs of user and database, at
every backend: num_init_children * max_pool in all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from poollint.catalog import settings as catalog
from poollint.facts.infrastructure import Pooler, PoolerDatabase
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.settings import values
from poollint.syntax import units
from poollint.syntax.pgpool import Entry

PRODUCT = "Pgpool-II"
_BACKENDS = 128  # MAX_NUM_BACKENDS
_EVERYWHERE = frozenset({"", "*", "0.0.0.0", "::"})
_NO_LIMIT = "Pgpool-II has those that come on top wait"

Entries = Mapping[str, Entry]


def pooler(entries: Iterable[Entry], place: Span, name: str, *, complete: bool) -> Pooler:
    """Return the pooler; what an included file may say is not known."""
    last = {entry.name: entry for entry in entries}
    children = _figure("num_init_children", last, complete=complete)
    none = Figure.defaulted(0, "max_db_connections", "Pgpool-II has no such limit")
    port = _figure("port", last, complete=complete)
    return Pooler(
        name=name,
        product=PRODUCT,
        span=place,
        hosts=_hosts(last.get("listen_addresses")),
        port=port.low,
        mode=Word("session", Basis.DERIVED, "Pgpool-II keeps a server connection for each client"),
        instances=Figure(1, 1, "instances", Basis.ASSUMED, "one process for a file"),
        max_client_conn=Figure(0, None, "num_init_children", Basis.UNKNOWN, _NO_LIMIT),
        default_pool_size=children,
        reserve_pool_size=none,
        max_db_connections=none,
        max_user_connections=none,
        databases=tuple(_backends(last, _most(children, last, complete=complete))),
    )


def _most(children: Figure, last: Entries, *, complete: bool) -> tuple[Figure, ...]:
    """Return the factors of what it may open at one backend: one for each child at the least."""
    cache = last.get("connection_cache")
    if cache is not None and units.postgres_bool(cache.value) is False:
        return (children,)
    pools = _figure("max_pool", last, complete=complete)
    if not pools.high or pools.high < 2:
        return (children,)
    return children, Figure(
        1, pools.high, "max_pool", pools.basis, pools.origin, "pairs of user and database"
    )


def _figure(name: str, last: Entries, *, complete: bool) -> Figure:
    """Return a number of the file, or the default."""
    known = catalog.other("pgpool")
    default = int(known.sections["pgpool"][name].default)
    entry = last.get(name)
    if entry is None:
        if complete:
            return Figure.defaulted(default, name, f"Pgpool-II default, 3.6 to {known.newest}")
        return Figure(default, default, name, Basis.UNKNOWN, "Pgpool-II default")
    number = units.postgres_integer(entry.value)
    if number is None or number < 1 or values.is_open(entry.value):
        return Figure(default, default, name, Basis.UNKNOWN, entry.value_span)
    return Figure.stated(number, name, entry.value_span)


def _hosts(entry: Entry | None) -> tuple[str, ...]:
    if entry is None or values.is_open(entry.value):
        return ()
    names = (name.strip() for name in entry.value.split(","))
    return tuple(name for name in names if name not in _EVERYWHERE)


def _backends(last: Entries, most: tuple[Figure, ...]) -> Iterator[PoolerDatabase]:
    """Yield every backend; one without a port is not in use."""
    for number in range(_BACKENDS):
        port, host = last.get(f"backend_port{number}"), last.get(f"backend_hostname{number}")
        stated = units.postgres_integer(port.value) if port is not None else None
        if port is None or not stated:
            continue
        name = host.value.strip().lower() if host is not None else ""
        place = (host or port).span
        yield PoolerDatabase(
            "*", place, "" if name.startswith("/") else name, stated, "", most=most
        )
