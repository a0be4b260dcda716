"""A client that waits for a server connection waits for ever.

## Why

`query_wait_timeout` ends the waiting for a free server connection; 0 switches it off. When the
pool is full, because of a burst or because the server stands still, clients then queue up
without an error. Their own timeouts, if any, fire first and leave their place in the queue taken,
workers hang, and the fault shows as a standstill of the application instead of an error that says
where it is.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
query_wait_timeout = 0
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
query_wait_timeout = 30
```

## Limits

Nothing is said where the setting is not stated: PgBouncer then waits 120 seconds (since 1.7).

Source: PgBouncer, `doc/config.md`, `query_wait_timeout`.
"""

from collections.abc import Iterator

from poollint import Category, Configuration, Problem, Severity, rule


@rule("query-wait-unlimited", Category.SETTING, Severity.WARNING, since="0.1.0")
def query_wait_unlimited(configuration: Configuration) -> Iterator[Problem]:
    """Report a `query_wait_timeout` that is switched off."""
    stated = configuration.setting("query_wait_timeout")
    if stated is None or configuration.program != "PgBouncer" or stated.number != 0:
        return
    yield Problem(
        f"`query_wait_timeout = {stated.value}` lets clients wait for ever",
        at=stated.span,
        label="never given up",
        why="when the pool is full the application stands still, and nothing says why",
        help="write `query_wait_timeout` and less than the clients' own timeout, such as 30",
        scope="pgbouncer",
    )
