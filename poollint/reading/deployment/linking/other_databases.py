"""Addresses of databases that are no PostgreSQL: SQLite, MySQL and others."""

from __future__ import annotations

import re
from dataclasses import replace

from poollint.facts.code import Pool
from poollint.reading.deployment.linking.reach import means_database
from poollint.reading.deployment.linking.variables import Variables
from poollint.reading.deployment.pools.joined import Joined

_OTHER = re.compile(
    r"\s*(?:jdbc:)?(?:sqlite3?|libsql|mysql2?|mariadb|mssql|sqlserver|oracle|oracledb|duckdb"
    r"|mongodb|clickhouse|snowflake|bigquery|access|ibmi|db2|file)(?:\+\w+)?:",
    re.I,
)


def is_other(value: str | None) -> bool:
    """Tell whether an address is one of another database."""
    return bool(value and _OTHER.match(value))


def left_out(joined: Joined, variables: Variables, *, addressed: bool) -> Joined:
    """Return the pools of a container without those that lead to another database.

    Where none of its addresses is PostgreSQL's (`addressed`), and one is another's, a pool that
    does not say which it reads leads there.
    """
    told = [v for v in variables.values() if means_database(v.name) and v.value.value]
    instead = not addressed and any(is_other(v.value.value) for v in told)

    def is_left_out(pool: Pool) -> bool:
        variable = variables.get(pool.variable) if pool.variable else None
        if variable:
            return is_other(variable.value.value)
        if not pool.variable and pool.url and pool.url.value:
            return is_other(pool.url.value)
        return instead

    kept = (tuple(p for p in group if not is_left_out(p)) for group in joined.groups)
    groups = tuple(group for group in kept if group)
    aliases = tuple(a for a in joined.aliases if not is_left_out(a.pool))
    django = joined.django and not (instead and not joined.aliases)
    django = django and bool(aliases or not joined.aliases)
    singles = tuple(pool for pool in joined.singles if not is_left_out(pool))
    every = (*(p for group in joined.groups for p in group), *joined.singles)
    others = frozenset(pool.span for pool in every if is_left_out(pool))
    return replace(
        joined, groups=groups, aliases=aliases, django=django, singles=singles, others=others
    )
