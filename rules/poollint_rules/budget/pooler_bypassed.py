"""A pooler stands in front of a server, and clients connect to the server beside it.

## Why

A pooler keeps the number of server connections small only for those who go through it. A
variable that still names the server, or a secret that was not changed, leaves the pooler idle
and the server with every connection it had before.

## Example

```yaml avoid compose.yaml
services:
  db:
    image: postgres:16
  pgbouncer:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment: {DB_HOST: db, DB_NAME: orders}
  web:
    image: registry.example/shop:1
    command: gunicorn -w 4 shop.api:app
    environment:
      DATABASE_URL: postgresql://shop@db/orders
      DB_POOL_SIZE: 5
```

```yaml prefer compose.yaml
services:
  db:
    image: postgres:16
  pgbouncer:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment: {DB_HOST: db, DB_NAME: orders}
  web:
    image: registry.example/shop:1
    command: gunicorn -w 4 shop.api:app
    environment:
      DATABASE_URL: postgresql://shop@pgbouncer/orders
      DB_POOL_SIZE: 5
```

## Limits

Some clients are right to go past a pooler: migrations, listeners, whatever needs a session of
its own. So it is told with low confidence where others do go through it, and not at all
where it is not known where some clients connect, or only taken for granted.

Source: apache/airflow 19627; PgBouncer, `doc/config.md`.
"""

from collections.abc import Iterator

from poollint import Category, Client, Confidence, PoolerBudget, Problem, Severity, Topology, rule


@rule("pooler-bypassed", Category.BUDGET, Severity.WARNING, since="0.1.0")
def pooler_bypassed(topology: Topology) -> Iterator[Problem]:
    """Report a pooler beside which clients connect to its server."""
    for pooler in topology.poolers:
        budget = next((b for b in topology.servers if b.server == pooler.server), None)
        if budget is None or _doubtful(pooler, budget.missing):
            continue
        direct = [client for client in budget.clients if client.workload]
        if direct and not any(client.assumed for client in direct):
            yield _beside(pooler, direct, budget.server.name)


def _doubtful(pooler: PoolerBudget, missing: tuple[str, ...]) -> bool:
    """Tell whether some clients may go through the pooler without being known to."""
    unknown = set(pooler.missing) - set(pooler.beyond)
    return bool(unknown or set(missing) - set(pooler.beyond))


def _beside(pooler: PoolerBudget, direct: list[Client], server: str) -> Problem:
    name = pooler.pooler.name
    who = ", ".join(f"`{client.name}`" for client in direct[:3])
    more = f" and {len(direct) - 3} more" if len(direct) > 3 else ""
    verb = "connects" if len(direct) == 1 else "connect"
    some = bool(pooler.clients)
    told = f"beside `{name}`" if some else f", and none goes through `{name}`"
    return Problem(
        f"{who}{more} {verb} to `{server}` itself{' ' if some else ''}{told}",
        at=pooler.pooler.span if not some else direct[0].span,
        label="the pooler" if not some else "goes past the pooler",
        why=f"the connections of {who} to `{server}` are not pooled",
        help=f"let the address of the database be that of `{name}`",
        scope=name,
        severity=Severity.NOTE if some else None,
        confidence=Confidence.LOW if some else Confidence.MEDIUM,
    )
