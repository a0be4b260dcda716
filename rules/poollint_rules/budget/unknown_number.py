"""A number of a budget is stated in no file, and a stand-in is taken for it.

## Why

A budget is as good as its numbers. Where a command stands in an image, a platform's own scale
says how many instances run, or an autoscaler lives elsewhere, one is taken, and the sum may be
far too small. What is known to you can be said in the settings, and then counts.

## Example

```yaml avoid compose.yaml
services:
  db:
    image: postgres:16
  web:
    image: registry.example/shop:1
    command: gunicorn -w "$(nproc)" shop.api:app
    environment:
      DATABASE_URL: postgresql://shop@db/orders
      DB_POOL_SIZE: 5
```

```yaml prefer compose.yaml
services:
  db:
    image: postgres:16
  web:
    image: registry.example/shop:1
    command: gunicorn -w 4 shop.api:app
    environment:
      DATABASE_URL: postgresql://shop@db/orders
      DB_POOL_SIZE: 5
```

## Limits

It is off unless it is selected: what was taken for granted is told below every run. Numbers of
what connects to no known server or pooler are not told.
"""

from collections.abc import Iterator
from itertools import chain

from poollint import (
    Basis,
    Category,
    Client,
    Figure,
    Problem,
    ServerBudget,
    Severity,
    Span,
    Topology,
    rule,
)

_PARTS = ("replicas", "workers", "pool")  # as the factors of a client come, and settings name them


@rule("unknown-number", Category.BUDGET, Severity.NOTE, since="0.1.0", default=False)
def unknown_number(topology: Topology) -> Iterator[Problem]:
    """Report every number of a budget that had to be taken for granted."""
    told: set[str] = set()
    limits = (found for budget in topology.servers for found in _limit(budget))
    held = (*(b.clients for b in topology.servers), *(b.clients for b in topology.poolers))
    clients = chain.from_iterable(held)
    numbers = ((name, f, client.span) for client in clients for name, f in _of_client(client))
    for name, figure, span in (*limits, *numbers):
        if name not in told:
            told.add(name)
            yield _problem(name, figure, span)


def _limit(budget: ServerBudget) -> Iterator[tuple[str, Figure, Span]]:
    limit = budget.server.max_connections
    if limit.basis is Basis.UNKNOWN and budget.clients:
        yield f"{budget.server.name}.max_connections", limit, budget.server.span


def _of_client(client: Client) -> Iterator[tuple[str, Figure]]:
    workload = client.workload
    if workload is None:
        return
    for part, figure in zip(_PARTS, client.steady, strict=False):
        if figure.basis is Basis.UNKNOWN:
            yield f"{workload.name}.{part}", figure


def _problem(name: str, figure: Figure, span: Span) -> Problem:
    origin = figure.origin
    why = origin if isinstance(origin, str) else figure.hint
    return Problem(
        f"`{name}` is stated in no file: {figure.low} is taken",
        at=origin if isinstance(origin, Span) else span,
        label=f"{figure.name} not known",
        why=why or "the sum is as good as this number",
        help=f'say it in the settings: `[tool.poollint.assume]` "{name}" = …',
        scope=name,
    )
