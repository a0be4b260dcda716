"""Clients may together open more connections than PostgreSQL accepts.

## Why

Every worker process of every instance fills a pool of its own. When the pools add up to more
than `max_connections`, less the slots kept for superusers, the next connection is refused:
`sorry, too many clients already`. It happens under load, or during a deploy, when old and new
instances run side by side, and then to every client of the server.

## Example

```yaml avoid
services:
  db:
    image: postgres:16
  web:
    image: registry.example/shop:1
    command: uvicorn shop.api:app --workers 8
    deploy:
      replicas: 2
    environment:
      DATABASE_URL: postgresql://shop@db/orders
      DB_POOL_SIZE: 10
```

```yaml prefer
services:
  db:
    image: postgres:16
  web:
    image: registry.example/shop:1
    command: uvicorn shop.api:app --workers 4
    deploy:
      replicas: 2
    environment:
      DATABASE_URL: postgresql://shop@db/orders
      DB_POOL_SIZE: 10
```

## Limits

The sum is the most that may be opened: every pool full, with its overflow. It is an error only
where even the least that is certain does not fit; a process that does one thing at a time, for
one, may never fill its pool; and of a client that is taken to connect there, for no file says
where, nothing is certain. Where all would fit if each thread of such servers held one
connection at a time, the confidence is low. An autoscaler counts with its upper bound. A number
that no file states is the documented default, and is shown as such. Clients that no file describes
(people, monitoring, other repositories) are not in the sum. What poolers alone open too much is
reported by `pooler-exceeds-server`, and not here again.

Where a file states the server's processors it is told how many connections these can work on:
to accept more is then no remedy.

Source: PostgreSQL, `max_connections` and `superuser_reserved_connections`; PostgreSQL wiki,
"Number Of Database Connections": `connections = core_count * 2 + effective_spindle_count`.
"""

from collections.abc import Iterator

from poollint import Category, Problem, ServerBudget, Severity, Span, Topology, rule
from poollint_rules.budget.overflow import (
    asked,
    available,
    bounded,
    known,
    overflow,
    place,
    poolers_alone,
    remarks,
    widest,
)

_AT_WORK = 2  # on each core; for disks nobody publishes a number
BETWEEN = "put PgBouncer between, in transaction mode"


@rule("connection-budget-exceeded", Category.BUDGET, Severity.ERROR, since="0.1.0")
def connection_budget_exceeded(topology: Topology) -> Iterator[Problem]:
    """Report a server whose clients may open more connections than it has slots."""
    for budget in topology.servers:
        ledger = budget.ledger
        if not known(budget) or not ledger.may_overflow:
            continue
        if poolers_alone(topology, budget).may_overflow:
            continue
        # What only an autoscaler, or a function without a bound, makes too much is told by the
        # rules for these.
        if not budget.calm_ledger.may_overflow or not bounded(budget).may_overflow:
            continue
        yield overflow(
            ledger,
            place(budget),
            f"{asked(ledger)} connections may be opened, {available(ledger)}",
            "PostgreSQL refuses what comes on top: `sorry, too many clients already`",
            (*_rollout(budget), *_working(budget), *remarks(topology, budget)),
            "" if topology.poolers or not ledger.remedies() else BETWEEN,
            budget.clients,
        )


def _working(budget: ServerBudget) -> Iterator[str]:
    """Yield how many of them the server's processors can serve, where a file tells of these."""
    cores = budget.server.cores
    if cores is None or not isinstance(cores.origin, Span):
        return
    at, number = cores.origin, cores.high or cores.low
    each = "core works" if number == 1 else "cores work"
    yield (
        f"its {number} {each} on about {_AT_WORK * number} at a time, however many it accepts"
        f" (PostgreSQL wiki, twice the cores and the disks that turn; {at.path}:{at.start.line})"
    )


def _rollout(budget: ServerBudget) -> Iterator[str]:
    """Yield how many it becomes while the client that adds most is rolled out."""
    client = widest(budget)
    if client:
        most = asked(budget.rollout_of(client))
        instances = client.rollout[0]
        at = instances.origin
        where = f"; {at.path}:{at.start.line}" if isinstance(at, Span) else ""
        yield f"while `{client.name}` is rolled out ({instances.hint}{where}): {most} may be opened"
