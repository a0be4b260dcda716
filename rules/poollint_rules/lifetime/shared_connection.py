"""One connection or session is used by several threads or tasks at the same time.

## Why

A connection to PostgreSQL does one thing at a time, in one transaction at a time.
What comes of sharing one depends on the driver. asyncpg and aiopg refuse the
second operation: "another operation is in progress". psycopg 2 and 3 let threads
wait for each other, but the transaction is everybody's: one request's `rollback()`
throws away what another has just inserted, its `commit()` commits the other's half
of the work, and after a failed statement everybody gets "current transaction is
aborted". pg8000 and PyGreSQL mix up the answers or hang. A SQLAlchemy session is
all of that, with the objects in it.

A pool that is made once, and a connection for each use, is what frameworks, threads
and tasks need. What may be shared is the pool, the engine or the session factory.

## Example

```python avoid
import asyncio
import asyncpg

async def dashboard(dsn: str, user: int) -> list[object]:
    conn = await asyncpg.connect(dsn)
    try:
        return await asyncio.gather(
            conn.fetch("SELECT * FROM orders WHERE user_id = $1", user),
            conn.fetch("SELECT * FROM invoices WHERE user_id = $1", user),
        )
    finally:
        await conn.close()
```

```python prefer
import asyncio
import asyncpg

async def dashboard(pool: asyncpg.Pool, user: int) -> list[object]:
    return await asyncio.gather(
        pool.fetch("SELECT * FROM orders WHERE user_id = $1", user),
        pool.fetch("SELECT * FROM invoices WHERE user_id = $1", user),
    )
```

```python avoid
import os
import psycopg2
from fastapi import FastAPI

app = FastAPI()
conn = psycopg2.connect(os.environ["DATABASE_URL"])

@app.post("/orders/{number}")
def order(number: int) -> None:
    with conn.cursor() as cur:
        cur.execute("INSERT INTO orders VALUES (%s)", (number,))
    conn.commit()
```

```python prefer
import os
from fastapi import FastAPI
from psycopg2.pool import ThreadedConnectionPool

app = FastAPI()
pool = ThreadedConnectionPool(1, 40, os.environ["DATABASE_URL"])

@app.post("/orders/{number}")
def order(number: int) -> None:
    conn = pool.getconn()
    try:
        with conn, conn.cursor() as cur:
            cur.execute("INSERT INTO orders VALUES (%s)", (number,))
    finally:
        pool.putconn(conn)
```

## Limits

A connection of a module, of an object that the module makes once (or makes with it:
`storage = Storage(conn)`), of a closure or a cache counts where a framework runs the
code that uses it in several threads or tasks:
FastAPI, Starlette and Quart run plain functions in threads and coroutines as tasks;
Flask, Django, Falcon, Pyramid and Dash have threads where their server has them
(`flask run`, waitress, `gunicorn --threads`), so that is of medium confidence, and quiet
where a Procfile, an image, a manifest or a script has gunicorn serve the application with
sync workers alone. What runs one after another is quiet: Celery's prefork workers,
Lambda functions, scripts, coroutines on a blocking connection (but for those of one
function that wait between two statements, and end a transaction after that). So is what is
done under a lock by all, what `threading.local`, a context variable or `scoped_session` keeps
apart, and a connection that only listens.
Nothing is said of objects that a framework or a container makes (`app.state`, a bot's
own attributes in other files, a gRPC service).

Within one function it counts where what is started can be followed to a statement: several
at once, or one that the function goes on beside, with the same connection or out of the
block that gives it back, before it waits for anything else (its own end counts where a
framework takes back then what it has provided); or a task for each notification that the
connection itself listens to.
Waiting for each other is no harm by itself: connections of psycopg, and of SQLAlchemy,
count there only where a transaction is begun or ended; those set to autocommit, and
tests, are of low confidence (`--pedantic` shows them).

## Source

The harm by driver was seen on PostgreSQL 15 with psycopg2 2.9, psycopg 3.3, asyncpg
0.32, aiopg 1.4, pg8000 1.31, PyGreSQL 6.2 and SQLAlchemy 2.1.
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Concurrency,
    Confidence,
    Function,
    Problem,
    Project,
    Severity,
    Shared,
    Span,
    rule,
)

_Use = tuple[Function, Shared]
_WHY = {
    "refused": "the driver raises where a second statement begins before the first has ended",
    "queued": "they have one transaction between them: a commit or rollback of one is everybody's, "
    "and what fails for one fails for all",
    "mixed": "the driver mixes up their answers, or hangs",
    "session": "SQLAlchemy refuses statements at the same time or has them share a transaction, "
    "which one of them ends for all",
    "cursor": "the statement of one replaces the rows that another has still to fetch",
}
_RANK = {Confidence.HIGH: 0, Confidence.MEDIUM: 1, Confidence.LOW: 2}


@rule("shared-connection", Category.LIFETIME, Severity.ERROR, since="0.1.0")
def shared_connection(project: Project) -> Iterator[Problem]:
    """Yield the connections that several threads or tasks use at the same time."""
    lasting: dict[Span, list[_Use]] = {}
    again = {
        (path, function.name)
        for path, function in project.of(Function)
        if function.recurrence is not None and not function.once
    }
    for path, function in project.of(Function):
        for shared in function.shared:
            if shared.at_once is not None:
                if shared.harm != "queued" or shared.ends:
                    yield _at_once(function, shared)
            elif shared.holder and (path, shared.holder) in again:  # each call makes its own
                continue
            elif shared.made is not None and _concurrency(function, shared) is not None:
                lasting.setdefault(shared.made, []).append((function, shared))
    for made, uses in lasting.items():
        yield _lasting(made, uses)


def _at_once(function: Function, shared: Shared) -> Problem:
    name = function.name.rpartition(".")[2]
    who = "tasks" if shared.at_once is Concurrency.TASKS else "threads"
    return Problem(
        f"`{name}` has several {who} use one {shared.role} at the same time",
        at=shared.span,
        label=f"{who} that use `{shared.target}`",
        path=shared.steps,
        brief=f"one {shared.role} for several {who}",
        why=_WHY[shared.harm],
        help=_help(shared, "or do one after the other"),
        confidence=_confidence_at_once(shared),
        severity=None if shared.harm in ("refused", "mixed") else Severity.WARNING,
        scope=function.name,
    )


def _confidence_at_once(shared: Shared) -> Confidence:
    if shared.quiet:
        return Confidence.LOW
    if shared.harm == "queued":
        return Confidence.LOW if shared.alone else Confidence.MEDIUM
    return Confidence.HIGH


def _lasting(made: Span, uses: list[_Use]) -> Problem:
    """Return the problem of a connection that outlives the functions that use it."""
    ends = any(shared.ends for _, shared in uses)
    uses = sorted(uses, key=lambda use: (_RANK[_confidence(use[0], use[1], ends)], _length(use[0])))
    function, shared = uses[0]
    concurrency = _concurrency(function, shared)
    who = "tasks" if concurrency is Concurrency.TASKS else "threads"
    assert function.recurrence is not None
    each = f"one {shared.role} serves every {function.recurrence.rate.value}"
    first, *rest = shared.steps
    return Problem(
        f"{each}, in several {who} at once",
        at=made,
        label="made here, once for all",
        path=(first, *function.recurrence.chain, *rest),
        brief=f"one {shared.role} for every {function.recurrence.rate.value}",
        why=_WHY[shared.harm],
        help=_help(shared, ""),
        notes=tuple(_notes(uses, concurrency)),
        confidence=_confidence(function, shared, ends),
        severity=Severity.WARNING,
        scope=shared.target,
    )


def _concurrency(function: Function, shared: Shared) -> Concurrency | None:
    """Return how calls of the function use it at the same time, None where they do not.

    A blocking connection in tasks is used by one at a time: nothing else runs meanwhile.
    """
    how = function.recurrence.concurrency if function.recurrence and not function.once else None
    tasks = how is Concurrency.TASKS
    return how if how is not None and tasks == shared.is_async else None


def _confidence(function: Function, shared: Shared, ends: bool) -> Confidence:
    if shared.harm == "queued" and shared.alone:
        return Confidence.LOW
    if _concurrency(function, shared) is Concurrency.SERVED:
        return Confidence.MEDIUM
    return Confidence.HIGH if shared.harm != "queued" or ends else Confidence.MEDIUM


def _length(function: Function) -> int:
    return len(function.recurrence.chain) if function.recurrence else 0


def _notes(uses: list[_Use], concurrency: Concurrency | None) -> Iterator[str]:
    function, shared = uses[0]
    framework = function.recurrence.framework if function.recurrence else ""
    if concurrency is Concurrency.SERVED:
        yield (
            f"assumed: {framework} is served by threads, as by its own server, waitress or "
            "`gunicorn --threads`; gunicorn's sync workers serve one request at a time"
        )
    others = sorted({(s.span.path, s.span.start.line) for _, s in uses[1:]})
    others = [place for place in others if place != (shared.span.path, shared.span.start.line)]
    if others:
        places = ", ".join(f"{path}:{line}" for path, line in others[:5])
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        yield f"used as well at {places}{more}"


def _help(shared: Shared, more: str) -> str:
    return f"{shared.instead}, {more}" if more else shared.instead
