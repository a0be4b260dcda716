"""Many more connections may work at once than the server's processors can.

## Why

A processor works on one query at a time. The usual rule of thumb gives twice as many connections
as there are processors, and one for each disk that turns: with more, queries share the processors,
the memory and the locks, each takes longer, and the throughput falls. What waits in a pool costs
nothing; what waits within PostgreSQL holds its memory and its locks.

## Example

```yaml avoid
services:
  db:
    image: postgres:17
    cpus: 2
  web:
    image: example/web
    command: gunicorn -w 8 shop.wsgi
    environment:
      DATABASE_URL: postgresql://shop@pooler:6432/orders
  pooler:
    image: edoburu/pgbouncer
    environment:
      DB_HOST: db
      POOL_MODE: transaction
      DEFAULT_POOL_SIZE: 60
```

```yaml prefer
services:
  db:
    image: postgres:17
    cpus: 2
  web:
    image: example/web
    command: gunicorn -w 8 shop.wsgi
    environment:
      DATABASE_URL: postgresql://shop@pooler:6432/orders
  pooler:
    image: edoburu/pgbouncer
    environment:
      DB_HOST: db
      POOL_MODE: transaction
      DEFAULT_POOL_SIZE: 6
```

## Limits

A note, for it is a rule of thumb: only a measurement tells what is best. Only where a file states
the processors (the limit of a container, the class of an instance), and only for poolers in
transaction or statement mode, whose connections are all at work: those of an application may be
idle. Nothing is said of a pool whose size is the pooler's default. For disks nobody publishes a
number, so only what is more than twice the rule is told. A virtual processor counts as a whole one,
which is generous.

Source: PostgreSQL wiki, "Number Of Database Connections"; HikariCP wiki, "About Pool Sizing":
`connections = core_count * 2 + effective_spindle_count`.
"""

from collections.abc import Iterator

from poollint import (
    Basis,
    Category,
    Confidence,
    Entry,
    Figure,
    Ledger,
    PoolerBudget,
    Problem,
    ServerBudget,
    Severity,
    Span,
    Topology,
    rule,
)

_EACH = Figure.defaulted(2, "at work on each", "rule of thumb: twice the cores, and the disks")
_MARGIN = 2  # room for the disks, and for a rule that knows neither queries nor machine
_MODES = ("transaction", "statement")


@rule("pool-exceeds-cores", Category.BUDGET, Severity.NOTE, since="0.1.0")
def pool_exceeds_cores(topology: Topology) -> Iterator[Problem]:
    """Report a server whose poolers keep far more connections at work than it has cores."""
    for budget in topology.servers:
        cores = budget.server.cores
        if cores is None or cores.basis is Basis.UNKNOWN:
            continue
        ledger = _ledger(topology, budget, cores)
        asked = ledger.demanded.low
        if asked <= _MARGIN * ledger.supplied.low or not _is_chosen(ledger):
            continue
        yield Problem(
            f"poolers may keep {asked} connections at work on {_shown(cores)}",
            at=cores.origin if isinstance(cores.origin, Span) else budget.server.span,
            label=f"about {ledger.supplied.low} work at once",
            ledger=ledger,
            brief=f"{asked} connections at work on {_shown(cores)}",
            why="queries then take longer each, and hold their locks for longer; in the pooler "
            "they would wait without",
            help=f"let the pools of its poolers come to about {ledger.supplied.low} together",
            confidence=Confidence.MEDIUM,
            scope=f"cores of {budget.server.name}",
        )


def _ledger(topology: Topology, budget: ServerBudget, cores: Figure) -> Ledger:
    opens = (
        client.entry
        for pooler in topology.poolers
        if pooler.server == budget.server and _multiplexes(pooler)
        for client in pooler.opens
        if all(figure.basis is not Basis.UNKNOWN for figure in client.steady)
    )
    return Ledger(tuple(opens), (Entry("work at once", (cores, _EACH)),), budget.server.name)


def _multiplexes(pooler: PoolerBudget) -> bool:
    """Tell whether a connection of a pooler is given to whoever has something to ask."""
    return pooler.pooler.mode.value in _MODES


def _is_chosen(ledger: Ledger) -> bool:
    """Tell whether somebody stated one of the numbers, and not the program's default alone."""
    factors = (figure for entry in ledger.demand for figure in entry.factors)
    return any(figure.basis is Basis.STATED and figure.low > 1 for figure in factors)


def _shown(cores: Figure) -> str:
    return "1 core" if cores.low == 1 else f"{cores.low} cores"
