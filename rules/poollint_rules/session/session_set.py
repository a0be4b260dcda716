"""A setting is made for a session that a transaction-mode pooler gives to others.

## Why

In transaction mode a server session belongs to a client for one transaction
only. A `SET` outlives that transaction on the server: this client's next query
runs in another session, without the setting, and another client runs in this
one, with it. No error is raised. With `search_path`, a role or a tenant for
row-level security that means reading and writing another tenant's rows.

Where a session shows it, it is as another client left it, or as if nothing had been said:

```text
SET statement_timeout = '5s'    -- answered with SET, without a warning
SHOW statement_timeout          -- the next transaction
 statement_timeout
-------------------
 0
```

`SET LOCAL`, and `set_config` with `true`, end with the transaction and are safe.
So are the few settings that the pooler itself restores for each client.

A migration of Django or Alembic is one transaction: a `SET lock_timeout` holds for
all of it, and stays in the server's session when it commits. Other clients fail then
with what the migration asked for:

```text
ERROR:  canceling statement due to lock timeout
```

## Example

```python avoid
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def invoices(tenant):
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SET search_path TO %s", (tenant,))
            cur.execute("SELECT * FROM invoices")
            return cur.fetchall()
    finally:
        conn.close()
```

```python prefer
import psycopg2

POOLED = "postgresql://app@aws-0-eu-central-1.pooler.supabase.com:6543/shop"

def invoices(tenant):
    conn = psycopg2.connect(POOLED)
    try:
        with conn, conn.cursor() as cur:
            cur.execute("SET LOCAL search_path TO %s", (tenant,))
            cur.execute("SELECT * FROM invoices")
            return cur.fetchall()
    finally:
        conn.close()
```

In a migration `SET LOCAL lock_timeout = '5s'` ends with the migration. What runs outside
a transaction (`CREATE INDEX CONCURRENTLY`) is best given a direct connection.

## Limits

Silent where it is not known where the connection leads, and where the name of
the setting is computed. Migrations lead where Alembic's env.py, alembic.ini or
Django's `DATABASES` say; with a second database in `DATABASES` that does not go
through the pooler it is not known, since `--database` chooses.

What PgBouncer tracks (`client_encoding`, `DateStyle`, `TimeZone`,
`standard_conforming_strings`, `application_name`, `IntervalStyle`, and
`track_extra_parameters`) is not reported; where its version is not known, it is
taken to be older than 1.26.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Effect, Problem, Severity, Statement, rule
from poollint_rules.session.transaction_mode import (
    LONGEST,
    in_transaction_mode,
    notes,
    path,
    pooler,
)

_COMMITTED = "transaction"  # how a migration runs as a whole
_ROLES = frozenset({"role", "session_authorization"})
# Parameters that PgBouncer 1.26 keeps for each client, older ones do not (source: its NEWS).
_KEPT_LATELY = frozenset({"session_authorization", "default_transaction_read_only"})


@rule("session-set", Category.SESSION, Severity.ERROR, since="0.1.0")
def session_set(statement: Statement) -> Iterator[Problem]:
    """Yield a statement that changes a setting of a session it does not keep."""
    endpoint = in_transaction_mode(statement)
    if endpoint is None or statement.effect is not Effect.SET or statement.hook is not None:
        return
    if statement.subject.lower() in {name.lower() for name in endpoint.tracked}:
        return
    lately = statement.subject in _KEPT_LATELY and not endpoint.version
    yield Problem(
        _message(statement, pooler(endpoint)),
        at=statement.span,
        label="changes the server's session",
        path=path(statement, endpoint),
        brief=f"`{statement.text}` behind {pooler(endpoint)}",
        why=_lost(statement) if endpoint.cleaned else _why(statement),
        help=_help(statement),
        notes=notes(endpoint),
        confidence=Confidence.MEDIUM if lately else Confidence.HIGH,
        scope=statement.function,
    )


def _message(statement: Statement, behind: str) -> str:
    whole, told = "does not stay with this client", "does not stay"
    if _is_reset(statement):
        whole = told = "may reset another client's session"
    elif statement.migration == _COMMITTED:
        whole = told = "outlives its migration"
    for text in (statement.text, statement.text.partition("(")[0]):
        message = f"`{text}` {whole}"
        if len(message) + len(f" behind {behind}") <= LONGEST:
            return f"{message} behind {behind}"
    return f"this setting {told} behind {behind}"


def _is_reset(statement: Statement) -> bool:
    return statement.text.startswith(("RESET", "DISCARD"))


def _lost(statement: Statement) -> str:
    """Return what happens where sessions are emptied before another client gets them."""
    shown = f"`{statement.subject}`" if statement.subject else "this setting"
    return f"this client's next transaction runs without {shown}: the session is emptied first"


def _why(statement: Statement) -> str:
    subject = statement.subject
    if _is_reset(statement):
        return "the session it resets need not be the one that was set"
    if statement.migration == _COMMITTED:
        return "the migration commits, and other clients' queries in that session run with it"
    if subject == "search_path":
        return "the next query may run with another tenant's search_path"
    if subject in _ROLES:
        return "another client's queries run with this role, and this client's next one without it"
    if subject == "default_transaction_read_only":
        return "another client's writes fail as read-only, or this client's next ones succeed"
    if "." in subject:
        return f"policies and triggers that ask for `{subject}` get another client's value"
    shown = f"`{subject}`" if subject else "this setting"
    return f"this client's next query may run without {shown}, and another client's with it"


def _help(statement: Statement) -> str:
    subject = statement.subject
    if statement.migration and statement.migration != _COMMITTED:
        return "run migrations on a direct connection, past the pooler"
    if _is_reset(statement):
        return "set it with `SET LOCAL` inside the transaction: then nothing is to be reset"
    if statement.text.startswith("set_config"):
        return "pass `true` as the third argument of `set_config`, inside the transaction"
    if subject == "search_path":
        return "use `SET LOCAL search_path` inside the transaction, or name the schema in the query"
    if subject in _ROLES:
        return "use `SET LOCAL ROLE` inside the transaction, or one pool for each role"
    if subject.startswith("default_transaction_"):
        return "say it when the transaction begins: `BEGIN ISOLATION LEVEL … READ ONLY`"
    if "." in subject or not subject:
        return "use `SET LOCAL` inside the transaction"
    return (
        f"use `SET LOCAL {subject}` inside the transaction, or `ALTER ROLE … SET {subject}` "
        "where it is the same for all"
    )
