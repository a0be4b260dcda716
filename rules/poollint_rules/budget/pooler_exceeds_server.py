"""Poolers may together open more connections than PostgreSQL accepts.

## Why

A pooler takes clients in and queues them; it promises them a server connection. Its pools hold
`default_pool_size` connections for each pair of database and user, the reserve besides, and all
of that in each of its processes. Where they add up to more than the server's slots, logins fail
under load, PgBouncer waits `server_login_retry` before it tries again, and the clients wait
with it.

## Example

```ini avoid
[databases]
orders = host=db.internal user=shop pool_size=60
reports = host=db.internal user=shop pool_size=60

[pgbouncer]
pool_mode = transaction
```

```conf avoid
max_connections = 100
```

```ini prefer
[databases]
orders = host=db.internal user=shop pool_size=60
reports = host=db.internal user=shop pool_size=20

[pgbouncer]
pool_mode = transaction
```

```conf prefer
max_connections = 100
```

## Limits

An entry without `user=` has a pool for each user that clients bring; where files do not tell how
many there are, one is counted. `max_db_connections` counts for each entry of `[databases]`, not
for the real database behind it, as PgBouncer itself does. Where all clients of the pooler are
known and cannot fill it, this is a warning; and it is none where nothing else can connect (a
PgBouncer that only counted services of its Compose project reach): what those ask for counts.

Source: PgBouncer, `doc/config.md`; measured with versions 1.18 to 1.26.
"""

from collections.abc import Iterator
from dataclasses import replace

from poollint import Category, Problem, Severity, Topology, rule
from poollint_rules.budget.overflow import (
    asked,
    asked_of_poolers,
    available,
    known,
    overflow,
    place,
    poolers_alone,
    remarks,
)


@rule("pooler-exceeds-server", Category.BUDGET, Severity.ERROR, since="0.1.0")
def pooler_exceeds_server(topology: Topology) -> Iterator[Problem]:
    """Report a server whose poolers may open more connections than it has slots."""
    for budget in topology.servers:
        ledger = poolers_alone(topology, budget)
        if not known(budget) or not ledger.may_overflow:
            continue
        problem = overflow(
            ledger,
            place(budget),
            f"poolers may open {asked(ledger)} connections, {available(ledger)}",
            "logins of the pooler fail when it needs them most, and its clients wait for it",
            remarks(topology, budget),
        )
        clients = asked_of_poolers(topology, budget)
        if clients is not None and clients <= ledger.supplied.low:
            note = f"the clients known today open no more than {clients}"
            problem = replace(problem, severity=Severity.WARNING, notes=(note, *problem.notes))
        yield problem
