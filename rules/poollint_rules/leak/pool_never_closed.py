"""A function builds a pool for its own use, and ends without closing it.

## Why

What goes out of scope is not closed. An SQLAlchemy engine sits in reference cycles, so its
connections stay open until the garbage collector comes by; the threads of psycopg_pool and the
tasks of asyncpg live on; psycopg2 opens `minconn` connections for each pool. Each call of the
function leaves some more, and they add up to PostgreSQL's `max_connections`.

## Example

```python avoid
import pandas
from sqlalchemy import create_engine

class Store:
    def orders(self):
        engine = create_engine(self.url)
        return pandas.read_sql("SELECT * FROM orders", engine)
```

```python prefer
import pandas
from sqlalchemy import create_engine

class Store:
    def __init__(self, url):
        self.engine = create_engine(url)

    def orders(self):
        return pandas.read_sql("SELECT * FROM orders", self.engine)
```

## Limits

Only a pool that has one name in its function and leaves it in no way: what is returned, stored,
or passed to a function that may keep it is somebody else's to close. What a function of the
project builds and returns is that of whoever calls it; what an object of the project builds
when it is made is that of whoever makes it, where none of its methods that are called may close
it, or give it away. Not said of scripts, of tests and migrations, of what runs once
(`lru_cache`, a start-up hook), of a pool that lives as long as the process, of the extension of
Flask-SQLAlchemy, whose engines are its application's, nor of what a framework calls for each
request: `pool-per-request` reports that. A pool that is closed on some paths only counts as
closed.

Source: SQLAlchemy, "Engine Disposal", run with 2.0: 10 engines built in a function left 5 to 6
idle sessions until a collection; psycopg_pool, `ConnectionPool.close`; asyncpg, `Pool.close`.
"""

from collections.abc import Iterator, Mapping

from poollint import Category, Confidence, Function, Pool, Problem, Severity, rule

_CLOSE = {
    "aiopg": "`pool.close()` and `await pool.wait_closed()`",
    "asyncpg": "`async with {call}(…) as pool:`",
    "psycopg2": "`pool.closeall()` in a `finally:` block",
    "psycopg_pool": "`with {call}(…) as pool:`",
    "sqlalchemy": "`engine.dispose()` in a `finally:` block",
}
_OF_APPLICATIONS = ("flask_sqlalchemy",)  # an extension's engines are kept by what it is made for
_BY_BLOCK = ("asyncpg", "psycopg_pool")  # of which another function may give what is entered
_BY_HAND = "closing the pool in a `finally:` block"


@rule("pool-never-closed", Category.LEAK, Severity.WARNING, since="0.1.0")
def pool_never_closed(function: Function) -> Iterator[Problem]:
    """Yield the pools that a function leaves open."""
    if function.recurrence is not None or function.once:
        return
    for pool in function.pools:
        if pool.left_open and not pool.once and pool.driver not in _OF_APPLICATIONS:
            yield _problem(function, pool)
    for pool in function.unclosed:
        if pool.driver not in _OF_APPLICATIONS:
            yield _problem(function, pool, {**_CLOSE, **dict.fromkeys(_BY_BLOCK, _BY_HAND)})


def _problem(function: Function, pool: Pool, ways: Mapping[str, str] = _CLOSE) -> Problem:
    thing = "engine" if "engine" in pool.call else "pool"
    close = ways.get(pool.driver, f"closing the {thing} in a `finally:` block")
    if pool.call.startswith(("Async", "create_async")):
        close = close.replace("`with", "`async with").replace("`engine", "`await engine")
    return Problem(
        f"`{function.name}` builds {_article(thing)} {thing} and never closes it",
        at=pool.span,
        label="built here, closed nowhere",
        brief=f"the {thing} is never closed",
        why="each call leaves connections open until the garbage collector comes by",
        help=f"build the {thing} once and share it, or end it: {close.format(call=pool.call)}",
        confidence=Confidence.MEDIUM,
        scope=function.name,
    )


def _article(thing: str) -> str:
    return "an" if thing == "engine" else "a"
