"""A transaction is begun behind a pooler in statement mode, which refuses it.

## Why

In statement mode a session goes to another client after each statement. PgBouncer
refuses to begin a transaction, and closes the connection:

```text
FATAL:  transaction blocks not allowed in statement pooling mode
```

psycopg2, psycopg 3 and SQLAlchemy begin one before the first statement, unless
they are told to commit each statement by itself (`autocommit`).

## Example

```ini avoid pgbouncer.ini
[databases]
shop = host=10.0.0.7

[pgbouncer]
listen_port = 6432
pool_mode = statement
```

```python avoid
import asyncpg

async def pay(order):
    async with asyncpg.create_pool("postgresql://app@10.0.0.5:6432/shop") as pool:
        async with pool.acquire() as conn, conn.transaction():
            await conn.execute("UPDATE orders SET paid = true WHERE id = $1", order)
```

```ini prefer pgbouncer.ini
[databases]
shop = host=10.0.0.7

[pgbouncer]
listen_port = 6432
pool_mode = transaction
max_prepared_statements = 100
```

```python prefer
import asyncpg

async def pay(order):
    async with asyncpg.create_pool("postgresql://app@10.0.0.5:6432/shop") as pool:
        async with pool.acquire() as conn, conn.transaction():
            await conn.execute("UPDATE orders SET paid = true WHERE id = $1", order)
```

## Limits

Silent where it is not known where the connection leads. A file that speaks of
`autocommit` anywhere is taken to switch it on for all of its connections; there,
`with conn:` of psycopg2 (which begins one all the same, since 2.9) and
`conn.autocommit = False` are reported. One text
with `BEGIN` and `COMMIT` in it passes, and is not reported.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import notes, path, pooler


@rule("statement-mode-transaction", Category.SESSION, Severity.ERROR, since="0.1.0")
def statement_mode_transaction(statement: Statement) -> Iterator[Problem]:
    """Yield what begins a transaction where there can be none."""
    endpoint = statement.endpoint
    if endpoint is None or endpoint.mode.value != "statement":
        return
    if statement.effect is not Effect.TRANSACTION:
        return
    behind = pooler(endpoint)
    yield Problem(
        f"a transaction of `{statement.text}` is refused by {behind} in statement mode",
        at=statement.span,
        label="begins a transaction",
        path=path(statement, endpoint, "begins a transaction"),
        brief=f"`{statement.text}` in statement mode",
        why="it fails with `transaction blocks not allowed in statement pooling mode`",
        help="set `pool_mode = transaction`, or commit each statement by itself (`autocommit`)",
        notes=notes(endpoint),
        scope=statement.function,
    )
