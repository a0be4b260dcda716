"""What files of configuration describe, whoever runs with them."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.facts.infrastructure import Pooler, RoleLimit, Server


@dataclass(frozen=True, slots=True)
class Configured:
    """Servers and poolers that files of their own describe."""

    servers: tuple[Server, ...]
    poolers: tuple[Pooler, ...]
    limits: tuple[RoleLimit, ...] = ()
