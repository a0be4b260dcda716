"""Of two timeouts that end the same, the longer one never comes.

## Why

A `lock_timeout` that is not shorter than `statement_timeout` never fires: the statement is ended
first, with another error, and whoever set it believes to be protected from waiting for locks.
PostgreSQL's `idle_session_timeout` does not know that its client is a pooler: it ends the
connections that PgBouncer keeps in its pool, and the next client gets a broken one.

## Example

```conf avoid
max_connections = 200
statement_timeout = 30s
lock_timeout = 60s
```

```conf prefer
max_connections = 200
statement_timeout = 30s
lock_timeout = 5s
```

## Limits

Both must be stated: a default is nobody's intention, and 0 is no timeout. Of roles and databases
only what one file of SQL sets for one of them is compared; what sessions set is in no file.

Sources: PostgreSQL, documentation of `transaction_timeout`, `lock_timeout` and
`idle_session_timeout`; PgBouncer, `doc/config.md`, `query_timeout`, `transaction_timeout`,
`server_idle_timeout`, `server_lifetime`.
"""

from collections.abc import Iterator
from functools import partial

from poollint import (
    Category,
    Confidence,
    Configuration,
    Problem,
    Project,
    Setting,
    Severity,
    Step,
    rule,
)

_ELSEWHERE = ("sql", "cloud")  # what files of SQL, and resources of clouds, set for someone

# The one that never comes where it is not the shorter one, and the one that comes before it.
_IN_ONE = {
    "PostgreSQL": (
        ("lock_timeout", "statement_timeout"),
        ("statement_timeout", "transaction_timeout"),
        ("idle_in_transaction_session_timeout", "transaction_timeout"),
    ),
    "PgBouncer": (
        ("query_timeout", "transaction_timeout"),
        ("idle_transaction_timeout", "transaction_timeout"),
    ),
}


@rule("timeout-order", Category.SETTING, Severity.WARNING, since="0.1.0")
def timeout_order(project: Project) -> Iterator[Problem]:
    """Report timeouts that come too late in one file, and between a pooler and its server."""
    for configuration in project.configurations:
        for late, early in _IN_ONE.get(configuration.program, ()):
            yield from _never(configuration.setting(late), configuration.setting(early))
            for section in _ELSEWHERE:
                for owner in configuration.owners(section):
                    of = partial(configuration.of, section, owner)
                    yield from _never(of(late), of(early))
    for pooler, server in project.pairs():
        yield from _between(pooler, server)


def _never(late: Setting | None, early: Setting | None) -> Iterator[Problem]:
    if late is None or early is None or not late.number or not early.number:
        return
    if late.number < early.number:
        return
    yield Problem(
        f"`{late.name} = {late.value}` never comes: `{early.name} = {early.value}` is first",
        at=late.span,
        label="never comes",
        path=(Step(late.span, "never comes"), Step(early.span, "is always first")),
        why="whoever set it believes to be protected by it, and gets another error",
        help=f"write less than {early.value} in `{late.name}`, or 0",
        scope=late.name,
        severity=Severity.NOTE,
    )


def _between(pooler: Configuration, server: Configuration) -> Iterator[Problem]:
    """Yield where the server ends what the pooler means to keep, or the pooler what it runs."""
    ends = server.setting("idle_session_timeout")
    keeps = pooler.setting("server_idle_timeout")
    if ends and keeps and ends.number and (not keeps.number or ends.number <= keeps.number):
        yield Problem(
            f"the server ends idle connections after {ends.value}, the pooler keeps them longer",
            at=ends.span,
            label="ends the pooler's connections",
            path=(
                Step(ends.span, "ends the pooler's connections"),
                Step(keeps.span, "would keep them longer"),
            ),
            why="a client may be given a connection that the server is closing",
            help=f"write less than {ends.value} in `server_idle_timeout`, or none on the server",
            scope=ends.name,
            confidence=Confidence.MEDIUM,
        )
    yield from _cut_off(pooler.setting("query_timeout"), server.setting("statement_timeout"))


def _cut_off(query: Setting | None, statement: Setting | None) -> Iterator[Problem]:
    """Yield where PgBouncer hangs up before the server ends the statement by itself."""
    if query is None or statement is None or not query.number or not statement.number:
        return
    if statement.number >= query.number:
        yield Problem(
            f"`query_timeout = {query.value}` comes before the server's own timeout",
            at=query.span,
            label="comes first",
            path=(Step(query.span, "comes first"), Step(statement.span, "never comes")),
            why="PgBouncer closes both connections, where the server would end the statement",
            help=f"write more than {statement.value} in `query_timeout`",
            scope=query.name,
            confidence=Confidence.MEDIUM,
        )
