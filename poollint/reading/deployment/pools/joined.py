"""What the pools of several modules come to in one process: which it opens, and which may be one.

Settings of Django stand beside them. What is built once is certain where a process imports the
module; of what functions build, nothing tells how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from poollint.facts.code import CALLED, Database, Module, Pool
from poollint.model.figure import Figure
from poollint.model.source import Span
from poollint.reading.deployment.pools import django_aliases
from poollint.reading.naming.values import dsn

if TYPE_CHECKING:
    from poollint.reading.deployment.pools.django_aliases import Alias


@dataclass(frozen=True, slots=True)
class Joined:
    """The pools of a container; `django` where its threads have connections of Django.

    groups  pools of which a process opens one: branches of one statement or function
    note    what was taken for granted in joining them, "" where nothing was
    sure    it is known which of them a process builds
    workers  the processes that a configuration file says, None where none does
    threads  what runs at once in a process, as such a file says, None where none does
    pool     what Django's connections come from, None where each thread has its own; `open`
             tells that its settings ask for one, and it is not known which
    beside   where the code sets up what opens more than these, None where nothing does
    databases  those that settings of Django name, `aliases` what a process opens of them
    singles  sessions that the code opens by themselves: those that last, then those that do not
    perhaps  pools beside the groups, of functions that the process speaks of: nothing tells
             whether and how often these are called
    others   the places of pools that it opens to databases that are no PostgreSQL
    """

    groups: tuple[tuple[Pool, ...], ...] = ()
    django: bool = False
    note: str = ""
    sure: bool = True
    workers: Figure | None = None
    threads: Figure | None = None
    pool: Pool | None = None
    open: bool = False
    beside: Span | None = None
    databases: tuple[Database, ...] = ()
    aliases: tuple[Alias, ...] = ()
    singles: tuple[Pool, ...] = ()
    perhaps: tuple[Pool, ...] = ()
    others: frozenset[Span] = frozenset()


def joined(modules: tuple[Module, ...], certain: frozenset[Span]) -> Joined:
    """Return the pools of modules that a process imports; `certain` are built at import."""
    sure, likely = built_once(modules)
    databases = django_aliases.stated(modules)
    if databases:  # what leads to the machine itself beside these is a script's of a developer
        sure = [pool for pool in sure if not _is_local(pool)]
        likely = [pool for pool in likely if not _is_local(pool)]
    if not sure and not likely:
        django = bool(databases) or any("django" in module.drivers for module in modules)
        return Joined(django=django, databases=databases)
    if not sure and certain.issuperset(p.span for p in likely) and _is_of_one(likely):
        return Joined(tuple(_groups(likely, certain)), databases=databases)
    if not sure:
        return Joined((tuple(likely),), sure=len(likely) == 1, databases=databases)
    perhaps = tuple(pool for pool in likely if not (pool.aside or pool.left_open))
    return Joined(tuple(_groups(sure, certain)), databases=databases, perhaps=perhaps)


def _is_of_one(pools: list[Pool]) -> bool:
    """Tell whether one function builds them all."""
    return len({(pool.span.path, pool.function) for pool in pools}) == 1


def singles(modules: Iterable[Module], sure: bool) -> tuple[Pool, ...]:
    """Return the sessions that modules open by themselves, those first that last.

    None of them is certain unless it is `sure` that a process imports the modules.
    """
    run = tuple(modules)
    every = [pool for module in run for pool in module.singles]
    if any(module.databases for module in run):  # as in `joined`
        every = [pool for pool in every if not _is_local(pool)]
    if not sure:  # and who calls a function is known even less
        own = [pool for pool in every if pool.once != CALLED]
        every = [replace(p, defaults=tuple(replace(f, low=0) for f in p.defaults)) for p in own]
    return tuple(sorted(every, key=lambda pool: not pool.once))


def built_once(modules: tuple[Module, ...]) -> tuple[list[Pool], list[Pool]]:
    """Return the pools that are built once in a process, and those of which nothing says so.

    Where there are none of the first sort one of the others counts: an application builds its
    pool somewhere.
    """
    sure: list[Pool] = []
    likely: list[Pool] = []
    for module in modules:
        for function in module.functions:
            for pool in function.pools:
                if not function.name or pool.once or function.once:
                    sure.append(pool)
                elif function.recurrence is None:
                    likely.append(pool)
    return sure, likely


def _is_local(pool: Pool) -> bool:
    """Tell whether the code itself says that a pool leads to the machine that it runs on."""
    text = pool.url.value if pool.url and not pool.variable else None
    found = dsn.address(text) if text else None
    return found is not None and found.host in ("localhost", "127.0.0.1", "::1")


def _groups(pools: list[Pool], certain: frozenset[Span]) -> Iterator[tuple[Pool, ...]]:
    """Yield the pools, those together of which a process builds one.

    Calls of the same function in one place are branches of it, unless they lead to different
    databases, or it is known that both are made.
    """
    groups: dict[tuple[str, str, str, str, Span | None], list[Pool]] = {}
    for pool in pools:
        url = pool.variable or (pool.url.value or "" if pool.url else "")
        own = pool.span if pool.span in certain else None
        groups.setdefault((pool.span.path, pool.function, pool.call, url, own), []).append(pool)
    yield from (tuple(group) for group in groups.values())
