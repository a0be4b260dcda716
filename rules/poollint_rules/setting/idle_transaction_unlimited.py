"""Nothing ends a transaction that its client has forgotten.

## Why

A client that begins a transaction and then waits, for a service, a person or a debugger, keeps
its server connection, its locks, and keeps vacuum from cleaning up. In transaction mode each of
them takes one connection out of the pool, until the pool is empty and everyone waits. Either side
can end them: `idle_transaction_timeout` of PgBouncer, `idle_in_transaction_session_timeout` of
PostgreSQL.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
idle_transaction_timeout = 0
```

```conf avoid
max_connections = 100
idle_in_transaction_session_timeout = 0
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
idle_transaction_timeout = 60
```

```conf prefer
max_connections = 100
idle_in_transaction_session_timeout = 0
```

## Limits

Both sides must be known, files that include others from outside the tree are not. Neither has a
limit by default, so that this is told with medium confidence only where both switch it off in so
many words, else with low confidence. Where a file of SQL sets a limit (`ALTER ROLE … SET`,
`ALTER SYSTEM SET`) nothing is said; roles may have others, which are in no file.

Sources: PgBouncer, `doc/config.md`, `idle_transaction_timeout`; PostgreSQL, documentation of
`idle_in_transaction_session_timeout`.
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Problem,
    Project,
    Setting,
    Severity,
    Step,
    rule,
)

_LIMITS = ("idle_in_transaction_session_timeout", "transaction_timeout")


@rule("idle-transaction-unlimited", Category.SETTING, Severity.NOTE, since="0.1.0")
def idle_transaction_unlimited(project: Project) -> Iterator[Problem]:
    """Report a pooler in transaction mode and a server that both wait for ever."""
    for pooler, server in project.pairs():
        mode = pooler.setting("pool_mode")
        if mode is None or mode.value.lower() != "transaction":
            continue
        if not pooler.complete or not server.complete:
            continue
        mine = pooler.setting("idle_transaction_timeout")
        theirs = server.setting("idle_in_transaction_session_timeout")
        if (mine and mine.number != 0) or (theirs and theirs.number != 0):
            continue
        if server.setting("transaction_timeout") or pooler.setting("transaction_timeout"):
            continue
        if any(_ends_them(setting) for setting in project.settings):
            continue
        yield _problem(mode, mine, theirs)


def _ends_them(setting: Setting) -> bool:
    """Tell whether a file of SQL, or a cloud's resource, has transactions end, for whomever."""
    told = setting.section in ("sql", "cloud") and setting.name.lower() in _LIMITS
    return told and setting.number != 0


def _problem(mode: Setting, mine: Setting | None, theirs: Setting | None) -> Problem:
    stated = [setting.span for setting in (mine, theirs) if setting]
    at = mine.span if mine else mode.span
    return Problem(
        "neither the pooler nor the server ends a forgotten transaction",
        at=at,
        label="never ended",
        path=tuple(Step(span, "switched off") for span in stated) if len(stated) > 1 else (),
        why="each one takes a connection out of the pool and holds its locks, until all wait",
        help="write `idle_transaction_timeout = 60`, in seconds, in `[pgbouncer]`",
        scope="pgbouncer",
        confidence=Confidence.MEDIUM if len(stated) > 1 else Confidence.LOW,
    )
