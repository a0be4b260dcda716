"""A connection begins with a parameter that PgBouncer refuses, or throws away.

## Why

PgBouncer's sessions with the server are begun before a client comes, so that it
takes from clients only the few parameters it can restore for each of them
(`client_encoding`, `DateStyle`, `TimeZone`, `standard_conforming_strings`,
`application_name`, since 1.20 `IntervalStyle`). Everything else, `search_path`,
`statement_timeout` or `jit` for instance, makes it refuse the connection, in
session mode too:

```text
FATAL:  unsupported startup parameter: options
FATAL:  unsupported startup parameter in options: search_path
asyncpg.exceptions.ProtocolViolationError: unsupported startup parameter: jit
```

libpq takes such parameters from `options=`, from a URL (`?options=-c%20…`) and from the
variable `PGOPTIONS`, which a program or a manifest may set; asyncpg from `server_settings`,
and from whatever stands in its URL that it does not know itself (`?jit=off`). Of what no
server knows either (`?pgbouncer=true`, which only Prisma understands) `ignored-url-parameter`
tells.

`ignore_startup_parameters` lets the client in, and throws the value away: the
connection works, without the `search_path` or the timeout, and nothing says so.

PgBouncer 1.26 takes `search_path` whatever the server is. But PostgreSQL tells it of
changes of `search_path` only since 18: where it empties each session between two
clients (in session mode, or told `server_reset_query_always`), it does not learn that
the value is gone, and the next client that asks for it works without, silently.

## Example

```ini avoid pgbouncer.ini
[databases]
shop = host=10.0.0.7

[pgbouncer]
listen_port = 6432
pool_mode = transaction
```

```python avoid
import psycopg2

def connect():
    return psycopg2.connect("host=10.0.0.5 port=6432", options="-c statement_timeout=5000")
```

```ini prefer pgbouncer.ini
[databases]
shop = host=10.0.0.7

[pgbouncer]
listen_port = 6432
pool_mode = transaction
```

```python prefer
import psycopg2

def connect():
    # once, by whoever owns the role: ALTER ROLE app SET statement_timeout = '5s'
    return psycopg2.connect("host=10.0.0.5 port=6432")
```

## Limits

Silent where it is not known where the connection leads, where no PgBouncer
answers there, and where the name of the parameter is computed. `PGOPTIONS` of a container
counts where code that its image is built from connects with libpq. PgBouncer 1.26
takes `search_path`, `default_transaction_read_only` and `session_authorization`
as well; where its version is not known, it is taken to be older, and the finding
has a medium confidence. It does not ask which options the server knows.
"""

from collections.abc import Iterator

from poollint import (
    Category,
    Confidence,
    Effect,
    Endpoint,
    Problem,
    Severity,
    Span,
    Statement,
    Step,
    rule,
)
from poollint_rules.session.transaction_mode import LONGEST

_PRODUCT = "PgBouncer"
_OPTIONS = "options"  # of libpq: PgBouncer looks into it since 1.20
_AS_OPTIONS = frozenset({_OPTIONS, "PGOPTIONS"})  # how libpq is told them
# PgBouncer 1.26 takes these, older ones refuse them.
_LATELY = frozenset({"search_path", "default_transaction_read_only", "session_authorization"})


@rule("session-startup-parameter", Category.SESSION, Severity.ERROR, since="0.1.0")
def session_startup_parameter(statement: Statement) -> Iterator[Problem]:
    """Yield connections that begin with a parameter that does not reach the server."""
    endpoint = statement.endpoint
    if endpoint is None or statement.effect is not Effect.STARTUP:
        return
    if endpoint.pooler != _PRODUCT:
        return
    lost = _lost(statement, endpoint)
    forgotten = () if lost else _forgotten(statement, endpoint)
    if lost:
        yield _of_lost(statement, endpoint, lost)
    elif forgotten:
        yield _of_forgotten(statement, endpoint, forgotten)


