"""An advisory lock is taken for a session that a transaction-mode pooler gives to others.

## Why

`pg_advisory_lock` locks for the server session, not for the client. In
transaction mode the session goes to another client after the transaction: the
unlock runs in a session that does not hold the lock, and warns only; the lock
stays until the pooler closes that session, however long ago the client went
away; and two clients that come to the same session both get the lock, so it
excludes nobody.

```text
WARNING:  you don't own a lock of type ExclusiveLock
 pg_advisory_unlock
--------------------
 f
```

`pg_advisory_xact_lock` and its kin end with the transaction, and are safe.

## Example

```python avoid
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def rebuild(work):
    conn = psycopg2.connect(POOLED)
    try:
        with conn.cursor() as cur:
            cur.execute("SELECT pg_advisory_lock(42)")
            work(cur)
    finally:
        conn.close()
```

```python prefer
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def rebuild(work):
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT pg_advisory_xact_lock(42)")
            work(cur)
    finally:
        conn.close()
```

## Limits

Silent where it is not known where the connection leads. A lock that is given
back in the transaction it is taken in is not reported: inside its `with` block,
or before the commit of a connection of SQLAlchemy or psycopg, which begin one by
themselves. `pglock.advisory`, `django_pglocks.advisory_lock` and their like take a
session's lock, and are reported outside `atomic()`; `pglock.advisory(…, xact=True)`
takes one of the transaction.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import in_transaction_mode, notes, path, pooler


@rule("session-advisory-lock", Category.SESSION, Severity.ERROR, since="0.1.0")
def session_advisory_lock(statement: Statement) -> Iterator[Problem]:
    """Yield a statement that locks for a session it does not keep."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.ADVISORY_LOCK:
        return
    instead = statement.text.replace("advisory_lock", "advisory_xact_lock")
    if not instead.startswith("pg_"):
        instead = "pg_advisory_xact_lock"
    yield Problem(
        f"`{statement.text}` does not lock for this client behind {pooler(endpoint)}",
        at=statement.span,
        label="locks for the server's session",
        path=path(statement, endpoint),
        brief=f"`{statement.text}` behind {pooler(endpoint)}",
        why="the unlock may reach another session, and clients that share one both get the lock",
        help=f"take `{instead}` inside the transaction: it is given back when that ends",
        notes=notes(endpoint),
        scope=statement.function,
    )
