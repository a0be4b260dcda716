"""A session keeps state behind RDS Proxy, which then keeps its connection for one client.

## Why

RDS Proxy gives a server connection to another client after each transaction, until
a session has state of its own: a setting, a prepared statement by name, a temporary
table, a cursor, a listener, an advisory lock. Nothing is lost then. The client is
pinned to the connection until it disconnects, and nobody else may use it. With a
pool in the application that is for ever, and with every connection pinned the proxy
saves none:

```text
The client session was pinned to the database connection [dbConnection=…] for the
remainder of the session. The proxy can't reuse this connection until the session ends.
```

The metric `DatabaseConnectionsCurrentlySessionPinned` counts them.

## Example

```python avoid
import psycopg2

PROXY = "postgresql://app@orders.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/orders"

def slow(query):
    conn = psycopg2.connect(PROXY)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SET statement_timeout = '60s'")
            cur.execute(query)
            return cur.fetchall()
    finally:
        conn.close()
```

```python prefer
import psycopg2

PROXY = "postgresql://app@orders.proxy-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com/orders"

def slow(query):
    # once, by whoever owns the role: ALTER ROLE app SET statement_timeout = '60s'
    conn = psycopg2.connect(PROXY)
    try:
        with conn, conn.cursor() as cur:
            cur.execute(query)
            return cur.fetchall()
    finally:
        conn.close()
```

## Limits

Silent where it is not known that RDS Proxy answers. `SET LOCAL` and transaction-level
advisory locks are not reported, nor are `nextval`, which pins as well, and the
statements that drivers prepare, which do not since November 2023.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Span, Statement, Step, rule

_PINNING = "pinning"
# Source: docs.aws.amazon.com, AmazonRDS/latest/UserGuide/rds-proxy-pinning.html, PostgreSQL.
_PINS = {
    Effect.SET: "set it for the role (`ALTER ROLE … SET`), or in the proxy's initialization query",
    Effect.LISTEN: "listen on a direct connection, past the proxy",
    Effect.ADVISORY_LOCK: "use `pg_advisory_xact_lock` inside the transaction",
    Effect.PREPARE: "leave preparing to the driver, whose statements the proxy follows",
    Effect.TEMP_TABLE: "use a direct connection for it, past the proxy",
    Effect.HOLD_CURSOR: "fetch the rows within one transaction, by pages of a key",
    Effect.SERVER_CURSOR: "fetch the rows within one transaction, by pages of a key",
}


@rule("session-pinned", Category.SESSION, Severity.WARNING, since="0.1.0")
def session_pinned(statement: Statement) -> Iterator[Problem]:
    """Yield a statement for which the proxy keeps the connection with one client."""
    endpoint = statement.endpoint
    if endpoint is None or endpoint.mode.value != _PINNING:
        return
    help_ = _PINS.get(statement.effect)
    if help_ is None or statement.text == "UNLISTEN":
        return
    steps = [Step(statement.span, "gives the session state of its own")]
    if statement.hook is not None:
        steps.insert(0, statement.hook)
    if isinstance(endpoint.mode.origin, Span):
        steps.append(Step(endpoint.mode.origin, "keeps such a session with its client"))
    proxy = endpoint.pooler
    every = "every connection" if statement.hook is not None else "the connection"
    yield Problem(
        f"`{statement.text.partition('(')[0]}` pins {every} behind {proxy}",
        at=statement.span,
        label="gives the session state of its own",
        path=tuple(steps),
        brief=f"`{statement.text}` pins {every} behind {proxy}",
        why="nothing is lost, but nobody else may use it until this client disconnects",
        help=help_,
        notes=() if isinstance(endpoint.mode.origin, Span) else (f"{endpoint.mode.origin} is one",),
        scope=statement.function,
    )
