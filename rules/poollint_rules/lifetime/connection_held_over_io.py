"""A connection stays taken while the function waits for something else.

## Why

A pool is shared by the time its connections are out. A query takes a millisecond,
an HTTP call a second and a language model a minute: as long as that, one
connection does nothing, and with as many such calls at once as the pool is large
every other request waits, whether it calls anybody or not. When a transaction is
open meanwhile, its locks stay, and vacuum cannot clean up behind it.

Read what is needed, give the connection back, then call; take one again to write
the answer.

## Example

```python avoid
import httpx
from psycopg_pool import AsyncConnectionPool

pool = AsyncConnectionPool("dbname=shop", open=False)

async def describe(product: int) -> None:
    async with pool.connection() as conn, httpx.AsyncClient() as client:
        row = await (await conn.execute("SELECT name FROM products")).fetchone()
        answer = await client.post("https://describe.example/v1", json={"name": row[0]})
        await conn.execute("UPDATE products SET text = %s", (answer.text,))
```

```python prefer
import httpx
from psycopg_pool import AsyncConnectionPool

pool = AsyncConnectionPool("dbname=shop", open=False)

async def describe(product: int) -> None:
    async with pool.connection() as conn:
        row = await (await conn.execute("SELECT name FROM products")).fetchone()
    async with httpx.AsyncClient() as client:
        answer = await client.post("https://describe.example/v1", json={"name": row[0]})
    async with pool.connection() as conn:
        await conn.execute("UPDATE products SET text = %s", (answer.text,))
```

## Limits

Only what is certain: the call is one the catalog knows (HTTP clients, language models,
cloud services, mail, subprocesses, sleeping, queues, futures, tasks begun before, a loop
over the messages of a broker), or is made by a function of the project that is called
here (of an interface or a table, all that are known have to wait; a task of Celery that
is called plainly; the nodes that a graph of LangGraph runs in any case; a parameter
without a type is what this call gives it). A client of which nothing else is known counts
where nothing but one sort is called so (`chat.completions.create(messages=…)`, a
`Bucket=`, an answer that has `raise_for_status()`, `await ctx.send()` beside
`import discord`, a `bot` of unknown type that is told whom to send what). Few attributes
are known that ask when they are read (`Ticker("A").info`).

The connection is taken before it and given back after it in this function, or never, and
used after it, or handed in: by FastAPI's `Depends`, by a middleware of aiogram
(`data["db"] = conn` in the block that calls the handler, or before the `finally` that
gives it back), as a parameter of the function or of its class's `__init__` that is
annotated as a session, or called one and asked what only SQLAlchemy's is
(`session.query(Order)`, `db.execute(select(…))`) or lent to what says so, picked out of a
parameter and told in the same ways (`session: Session = data["session"]`), in an object of
a class that was given one (a repository, a service of repositories), or in an object that
takes or makes one when it is entered (a unit of work) or later (`self.session = Session()`).

FastAPI makes one session for a request: what `get_user` has asked of it keeps the
connection while the function runs that depends on `get_user`, and while its response is
streamed (not with a FastAPI that closes it before, unless the stream asks it again);
objects that a function is given are taken to share it.

A session of SQLAlchemy holds a connection from its first statement until it commits,
rolls back or closes. Of a function that is lent one it counts what is done last on each
way to its end, and what it waits for meanwhile; one whose body is not known, or that may
end with a commit, leaves none, and that an attribute is read again after a commit
(`expire_on_commit`) is not looked at. The session of a registry (`db.session`,
`Model.query`, `scoped_session`) holds none after a call of which nothing is known. Of
Django only `transaction.atomic` counts, from the first statement in it, or in what it
calls, that is recognised as one; what receivers of signals wait for counts where they
stand in the file of the model that is saved, and `ATOMIC_REQUESTS` is not looked at.
Blocks of Tortoise, databases, peewee, piccolo, ormar and Gino count from their beginning.

What opens a connection of its own counts only where it runs for each request, not where a
clock starts it. Tests, migrations and scripts (but for what these do in a loop that only
ends with them) count with low confidence (`--pedantic` shows them), and so does a session
whose first statement is in a function that asks a cache first and the database on a miss;
a connection that listens or holds an advisory lock does not count, nor does a sleep of
less than a tenth of a second or a backoff that begins below a second (`0.1 * attempt`).
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Function,
    Hold,
    Problem,
    Rate,
    Severity,
    Taking,
    Wait,
    rule,
)

# Measured with FastAPI 0.105, 0.110, 0.117, 0.118 and 0.165.
_VERSIONS = "FastAPI 0.106 to 0.117 closed it before they sent the response, no other version does"


@rule("connection-held-over-io", Category.LIFETIME, Severity.WARNING, since="0.1.0")
def connection_held_over_io(function: Function) -> Iterator[Problem]:
    """Yield the connections that a function holds while it waits for something else."""
    second = {nested.span for nested in function.nested}
    for hold in function.holds:
        if hold.held.taking is Taking.CONNECT and not _at_once(function):
            continue
        if hold.wait is Wait.SLEEP and {hold.span, *hold.others} <= second:
            continue  # what sleeps until the pool has another: `nested-acquire` tells of it
        yield _problem(function, hold)


def _at_once(function: Function) -> bool:
    """Tell whether several calls may each have a connection of their own: a clock's are seldom."""
    return function.recurrence is not None and function.recurrence.rate is not Rate.TICK


