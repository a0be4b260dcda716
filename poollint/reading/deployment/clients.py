"""How many connections each container may open, and where to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from posixpath import basename

from poollint.facts.code import KEYED, Pool
from poollint.facts.infrastructure import Pooler, Process, Workload
from poollint.facts.topology import Client
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment import pools
from poollint.reading.deployment.deployed import Placed, Unit
from poollint.reading.deployment.ecosystems.homes import Homes, language_of
from poollint.reading.deployment.pools import Code, Joined
from poollint.reading.deployment.reach import (
    Endpoint,
    Reach,
    Target,
    endpoints,
    is_other,
    of_variable,
)
from poollint.reading.deployment.variables import Variables, environment, settled, unknown
from poollint.reading.naming import dsn
from poollint.reading.reader import Options

# Names of databases beside the one that an application writes to.
_BESIDES = re.compile(r"replica|read|slave|standby|second|test|log|analytics|report|source", re.I)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a container may open towards one server or pooler.

    `dbname` and `user` tell one pool of a pooler from another, "" where they are not known.
    """

    client: Client
    target: Target
    dbname: str = ""
    user: str = ""


@dataclass(slots=True)
class Count:
    """What was counted in one environment, what could not be, and what was assumed."""

    opened: list[Opened] = field(default_factory=list)
    missing: list[tuple[Target | None, str]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    def miss(self, target: Target | None, text: str) -> None:
        if (target, text) not in self.missing:
            self.missing.append((target, text))

    def assume(self, text: str) -> None:
        if text and text not in self.assumed:
            self.assumed.append(text)


@dataclass(frozen=True, slots=True)
class _Opener:
    """A container that is no server and no pooler."""

    placed: Placed
    unit: Unit
    variables: Variables
    ends: tuple[Endpoint, ...]
    several: bool = False
    sure: bool = True
    aside: bool = False  # others of its image are given a database's address, and it is not

    @property
    def name(self) -> str:
        """Return what its line in a ledger is called."""
        workload, container = self.placed.workload, self.unit.container
        if len(self.placed.units) == 1 or container.name == workload.name:
            return workload.name
        return f"{workload.name}/{container.name}"


@dataclass(frozen=True, slots=True)
class Programs:
    """What containers may run: the Python of the tree, and applications in other languages."""

    code: Code
    homes: Homes


def count(
    placed: tuple[Placed, ...], busy: frozenset[int], code: Programs, reach: Reach, options: Options
) -> Count:
    """Return what the containers of one environment open; those in `busy` serve (ids of units)."""
    total = Count()
    openers = [
        _Opener(workload, unit, environment(unit.container.variables),
                endpoints(unit.container.variables))
        for workload in placed
        for unit in workload.units
        if id(unit) not in busy
    ]  # fmt: skip
    told = frozenset(_runs(opener.unit) for opener in openers if opener.ends) - {""}
    for opener in openers:
        alone = not opener.ends and opener.unit.complete and _runs(opener.unit) in told
        _container(replace(opener, aside=alone), code, reach, options, total)
    return total


def _runs(unit: Unit) -> str:
    """Return what tells the code of containers apart: the image, or what it is built from."""
    return unit.container.image or unit.container.build


def _container(
    opener: _Opener, code: Programs, reach: Reach, options: Options, total: Count
) -> None:
    container = opener.unit.container
    joined = opened(opener.unit, code)
    if code.code.applications and joined.workers is None:
        joined = replace(joined, workers=code.code.applications.workers(container))
    opener = replace(opener, several=len(joined.groups) > 1, sure=joined.sure)
    targets = _targets(opener, reach)
    process = container.process
    opens = bool(joined.groups or joined.django)
    if opener.placed.workload.kind == "task" or (process and process.role == "migration"):
        if targets or opens:
            total.miss(_sole(targets), f"`{opener.name}`, which ends")
        return
    if opener.aside and opens:
        total.miss(None, f"`{opener.name}`, which is given no address of a database")
        return
    openings = tuple(_openings(opener, joined, options))
    if not openings:
        for target in targets or _started_first(opener, reach):
            total.miss(target, f"`{opener.name}`: how many connections it opens is not known")
        return
    for pool, figure in openings:
        _open(opener, pool, figure, reach, options, total, joined)


def opened(unit: Unit, programs: Programs) -> Joined:
    """Return the pools a container opens: of several not those whose variable it has not."""
    joined = programs.code.join(unit.container)
    foreign = language_of(unit) not in ("", "python")
    if foreign or not (joined.groups or joined.django):
        joined = programs.homes.join(unit) or (Joined() if foreign else joined)
    if not unit.complete or len(joined.groups) < 2:
        return joined
    names = {variable.name for variable in unit.container.variables}
    kept = tuple(
        group
        for group in joined.groups
        if any(not p.variable or p.variable in names or p.url for p in group)
    )
    return replace(joined, groups=kept or joined.groups)


def _open(
    opener: _Opener, pool: Pool | None, figure: Figure | None, reach: Reach, options: Options,
    total: Count, joined: Joined,
) -> None:  # fmt: skip
    target, end, note = _edge(opener, pool, reach)
    if target is None:
        if not note and pool and not opener.ends:
            note = f"`{opener.name}`: where its pool leads is not known{_at(pool)}"
        if note:
            total.miss(None, note)
        return
    if figure is None:
        total.miss(target, f"`{opener.name}`: the size of its pool is not known{_at(pool)}")
        return
    total.assume(joined.note)
    total.assume(note)
    workload = opener.placed.workload
    workers = settled(_workers(opener, joined.workers), options.assume, f"{workload.name}.workers")
    for known, what in ((workload.replicas, "replicas"), (workers, "workers")):
        if known.basis is Basis.UNKNOWN:
            total.assume(_taken(workload, known, what))
    name = opener.name
    if pool and len(joined.groups) > 1:
        name = f"{name} ({basename(pool.span.path)}:{pool.span.start.line})"
    rest = (workers, figure)
    client = Client(
        name,
        opener.unit.container.span,
        (workload.replicas, *rest),
        (rolling(workload), *rest),
        (workload.floor, *rest) if workload.floor else (),
        (ending(workload), *rest) if workload.surge else (),
        workload,
        assumed=bool(note),
    )
    if pool and pool.once == KEYED:
        total.miss(
            target, f"`{opener.name}`: its pools but one, for it builds one a key{_at(pool)}"
        )
    total.opened.append(Opened(client, target, end.dbname if end else "", end.user if end else ""))


def _at(pool: Pool | None) -> str:
    return f" ({pool.span.path}:{pool.span.start.line})" if pool else ""


def _taken(workload: Workload, figure: Figure, what: str) -> str:
    why = figure.origin if isinstance(figure.origin, str) else figure.hint
    because = f" ({why})" if why else ""
    one = what.removesuffix("s")
    return f"`{workload.name}` has 1 {one}{because}: set `{workload.name}.{what}`"


def rolling(workload: Workload) -> Figure:
    """Return the instances while a new version is rolled out."""
    steady, surge = workload.replicas, workload.surge
    if surge is None:
        return steady
    high = None if steady.high is None or surge.high is None else steady.high + surge.high
    origin = surge.origin if isinstance(surge.origin, Span) else steady.origin
    basis = max((Basis.DERIVED, steady.basis, surge.basis), key=lambda b: b.strength)
    why = surge.hint or (surge.origin if isinstance(surge.origin, str) else "")
    hint = f"{steady.low} and {surge.low} more, {why}"
    return Figure(steady.low + surge.low, high, "replicas during a rollout", basis, origin, hint)


def ending(workload: Workload) -> Figure:
    """Return the instances while all those of the old version still end, new ones beside them.

    A controller starts what replaces an instance when that begins to end, not when it has ended:
    `.status.replicas` of a Deployment leaves those out (Kubernetes, KEP-3973).
    """
    rolled = rolling(workload)
    high = None if workload.replicas.high is None else 2 * workload.replicas.high
    hint = "old ones hold theirs until they have ended"
    return replace(rolled, high=high, name="replicas, old and new", hint=hint)


# --- How many --------------------------------------------------------------------------------


def _workers(opener: _Opener, configured: Figure | None) -> Figure:
    process = opener.unit.container.process
    if configured and (process is None or process.processes.basis is not Basis.STATED):
        return configured
    if process and process.tool and process.tool != "python":
        return process.processes
    stated = pools.workers_by_convention(opener.unit.container)
    if stated:
        return stated
    if process and process.tool:
        return process.processes
    return unknown("workers", "the command is in the image" if process is None else process.span)


def _openings(
    opener: _Opener, joined: Joined, options: Options
) -> Iterator[tuple[Pool | None, Figure | None]]:
    """Yield each pool a process of the container opens, and how many connections it may hold."""
    container = opener.unit.container
    process = container.process
    name = f"{opener.placed.workload.name}.pool"
    if joined.groups:
        yield from _of_groups(opener, joined, options)
    elif joined.django and process and process.role in ("web", "worker", "script"):
        yield None, settled(_django(process), options.assume, name)
    elif not (process and process.role == "other" and process.tool):
        figure = pools.by_convention(container)
        if figure:
            yield None, settled(figure, options.assume, name)


def _of_groups(
    opener: _Opener, joined: Joined, options: Options
) -> Iterator[tuple[Pool, Figure | None]]:
    container = opener.unit.container
    found: list[tuple[Pool, Figure | None]] = []
    for group in joined.groups:
        known_sizes = (pools.size(p, opener.variables) for p in group)
        sizes = [_bounded(size, container.process, joined.threads) for size in known_sizes]
        known = [figure for figure in sizes if figure]
        if len(known) < len(sizes):
            found.append((group[0], pools.by_convention(container)))
        else:
            found.append((group[0], _either(known)))
    name = f"{opener.placed.workload.name}.pool"
    settle = [(p, f and settled(f, options.assume, name)) for p, f in found]
    # Of several pools a process may open only one, so only the smallest is certain.
    least = min((f.low for _, f in settle if f), default=0)
    sure = False
    for pool, figure in settle:
        if figure and len(settle) > 1 and (sure or figure.low > least):
            figure = replace(figure, low=0)
        elif figure:
            sure = True
        yield pool, figure


def _either(figures: list[Figure]) -> Figure:
    """Return one figure for alternatives: from the least to the most."""
    most = max(figures, key=lambda f: (f.high is None, f.high or 0))
    return replace(most, low=min(f.low for f in figures))


def _bounded(
    size: pools.Size, process: Process | None, threads: Figure | None = None
) -> Figure | None:
    """Return what a pool opens in one process: no more at once than run in it, at the least.

    A pool that keeps no connection opens as many as are in use.
    """
    if not size.pool.pooled:
        at_once = threads or (process.threads if process else None)
        return at_once or unknown("connections in use", "a pool that keeps none")
    if size.most is None:
        return None
    at_once = threads or (process.threads if process else None)
    if process and process.tool in ("", "python"):  # no server: what runs at once is unknown
        low = 1
    elif at_once is None or at_once.high is None:
        return size.most
    else:
        low = at_once.high
    return replace(size.most, low=min(size.most.low, max(low, size.eager)))


def _django(process: Process) -> Figure:
    """Return one connection a thread (docs.djangoproject.com, ref/databases)."""
    source = "Django opens one connection a thread"
    if process.threads is None:
        return unknown("connections in use", source)
    threads = process.threads
    origin = threads.origin if isinstance(threads.origin, Span) else source
    hint = source if isinstance(origin, Span) else ""
    return replace(threads, name="threads", basis=Basis.DEFAULTED, origin=origin, hint=hint)


# --- Where to --------------------------------------------------------------------------------


def _targets(opener: _Opener, reach: Reach) -> tuple[Target, ...]:
    found = (reach.of(end.host, end.port, opener.placed) for end in opener.ends)
    return tuple(dict.fromkeys(target for target in found if target))


def _started_first(opener: _Opener, reach: Reach) -> tuple[Target, ...]:
    """Return the servers and poolers that a container waits for, and so most likely uses."""
    found = (reach.of(name, 0, opener.placed) for name in opener.placed.needs)
    return tuple(dict.fromkeys(target for target in found if target))


def _sole(targets: tuple[Target, ...]) -> Target | None:
    return targets[0] if len(targets) == 1 else None


def _edge(
    opener: _Opener, pool: Pool | None, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where a pool leads, and what was assumed, or why it is not known."""
    found = _told(opener, pool, reach)
    if found[0] is None:
        names = [pool.variable] if pool and pool.variable else opener.variables
        declared = reach.by_variable(names)
        if declared:
            return declared, None, ""
    return found


def _told(
    opener: _Opener, pool: Pool | None, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where the files of the tree say that a pool leads."""
    variable = opener.variables.get(pool.variable) if pool and pool.variable else None
    if variable:
        end = of_variable(variable, dict(opener.variables))
        if end:
            return reach.of(end.host, end.port, opener.placed), end, ""
    elif pool and pool.variable and opener.ends and opener.unit.complete:
        return _not_set(opener, pool.variable, reach)
    elif pool and not pool.variable:
        for end in literal(pool):
            return reach.of(end.host, end.port, opener.placed), end, ""
    if variable is None and opener.ends:
        return _by_variables(opener, reach)
    only = None if variable or not opener.sure else _likely(opener, reach)
    if only is None:
        return None, None, ""
    what = only.what.name
    return only, None, f"`{opener.name}` connects to `{what}`: no file says where it connects"


def _not_set(
    opener: _Opener, name: str, reach: Reach
) -> tuple[Target | None, Endpoint | None, str]:
    """Return where a pool leads whose variable is not among those of its container.

    The code may make up the address from others: the only pool uses the only address.
    """
    if opener.several or is_other(name):
        return None, None, f"`{opener.name}`: its pool reads `{name}`, which is not set"
    target, end, note = _by_variables(opener, reach)
    told = target and f"`{opener.name}` connects to `{target.what.name}`: `{name}` is not set"
    return target, end, told or note


def _likely(opener: _Opener, reach: Reach) -> Target | None:
    """Return the one server or pooler that a container waits for, else the only one there is."""
    return _sole(_started_first(opener, reach)) or _only(reach)


def _by_variables(opener: _Opener, reach: Reach) -> tuple[Target | None, Endpoint | None, str]:
    """Return where all of a container's addresses lead, or the one that is no replica's.

    Of several pools none is known to be that one, and where not all variables are known one
    may lead to what an unknown one says.
    """
    found = [(reach.of(e.host, e.port, opener.placed), e) for e in opener.ends]
    if len({id(target) for target, _ in found}) > 1 and not opener.several:
        found = [(t, e) for t, e in found if not _BESIDES.search(e.variable + e.host)]
    open_ended = opener.several and not opener.unit.complete
    if len({id(target) for target, _ in found}) == 1 and not open_ended:
        return *found[0], ""
    names = [f"`{target.what.name}`" for target, _ in found if target]
    if not names:
        return None, None, ""
    text = " and ".join(dict.fromkeys(names))
    more = "" if all(target for target, _ in found) and not open_ended else " and elsewhere"
    which = "which of them leads where is not known"
    return None, None, f"`{opener.name}`: its pools lead to {text}{more}, {which}"


def literal(pool: Pool) -> tuple[Endpoint, ...]:
    """Return the address that the code itself gives a pool, none where a variable gives it."""
    text = pool.url.value if pool.url and not pool.variable else None
    address = dsn.address(text) if text else None
    if address is None or not address.host:
        return ()
    return (Endpoint("", address.host, address.port, address.dbname),)


def _only(reach: Reach) -> Target | None:
    """Return the only server there is, or the only pooler in front of it."""
    servers = [t for t in reach.targets if not isinstance(t.what, Pooler)]
    poolers = [t for t in reach.targets if isinstance(t.what, Pooler)]
    if len(servers) > 1 or len(poolers) > 1:
        return None
    return next(iter(poolers or servers), None)
