"""A pool hands out connections that may have died while nobody used them.

## Why

A connection that the server, a pooler or a firewall has closed looks alive until it is used:
the first query on each of them fails. In a function that is frozen between two events, and
thawed minutes or hours later, that is the ordinary case and not an outage. A pool that checks a
connection before it hands it out replaces a dead one unnoticed, for the price of one round trip.

## Example

```python avoid
import os
from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"], pool_size=1, max_overflow=0)

def lambda_handler(event, context):
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO inbox (body) VALUES (:b)"), {"b": event["body"]})
```

```python prefer
import os
from sqlalchemy import create_engine, text

engine = create_engine(
    os.environ["DATABASE_URL"], pool_size=1, max_overflow=0, pool_pre_ping=True
)

def lambda_handler(event, context):
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO inbox (body) VALUES (:b)"), {"b": event["body"]})
```

## Limits

Reported where instances are frozen (AWS Lambda, Google Cloud Functions) and the pool stands in
the file of the handler. A process that runs on loses a connection when the server restarts or
something drops idle ones; many teams retry instead, so this is of low confidence
(`--pedantic`), and not said of pools that replace their connections after some time.

Left alone: pools that notice dead connections themselves (asyncpg, DBUtils, peewee), and those
that have no check to switch on (psycopg2).

Source: SQLAlchemy, "Disconnect Handling - Pessimistic"; psycopg_pool 3.2, `check`; run with
killed sessions on psycopg2, asyncpg 0.32 and DBUtils 3.1.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Module, Pool, Problem, Severity, Step, rule
from poollint_rules.pool.standing import standing

_HELP = {
    "sqlalchemy": "pass `pool_pre_ping=True`",
    "psycopg_pool": "pass `check={call}.check_connection` (psycopg_pool 3.2)",
}


@rule("pool-without-health-check", Category.POOL, Severity.WARNING, since="0.1.0")
def pool_without_health_check(module: Module) -> Iterator[Problem]:
    """Yield the pools that do not look at a connection before they hand it out."""
    for function, pool in standing(module):
        if not unchecked(pool):
            continue
        frozen = module.serverless
        if frozen is None and not pool.boundless("max_lifetime"):
            continue
        if frozen is None and function.once == "command line":
            continue
        yield _problem(pool, function.name, frozen)


def unchecked(pool: Pool) -> bool:
    """Tell whether a pool could check connections, and does not."""
    argument = pool.argument("health_check")
    if argument is not None:
        return argument.truth is False
    figure = pool.figure("health_check")
    return figure is not None and figure.low == 0


def _problem(pool: Pool, scope: str, frozen: Step | None) -> Problem:
    figure = pool.figure("health_check")
    source = f" ({figure.origin})" if figure and isinstance(figure.origin, str) else ""
    label = f"no check{source}"
    help_ = _HELP.get(pool.driver, "switch its check on").format(call=pool.call)
    if frozen is None:
        return Problem(
            "this pool hands out connections that may have died unnoticed",
            at=pool.span,
            label=label,
            brief="connections are not checked",
            why="after a restart of the server, or a dropped idle connection, a query fails on "
            "each of them",
            help=help_,
            confidence=Confidence.LOW,
            scope=scope,
            severity=Severity.NOTE,
        )
    return Problem(
        "this pool outlives a freeze, and does not check the connections it hands out",
        at=pool.span,
        label=label,
        path=(Step(pool.span, label), frozen),
        brief="not checked after a freeze",
        why="what was closed while the instance was frozen is noticed by the next event's query, "
        "which fails",
        help=help_,
        confidence=Confidence.MEDIUM,
        scope=scope,
    )
