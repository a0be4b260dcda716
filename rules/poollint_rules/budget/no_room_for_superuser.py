"""The slots that a server keeps back leave nothing to others, or none is kept back at all.

## Why

`superuser_reserved_connections` are the way in when everything is taken: with 0 nobody can log in
to see what is going on, and to end it, before the application lets go. Where the slots kept back
take up all of `max_connections`, PostgreSQL does not start.

## Example

```conf avoid
max_connections = 5
superuser_reserved_connections = 5
```

```conf prefer
max_connections = 20
superuser_reserved_connections = 3
```

## Limits

Nothing is said where a number is not stated: PostgreSQL keeps 3 slots by itself.

Sources: PostgreSQL, documentation of `superuser_reserved_connections`; `postmaster.c`, asked of
versions 13 to 18.
"""

from collections.abc import Iterator

from poollint import (
    Basis,
    Category,
    Entry,
    Figure,
    Ledger,
    Problem,
    Server,
    Severity,
    Span,
    Topology,
    rule,
)


@rule("no-room-for-superuser", Category.BUDGET, Severity.ERROR, since="0.1.0")
def no_room_for_superuser(topology: Topology) -> Iterator[Problem]:
    """Report a server that keeps no slot back, or all of them."""
    for budget in topology.servers:
        server = budget.server
        kept = server.superuser_reserved
        at = kept.origin
        if server.max_connections.basis is Basis.UNKNOWN or not isinstance(at, Span):
            continue
        if kept.basis is Basis.STATED and kept.high == 0:
            yield _none(kept, at)
        elif kept.low + server.reserved.low >= (server.max_connections.high or 0) > 0:
            yield _all(server, at)


def _none(kept: Figure, at: Span) -> Problem:
    return Problem(
        "no connection is kept for the superuser",
        at=at,
        label="none kept",
        why="when all connections are taken, nobody gets in to see why and to end it",
        help="write `superuser_reserved_connections = 3`",
        scope=kept.name,
        severity=Severity.WARNING,
    )


def _all(server: Server, at: Span) -> Problem:
    kept = [f for f in (server.superuser_reserved, server.reserved) if f.high]
    number = sum(figure.low for figure in kept)
    most = server.max_connections.low
    return Problem(
        f"{number} connections are kept back, and `max_connections` is {most}",
        at=at,
        label="nothing is left",
        ledger=Ledger(
            tuple(Entry(figure.name, (figure,)) for figure in kept),
            (Entry("max_connections", (server.max_connections,)),),
            server.name,
        ),
        why="PostgreSQL does not start: it must have a connection for others",
        help=f"write `max_connections` of more than {number}",
        scope=server.superuser_reserved.name,
    )
