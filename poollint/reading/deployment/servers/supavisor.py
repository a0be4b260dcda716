"""Supavisor in a container: what its variables say of its pools, and of its own connections.

Sources: supabase.github.io/supavisor, configuration/env (`DB_POOL_SIZE`, `DATABASE_URL`: the
database that Supavisor keeps its tenants in; the ports) and configuration/users and tenants
(`default_pool_size`); the `.env` of Supabase's own Compose files, which tells of `POOLER_…` that a
pool has so many connections, and lets in so many clients. Those variables are read by the script
that sets up the tenant there: where none runs, a tenant may be set up otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.facts.infrastructure import Pooler, PoolerDatabase, Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.variables import Variables, environment, number
from poollint.reading.deployment.servers.poolers import unset
from poollint.reading.naming.values import dsn

PRODUCT = "Supavisor"
PORT = 6543
_SIZE, _OWN = "POOLER_DEFAULT_POOL_SIZE", "DB_POOL_SIZE"
_PER_POOL = "Supavisor has a limit for each pool"
_HOST, _PORT = "db", 5432  # what the script takes where nothing is stated


def pooler(placed: Placed, unit: Unit) -> Pooler | None:
    """Return the pooler that a container's variables describe, None where they tell no size."""
    variables = environment(unit.container.variables)
    size = variables.get(_SIZE)
    if size is None:
        return None
    place = unit.container.span
    unlimited = Figure(0, None, "max_client_conn", Basis.UNKNOWN, _PER_POOL)
    none = Figure.defaulted(0, "max_db_connections", "Supavisor has no such limit")
    return replace(
        unset(placed, unit),
        product=PRODUCT,
        port=PORT,
        mode=Word(None, Basis.UNKNOWN, "Supavisor has a mode for each port"),
        max_client_conn=unlimited,
        default_pool_size=_figure(size, "default_pool_size", place),
        reserve_pool_size=replace(none, name="reserve_pool_size"),
        max_db_connections=none,
        max_user_connections=replace(none, name="max_user_connections"),
        databases=(_tenant(variables, place), *_own(variables, place)),
    )


def _tenant(variables: Variables, place: Span) -> PoolerDatabase:
    host, port = _text(variables, "POSTGRES_HOST"), _text(variables, "POSTGRES_PORT")
    return PoolerDatabase(
        "*", place, host.lower() or _HOST, int(port[:5]) if port.isdecimal() else _PORT, ""
    )


def _own(variables: Variables, place: Span) -> Iterator[PoolerDatabase]:
    """Yield the database that it keeps its tenants in, where a variable says how many it opens."""
    asked, url = variables.get(_OWN), variables.get("DATABASE_URL")
    text = url.value.value if url else None
    address = dsn.address(text.replace("ecto://", "postgresql://", 1)) if text else None
    if asked and address and address.host:
        size = _figure(asked, "pool_size", place)
        yield PoolerDatabase(
            address.dbname, place, address.host, address.port or _PORT, address.dbname, most=(size,)
        )


def _figure(variable: Variable, name: str, place: Span) -> Figure:
    found = number(variable.value, name, variable.name)
    if found is None or found.low < 1:
        return Figure(1, None, name, Basis.UNKNOWN, place, variable.name)
    return found


def _text(variables: Variables, name: str) -> str:
    found = variables.get(name)
    return (found.value.value or "").strip() if found else ""
