"""A cursor is kept beyond its transaction behind a transaction-mode pooler.

## Why

`WITH HOLD` keeps a cursor after its transaction, in the server's session. In
transaction mode the next `FETCH` is a transaction of its own and may run in
another session:

```text
ERROR:  cursor "report" does not exist
```

peewee's `ServerSide(query)` declares one of that kind, outside `atomic()` too:

```text
psycopg2.errors.InvalidCursorName: cursor "65c6a034-e60c-11f1-a3fc-02fc00000001" does not exist
```

The cursor stays in the session it was declared in, with its rows in the server's
memory, where another client can read them.

## Example

```python avoid
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def report():
    conn = psycopg2.connect(POOLED)
    try:
        with conn.cursor("report", withhold=True) as cur:
            cur.execute("SELECT * FROM orders")
            yield from cur
    finally:
        conn.close()
```

```python prefer
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def report():
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor("report") as cur:
            cur.execute("SELECT * FROM orders")
            yield from cur
    finally:
        conn.close()
```

## Limits

Silent where it is not known where the connection leads, and where the cursor is
closed inside the `with` block of the transaction it is declared in.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import in_transaction_mode, notes, path, pooler


@rule("cursor-with-hold", Category.SESSION, Severity.ERROR, since="0.1.0")
def cursor_with_hold(statement: Statement) -> Iterator[Problem]:
    """Yield a cursor that is to outlive its transaction in a session it does not keep."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.HOLD_CURSOR:
        return
    name = statement.subject or "…"
    yield Problem(
        f"`{statement.text}` is lost behind {pooler(endpoint)}",
        at=statement.span,
        label="kept in the server's session",
        path=path(statement, endpoint, "kept in the server's session"),
        brief=f"`{statement.text}` behind {pooler(endpoint)}",
        why=f'fetching fails with `cursor "{name}" does not exist`, or reads another\'s rows',
        help="read a cursor without hold inside one transaction, or page by a key",
        notes=notes(endpoint),
        scope=statement.function,
    )
