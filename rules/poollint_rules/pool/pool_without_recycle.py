"""A pool keeps connections for longer than the server or the pooler lets them be idle.

## Why

`idle_session_timeout` of PostgreSQL and `client_idle_timeout` of PgBouncer close connections
that nobody uses for some time. A pool does not notice: it hands out the closed connection, and
the first query on it fails. It happens after each quiet night, in every process. A pool that
gives connections up before the other side does never meets a closed one.

## Example

```ini avoid
[databases]
orders = host=10.0.0.5

[pgbouncer]
listen_addr = *
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
client_idle_timeout = 600
```

```python avoid
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
```

```ini prefer
[databases]
orders = host=10.0.0.5

[pgbouncer]
listen_addr = *
auth_type = scram-sha-256
auth_file = /etc/pgbouncer/userlist.txt
client_idle_timeout = 600
```

```python prefer
import os
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], pool_recycle=300)
```

## Limits

Said only where a file of the repository sets such a timeout, and only where all files that set
it agree: PostgreSQL and PgBouncer close no idle connection by default, and a pool without a
maximum age is no fault by itself. That the pool leads to that server or pooler is assumed. A
pool that checks connections (`pool_pre_ping`, `check`) is right as well, and drivers that
notice a closed connection themselves (asyncpg) need nothing. Timeouts of firewalls, load
balancers and managed databases stand in no file.

Source: PostgreSQL 14 to 18, `idle_session_timeout`; PgBouncer 1.0 to 1.26,
`client_idle_timeout`; SQLAlchemy, `pool_recycle`; psycopg_pool 3.1 to 3.3, which looks at
`max_lifetime` when a connection comes back, so that it does not help an idle one.
"""

import re
from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Figure,
    Pool,
    Problem,
    Project,
    Setting,
    Severity,
    Step,
    rule,
)
from poollint_rules.pool.pool_without_health_check import unchecked
from poollint_rules.pool.standing import standing

# The setting that closes idle connections, and the unit of a bare number, in seconds.
_TIMEOUTS = {
    ("PostgreSQL", "idle_session_timeout"): 0.001,
    ("PgBouncer", "client_idle_timeout"): 1.0,
}
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_VALUE = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?")
_HELP = {
    "sqlalchemy": "pass `pool_recycle={limit}` or less, or `pool_pre_ping=True`",
    "psycopg_pool": "pass `check={call}.check_connection` (psycopg_pool 3.2)",
}
# Pools that look at the age of a connection when it comes back, and not before it is handed out.
_LATE = frozenset({"psycopg_pool"})


@rule("pool-without-recycle", Category.POOL, Severity.WARNING, since="0.1.0")
def pool_without_recycle(project: Project) -> Iterator[Problem]:
    """Yield the pools whose connections are closed before they are given up."""
    found = _shortest(project)
    if found is None:
        return
    setting, seconds = found
    for module in project.modules:
        for function, pool in standing(module):
            kept = pool.figure("max_lifetime")
            if kept is not None and unchecked(pool) and _outlives(pool, kept, seconds):
                yield _problem(pool, kept, setting, seconds, function.name)


def _shortest(project: Project) -> tuple[Setting, float] | None:
    """Return the timeout for idle connections that is the shortest, of those that agree."""
    known: dict[str, dict[float, Setting]] = {}
    for setting in project.settings:
        unit = _TIMEOUTS.get((setting.program, setting.name))
        if unit is None or setting.owner or setting.flaw:
            continue
        match = _VALUE.fullmatch(setting.value.strip().strip("'"))
        seconds = float(match[1]) * _UNITS.get(match[2] or "", unit) if match else 0.0
        known.setdefault(setting.name, {}).setdefault(seconds, setting)
    agreed = [next(iter(d.items())) for d in known.values() if len(d) == 1]
    return min(((s, t) for t, s in agreed if t > 0), key=lambda pair: pair[1], default=None)


def _outlives(pool: Pool, kept: Figure, seconds: float) -> bool:
    """Tell whether a connection may be idle in the pool for `seconds` and be handed out then."""
    if pool.driver in _LATE:
        least, idle = pool.figure("min_size"), pool.figure("max_idle")
        shrinks = least is not None and least.high == 0
        return not (shrinks and idle is not None and idle.high is not None and idle.high < seconds)
    return pool.boundless("max_lifetime") or (kept.exact and kept.low >= seconds)


def _problem(pool: Pool, kept: Figure, setting: Setting, seconds: float, scope: str) -> Problem:
    late = pool.driver in _LATE
    argument = None if late else pool.argument("max_lifetime")
    source = f" ({kept.origin})" if isinstance(kept.origin, str) and not late else ""
    age = f"for {kept.low} s" if not (late or pool.boundless("max_lifetime")) else "for ever"
    label = f"kept {age}{source}" if not late else "kept while nobody uses them"
    limit = f"{seconds:g}"
    return Problem(
        f"this pool keeps connections that `{setting.name}` closes after {limit} s",
        at=pool.span,
        label=label,
        path=(
            Step(argument.span if argument else pool.span, label),
            Step(setting.span, f"{setting.program} closes them after {limit} s idle"),
        ),
        brief=f"{label}, closed after {limit} s idle",
        why="after a quiet time the first query on each connection fails",
        help=_HELP.get(pool.driver, "give connections up before that").format(
            limit=limit, call=pool.call
        ),
        confidence=Confidence.MEDIUM,
        scope=scope,
    )
