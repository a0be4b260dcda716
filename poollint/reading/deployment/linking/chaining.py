"""Poolers that lead to other poolers: what the first opens comes into the second.

No file need say more of the second than that: its clients are the pools of the first.
"""

from __future__ import annotations

from collections.abc import Iterable

from poollint.facts.infrastructure import Pooler, PoolerDatabase
from poollint.facts.topology import Client
from poollint.reading.deployment.linking.counting import Opened
from poollint.reading.deployment.linking.reach import Reach, Target


def in_order(reach: Reach) -> list[Target]:
    """Return all targets, a pooler before the one that it leads to."""
    return sorted(reach.targets, key=lambda target: -_steps(target, reach, ()))


def _steps(target: Target, reach: Reach, before: tuple[Target, ...]) -> int:
    """Return how many poolers follow a target, up to the first that was there before."""
    following = _behind(target, _databases(target), reach)
    if following is None or following in before:
        return 0
    return 1 + _steps(following, reach, (*before, target))


def onward(
    clients: Iterable[Client], target: Target, entries: Iterable[PoolerDatabase], reach: Reach
) -> list[Opened]:
    """Return what a pooler opens as clients of another, none where it leads to none."""
    known = tuple(entries)
    following = _behind(target, known, reach)
    if following is None:
        return []
    return [Opened(client, following, known[0].dbname, known[0].user) for client in clients]


def _databases(target: Target) -> tuple[PoolerDatabase, ...]:
    return target.what.databases if isinstance(target.what, Pooler) else ()


def _behind(target: Target, entries: tuple[PoolerDatabase, ...], reach: Reach) -> Target | None:
    """Return the one pooler that all entries lead to, which is not the pooler itself."""
    found = [reach.of(one.host, one.port, target.placed) for one in entries if one.host]
    first = found[0] if found else None
    if first is None or first is target or any(other is not first for other in found):
        return None
    return first if isinstance(first.what, Pooler) else None
