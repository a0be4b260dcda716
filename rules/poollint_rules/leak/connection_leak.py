"""A connection is taken, and some way out of the function does not give it back.

## Why

A pool waits for the connection it lent. Each time the function ends without
giving it back the pool has one fewer, and when none is left every request
fails or waits. Nothing in the logs names the place: the error appears wherever
the next connection is asked for. A connection that belongs to no pool keeps a
PostgreSQL process until Python's garbage collector happens to find it.

Most often the way out is an exception: the release stands after the work, and
the work raises. Give the connection back in a `finally:` block, or let a
`with` do it that really does: `with conn:` of psycopg2 ends the transaction
and keeps the connection.

## Example

```python avoid
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(1, 10, "dbname=shop")

def load_order(order_id):
    conn = pool.getconn()
    with conn.cursor() as cur:
        cur.execute("SELECT * FROM orders WHERE id = %s", (order_id,))
        row = cur.fetchone()
    pool.putconn(conn)
    return row
```

```python prefer
from psycopg2.pool import ThreadedConnectionPool

pool = ThreadedConnectionPool(1, 10, "dbname=shop")

def load_order(order_id):
    conn = pool.getconn()
    try:
        with conn.cursor() as cur:
            cur.execute("SELECT * FROM orders WHERE id = %s", (order_id,))
            return cur.fetchone()
    finally:
        pool.putconn(conn)
```

## Limits

What a function of the project takes and returns is its caller's to give back. A
connection that is stored in a container or on somebody else's object, handed to
a thread, a callback or an object's constructor is taken to be that code's to
give back; a function that is merely called with it is not, unless its name or
its body says that it closes connections. An object of the project's own class
that connects and keeps the connection counts as the connection, where all of
its class is in sight and hands the object to nobody; where nothing tells that
the object ends before the program does, the confidence is low. What a class takes
each time it is entered (`__enter__`), none of its methods may end, or a statement
of `__enter__` raises behind it: leaving is not called then. What a module
takes at import counts only where it is a script that runs again and again, as a
page of Streamlit does. Tests,
migrations and what only a command or a script's `__main__` block runs, and not
again and again in a loop that ends with the script, count with low confidence, and
so do exceptions that nothing but a broken connection raises (`--pedantic` shows
them), but for the `rollback()` of a pool's connection in a handler: the pool keeps the
place of a broken one taken. A connection that is given to another pool is lost where
each of the two is built by one call in sight; one that is given back twice is told of
where that needs no exception, with the pools that refuse it (psycopg2, psycopg_pool,
aiopg: run with 2.9.13, 3.3.3 and 1.4.0). What `async for` has of a
generator that it leaves (`return`, `break`, an exception) is not lost: the event loop
closes the generator in its next turn (run with SQLAlchemy 2.1 and asyncio, also
cancelled and fifty at once).
"""

from collections.abc import Iterator

from poollint import (
    Acquisition,
    Category,
    Escape,
    Function,
    Leak,
    Problem,
    Severity,
    Taking,
    rule,
)


@rule("connection-leak", Category.LEAK, Severity.ERROR, since="0.1.0")
def connection_leak(function: Function) -> Iterator[Problem]:
    """Yield the connections of one function that are lost."""
    for taken in function.acquisitions:
        if taken.leak is not None:
            yield _problem(function, taken, taken.leak)


def _problem(function: Function, taken: Acquisition, leak: Leak) -> Problem:
    name = f"`{function.name.rpartition('.')[2]}`" if function.name else "this script"
    if leak.exit and leak.escape is Escape.RAISE:
        name = f"`{leak.exit}`"
    what = "session" if taken.taking is Taking.SESSION else "connection"
    never = leak.escape in (Escape.NEVER, Escape.FALSE_RELEASE)
    if leak.escape is Escape.TWICE:
        message = f"{name} gives this {what} back twice (`{taken.release}`)"
    elif never:
        message = f"{name} never gives this {what} back (`{taken.release}`)"
    else:
        message = f"{name} may end without `{taken.release}` for this {what}"
    return Problem(
        message,
        at=taken.span,
        label="taken here",
        path=leak.steps,
        brief=_brief(taken, leak),
        why=_why(taken, leak, what),
        help=_help(taken, leak),
        confidence=leak.confidence,
        scope=function.name,
    )


def _brief(taken: Acquisition, leak: Leak) -> str:
    if leak.escape in (Escape.NEVER, Escape.FALSE_RELEASE):
        return f"never given back (`{taken.release}`)"
    if leak.escape is Escape.TWICE:
        return f"given back twice (`{taken.release}`)"
    if leak.escape is Escape.REBOUND:
        return "not given back before its name is given to something else"
    line = leak.steps[1].span.start.line if len(leak.steps) > 1 else 0
    if leak.escape is Escape.RAISE and line:
        again = [s.span.start.line for s in leak.steps[2:] if s.label.startswith("may raise")]
        both = f"lines {line} and {again[0]} raise" if again else f"line {line} raises"
        return f"not given back if {both}"
    if leak.escape is Escape.CANCEL and line:
        # no task runs a plain function: there it is KeyboardInterrupt or SystemExit
        ends = "the task is cancelled" if leak.steps[1].label.startswith("may be c") else "stopped"
        return f"not given back if {ends} at line {line}"
    return f"not given back on every way out (`{taken.release}`)"


def _why(taken: Acquisition, leak: Leak, what: str) -> str:
    if leak.escape is Escape.TWICE:
        return "the second time raises, or takes the connection from whoever has it by then"
    if taken.note and leak.escape is Escape.FALSE_RELEASE:
        return taken.note
    if taken.taking is Taking.ACQUIRE:
        return "the pool has one connection fewer each time, until every request waits or fails"
    if taken.taking is Taking.SESSION:
        return "its connection stays out of the pool until the garbage collector finds the session"
    return "a PostgreSQL process stays for it until the garbage collector finds the connection"


def _help(taken: Acquisition, leak: Leak) -> str:
    if leak.escape is Escape.TWICE:
        return f"call `{taken.release}` once, in a `finally:` block"
    if leak.exit and leak.escape is Escape.RAISE:
        return f"call `{taken.release}` in a `finally:` block of `{leak.exit}`"
    if leak.exit:
        return f"call `{taken.release}` in `{leak.exit}`, also when the block raises"
    if leak.handed and leak.escape in (Escape.RAISE, Escape.CANCEL):
        return (
            f"call `{taken.release}` in an `except BaseException:` block, and raise again: a "
            "`finally:` would close what the function hands on"
        )
    if leak.handed:
        return f"call `{taken.release}` on each way out that does not hand it on"
    finally_ = f"call `{taken.release}` in a `finally:` block"
    asynchronous = "async with" if taken.release.startswith("await ") else "with"
    if not taken.guard:
        return finally_
    return f"take it with `{asynchronous} {taken.guard} as …:`, or {finally_}"
