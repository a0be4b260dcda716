"""A transaction is left open, doing nothing, while the function waits for something else.

## Why

psycopg and pg8000 begin a transaction with the first statement, a plain SELECT
included, and keep it until `commit()` or `rollback()`. While the program sleeps
or calls somebody the server session is "idle in transaction": its locks stay,
and vacuum removes no row that died since, in any table of the database. A worker
that polls does so for as long as it lives.

## Example

```python avoid
import time
import psycopg2

def watch(dsn, handle):
    conn = psycopg2.connect(dsn)
    cur = conn.cursor()
    try:
        while True:
            cur.execute("SELECT id FROM jobs WHERE ready")
            handle(cur.fetchall())
            time.sleep(10)
    finally:
        conn.close()
```

```python prefer
import time
import psycopg2

def watch(dsn, handle):
    conn = psycopg2.connect(dsn)
    conn.autocommit = True
    cur = conn.cursor()
    try:
        while True:
            cur.execute("SELECT id FROM jobs WHERE ready")
            handle(cur.fetchall())
            time.sleep(10)
    finally:
        conn.close()
```

## Limits

Connections that the function opens itself, with psycopg 2 or 3 or pg8000; for one
of a pool, and for one that is opened for each request, `connection-held-over-io`
says it. Only where it is certain: a statement runs on it before the wait, in the
same function, and nothing commits, rolls back or closes in between. Where the
function says anything of autocommit or isolation levels, and where the connection
or its cursor is handed to a function of another file in between, the rule is
silent. In tests and scripts only what waits in a `while` loop counts, and
elsewhere what waits once is of medium confidence.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Function, Hold, Problem, Severity, Wait, rule


@rule("open-transaction", Category.LEAK, Severity.WARNING, since="0.1.0")
def open_transaction(function: Function) -> Iterator[Problem]:
    """Yield the transactions that a function leaves open while it waits."""
    for hold in function.idle:
        if function.recurrence is None:
            yield _problem(function, hold)


def _problem(function: Function, hold: Hold) -> Problem:
    name = function.name.rpartition(".")[2]
    conn = hold.held.target
    rest = "sleep" if hold.wait is Wait.SLEEP else f"call `{hold.call}`"
    return Problem(
        f"`{name}` {hold.wait.value} with a transaction open",
        at=hold.span,
        label=hold.wait.value,
        path=hold.steps,
        brief=f"{hold.wait.value} with a transaction open",
        why="its locks stay meanwhile, and vacuum removes nothing that died since it began",
        help=f"`{conn}.commit()` (or `rollback()`) before you {rest}, or set "
        f"`{conn}.autocommit = True`",
        confidence=_confidence(hold),
        scope=function.name,
    )


def _confidence(hold: Hold) -> Confidence:
    if hold.repeated:
        return Confidence.MEDIUM if hold.quiet else Confidence.HIGH
    return Confidence.LOW if hold.quiet else Confidence.MEDIUM
