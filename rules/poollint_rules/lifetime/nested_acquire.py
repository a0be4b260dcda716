"""A second connection is taken from a pool while the first is still held.

## Why

A function that holds one connection and asks the same pool for another waits
for somebody to give one back. When as many such functions run at once as the
pool has connections, each holds one, each waits, and none ever gives back: the
pool hangs until its timeout, or for ever where it has none. It happens under
load only, and nothing in the database shows it.

With T functions at once that hold K connections each, a pool of
T * (K - 1) + 1 cannot hang. To need one connection is better.

## Example

```python avoid
import asyncpg

class Orders:
    def __init__(self, pool: asyncpg.Pool):
        self.pool = pool

    async def pay(self, order: int) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute("UPDATE orders SET paid = true WHERE id = $1", order)
            await self.log(order)

    async def log(self, order: int) -> None:
        await self.pool.execute("INSERT INTO payments VALUES ($1)", order)
```

```python prefer
import asyncpg

class Orders:
    def __init__(self, pool: asyncpg.Pool):
        self.pool = pool

    async def pay(self, order: int) -> None:
        async with self.pool.acquire() as conn, conn.transaction():
            await conn.execute("UPDATE orders SET paid = true WHERE id = $1", order)
            await self.log(conn, order)

    async def log(self, conn: asyncpg.Connection, order: int) -> None:
        await conn.execute("INSERT INTO payments VALUES ($1)", order)
```

## Limits

Both are taken in one function (by an object of the project that it enters, too), or
the second in a function that is called there, in this file or another, also by the
session that an object made for itself, or by the work that the function is handed; not
under a condition that who calls it may know of, such as `if conn is None`. The pool is the
same where both names come down to one: a name of a module, an attribute of a class or
of the same object, what the application keeps; sessions, Flask-SQLAlchemy's among them,
are of the pool of their engine, and objects of the pool that they were made of; a session
that is handed in is taken to be of the only engine that the project builds. A session
counts from its first statement, or from the commit of what was added. The pool's size is
told where it is certain which call builds it, in this file or another; one that makes as
many connections as are asked for (`NullPool`, `StaticPool`, `max_overflow=-1`) is never
waited for, and quiet. What is taken while one and the same first connection is held is
told of once, with all its lines. Tests, scripts, what is taken only until its answer is
kept (on the first call, on a cache's miss), and tasks and jobs of which a process runs one
at a time count with low confidence (`--pedantic` shows them), unless the pool is too small
for one alone.

## Source

The bound is HikariCP's, "About Pool Sizing", on locking pools.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from poollint import (
    Category,
    Confidence,
    Function,
    Nested,
    Problem,
    Rate,
    Severity,
    Span,
    rule,
)

_ASSUMED = ("assumed: what is handed in is of the only engine that the project builds",)


@rule("nested-acquire", Category.LIFETIME, Severity.WARNING, since="0.1.0")
def nested_acquire(function: Function) -> Iterator[Problem]:
    """Yield where a function takes a second connection from one pool."""
    beside: dict[tuple[Span, str], list[Nested]] = {}
    for nested in function.nested:
        beside.setdefault((nested.outer.span, nested.pool), []).append(nested)
    for several in beside.values():
        yield _problem(function, sorted(several, key=lambda one: (one.quiet, one.span.start)))


def _problem(function: Function, several: Sequence[Nested]) -> Problem:
    """Return the problem of all that a function takes from a pool beside one connection."""
    name = function.name.rpartition(".")[2]
    nested = replace(several[0], count=max(one.count for one in several))
    return Problem(
        f"`{name}` takes a second connection from `{nested.pool}` while it holds one",
        at=nested.span,
        label="a second connection is taken",
        path=nested.steps,
        brief=f"a second connection of `{nested.pool}` while one is held",
        why=_why(nested),
        help="work on the first connection, or give it back before the second is taken",
        notes=(*_notes(nested), *_further(nested, several), *(_ASSUMED if nested.handed else ())),
        confidence=_confidence(function, nested),
        scope=function.name,
    )


def _confidence(function: Function, nested: Nested) -> Confidence:
    again = function.recurrence
    few = (Rate.TASK, Rate.CALL, Rate.TICK)  # a scheduler begins no job that still runs
    alone = again is not None and again.rate in few and again.concurrency is None
    alone = alone and not 0 < nested.size < nested.count  # it waits for itself
    if nested.quiet or alone:  # a worker with one task at a time waits for nobody
        return Confidence.LOW
    sure = function.recurrence is not None and not nested.handed
    return Confidence.HIGH if sure else Confidence.MEDIUM


def _why(nested: Nested) -> str:
    many = (
        f"{nested.size} such calls"
        if nested.size
        else "as many such calls as the pool has connections"
    )
    if nested.outer.driver == "psycopg2":
        return f"{many} at once hold one each, and the pool raises PoolError instead of a second"
    return f"{many} at once hold one each and wait for another: none is given back"


def _notes(nested: Nested) -> tuple[str, ...]:
    more = nested.count - 1
    each = "T" if more == 1 else f"T * {more}"
    bound = f"for T calls at once the pool must hold at least {each} + 1 connections"
    if not nested.size or nested.built is None:
        return (bound,)
    safe = (nested.size - 1) // more
    built = f"{nested.built.path}:{nested.built.start.line}"
    return (f"{bound}; this one holds {nested.size} ({built}): enough for {safe} at once",)


def _further(told: Nested, several: Sequence[Nested]) -> Iterator[str]:
    """Yield where else one is taken while the same first connection is held."""
    lines = sorted({one.span.start.line for one in several} - {told.span.start.line})
    if lines:
        word = "line" if len(lines) == 1 else "lines"
        more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
        shown = ", ".join(str(line) for line in lines[:5])
        yield f"another is taken in {word} {shown}{more} while the first is held, too"
