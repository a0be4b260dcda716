"""A new connection to the server is opened for each request.

## Why

Connecting costs a TCP and TLS handshake, authentication and a new process on the
server: some ten times the work of a small query. Worse, nothing bounds the
number: a burst of requests is a burst of connections, and beyond
`max_connections` every one is refused. A pool that is made once answers both.

## Example

```python avoid
import os
import psycopg
from fastapi import FastAPI

app = FastAPI()

@app.get("/trains/{number}")
def train(number: int):
    with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
        return conn.execute("SELECT * FROM trains WHERE number = %s", (number,)).fetchone()
```

```python prefer
import os
from fastapi import FastAPI
from psycopg_pool import ConnectionPool

app = FastAPI()
pool = ConnectionPool(os.environ["DATABASE_URL"])

@app.get("/trains/{number}")
def train(number: int):
    with pool.connection() as conn:
        return conn.execute("SELECT * FROM trains WHERE number = %s", (number,)).fetchone()
```

## Limits

Only what opens a session of its own counts: a connection taken from a pool or
an engine does not, unless its session is closed each time, which leaves the
pool nothing to lend again (asyncpg, psycopg_pool and psycopg2's pools). Nor
does what peewee's and Django's own documentation tells to do: `db.connect()`
when a request begins and `db.close()` when it ends (with a
`PooledPostgresqlDatabase` it takes from a pool), `CONN_MAX_AGE = 0`. An object
that a handler makes and that connects when it is first used counts where it is
certain that the method connects and nobody else has the object. A pooler in
front (PgBouncer, RDS Proxy) makes connecting cheap on the server, and the
finding a matter of taste: ignore it there. For tasks of a queue, calls of an
agent's tools and steps of a schedule it is a note: they are few. What runs
every minute or less often does well to connect each time, and so do the runs of
Airflow, Dagster and Prefect, and RQ's jobs, for each of which its `Worker`
forks a process (a `SimpleWorker` does not): nothing is said of them. Where the
time between two runs is not told in numbers, the confidence is low
(`--pedantic` shows it).
"""

from collections.abc import Iterator

from poollint import (
    Acquisition,
    Category,
    Confidence,
    Function,
    Problem,
    Rate,
    Recurrence,
    Severity,
    Span,
    Step,
    Taking,
    rule,
)

# Each run is a process of its own, or work of minutes: there is little to share or to spare.
_BATCHES = frozenset({"Airflow", "Dagster", "Prefect", "RQ"})
_SELDOM = 60.0  # seconds between two ticks; a session kept open for as long is idle
_FEW = frozenset({Rate.TASK, Rate.CALL, Rate.TICK})
_SCRIPTS = {Rate.RERUN, Rate.CLICK}
_SCRIPT = "make a pool in a function under `@st.cache_resource`, or use `st.connection`"
_HELP = {
    Rate.EVENT: "open it once, outside the handler, and reconnect when it is gone",
    Rate.TASK: "open it once for each worker process, or take it from a pool made there",
    Rate.CALL: "take it from a pool that is made when the server begins",
    Rate.RERUN: _SCRIPT,
    Rate.CLICK: _SCRIPT,
    Rate.ITEM: "open it once when the run begins, and close it when the run ends",
}


@rule("connection-per-request", Category.LIFETIME, Severity.WARNING, since="0.1.0")
def connection_per_request(function: Function) -> Iterator[Problem]:
    """Yield the server sessions that a function opens each time a framework calls it."""
    recurrence = function.recurrence
    if recurrence is None or function.once or _seldom(recurrence):
        return
    rate = recurrence.rate
    untold = rate is Rate.TICK and recurrence.seconds is None
    name = f"`{function.name}`" if function.name else "this script"
    for taken in function.acquisitions:
        if taken.discarded is not None:
            yield _discarding(function, recurrence, taken, taken.discarded)
        if taken.taking is not Taking.CONNECT or taken.once:
            continue
        if taken.through and not taken.first_use:
            continue
        label = "opens a session on the server"
        if taken.first_use:
            label = f"connects, by `{taken.through}`: the object is new"
        yield Problem(
            f"{name} opens a connection for every {rate.value}",
            at=taken.span,
            label=label,
            path=(*recurrence.chain, Step(taken.span, label)),
            brief=f"a connection for every {rate.value}",
            why=f"as many {rate.value}s as run at once are as many server sessions, each paid "
            "for with a handshake and a process",
            help=_help(recurrence),
            severity=Severity.NOTE if rate in _FEW else None,
            confidence=Confidence.LOW if untold else Confidence.HIGH,
            scope=function.name,
        )


def _discarding(
    function: Function, recurrence: Recurrence, taken: Acquisition, ended: Span
) -> Problem:
    """Return the problem of a pool that is left no session to lend again."""
    rate = recurrence.rate
    name = function.name.rpartition(".")[2]
    return Problem(
        f"`{name}` closes a connection of its pool for every {rate.value}",
        at=ended,
        label="ends the session on the server",
        path=(
            *recurrence.chain,
            Step(taken.span, "taken from a pool"),
            Step(ended, "ends the session on the server"),
        ),
        brief=f"a pool's connection is closed for every {rate.value}",
        why="the pool opens a new one each time, and saves no handshake and no process",
        help="leave it open: what is given back to the pool is lent again",
        severity=Severity.NOTE if rate in _FEW else None,
        confidence=Confidence.MEDIUM,
        scope=function.name,
    )


def _seldom(recurrence: Recurrence) -> bool:
    """Tell whether a connection kept for all runs would be idle for most of its life."""
    if recurrence.framework in _BATCHES:
        return True
    between = recurrence.seconds
    return recurrence.rate is Rate.TICK and between is not None and between >= _SELDOM


def _help(recurrence: Recurrence) -> str:
    """Return what to do: one connection for all only where they come one after another."""
    pool = "take it from a pool that is made once, at import or at start-up"
    abreast = recurrence.concurrency is not None and recurrence.rate not in _SCRIPTS
    return pool if abreast else _HELP.get(recurrence.rate, pool)