def _of_lost(statement: Statement, endpoint: Endpoint, lost: tuple[str, ...]) -> Problem:
    shown = ", ".join(f"`{name}`" for name in lost)
    ignored = _is_ignored(statement, endpoint, lost)
    steps = [Step(statement.span, f"asks for {shown}")]
    if ignored and endpoint.ignored and isinstance(endpoint.ignored.origin, Span):
        steps.append(Step(endpoint.ignored.origin, "thrown away here"))
    elif isinstance(endpoint.mode.origin, Span):
        steps.append(Step(endpoint.mode.origin, "this PgBouncer answers"))
    return Problem(
        _message(statement, shown, ignored),
        at=statement.span,
        label=f"asks for {shown}",
        path=tuple(steps),
        brief=f"`{statement.text}` of the connection behind PgBouncer",
        why=_why(statement, endpoint, lost, ignored),
        help=_help(lost),
        confidence=_confidence(endpoint, lost),
        scope=statement.function,
    )


def _lost(statement: Statement, endpoint: Endpoint) -> tuple[str, ...]:
    """Return the parameters that do not arrive; all, where `options` is not looked into."""
    names = tuple(name for name in statement.subject.split(",") if name)
    if statement.text in _AS_OPTIONS and endpoint.options is False:
        return names
    kept = {name.lower() for name in endpoint.accepted}
    return tuple(name for name in names if name.lower() not in kept)


def _forgotten(statement: Statement, endpoint: Endpoint) -> tuple[str, ...]:
    """Return what only the first client of a session gets, for all that others ask for it too.

    Emptying the session takes it back, which a server that does not report it does not say.
    """
    if endpoint.mode.value != "session" and not endpoint.cleaned:
        return ()
    known = {name.lower() for name in endpoint.tracked}
    return tuple(n for n in statement.subject.split(",") if n and n.lower() not in known)


def _of_forgotten(statement: Statement, endpoint: Endpoint, names: tuple[str, ...]) -> Problem:
    shown = ", ".join(f"`{name}`" for name in names)
    steps = [Step(statement.span, f"asks for {shown}")]
    if isinstance(endpoint.mode.origin, Span):
        steps.append(Step(endpoint.mode.origin, "this PgBouncer answers"))
    return Problem(
        f"{shown} in `{statement.text}` holds only until PgBouncer empties the session",
        at=statement.span,
        label=f"asks for {shown}",
        path=tuple(steps),
        brief=f"`{statement.text}` of the connection behind PgBouncer",
        why="the server does not tell PgBouncer that the value is gone, and the next client that "
        "asks for it works without: nothing says so",
        help=_help(names),
        confidence=Confidence.MEDIUM,  # `server_reset_query` may be empty
        scope=statement.function,
    )


def _is_ignored(statement: Statement, endpoint: Endpoint, lost: tuple[str, ...]) -> bool:
    """Tell whether PgBouncer is told to throw what is lost away, and not to refuse it."""
    if endpoint.ignored is None:
        return False
    told = {name.strip().lower() for name in (endpoint.ignored.value or "").split(",")}
    if statement.text in _AS_OPTIONS and (_OPTIONS in told or endpoint.options is False):
        return _OPTIONS in told
    return all(name.lower() in told for name in lost)


def _message(statement: Statement, shown: str, ignored: bool) -> str:
    done = "thrown away" if ignored else "refused"
    message = f"{shown} in `{statement.text}` is {done} by PgBouncer"
    return message if len(message) <= LONGEST else f"`{statement.text}` is {done} by PgBouncer"


def _why(statement: Statement, endpoint: Endpoint, lost: tuple[str, ...], ignored: bool) -> str:
    if ignored:
        return (
            "the connection works without it, and nothing says so: PgBouncer is told to ignore it"
        )
    if statement.text not in _AS_OPTIONS:
        failure = f"unsupported startup parameter: {lost[0]}"
    elif endpoint.options is False:
        failure = "unsupported startup parameter: options"
    else:
        failure = f"unsupported startup parameter in options: {lost[0]}"
    return f"every connection fails with `{failure}`"


def _help(lost: tuple[str, ...]) -> str:
    name = lost[0]
    return (
        f"set it for the role (`ALTER ROLE … SET {name} = …`), or with `SET LOCAL {name}` in "
        "each transaction"
    )


def _confidence(endpoint: Endpoint, lost: tuple[str, ...]) -> Confidence:
    """Return less than all certainty where a new version would take what is lost."""
    lately = endpoint.options is None and all(name.lower() in _LATELY for name in lost)
    if endpoint.ignored is None or lately:
        return Confidence.MEDIUM
    return Confidence.HIGH
