"""The pool of one process alone takes more connections than PostgreSQL has by default.

## Why

A pool is filled by each process: with four workers it exists four times, during a deploy eight
times. One that may hold a hundred connections leaves nobody else a slot on a server with the
default `max_connections` of 100, of which 97 are open to ordinary roles. Nor does it make
anything faster: a server works on about twice as many queries at once as it has cores, and the
others wait inside PostgreSQL, where they hold memory and locks, instead of in the pool.

## Example

```python avoid
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=100, max_overflow=100)
```

```python prefer
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=10)
```

## Limits

Nothing is said where a file tells of the server or a pooler: the rules of the category `budget`
add up processes and pools there. Elsewhere PostgreSQL's defaults are taken, and the finding is
a note: your server may have more. A size read from the environment counts with its default in
the code. What a cores-based rule of thumb would call too many is not reported: nobody knows the
cores.

Source: PostgreSQL 13 to 18, `max_connections` and `superuser_reserved_connections`; HikariCP
wiki, "About Pool Sizing"; SQLAlchemy, `pool_size` and `max_overflow`.
"""

from collections.abc import Iterator

from poollint import (
    Basis,
    Category,
    Confidence,
    Entry,
    Figure,
    Ledger,
    Pool,
    Problem,
    Project,
    Severity,
    Topology,
    rule,
)
from poollint_rules.pool.standing import standing

_SERVER = "PostgreSQL default"
_SUPPLY = (
    Entry("max_connections", (Figure.defaulted(100, "max_connections", _SERVER),)),
    Entry(
        "superuser_reserved_connections",
        (-Figure.defaulted(3, "superuser_reserved_connections", _SERVER),),
    ),
)


@rule("oversized-pool", Category.POOL, Severity.NOTE, since="0.1.0")
def oversized_pool(project: Project) -> Iterator[Problem]:
    """Yield the pools that alone take more than PostgreSQL's default."""
    if any(_is_budgeted(topology) for topology in project.topologies):
        return
    for module in project.modules:
        for function, pool in standing(module):
            ledger = Ledger(_demand(pool), _SUPPLY, "one process")
            if ledger.demanded.high is not None and ledger.overflows:
                yield _problem(pool, ledger, function.name)


def _is_budgeted(topology: Topology) -> bool:
    """Tell whether more is known of the servers than that they are there."""
    return bool(topology.poolers) or any(
        budget.clients or budget.server.max_connections.basis is not Basis.DEFAULTED
        for budget in topology.servers
    )


def _demand(pool: Pool) -> tuple[Entry, ...]:
    entries = []
    for role in ("max_size", "overflow"):
        figure, argument = pool.figure(role), pool.argument(role)
        if figure is None or figure.high is None or pool.boundless(role):
            if argument is None and figure is None:
                continue
            return ()
        name = argument.name if argument else role.replace("overflow", "max_overflow")
        entries.append(Entry(name, (figure,)))
    return tuple(entries)


def _problem(pool: Pool, ledger: Ledger, scope: str) -> Problem:
    size, sizes = ledger.demanded.high, (pool.argument("max_size"), pool.argument("overflow"))
    variables = [a.variable for a in sizes if a is not None and a.variable]
    return Problem(
        f"this pool may open {size} connections in each process",
        at=pool.span,
        label=f"up to {size} in each process",
        ledger=ledger,
        brief=f"up to {size} connections in each process",
        why="one process alone exhausts a PostgreSQL with default settings, and each worker has "
        "a pool of its own",
        notes=(f"where {' and '.join(f'`{v}`' for v in variables)} is not set",)
        if variables
        else (),
        confidence=Confidence.MEDIUM,
        scope=scope,
    )
