"""Clients may together open more connections than a pooler lets in.

## Why

PgBouncer takes `max_client_conn` clients in each of its processes, 100 unless it is told
otherwise, and refuses the next one at login: `no more connections allowed (max_client_conn)`.
Pools of applications keep their connections open, so that the limit is reached by starting one
more instance, not by more work.

## Example

```yaml avoid
services:
  db:
    image: postgres:16
  pgbouncer:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      DB_HOST: db
      DB_NAME: orders
  web:
    image: registry.example/shop:1
    command: uvicorn shop.api:app --workers 8
    deploy:
      replicas: 2
    environment:
      DATABASE_URL: postgresql://shop@pgbouncer/orders
      DB_POOL_SIZE: 10
```

```yaml prefer
services:
  db:
    image: postgres:16
  pgbouncer:
    image: edoburu/pgbouncer:v1.24.1-p1
    environment:
      DB_HOST: db
      DB_NAME: orders
      MAX_CLIENT_CONN: 500
  web:
    image: registry.example/shop:1
    command: uvicorn shop.api:app --workers 8
    deploy:
      replicas: 2
    environment:
      DATABASE_URL: postgresql://shop@pgbouncer/orders
      DB_POOL_SIZE: 10
```

## Limits

Several instances of a pooler are taken to share the clients evenly. Clients that no file
describes are not in the sum.

Source: PgBouncer, `doc/config.md`, `max_client_conn`.
"""

from collections.abc import Iterator

from poollint import Basis, Category, Problem, Severity, Span, Topology, rule
from poollint_rules.budget.overflow import asked, overflow, remarks


@rule("clients-exceed-pooler", Category.BUDGET, Severity.ERROR, since="0.1.0")
def clients_exceed_pooler(topology: Topology) -> Iterator[Problem]:
    """Report a pooler whose clients may open more connections than it lets in."""
    for budget in topology.poolers:
        ledger, limit = budget.ledger, budget.pooler.max_client_conn
        if limit.basis is Basis.UNKNOWN or not ledger.may_overflow:
            continue
        origin = limit.origin
        name = budget.pooler.name
        yield overflow(
            ledger,
            origin if isinstance(origin, Span) else budget.pooler.span,
            f"{asked(ledger)} clients may connect to `{name}`, {ledger.supplied.low} are let in",
            _refusal(budget.pooler.product),
            remarks(topology, budget.missing),
        )


def _refusal(product: str) -> str:
    if product == "PgBouncer":
        return "PgBouncer refuses the next one at login: `no more connections allowed`"
    return f"{product} refuses the next one at login"
