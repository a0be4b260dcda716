"""What files of configuration describe, whoever runs with them."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.facts.infrastructure import Pooler, RoleLimit, Server
from poollint.model.source import SourceFile, Span


@dataclass(frozen=True, slots=True)
class Configured:
    """Servers and poolers that files of their own describe.

    `scripts` are those that may write to the configuration of a server, and where they stand.
    `elsewhere` are what files of other names set up where a server is told to read them.
    """

    servers: tuple[Server, ...]
    poolers: tuple[Pooler, ...]
    limits: tuple[RoleLimit, ...] = ()
    scripts: tuple[tuple[SourceFile, Span], ...] = ()
    elsewhere: tuple[Server, ...] = ()
