"""Clients may together open more connections than a pooler lets in.

## Why

PgBouncer takes `max_client_conn` clients in each of its processes, 100 unless it is told
otherwise, and refuses the next one at login: `no more connections allowed (max_client_conn)`.
Pools of applications keep their connections open, so that the limit is reached by starting one
more instance, not by more work.

In session mode fewer are enough: each client keeps a server connection until it disconnects. Once
the pool is given out the next one waits, and is disconnected after `query_wait_timeout`.

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
describes are not in the sum. What waits in session mode is a warning, and told only where the size
of every pool is known.

Source: PgBouncer, `doc/config.md`, `max_client_conn`, `pool_mode` and `query_wait_timeout`.
"""

from collections.abc import Iterator
from dataclasses import replace

from poollint import (
    Basis,
    Category,
    Ledger,
    PoolerBudget,
    Problem,
    Severity,
    Span,
    Topology,
    rule,
)
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
            remarks(topology, budget),
            clients=budget.clients,
        )
    yield from _waiting(topology)


def _waiting(topology: Topology) -> Iterator[Problem]:
    """Yield the poolers in session mode whose clients do not all get a connection."""
    for budget in topology.poolers:
        pooler = budget.pooler
        if pooler.mode.value != "session" or pooler.product != "PgBouncer":
            continue
        ledger = _served(topology, budget)
        if budget.ledger.may_overflow or ledger is None or not ledger.may_overflow:
            continue
        mode = pooler.mode.origin
        problem = overflow(
            ledger,
            mode if isinstance(mode, Span) else pooler.span,
            f"{asked(ledger)} clients may connect to `{pooler.name}` in session mode, "
            f"{ledger.supplied.high} are served at once",
            "each keeps its server connection until it disconnects; what comes on top waits "
            "`query_wait_timeout`, and is then disconnected",
            remarks(topology, budget),
        )
        yield replace(problem, severity=Severity.WARNING, scope=f"sessions of {pooler.name}")


def _served(topology: Topology, budget: PoolerBudget) -> Ledger | None:
    """Return its clients against the connections that it has for them, None where not known."""
    parts = [other for other in topology.poolers if other.pooler is budget.pooler]
    opens = tuple(client.entry for part in parts for client in part.opens)
    factors = [figure for entry in opens for figure in entry.factors]
    known = all(f.high is not None and f.basis is not Basis.UNKNOWN for f in factors)
    if not opens or not known or any(part.beyond for part in parts):
        return None
    return Ledger(tuple(client.entry for client in budget.clients), opens, budget.pooler.name)


def _refusal(product: str) -> str:
    if product == "PgBouncer":
        return "PgBouncer refuses the next one at login: `no more connections allowed`"
    return f"{product} refuses the next one at login"
