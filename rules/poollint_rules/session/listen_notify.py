"""A connection listens for notifications behind a transaction-mode pooler.

## Why

`LISTEN` belongs to the server session, and in transaction mode that session
goes to another client as soon as the transaction ends. The pooler drops
notifications that arrive while nobody holds the session, and hands those that
arrive later to whoever holds it then. No error is raised: the listener waits
for ever, and where it asks with a timeout, it hears nothing each time.

```text
LISTEN jobs                -- answered with LISTEN
SELECT pg_listening_channels()   -- the next transaction
(0 rows)
```

`NOTIFY` and `pg_notify` work through any pooler; only listening needs a session
of its own.

## Example

```python avoid
import asyncpg

POOLED = "postgresql://app@ep-calm-sea-123456-pooler.eu-central-1.aws.neon.tech/shop"

async def watch(on_job):
    conn = await asyncpg.connect(POOLED)
    try:
        await conn.add_listener("jobs", on_job)
    finally:
        await conn.close()
```

```python prefer
import asyncpg

DIRECT = "postgresql://app@ep-calm-sea-123456.eu-central-1.aws.neon.tech/shop"

async def watch(on_job):
    conn = await asyncpg.connect(DIRECT)
    try:
        await conn.add_listener("jobs", on_job)
    finally:
        await conn.close()
```

## Limits

Silent where it is not known where the connection leads. `UNLISTEN` by itself is
not reported.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import in_transaction_mode, notes, path, pooler


@rule("listen-notify", Category.SESSION, Severity.ERROR, since="0.1.0")
def listen_notify(statement: Statement) -> Iterator[Problem]:
    """Yield a statement that listens in a session it does not keep."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.LISTEN or statement.text == "UNLISTEN":
        return
    yield Problem(
        f"`{statement.text}` receives nothing behind {pooler(endpoint)}",
        at=statement.span,
        label="listens in a session that is given away",
        path=path(statement, endpoint),
        brief=f"`{statement.text}` behind {pooler(endpoint)}",
        why="notifications go to whichever client holds the session then, or to nobody",
        help="listen on a direct connection, past the pooler; `NOTIFY` may go through it",
        notes=notes(endpoint),
        scope=statement.function,
    )
