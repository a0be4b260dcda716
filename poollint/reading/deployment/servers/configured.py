"""What files of configuration describe, whoever runs with them."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname

from poollint.facts.infrastructure import Pooler, RoleLimit, Server
from poollint.model.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Configured:
    """Servers and poolers that files of their own describe.

    `scripts` are those that may write to the configuration of a server, and where they stand.
    `elsewhere` are what files of other names set up where a server is told to read them.
    `lists` are the users that lists of PgBouncer let in, each with its path.
    """

    servers: tuple[Server, ...]
    poolers: tuple[Pooler, ...]
    limits: tuple[RoleLimit, ...] = ()
    scripts: tuple[tuple[SourceFile, Span], ...] = ()
    elsewhere: tuple[Server, ...] = ()
    lists: tuple[tuple[str, frozenset[str]], ...] = ()

    def users(self, pooler: Pooler) -> int:
        """Return how many users the lists beside a pooler's own file let in, 0 without one."""
        folder = dirname(pooler.span.path)
        found = [users for path, users in self.lists if dirname(path) == folder]
        return len(found[0]) if len(found) == 1 else 0
