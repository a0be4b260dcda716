"""Whoever wants a connection of a full pool waits for ever.

## Why

When all connections are taken, by slow queries or by a leak, each further request waits. With
a timeout it fails after some seconds, says why in the log, and the service answers again as
soon as the pool does. Without one requests pile up silently: nothing is logged, health checks
hang as well, and only a restart helps.

## Example

```python avoid
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_timeout=None)
```

```python prefer
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_timeout=10)
```

## Limits

This is about waiting for a connection of the pool, not about connecting or about queries. Most
pools have a timeout unless they are told otherwise (SQLAlchemy and psycopg_pool 30 s, aiopg
60 s), and psycopg2's never waits. asyncpg's has none to be set: each `acquire` takes one. Its
calls are not looked at, so this is said of its pools with low confidence only (`--pedantic`).

Source: SQLAlchemy, `QueuePool`; asyncpg 0.29 to 0.32, `Pool.acquire`; peewee,
`playhouse.pool`; DBUtils, `blocking`; psqlpy 0.11.
"""

from collections.abc import Iterator

from poollint import Category, Confidence, Module, Pool, Problem, Severity, rule
from poollint_rules.pool.standing import standing, written

_WHY = "when the pool is empty requests pile up without an error, and only a restart helps"
_HELP = {
    "asyncpg": "give it at each use: `pool.acquire(timeout=10)`",
    "psqlpy": "bound the wait at each use: `async with asyncio.timeout(10):`",
}


@rule("pool-without-timeout", Category.POOL, Severity.WARNING, since="0.1.0")
def pool_without_timeout(module: Module) -> Iterator[Problem]:
    """Yield the pools that make their users wait for ever."""
    for function, pool in standing(module):
        problem = _told(pool, function.name) or _by_default(pool, function.name)
        if problem is not None:
            yield problem


def _told(pool: Pool, scope: str) -> Problem | None:
    argument = pool.argument("acquire_timeout")
    if argument is not None and argument.boundless:
        value = "None" if argument.figure is None else str(argument.figure.low)
        sure = Confidence.MEDIUM if argument.variable else Confidence.HIGH
        help_ = f"give `{argument.name}` some seconds"
    else:
        argument = pool.argument("blocking")
        if argument is None or argument.truth is not True:
            return None
        value, sure = "True", Confidence.HIGH
        help_ = "leave it out: a full pool then raises at once, which a retry can handle"
    shown = written(argument, value)
    return Problem(
        f"{shown} makes whoever finds this pool empty wait for ever",
        at=argument.span,
        label="waits for ever",
        brief=f"{shown} waits for ever",
        why=_WHY,
        help=help_,
        confidence=sure,
        scope=scope,
    )


def _by_default(pool: Pool, scope: str) -> Problem | None:
    if pool.argument("acquire_timeout") is not None or not pool.boundless("acquire_timeout"):
        return None
    figure = pool.figure("acquire_timeout")
    source = figure.origin if figure is not None and isinstance(figure.origin, str) else "default"
    return Problem(
        "whoever finds this pool empty waits for ever unless the call sets a timeout",
        at=pool.span,
        label=f"no timeout ({source})",
        brief="no timeout for a connection of the pool",
        why=_WHY,
        help=_HELP.get(pool.driver, "bound the wait at each use"),
        confidence=Confidence.LOW,
        scope=scope,
        severity=Severity.NOTE,
    )
