"""A transaction is left open, doing nothing, while the function waits for something else.

## Why

psycopg and pg8000 begin a transaction with the first statement, a plain SELECT
included, and keep it until `commit()` or `rollback()`. While the program sleeps
or calls somebody the server session is "idle in transaction": its locks stay,
and vacuum removes no row that died since, in any table of the database. A worker
that polls does so for as long as it lives.

## Example

```python avoid
import time
import psycopg2

def watch(dsn, handle):
    conn = psycopg2.connect(dsn)
    cur = conn.cursor()
    try:
        while True:
            cur.execute("SELECT id FROM jobs WHERE ready")
            handle(cur.fetchall())
            time.sleep(10)
    finally:
        conn.close()
```

```python prefer
import time
import psycopg2

def watch(dsn, handle):
    conn = psycopg2.connect(dsn)
    conn.autocommit = True
    cur = conn.cursor()
    try:
        while True:
            cur.execute("SELECT id FROM jobs WHERE ready")
            handle(cur.fetchall())
            time.sleep(10)
    finally:
        conn.close()
```

The same holds for a connection that a server or a bot opens once and keeps: after
each SELECT it is idle in transaction until somebody commits.

## Limits

Connections that the function opens itself, or has a function of the project open,
with psycopg 2 or 3 or pg8000; for one of a pool, and for one that is opened for each
request, `connection-held-over-io` says it. Only where it is certain: a statement runs
on it before the wait, in the function or in one of the project that it hands the
connection or its cursor to, and nothing commits, rolls back or closes
in between; what is open only where something raised is not looked at.
Where one of these functions, or what opens it, says anything of autocommit or
isolation levels, and where the connection or its cursor is handed to what is not known,
the rule is silent.

A loop over a broker's messages waits for each, with what the one before left open. Such a
loop, a broker that calls back (`start_consuming`) and a `while` loop that waits count as well
for a connection that their object, or the module, has opened once, in functions that they
call, too: where nothing that has
run since speaks of committing, rolling back or transactions, where what opens the
connection, and the class that keeps it, say nothing of autocommit, and where neither
hands the connection, or the object, to who knows whom. So does a loop of a script, outside of
its functions.

A connection that outlives the functions that use it is told of once for its file:
where a framework calls a function that uses it again and again, and neither that
function nor those that lead to it say anything of committing, rolling back or
autocommit. In tests and scripts only what waits in a `while` loop counts, and
elsewhere what waits once is of medium confidence.
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Function,
    Hold,
    Problem,
    Project,
    Rate,
    Severity,
    Shared,
    Step,
    Wait,
    rule,
)

_DRIVERS = frozenset({"psycopg2", "psycopg", "pg8000"})  # a statement begins a transaction


@rule("open-transaction", Category.LEAK, Severity.WARNING, since="0.1.0")
def open_transaction(project: Project) -> Iterator[Problem]:
    """Yield the transactions that functions leave open while they wait, or when they end."""
    lasting: dict[str, tuple[Function, Shared]] = {}
    ending = {
        shared.span.path
        for _, function in project.of(Function)
        for shared in function.shared
        if shared.ends
    }
    for _, function in project.of(Function):
        for hold in function.idle:
            if function.recurrence is None:
                yield _problem(function, hold)
        shared = _left(function, ending)
        if shared is not None and shared.made is not None:
            lasting.setdefault(shared.made.path, (function, shared))
    for function, shared in lasting.values():
        yield _of_lasting(function, shared)


def _left(function: Function, ending: set[str]) -> Shared | None:
    """Return the connection on which a function begins a transaction that nobody ends.

    `ending` are the files in which transactions of such connections are ended.
    """
    why = function.recurrence
    if why is None or why.rate in (Rate.RERUN, Rate.CLICK) or any(s.ends for s in function.shared):
        return None
    if any(step.span.path in ending for step in why.chain if step.span.path != function.span.path):
        return None
    known = (s for s in function.shared if s.at_once is None and s.driver in _DRIVERS)
    return next((s for s in known if not (s.alone or s.settled or s.quiet)), None)


def _of_lasting(function: Function, shared: Shared) -> Problem:
    name = function.name.rpartition(".")[2]
    assert function.recurrence is not None
    first, *rest = shared.steps
    conn = "conn" if shared.role == "cursor" else shared.target
    left = Step(function.span, f"`{name}` ends, the transaction does not")
    return Problem(
        f"`{name}` leaves a transaction open on `{shared.target}`, which outlives it",
        at=shared.span,
        label="begins a transaction, unless one is open",
        path=(first, *function.recurrence.chain, *rest, left),
        brief=f"a transaction stays open on `{shared.target}`",
        why="the session is idle in transaction from then on: vacuum removes nothing that died "
        "since, in any table of the database",
        help=f"{_commit(conn, shared.is_async)} when the rows are read, or "
        f"{_autocommit(conn, shared.is_async)}",
        confidence=Confidence.MEDIUM,
        scope=function.name,
    )


def _problem(function: Function, hold: Hold) -> Problem:
    name = f"`{function.name.rpartition('.')[2]}`" if function.name else "the script"
    conn = hold.held.target
    awaited = hold.held.release.startswith("await ")
    rest = "sleep" if hold.wait is Wait.SLEEP else f"call `{hold.call}`"
    return Problem(
        f"{name} {hold.wait.value} with a transaction open",
        at=hold.span,
        label=hold.wait.value,
        path=hold.steps,
        brief=f"{hold.wait.value} with a transaction open",
        why="its locks stay meanwhile, and vacuum removes nothing that died since it began",
        help=f"{_commit(conn, awaited)} before you {rest}, or {_autocommit(conn, awaited)}",
        confidence=_confidence(hold),
        scope=function.name,
    )


def _commit(conn: str, awaited: bool) -> str:
    return f"`{'await ' if awaited else ''}{conn}.commit()` (or `rollback()`)"


def _autocommit(conn: str, awaited: bool) -> str:
    return f"`await {conn}.set_autocommit(True)`" if awaited else f"set `{conn}.autocommit = True`"


def _confidence(hold: Hold) -> Confidence:
    if hold.repeated:
        return Confidence.MEDIUM if hold.quiet else Confidence.HIGH
    return Confidence.LOW if hold.quiet else Confidence.MEDIUM
