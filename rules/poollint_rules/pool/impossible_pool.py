"""A pool is told to keep more connections than it may have, and refuses to be built.

## Why

asyncpg, psycopg_pool and aiopg compare the two sizes when the pool is made and raise
`ValueError`: the process does not start. It happens most often to somebody who makes a pool
smaller and states the larger size alone: asyncpg keeps 10 connections and psycopg_pool 4 where
nothing else is said.

## Example

```python avoid
import asyncpg

async def make(dsn):
    return await asyncpg.create_pool(dsn, max_size=5)
```

```python prefer
import asyncpg

async def make(dsn):
    return await asyncpg.create_pool(dsn, min_size=5, max_size=5)
```

## Limits

Both sizes must be numbers that the code states, or the driver's default. What the environment
may say, and what a name that has several values may be, is not compared. Other drivers take the
larger of the two, or the smaller: they are not reported.

Source: run with asyncpg 0.32.0, psycopg_pool 3.3.3 and aiopg 1.4.0.
"""

from collections.abc import Iterator

from poollint import Basis, Category, Function, Pool, Problem, Severity, rule

_STATED = (Basis.STATED, Basis.DERIVED, Basis.DEFAULTED)


@rule("impossible-pool", Category.POOL, Severity.ERROR, since="0.1.0")
def impossible_pool(function: Function) -> Iterator[Problem]:
    """Yield the pools whose least size is above their largest."""
    for pool in function.pools:
        least, most = _size(pool, "min_size"), _size(pool, "max_size")
        if not pool.strict or pool.boundless("max_size"):
            continue
        if least is None or most is None or least <= most:
            continue
        low, high = _written(pool, "min_size"), _written(pool, "max_size")
        told = pool.argument("min_size") is not None
        yield Problem(
            f"this pool cannot be built: it is to keep {least} connections and have {most}",
            at=pool.span,
            label=f"keeps {least}, may have {most}",
            brief=f"keeps {least}, may have {most}: ValueError",
            why=f"`{pool.call}` raises ValueError when it is called"
            + ("" if told else f": {least} is its default for `{low}`"),
            help=f"lower `{low}` or raise `{high}`" if told else f"state `{low}={most}` as well",
            scope=function.name,
        )


def _size(pool: Pool, role: str) -> int | None:
    """Return a size that is one number, and certain."""
    argument, figure = pool.argument(role), pool.figure(role)
    if figure is None or not figure.exact or figure.basis not in _STATED:
        return None
    return None if argument is not None and argument.variable else figure.low


def _written(pool: Pool, role: str) -> str:
    """Return what the argument of a role is called, in the spelling of the other one."""
    argument = pool.argument(role)
    if argument is not None:
        return argument.name
    other = pool.argument("max_size" if role == "min_size" else "min_size")
    return role if other is None or "_" in other.name else role.replace("_", "")
