"""A pool or engine is built again for each request.

## Why

A pool pays by being shared. One that is built in a handler opens connections
that no other request uses, and keeps them until it is closed or, for an
SQLAlchemy engine, until the garbage collector finds it: engines sit in
reference cycles. A few requests a second are enough to reach PostgreSQL's
`max_connections`, and each request pays for connecting and authenticating.

## Example

```python avoid
import os
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()

@app.post("/checkout")
def checkout(cart: int):
    engine = create_engine(os.environ["DATABASE_URL"])
    with engine.begin() as conn:
        conn.execute(text("UPDATE carts SET paid = true WHERE id = :id"), {"id": cart})
```

```python prefer
import os
from fastapi import FastAPI
from sqlalchemy import create_engine, text

app = FastAPI()
engine = create_engine(os.environ["DATABASE_URL"])

@app.post("/checkout")
def checkout(cart: int):
    with engine.begin() as conn:
        conn.execute(text("UPDATE carts SET paid = true WHERE id = :id"), {"id": cart})
```

## Limits

Not reported: what is built once although it stands in a function (a cached
function, a global or attribute that is tested first, a singleton, a lifespan or
start-up hook), engines that keep no connections (`NullPool`), and what is a
process of its own each time: tasks of Airflow, steps of Dagster (by its default
executor), and jobs of RQ, for each of which its `Worker` forks one (a `SimpleWorker`
does not). What a schedule calls every minute or less often may well build a pool,
unless it leaves it open.

Source: rq 3.0.0, `Worker.fork_work_horse` and `SimpleWorker.execute_job`; Dagster,
"Run executors".
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Figure,
    Function,
    Pool,
    Problem,
    Rate,
    Recurrence,
    Severity,
    Step,
    rule,
)

_ALONE = frozenset({"Airflow", "Dagster", "RQ"})  # a process for each task, which shares nothing
_SELDOM = 60.0  # seconds between two ticks; a pool kept open for as long is idle
_HELP = {
    Rate.EVENT: "make it once, outside the handler: what runs at import serves many events",
    Rate.TASK: "make it once for each worker process, and share it between tasks",
    Rate.CALL: "make it once, when the server begins, and share it between calls",
    Rate.RERUN: "make it in a function under `@st.cache_resource`: it runs once",
    Rate.CLICK: "make it in a function under `@st.cache_resource`: it runs once",
}


@rule("pool-per-request", Category.LIFETIME, Severity.WARNING, since="0.1.0")
def pool_per_request(function: Function) -> Iterator[Problem]:
    """Yield the pools that a function builds each time a framework calls it."""
    recurrence = function.recurrence
    if recurrence is None or function.once or recurrence.framework in _ALONE:
        return
    for pool in function.pools:
        if pool.once or not pool.pooled or (_seldom(recurrence) and not pool.left_open):
            continue
        size = _size(pool)
        name = f"`{function.name}`" if function.name else "this script"
        yield Problem(
            f"{name} makes a new pool for every {recurrence.rate.value}",
            at=pool.span,
            label=size,
            path=(*recurrence.chain, Step(pool.span, size)),
            brief=f"a new pool for every {recurrence.rate.value}",
            why=f"no other {recurrence.rate.value} uses its connections, and they stay open "
            "until the pool is closed or collected",
            help=_HELP.get(recurrence.rate, _shared(pool)),
            scope=function.name,
        )


def _seldom(recurrence: Recurrence) -> bool:
    """Tell whether a pool kept for all runs would be idle for most of its life."""
    between = recurrence.seconds
    return recurrence.rate is Rate.TICK and between is not None and between >= _SELDOM


def _shared(pool: Pool) -> str:
    thing = "engine" if "engine" in pool.call else "pool"
    return f"make the {thing} once, at import or in the application's lifespan, and pass it in"


def _size(pool: Pool) -> str:
    """Return how large the pool is, and whether that is the driver's default."""
    size, overflow = _figure(pool, "max_size"), _figure(pool, "overflow")
    if size is None or size.high is None:
        return "a pool is made here"
    # A string origin names whose default it is: "SQLAlchemy default".
    source = f" ({size.origin}s)" if isinstance(size.origin, str) else ""
    if overflow is None or overflow.high is None:
        return f"a pool of up to {_count(size.high)}{source}"
    if overflow.high < 0:
        return f"a pool of {size.high}, and connections without limit beyond"
    total = size.high + overflow.high
    if isinstance(size.origin, str) != isinstance(overflow.origin, str):
        source = ""
    return f"a pool of {size.high}, up to {_count(total)}{source}"


def _figure(pool: Pool, role: str) -> Figure | None:
    argument = pool.argument(role)
    if argument is not None:
        return argument.figure
    return next((figure for figure in pool.defaults if figure.name == role), None)


def _count(number: int) -> str:
    return f"{number} connection" + ("" if number == 1 else "s")
