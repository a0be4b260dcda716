"""PgBouncer may need more open files than its container lets it have.

## Why

Each client and each server connection is a file to the system. PgBouncer starts all the same, it
only logs the two numbers. When the limit is reached it can take no further client, nor open the
server connection that would serve one: `accept() failed: Too many open files`.

## Example

```yaml avoid
services:
  pooler:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      DB_HOST: db
      MAX_CLIENT_CONN: 5000
    ulimits:
      nofile: 1024
```

```yaml prefer
services:
  pooler:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      DB_HOST: db
      MAX_CLIENT_CONN: 5000
    ulimits:
      nofile: 16384
```

## Limits

Only where a file states both the limit and `max_client_conn`. One user is counted for each
database: more users need more.

Sources: PgBouncer, `doc/config.md`, `max_client_conn`, and `src/main.c`, which counts 10 more.
"""

from collections.abc import Iterator

from poollint import Category, Configuration, Problem, Severity, rule

_OWN = 10  # what PgBouncer counts for itself
_POOL = 20  # default_pool_size where no file says anything
_BOTTOM = 16  # powers of two from here on look like limits people write


@rule("pooler-file-limit", Category.BUDGET, Severity.WARNING, since="0.1.0")
def pooler_file_limit(configuration: Configuration) -> Iterator[Problem]:
    """Report a pooler that lets more clients in than it may have files open."""
    limit = configuration.descriptors
    clients = configuration.setting("max_client_conn")
    if limit is None or configuration.program != "PgBouncer" or clients is None:
        return
    pools = _pools(configuration)
    needed = int(clients.number or 0) + pools + _OWN
    if needed <= limit.low:
        return
    yield Problem(
        f"PgBouncer may need {needed} open files and may have {limit.low}",
        at=clients.span,
        label="more than files",
        why=f"{clients.value} clients, {pools} server connections and {_OWN} of its own; beyond "
        "the limit it takes no client and opens no connection",
        help=f"write `nofile: {_above(needed)}`, or `max_client_conn` of "
        f"{max(limit.low - pools - _OWN, 1)} or less",
        scope="pgbouncer",
    )


def _pools(configuration: Configuration) -> int:
    """Return the server connections of one user for each database."""
    usual = configuration.setting("default_pool_size")
    size = int(usual.number or 0) if usual else _POOL
    total = 0
    for owner in configuration.owners("databases") or ("*",):
        own = configuration.of("databases", owner, "pool_size")
        number = int(own.number or 0) if own else size
        total += max(number, 0)
    return total


def _above(number: int) -> int:
    limit = _BOTTOM
    while limit < number:
        limit *= 2
    return limit
