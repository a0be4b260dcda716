"""A setting of PgBouncer that has no effect beside the others of its file.

## Why

A setting that does nothing is worse than none: who reads it counts on it.

`server_reset_query` is run when a client gives its session back, which happens in session mode
only. In transaction and statement mode nothing resets a session, whatever is written here: what
one client sets there, another one finds, unless `server_reset_query_always = 1`. (That has the
state lost after each transaction instead.)

`max_prepared_statements` has PgBouncer follow the statements of drivers in transaction and
statement mode. In session mode a client keeps its session, and with it its statements.

`track_extra_parameters` can follow only what the server reports to its clients. PostgreSQL reports
`search_path` since 18: with an older one the next transaction runs with whatever `search_path`
the session happens to have.

`connect_query` is run once, when a session with the server begins. What it sets is meant to stay;
in session mode `server_reset_query`, `DISCARD ALL` by default, takes it back when the first
client leaves, and with `server_reset_query_always = 1` after the first transaction. `SET LOCAL`
in it is over before any client comes.

## Example

```ini avoid
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
server_reset_query = DISCARD ALL
```

```ini prefer
[databases]
orders = host=db.internal

[pgbouncer]
pool_mode = transaction
```

```ini avoid
[databases]
orders = host=db.internal connect_query='SET jit = off'

[pgbouncer]
pool_mode = session
```

```ini prefer
[databases]
orders = host=db.internal connect_query='SET jit = off'

[pgbouncer]
pool_mode = session
; of what sessions may hold, this leaves what `connect_query` sets
server_reset_query = DEALLOCATE ALL; UNLISTEN *; CLOSE ALL; SELECT pg_advisory_unlock_all()
```

## Limits

Nothing is said where a database or a user has a pool mode of its own in which the setting works,
where a pool mode is filled in elsewhere, nor where the file includes others that are not in the
tree. Of `track_extra_parameters` the version of the server decides, which this file does not tell:
the finding has a low confidence.

Source: PgBouncer, `doc/config.md`; run with 1.18 and 1.20 to 1.26.1 in front of PostgreSQL 13
to 18.
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Configuration,
    Problem,
    Setting,
    Severity,
    Step,
    rule,
)

_SESSION = "session"
_DEFAULT = "discard all"  # what is run where nothing is stated
_KNOWN_LATELY = "search_path"


@rule("ineffective-setting", Category.SETTING, Severity.WARNING, since="0.1.0")
def ineffective_setting(configuration: Configuration) -> Iterator[Problem]:
    """Report settings of PgBouncer that others of its file keep from having any effect."""
    if configuration.program != "PgBouncer" or not configuration.complete:
        return
    modes = _modes(configuration)
    if modes is None:
        return
    mode = configuration.setting("pool_mode")
    reset = configuration.setting("server_reset_query")
    always = configuration.setting("server_reset_query_always")
    asked = reset is not None and not reset.open and bool(reset.value.strip())
    if reset and asked and mode and not always and _SESSION not in modes:
        yield _reset(reset, mode)
    followed = configuration.setting("max_prepared_statements")
    if followed and modes == {_SESSION} and followed.number:
        yield _followed(followed, mode)
    tracked = configuration.setting("track_extra_parameters")
    if tracked and _SESSION not in modes:
        names = [name.strip().lower() for name in tracked.value.split(",")]
        if _KNOWN_LATELY in names:
            yield _tracked(tracked)
    yield from _connect_queries(configuration)


def _connect_queries(configuration: Configuration) -> Iterator[Problem]:
    """Yield what is run when a session begins, and taken back or over before it serves."""
    users = configuration.owners("users")
    own = any(configuration.of("users", user, "pool_mode") for user in users)
    for owner in configuration.owners("databases"):
        query = configuration.of("databases", owner, "connect_query")
        if query is None:
            continue
        if query.passes:
            yield _passing(query)
        mode = configuration.of("databases", owner, "pool_mode") or configuration.setting(
            "pool_mode"
        )
        if query.keeps and not own and not (mode and mode.open):
            yield from _taken_back(query, mode, configuration)


def _taken_back(
    query: Setting, mode: Setting | None, configuration: Configuration
) -> Iterator[Problem]:
    always = configuration.setting("server_reset_query_always")
    reset = configuration.setting("server_reset_query")
    every = always is not None and always.number == 1
    if (mode and mode.value.lower() != _SESSION and not every) or (reset and reset.open):
        return
    done = reset.value.strip().rstrip(";").lower() if reset else _DEFAULT
    lost = [text for text in query.keeps if done == _DEFAULT or _resets(done, text)]
    if not lost:
        return
    when = "transaction" if every else "client"
    path = [Step(query.span, f"sets it: {', '.join(f'`{text}`' for text in lost)}")]
    path += [Step(reset.span, f"takes it back after each {when}")] if reset else []
    default = "" if reset else ", `DISCARD ALL` by default,"
    yield Problem(
        f"what `connect_query` sets holds for the first {when} of a session only",
        at=query.span,
        label="run once for each session",
        path=tuple(path),
        why=f"`server_reset_query`{default} takes it back, and it is not run again",
        help="set it for the role or the database (`ALTER ROLE … SET …`), which a reset leaves",
        scope=f"databases {query.owner}",
    )


def _resets(done: str, text: str) -> bool:
    """Tell whether a statement takes back what another sets: `RESET ALL` leaves the role."""
    return done == "reset all" and not text.startswith(("SET ROLE", "SET SESSION AUTHORIZATION"))


def _passing(query: Setting) -> Problem:
    shown = ", ".join(f"`{text}`" for text in query.passes)
    return Problem(
        "`connect_query` does nothing: it is over before a client comes",
        at=query.span,
        label=f"ends with its own transaction: {shown}",
        why="PgBouncer runs it by itself when a session begins: its transaction ends with it",
        help="use `SET` there: it stays in the session",
        scope=f"databases {query.owner}",
    )


def _modes(configuration: Configuration) -> set[str] | None:
    """Return the pool modes of a file: its own, and those of databases and users.

    None where one of them is filled in elsewhere, or is none.
    """
    stated = [configuration.of("pgbouncer", "", "pool_mode")]
    found = set() if stated[0] else {_SESSION}
    for section in ("databases", "users"):
        owners = configuration.owners(section)
        stated += [configuration.of(section, owner, "pool_mode") for owner in owners]
    wrong = any(s.name == "pool_mode" and s.flaw for s in configuration.settings)
    if wrong or any(mode.open for mode in stated if mode):
        return None
    return found | {mode.value.lower() for mode in stated if mode}


def _reset(reset: Setting, mode: Setting) -> Problem:
    plain = reset.value.strip().rstrip(";").lower() == _DEFAULT
    return Problem(
        f"`server_reset_query` is not run in {mode.value} mode",
        at=reset.span,
        label="never run",
        path=(Step(reset.span, "never run"), Step(mode.span, "nothing is reset in this mode")),
        why="what a client leaves in a session stays there for the next one",
        help="remove it; use `SET LOCAL` and the like, that end with their transaction",
        severity=Severity.NOTE if plain else None,
        scope="pgbouncer",
    )


def _followed(followed: Setting, mode: Setting | None) -> Problem:
    why = "a client keeps its session here, and with it all that is prepared"
    path = [Step(followed.span, "nothing to follow")]
    path += [Step(mode.span, "clients keep their sessions")] if mode else []
    return Problem(
        "`max_prepared_statements` has no effect in session mode",
        at=followed.span,
        label="nothing to follow",
        path=tuple(path),
        why=why,
        help="remove it, or set `pool_mode = transaction`",
        severity=Severity.NOTE,
        scope="pgbouncer",
    )


def _tracked(tracked: Setting) -> Problem:
    return Problem(
        "`search_path` is followed only where the server reports it",
        at=tracked.span,
        label="not reported before PostgreSQL 18",
        why="up to PostgreSQL 17 a `SET search_path` is lost, and left to other clients, as before",
        help="use `SET LOCAL search_path`, or name the schema in the query",
        confidence=Confidence.LOW,
        scope="pgbouncer",
    )
