"""A function that serves one event at a time keeps a pool for many.

## Why

An instance of AWS Lambda handles one event at a time, and so uses one connection. The platform
answers load with more instances, up to a thousand, and each has its own pool: what a pool opens
beyond the one connection stays idle, and counts against PostgreSQL's `max_connections` as long
as the instance is kept, frozen or not. A pool that opens several at once (`min_size`) multiplies
all instances by that number.

## Example

```python avoid
import os
from psycopg2.pool import SimpleConnectionPool

pool = SimpleConnectionPool(5, 20, os.environ["DATABASE_URL"])

def lambda_handler(event, context):
    conn = pool.getconn()
    try:
        with conn, conn.cursor() as cur:
            cur.execute("INSERT INTO inbox (body) VALUES (%s)", (event["body"],))
    finally:
        pool.putconn(conn)
```

```python prefer
import os
from psycopg2.pool import SimpleConnectionPool

pool = SimpleConnectionPool(1, 1, os.environ["DATABASE_URL"])

def lambda_handler(event, context):
    conn = pool.getconn()
    try:
        with conn, conn.cursor() as cur:
            cur.execute("INSERT INTO inbox (body) VALUES (%s)", (event["body"],))
    finally:
        pool.putconn(conn)
```

## Limits

The handler and the pool must stand in one file. AWS Lambda and Google Cloud Functions (whose
concurrency is 1 unless it is raised) are known to serve one event at a time; Azure Functions
serve several, and are left alone. A pool that opens connections only when they are asked for,
as SQLAlchemy's does, in practice opens one: that is a note. A handler that queries in several
threads or tasks needs as many as it uses.

Source: AWS Lambda, "Understanding Lambda function scaling"; Google Cloud, "Configure Cloud Run
functions: concurrency"; the drivers' constructors.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Figure, Module, Pool, Problem, Severity, Step, rule
from poollint_rules.pool.standing import standing

# How each driver is told to keep one connection.
_ONE = {
    "aiopg": "minsize=1, maxsize=1",
    "asyncpg": "min_size=1, max_size=1",
    "databases": "min_size=1, max_size=1",
    "dbutils": "maxconnections=1",
    "gino": "min_size=1, max_size=1",
    "ormar": "pool_size=1, max_overflow=0",
    "peewee": "max_connections=1",
    "psqlpy": "max_db_pool_size=1",
    "psycopg2": "minconn=1, maxconn=1",
    "psycopg_pool": "min_size=1, max_size=1",
    "sqlalchemy": "pool_size=1, max_overflow=0",
}


@rule("serverless-pool", Category.POOL, Severity.WARNING, since="0.1.0")
def serverless_pool(module: Module) -> Iterator[Problem]:
    """Yield the pools of more than one connection beside a handler of one event at a time."""
    handler = module.serverless
    if handler is None:
        return
    for function, pool in standing(module):
        least, most = pool.figure("min_size"), _most(pool)
        if least is not None and least.low > 1:
            shown = f"opens {least.low} connections at once{_source(least)}"
            yield _problem(pool, function.name, handler, shown, eager=True)
        elif most is not None and most > 1:
            shown = f"may open {most} connections{_source(pool.figure('max_size'))}"
            yield _problem(pool, function.name, handler, shown, eager=False)


def _most(pool: Pool) -> int | None:
    """Return the most that it opens, None where that is not known or has no bound."""
    size, overflow = pool.figure("max_size"), pool.figure("overflow")
    if size is None or size.high is None or pool.boundless("max_size"):
        return None
    if overflow is None and pool.argument("overflow") is None:
        return size.high
    if overflow is None or overflow.high is None or pool.boundless("overflow"):
        return None
    return size.high + overflow.high


def _source(figure: Figure | None) -> str:
    return f" ({figure.origin})" if figure and isinstance(figure.origin, str) else ""


def _problem(pool: Pool, scope: str, handler: Step, shown: str, eager: bool) -> Problem:
    told = [pool.argument(role) for role in ("min_size", "max_size", "overflow")]
    sizes = [Step(a.span, f"`{a.name}`") for a in told if a is not None]
    number = _ONE.get(pool.driver, "a size of 1")
    return Problem(
        f"each instance {shown.partition(' (')[0]}, and needs one",
        at=pool.span,
        label=shown,
        path=(Step(pool.span, shown), *sizes, handler),
        brief=shown,
        why="every instance, frozen ones too, holds them; a burst of events starts hundreds of "
        "instances"
        if eager
        else "what one handler opens by mistake, every instance keeps; a burst starts hundreds",
        help=f"pass `{number}`, and put a pooler in front of PostgreSQL",
        confidence=Confidence.MEDIUM,
        scope=scope,
        severity=None if eager else Severity.NOTE,
    )
