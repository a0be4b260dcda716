"""A driver keeps prepared statements behind a pooler that does not follow them.

## Why

asyncpg prepares every statement it runs under a name, psycopg 3 what it runs for
the sixth time. A prepared statement belongs to the server's session. In
transaction mode the next transaction runs in another session, where the name is
missing, or stands for the statement of another client:

```text
InvalidSQLStatementNameError: prepared statement "__asyncpg_stmt_1__" does not exist
DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists
psycopg.errors.InvalidSqlStatementName: prepared statement "_pg3_0" does not exist
psycopg.errors.DuplicatePreparedStatement: prepared statement "_pg3_0" already exists
```

It works as long as few clients are connected, and breaks under load. A cursor of
asyncpg (`conn.cursor(…)`) has a named statement even with `statement_cache_size=0`.

PgBouncer follows the statements of drivers since 1.21, where
`max_prepared_statements` is above 0; that is 0 by default up to 1.23, and 200
since 1.24. psycopg2 prepares nothing.

The query engine of Prisma, up to version 6, prepares all that it runs as well (`s0`, `s1`, …), that
of Prisma Client Python too; `?pgbouncer=true` in the URL turns it off.

## Example

```python avoid
import asyncpg

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

async def start():
    return await asyncpg.create_pool(POOLED)
```

```python prefer
import asyncpg

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

async def start():
    return await asyncpg.create_pool(POOLED, statement_cache_size=0)
```

With SQLAlchemy the driver's arguments stand in `connect_args`:

```python prefer
from sqlalchemy.ext.asyncio import create_async_engine

POOLED = "postgresql+asyncpg://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

engine = create_async_engine(POOLED, connect_args={"statement_cache_size": 0})
```

Tortoise and databases take it in the URL or as an argument: Tortoise as
`asyncpg://…?statement_cache_size=0`, databases as `Database(url, statement_cache_size=0)`.
In place of a cursor of asyncpg, one that is declared in SQL lasts as long as the
transaction, and has a name of yours only:

```python prefer
import asyncpg

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

async def report(write):
    conn = await asyncpg.connect(POOLED, statement_cache_size=0)
    try:
        async with conn.transaction():
            await conn.execute("DECLARE lines NO SCROLL CURSOR FOR SELECT * FROM orders")
            while rows := await conn.fetch("FETCH 500 FROM lines"):
                write(rows)
    finally:
        await conn.close()
```

A schema of Prisma is read too. The URL that its variable holds is to say `pgbouncer=true`,
where the pooler follows no statements, and only there:

```text
DATABASE_URL=postgresql://app@pooler:6432/shop?pgbouncer=true&connection_limit=5
DIRECT_URL=postgresql://app@db:5432/shop
```

`prisma migrate` needs a connection of its own past the pooler: `directUrl = env("DIRECT_URL")`
in the schema.

asyncpg up to 0.30 names the statements of SQLAlchemy all the same: there
`prepared_statement_cache_size` is to be 0 as well, and `poolclass=NullPool` with a
`prepared_statement_name_func` that makes names nobody else has.

## Limits

Silent where it is not known where the connection leads, and where the arguments
may hold more than the file tells (`**settings`). Where neither the version of
PgBouncer nor `max_prepared_statements` is known, the finding has a low confidence
and is shown with `--pedantic` only. `psycopg.ClientCursor` and Django prepare
nothing, and are not reported. A schema of Prisma is told of only where the file has the
generator of a client, the URL is known, and nothing in the tree gives the client a driver
adapter or another address. Source: prisma-engines, quaint's connector for PostgreSQL;
prisma.io/docs/orm/v6, Configure Prisma Client with PgBouncer.
"""

from collections.abc import Iterator

from poollint import (
    Basis,
    Category,
    Confidence,
    Effect,
    Endpoint,
    Figure,
    Problem,
    Severity,
    Span,
    Statement,
    Step,
    rule,
)
from poollint_rules.session.transaction_mode import in_transaction_mode, notes, path, pooler

_PRODUCT = "PgBouncer"


@rule("driver-prepared-statements", Category.SESSION, Severity.ERROR, since="0.1.0")
def driver_prepared_statements(statement: Statement) -> Iterator[Problem]:
    """Yield connections whose driver names statements that the pooler does not follow."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.NAMED_STATEMENTS:
        return
    followed = endpoint.prepared
    if followed is not None and followed.high != 0:
        return
    steps = list(path(statement, endpoint, "prepares statements under names"))
    if followed is not None and isinstance(followed.origin, Span):
        steps.append(Step(followed.origin, "follows no prepared statements"))
    behind = pooler(endpoint)
    yield Problem(
        f"the prepared statements of {statement.text} are lost behind {behind}",
        at=statement.span,
        label="prepares statements under names",
        path=tuple(steps),
        brief=f"{statement.text} prepares statements behind {behind}",
        why=f"queries fail with `{statement.failure}`, or `already exists`",
        help=_help(statement, endpoint),
        notes=(*notes(endpoint), *_known_by(followed, endpoint)),
        confidence=_confidence(followed),
        scope=statement.function,
    )


def _help(statement: Statement, endpoint: Endpoint) -> str:
    if endpoint.pooler != _PRODUCT or not endpoint.version:
        return statement.help
    return f"{statement.help}, or set `max_prepared_statements` (PgBouncer 1.21 and later)"


def _known_by(followed: Figure | None, endpoint: Endpoint) -> tuple[str, ...]:
    """Return how it is known that statements are not followed, where no line says so."""
    if followed is None:
        return ("harmless with PgBouncer 1.24 and later, unless `max_prepared_statements` is 0",)
    if isinstance(followed.origin, Span):
        return ()
    if followed.basis is Basis.DEFAULTED:
        known = "" if "knows no" in followed.origin else "`max_prepared_statements = 0`: "
        return (f"{known}{followed.origin}",)
    return ()


def _confidence(followed: Figure | None) -> Confidence:
    if followed is None:
        return Confidence.LOW
    return Confidence.MEDIUM if followed.basis is Basis.DERIVED else Confidence.HIGH
