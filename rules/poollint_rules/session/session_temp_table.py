"""A temporary table outlives its transaction behind a transaction-mode pooler.

## Why

A temporary table lives in the server's session. In transaction mode the next
transaction runs in another session, where it is missing, and the table stays
behind for whichever client comes next. That one fails, or reads and writes rows
that are not its own: `CREATE TEMP TABLE IF NOT EXISTS` takes the table with all
its rows, and a temporary table that is called like a real one hides it.

```text
ERROR:  relation "import" does not exist
ERROR:  relation "import" already exists
```

`ON COMMIT DROP` ends the table with its transaction, and is safe. `ON COMMIT
DELETE ROWS` is not: the empty table stays.

## Example

```python avoid
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def load(rows):
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("CREATE TEMP TABLE import (id int)")
            cur.executemany("INSERT INTO import VALUES (%s)", rows)
    finally:
        conn.close()
```

```python prefer
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def load(rows):
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("CREATE TEMP TABLE import (id int) ON COMMIT DROP")
            cur.executemany("INSERT INTO import VALUES (%s)", rows)
    finally:
        conn.close()
```

## Limits

Silent where it is not known where the connection leads, and where the table is
dropped inside the `with` block of the transaction it is made in, or rolled back.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import in_transaction_mode, notes, path, pooler

_TABLE = ("CREATE TEMP TABLE", "SELECT INTO TEMP")


@rule("session-temp-table", Category.SESSION, Severity.ERROR, since="0.1.0")
def session_temp_table(statement: Statement) -> Iterator[Problem]:
    """Yield a statement that makes something temporary in a session it does not keep."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.TEMP_TABLE:
        return
    behind = pooler(endpoint)
    drops = statement.text.startswith("DISCARD")
    name = statement.subject or "…"
    told = "may drop another client's tables" if drops else "does not stay with this client"
    yield Problem(
        f"`{statement.text}` {told} behind {behind}",
        at=statement.span,
        label="changes the server's session" if drops else "stays in the server's session",
        path=path(statement, endpoint, "stays in the server's session"),
        brief=f"`{statement.text}` behind {behind}",
        why="the session it clears need not be the one that was used"
        if drops
        else f'later transactions fail with `relation "{name}" does not exist`, '
        "or see another client's",
        help=_help(statement),
        notes=notes(endpoint),
        scope=statement.function,
    )


def _help(statement: Statement) -> str:
    if statement.text.startswith("DISCARD"):
        return "end temporary tables with their transaction: `ON COMMIT DROP`"
    if statement.text in _TABLE:
        return "add `ON COMMIT DROP`, and use the table inside that transaction only"
    return "drop it in the same transaction, or make it permanent"
