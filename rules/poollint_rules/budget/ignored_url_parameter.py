"""A database URL holds an option that the driver does not know: a pool's size, or Prisma's.

## Why

`connection_limit` and `pgbouncer` are Prisma's, `pool_max_conns` is pgx's, `max_size` that of
`databases`. SQLAlchemy and the drivers themselves have no such option in a URL, and none of
them looks past it: every connection fails. SQLAlchemy hands what stands there to the driver,
libpq refuses a URL with an option that it does not know, and asyncpg asks the server to set it.

```text
psycopg2.ProgrammingError: invalid dsn: invalid URI query parameter: "pgbouncer"
psycopg.ProgrammingError: invalid connection option "connection_limit"
asyncpg.exceptions.UndefinedObjectError: unrecognized configuration parameter "pgbouncer"
TypeError: connect() got an unexpected keyword argument 'sslmode'
```

The last one is SQLAlchemy's with asyncpg: what libpq takes (`sslmode`, `channel_binding`,
`connect_timeout`), as providers write it into their URLs, is no argument of asyncpg's. There
it is `?ssl=require`.

## Example

```python avoid
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://shop@orders-db/orders?pool_size=20")
```

```python prefer
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://shop@orders-db/orders", pool_size=20)
```

Libraries for Node.js connect all the same, and their pool has the size that it has else:
node-postgres, Knex, Sequelize, TypeORM and Prisma's own adapter (`connection_limit` was read by
its engine, until version 6). This is told where a container is given such a URL, its image is
built from the code, and all pools there that read the variable are known.

A URL that Prisma shares with a Python program is best given twice:

```python avoid
import psycopg2

def connect():
    return psycopg2.connect("postgresql://shop@orders-db:6432/orders?pgbouncer=true")
```

```python prefer
import psycopg2

def connect():
    return psycopg2.connect("postgresql://shop@orders-db:6432/orders")
```

## Limits

A variable of a container, or of a `.env` file that the code loads, counts where the code gives
it to a driver as it is; where a file that reads it takes URLs apart, nothing is said. Options
that a library reads from its URL (`databases`, Tortoise ORM) are not told.

Source: run with psycopg2 2.9.13, psycopg 3.3.9, asyncpg 0.32.0, aiopg 1.4.0 and SQLAlchemy
2.1.9, with PostgreSQL 15 and through PgBouncer 1.18; with pg-pool 3.14.0, knex 3.3.0, sequelize
6.37.8, typeorm 1.1.1 and @prisma/adapter-pg 7.10.1; prisma.io/docs, PostgreSQL, Arguments.
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Effect,
    Pool,
    Problem,
    Project,
    Severity,
    Span,
    Statement,
    Step,
    rule,
)

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


@rule("ignored-url-parameter", Category.BUDGET, Severity.ERROR, since="0.1.0")
def ignored_url_parameter(project: Project) -> Iterator[Problem]:
    """Report options in URLs that the driver does not know."""
    pools = {pool.span: pool for module in project.modules for pool in module.pools}
    for pool in pools.values():
        for name in pool.asks:
            if name.lower() in _SIZES and pool.driver in _WHAT:
                yield _size(name, pool.span, pool, _WHAT[pool.driver], Confidence.HIGH)
    yield from _overlooked(project)
    seen: set[tuple[Span, str]] = set()
    for statement in _asking(project):
        at = _place(statement)
        known = pools.get(statement.span)
        for name in statement.subject.split(","):
            told = known is not None and name in known.asks and name.lower() in _SIZES
            if told or (at, name) in seen:
                continue
            seen.add((at, name))
            yield _refused(name, at, statement, known)


def _overlooked(project: Project) -> Iterator[Problem]:
    """Yield the sizes in URLs of containers at which the library of their code never looks."""
    every = (option for topology in project.topologies for option in topology.ignored)
    for option in {(option.span, option.name): option for option in every}.values():
        label = f"`{option.name}` stands in this URL"
        yield Problem(
            f"`{option.name}` in the URL sets no pool's size",
            at=option.span,
            label=label,
            path=(Step(option.span, label), Step(option.pool, "makes a pool with this URL")),
            why=f"{option.driver} never looks at it: the pool keeps the size that it has else",
            help=f"give the size to the pool as `{option.setting}`",
            confidence=Confidence.MEDIUM,
        )


def _asking(project: Project) -> Iterator[Statement]:
    for module in project.modules:
        yield from (s for s in module.statements if s.effect is Effect.URL_OPTION)


def _place(statement: Statement) -> Span:
    """Return where the URL stands: in a file of variables, or in the code."""
    origin = statement.url.origin if statement.variable and statement.url else None
    return origin if isinstance(origin, Span) else statement.span


def _refused(name: str, at: Span, statement: Statement, pool: Pool | None) -> Problem:
    why = f"every connection fails: `{statement.failure.format(name)}`"
    confidence = Confidence.MEDIUM if statement.variable else Confidence.HIGH
    if pool is not None and name.lower() in _SIZES:
        return _size(name, at, pool, why, confidence)
    path = [Step(at, f"`{name}` stands in this URL")]
    path += [Step(statement.span, "connects with it")] if at != statement.span else []
    return Problem(
        f"`{name}` in the URL is refused: {statement.text} has no such option",
        at=at,
        label=f"`{name}` stands in this URL",
        path=tuple(path),
        why=why,
        help=_instead(name, statement),
        scope=statement.function,
        confidence=confidence,
    )


def _instead(name: str, statement: Statement) -> str:
    if name == "sslmode":
        return "write `ssl` in its place, as asyncpg calls it, or pass `ssl` in `connect_args`"
    if name == "statement_cache_size":
        return "pass it to the driver as an argument, a number"
    shared = f" of the URL, or give it to Prisma in a variable besides `{statement.variable}`"
    return f"take `{name}` out" + (shared if statement.variable else " of the URL")


def _size(name: str, at: Span, pool: Pool, why: str, confidence: Confidence) -> Problem:
    return Problem(
        f"`{name}` in the URL sets no pool's size",
        at=at,
        label=f"`{name}` stands in this URL",
        why=why,
        help=f"give the size to `{pool.call}` as an argument",
        scope=pool.function,
        confidence=confidence,
    )
