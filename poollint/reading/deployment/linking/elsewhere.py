"""Servers that one environment describes, and that others reach by a name that tells which.

Terraform makes an instance of Cloud SQL, and what is deployed otherwise is given its connection
name. The server is then counted where its clients are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.infrastructure import Server
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking.environments import Environment, Operated
from poollint.reading.deployment.linking.wording import quoted


def joined(described: Iterable[Environment]) -> tuple[Environment, ...]:
    """Return the environments, each with the servers of others that it names for certain."""
    found = list(described)
    if not any(any(_names(operated)) for one in found for operated in one.operated):
        return tuple(found)
    used: dict[int, list[tuple[int, Operated]]] = {}
    for index, one in enumerate(found):
        for name in _asked(one):
            theirs = [
                (other, operated)
                for other, them in enumerate(found)
                for operated in them.operated
                if any(cloud_sql.fits(name, own) for own in _names(operated))
            ]
            if len(theirs) == 1 and theirs[0][0] != index and not found[theirs[0][0]].placed:
                used.setdefault(index, []).append(theirs[0])
    return tuple(_with(index, found, used) for index in range(len(found)))


def _with(
    index: int, found: list[Environment], used: dict[int, list[tuple[int, Operated]]]
) -> Environment:
    """Return an environment with what it takes from others, and without what those take."""
    one = found[index]
    taken = {id(o) for pairs in used.values() for other, o in pairs if other == index}
    own = tuple(operated for operated in one.operated if id(operated) not in taken)
    theirs = {id(o): o for _, o in used.get(index, ())}
    notes = tuple(_shared(index, operated, found, used) for operated in theirs.values())
    more = tuple(note for note in notes if note)
    return replace(one, operated=(*own, *theirs.values()), notes=(*one.notes, *more))


def _shared(
    index: int, operated: Operated, found: list[Environment],
    used: dict[int, list[tuple[int, Operated]]],
) -> str:  # fmt: skip
    """Return what is told where others reach a server too, each counted by itself."""
    others = [
        found[other].scope
        for other, pairs in used.items()
        if other != index and any(o is operated for _, o in pairs)
    ]
    what = operated[1].name
    return f"what connects to `{what}` in {quoted(others)} is counted there" if others else ""


def _names(operated: Operated) -> Iterator[str]:
    """Yield the connection names of a server, patterns where parts are not known."""
    placed, what = operated
    if isinstance(what, Server):
        yield from (a.host for a in placed.addresses if ":" in a.host)


def _asked(one: Environment) -> Iterator[str]:
    """Yield the connection names that what runs is given, or that proxies of it lead to."""
    names: dict[str, None] = {}
    for placed in one.placed:
        names |= dict.fromkeys(name for _, name in cloud_sql.proxied(placed) if name)
        names |= dict.fromkeys(filter(cloud_sql.is_name, placed.needs))
        for unit in placed.units:
            stated = cloud_sql.instance(unit.container.variables)
            names |= {stated[1]: None} if stated else {}
    yield from names
