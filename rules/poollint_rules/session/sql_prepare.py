"""A statement is prepared in SQL for a session that a transaction-mode pooler gives to others.

## Why

`PREPARE` gives a statement a name in the server's session. In transaction mode
the `EXECUTE` of the next transaction may run in another session, and the name
stays behind in this one for whichever client comes next:

```text
ERROR:  prepared statement "by_id" does not exist
ERROR:  prepared statement "by_id" already exists
```

Or it exists, and is another client's: then that one runs, silently.
`max_prepared_statements` does not help: it follows the statements that drivers
prepare by the protocol, and no SQL.

## Example

```python avoid
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def load(ids):
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("PREPARE by_id AS SELECT * FROM orders WHERE id = $1")
            for id_ in ids:
                cur.execute("EXECUTE by_id (%s)", (id_,))
                yield cur.fetchone()
    finally:
        conn.close()
```

```python prefer
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def load(ids):
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SELECT * FROM orders WHERE id = ANY(%s)", (list(ids),))
            return cur.fetchall()
    finally:
        conn.close()
```

## Limits

Silent where it is not known where the connection leads, and where the statement
is deallocated inside the `with` block of the same transaction. `EXECUTE` and
`DEALLOCATE` are reported where the file prepares nothing of that name;
`DEALLOCATE ALL` is not.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import in_transaction_mode, notes, path, pooler


@rule("sql-prepare", Category.SESSION, Severity.ERROR, since="0.1.0")
def sql_prepare(statement: Statement) -> Iterator[Problem]:
    """Yield a statement that prepares, or runs what is prepared, in a session it does not keep."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.PREPARE:
        return
    behind = pooler(endpoint)
    name = statement.subject or "…"
    prepares = statement.text == "PREPARE"
    told = "is lost" if prepares else "may miss its statement"
    yield Problem(
        f"`{statement.text}` {told} behind {behind}",
        at=statement.span,
        label="prepares in the server's session" if prepares else "needs what was prepared before",
        path=path(
            statement,
            endpoint,
            "prepares in the server's session" if prepares else "needs what was prepared before",
        ),
        brief=f"`{statement.text}` behind {behind}",
        why=f'later statements fail with `prepared statement "{name}" does not exist`, '
        "or run another client's",
        help="leave preparing to the driver, and run the query itself",
        notes=notes(endpoint),
        scope=statement.function,
    )
