"""What ends with its transaction is done outside of one, and so does nothing.

## Why

`SET LOCAL`, `set_config(…, true)`, `SET TRANSACTION`, `SET CONSTRAINTS` and
`pg_advisory_xact_lock` hold until the transaction ends. Where no transaction is
open, each statement is one of its own: the setting or the lock is gone before the
next statement runs. PostgreSQL only warns, or says nothing at all:

```text
WARNING:  SET LOCAL can only be used in transaction blocks
```

asyncpg begins no transaction by itself, nor does psycopg 3 with `autocommit=True`,
nor psycopg2 after `conn.autocommit = True`.
It does not matter whether there is a pooler.

## Example

```python avoid
import asyncpg

async def invoices(tenant):
    async with asyncpg.create_pool("postgresql://app@db/shop") as pool:
        async with pool.acquire() as conn:
            await conn.execute("SET LOCAL search_path TO tenant_1")
            return await conn.fetch("SELECT * FROM invoices")
```

```python prefer
import asyncpg

async def invoices(tenant):
    async with asyncpg.create_pool("postgresql://app@db/shop") as pool:
        async with pool.acquire() as conn, conn.transaction():
            await conn.execute("SET LOCAL search_path TO tenant_1")
            return await conn.fetch("SELECT * FROM invoices")
```

## Limits

Reported where the same function takes the connection, or runs the statement on
the pool itself. A connection that a function is given may be in a transaction of
its caller.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, rule

_IN_MIGRATION = "each statement of this migration runs by itself: `SET` it, past the pooler"


@rule("ineffective-outside-transaction", Category.SESSION, Severity.ERROR, since="0.1.0")
def ineffective_outside_transaction(statement: Statement) -> Iterator[Problem]:
    """Yield a statement whose effect is over before the next one runs."""
    if statement.effect is not Effect.OUTSIDE_TRANSACTION:
        return
    lock = "lock" in statement.text
    yield Problem(
        f"`{statement.text}` does nothing outside a transaction",
        at=statement.span,
        label="no transaction is open here",
        brief=f"`{statement.text}` outside a transaction",
        why="the lock is given back at once, and excludes nobody"
        if lock
        else "the setting is gone before the next statement runs",
        help=_IN_MIGRATION
        if statement.migration
        else "open a transaction around it and what depends on it: "
        "`async with conn.transaction():`, with psycopg `with conn.transaction():`",
        scope=statement.function,
    )
