"""A setting is made once for each connection, behind a transaction-mode pooler.

## Why

SQLAlchemy's `connect` event, `configure=` of psycopg_pool, `init=` of asyncpg and
Django's `connection_created` run once for each connection of the client. Behind a
pooler in transaction mode that connection has no session of its own: the `SET`
reaches whichever session it is given for that moment, and stays there, for other
clients. This client's transactions run in others, without the `search_path`, the
role or the timeout. No error is raised by the `SET`; what it was for is missing:

```text
psycopg2.errors.UndefinedTable: relation "orders" does not exist
```

## Example

```python avoid
from sqlalchemy import create_engine, event

POOLED = "postgresql+psycopg2://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"
engine = create_engine(POOLED)

@event.listens_for(engine, "connect")
def on_connect(connection, record):
    cursor = connection.cursor()
    cursor.execute("SET statement_timeout = '5s'")
    cursor.close()
```

```python prefer
from sqlalchemy import create_engine, event

POOLED = "postgresql+psycopg2://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"
engine = create_engine(POOLED)

@event.listens_for(engine, "begin")
def on_begin(connection):
    connection.exec_driver_sql("SET LOCAL statement_timeout = '5s'")
```

What is the same for all clients of a role is best set there, once:
`ALTER ROLE app SET statement_timeout = '5s'`.

## Limits

Silent where it is not known where the connection leads, and for what PgBouncer
keeps for each client (`TimeZone`, `application_name` and their like). A function
that is registered in another file is reported as `session-set`.
"""

from collections.abc import Iterator

from poollint import Category, Effect, Problem, Severity, Statement, Step, rule
from poollint_rules.session.transaction_mode import (
    LONGEST,
    in_transaction_mode,
    notes,
    path,
    pooler,
)


@rule("session-set-on-connect", Category.SESSION, Severity.ERROR, since="0.1.0")
def session_set_on_connect(statement: Statement) -> Iterator[Problem]:
    """Yield a statement that sets up a connection whose sessions are given to others."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.SET or statement.hook is None:
        return
    if statement.subject.lower() in {name.lower() for name in endpoint.tracked}:
        return
    behind = pooler(endpoint)
    message = f"`{statement.text}` at connect does not stay with this client behind {behind}"
    if len(message) > LONGEST:
        message = f"`{statement.text}` at connect does not stay behind {behind}"
    if len(message) > LONGEST:
        message = f"a setting made at connect does not stay behind {behind}"
    subject = statement.subject or "…"
    yield Problem(
        message,
        at=statement.span,
        label="changes one session, once",
        path=(
            Step(statement.hook.span, statement.hook.label),
            *path(statement, endpoint, "changes one session, once"),
        ),
        brief=f"`{statement.text}` at connect behind {behind}",
        why="transactions run without it in other sessions, and other clients' run with it",
        help=f"set it for the role (`ALTER ROLE … SET {subject} = …`), or with `SET LOCAL` when "
        "each transaction begins",
        notes=notes(endpoint),
        scope=statement.function,
    )