def _problem(function: Function, hold: Hold) -> Problem:
    name = function.name.rpartition(".")[2]
    return Problem(
        f"`{name}` {hold.wait.value} with a connection taken",
        at=hold.span,
        label=hold.wait.value,
        path=hold.steps,
        brief=f"{hold.wait.value} with a connection taken",
        why=_why(hold),
        help=_help(hold),
        notes=_notes(hold),
        confidence=_confidence(function, hold),
        scope=function.name,
    )


def _confidence(function: Function, hold: Hold) -> Confidence:
    """Return how sure it is that somebody waits for the connection."""
    if hold.quiet:
        return Confidence.LOW
    unsure = function.recurrence is None or hold.streamed
    return Confidence.MEDIUM if unsure else Confidence.HIGH


def _why(hold: Hold) -> str:
    if hold.held.taking is Taking.CONNECT:
        return "a server session does nothing meanwhile, one for each such call at a time"
    if hold.held.taking is Taking.TRANSACTION:
        return "the open transaction keeps its locks and its connection, and holds vacuum up"
    lost = "the pool has one connection fewer meanwhile"
    if hold.transaction:
        return f"{lost}, and the open transaction keeps its locks and holds vacuum up"
    return f"{lost}: as many such calls at once as it is large stop everybody"


def _help(hold: Hold) -> str:
    if hold.streamed:
        return "end the transaction, or close the session, before the response is returned"
    if hold.held.taking is Taking.TRANSACTION:
        later = ": `transaction.on_commit` runs what is to follow"
        return f"wait before the block, or after it{later if hold.held.driver == 'django' else ''}"
    if hold.injected and not hold.held.target:
        if hold.held.taking is Taking.SESSION:
            return "let what asked the session end its transaction: nobody needs it afterwards"
        return "let what needed the connection take one for itself, and give it back at once"
    back = "give the connection back"
    if hold.held.taking is Taking.SESSION:
        awaited = "await " if hold.held.release.startswith("await ") else ""
        back = f"end the transaction (`{awaited}{hold.held.target or 'session'}.commit()`)"
    again = "sleep" if hold.wait is Wait.SLEEP else f"call `{hold.call}`"
    return f"{back} first, {again} without one, and take one again to go on"


def _notes(hold: Hold) -> tuple[str, ...]:
    if hold.streamed:
        return (_VERSIONS,)
    if not hold.others:
        return ()
    lines = ", ".join(str(span.start.line) for span in hold.others[:5])
    word = "line" if len(hold.others) == 1 else "lines"
    return (f"it is held over further waits, in {word} {lines}",)
