"""A pool's size stands in the database URL, where the driver does not read it.

## Why

`connection_limit` is Prisma's, `pool_max_conns` pgx's, `max_size` that of `databases`.
SQLAlchemy and the drivers themselves have no such option in a URL: SQLAlchemy hands what stands
there to the driver, libpq refuses a URL with an option that it does not know, and asyncpg asks
the server to set it, which refuses the connection.

## Example

```python avoid
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://shop@orders-db/orders?pool_size=20")
```

```python prefer
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://shop@orders-db/orders", pool_size=20)
```

## Limits

A variable of a container counts where the code gives it to a pool as it is. Options that a
library reads from its URL (`databases`, Tortoise ORM) are not told.

Source: SQLAlchemy 2.0, `create_engine` ("query string ... passed to the DBAPI"), run with
psycopg2 2.9; libpq 16, `conninfo_uri_parse_params`; asyncpg 0.30, `connect_utils`.
"""

import re
from collections.abc import Iterator

from poollint import Category, Confidence, Pool, Problem, Project, Severity, Span, Variable, rule

_SIZES = frozenset(
    ("connection_limit", "max_overflow", "max_pool_size", "max_size", "maxsize", "maxpoolsize",
     "maximum_pool_size", "min_pool_size", "min_size", "minsize", "pool", "pool_max",
     "pool_max_conns", "pool_min_conns", "pool_min", "pool_pre_ping", "pool_recycle", "pool_size",
     "pool_timeout", "poolsize")
)  # fmt: skip
_LIBPQ = "libpq refuses a URL with an option that it does not know"
_WHAT = {
    "sqlalchemy": "SQLAlchemy hands it to the driver, which refuses it",
    "psycopg": _LIBPQ,
    "psycopg2": _LIBPQ,
    "psycopg_pool": _LIBPQ,
    "aiopg": _LIBPQ,
    "asyncpg": "asyncpg asks the server to set it, and the server refuses the connection",
}
_OPTION = re.compile(r"[?&]([A-Za-z_]\w*)=")


@rule("ignored-url-parameter", Category.BUDGET, Severity.ERROR, since="0.1.0")
def ignored_url_parameter(project: Project) -> Iterator[Problem]:
    """Report sizes of pools in URLs whose driver has no such option."""
    pools = [pool for module in project.modules for pool in module.pools]
    for pool in pools:
        for name in pool.asks:
            if name.lower() in _SIZES and pool.driver in _WHAT:
                yield _problem(name, pool.span, pool, Confidence.HIGH)
    seen: set[Span] = set()
    for variable in _variables(project):
        origin = variable.value.origin
        readers = [pool for pool in pools if pool.variable == variable.name]
        if not isinstance(origin, Span) or origin in seen or not readers:
            continue
        if all(pool.driver in _WHAT for pool in readers):
            seen.add(origin)
            for name in _OPTION.findall(variable.value.value or ""):
                if name.lower() in _SIZES:
                    yield _problem(name, origin, readers[0], Confidence.MEDIUM)


def _variables(project: Project) -> Iterator[Variable]:
    for topology in project.topologies:
        for workload in topology.workloads:
            for container in workload.containers:
                yield from container.variables


def _problem(name: str, at: Span, pool: Pool, confidence: Confidence) -> Problem:
    return Problem(
        f"`{name}` in the URL sets no pool's size",
        at=at,
        label=f"`{name}` stands in this URL",
        why=_WHAT[pool.driver],
        help=f"give the size to `{pool.call}` as an argument",
        scope=pool.function,
        confidence=confidence,
    )
