"""A pool may open any number of connections.

## Why

A pool without an upper end is none: under load, or when queries become slow, every thread or
task that finds no free connection opens one more. They take PostgreSQL's last slots from
everything else that uses the server, and an outage of one service becomes one of all. With a
bound the same load waits for some milliseconds inside the process that makes it.

## Example

```python avoid
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=-1)
```

```python prefer
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_size=20, max_overflow=10)
```

## Limits

Where nothing bounds a pool because the code does not say so (DBUtils, py-postgresql), it is a
note. A class that keeps no connection (`NullPool`, `NullConnectionPool`) is not reported: it is
right in front of a pooler. A size that is computed or read from the environment is not known.

Source: SQLAlchemy, "Connection Pooling", `pool_size` and `max_overflow`, run with 1.4 and 2.0;
aiopg `create_pool`, `maxsize`; DBUtils `PooledDB`, `maxconnections`; peewee, `playhouse.pool`.
"""

from collections.abc import Iterator

from poollint import Argument, Category, Confidence, Module, Pool, Problem, Severity, Step, rule
from poollint_rules.pool.standing import standing, written

_WHY = (
    "under load each thread or task opens one more, until PostgreSQL refuses everybody who uses it"
)
_NAMES = {"dbutils": "maxconnections", "py_postgresql": "maxconn"}


@rule("unbounded-pool", Category.POOL, Severity.WARNING, since="0.1.0")
def unbounded_pool(module: Module) -> Iterator[Problem]:
    """Yield the pools that nothing bounds."""
    for function, pool in standing(module):
        told = _told(pool)
        if told is not None:
            yield _problem(function.name, pool, told)
        elif pool.argument("max_size") is None and pool.boundless("max_size"):
            yield _by_default(function.name, pool)


def _told(pool: Pool) -> Argument | None:
    """Return the argument that takes the bound away."""
    for role in ("overflow", "max_size"):
        argument = pool.argument(role)
        if argument is not None and argument.boundless:
            return argument
    return None


def _problem(scope: str, pool: Pool, argument: Argument) -> Problem:
    value = "None" if argument.figure is None else str(argument.figure.low)
    shown = written(argument, value)
    return Problem(
        f"{shown} lets this pool open any number of connections",
        at=argument.span,
        label="stands for no limit",
        path=(Step(argument.span, "stands for no limit"),),
        brief=f"{shown} is no limit",
        why=_WHY,
        help=f"give `{argument.name}` a number that fits into the server's max_connections",
        confidence=Confidence.MEDIUM if argument.variable else Confidence.HIGH,
        notes=_notes(argument),
        scope=scope,
    )


def _notes(argument: Argument) -> tuple[str, ...]:
    return (f"where `{argument.variable}` is not set",) if argument.variable else ()


def _by_default(scope: str, pool: Pool) -> Problem:
    figure = pool.figure("max_size")
    source = figure.origin if figure is not None and isinstance(figure.origin, str) else "default"
    name = _NAMES.get(pool.driver, "max_size")
    return Problem(
        f"this pool may open any number of connections: no `{name}` is given",
        at=pool.span,
        label=f"no limit ({source})",
        brief=f"no `{name}`",
        why=_WHY,
        help=f"give it `{name}`",
        confidence=Confidence.MEDIUM,
        scope=scope,
        severity=Severity.NOTE,
    )
