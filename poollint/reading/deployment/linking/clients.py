"""How many connections each container may open, and where to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog.platforms import platforms
from poollint.facts.code import KEYED, Pool
from poollint.facts.infrastructure import Workload
from poollint.facts.topology import Client, IgnoredOption
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.kubernetes.rollouts import ending, rolling
from poollint.reading.deployment.linking import held, reasons, remaining
from poollint.reading.deployment.linking.counting import Count, Loading, Opened
from poollint.reading.deployment.linking.deployed import TASK, Placed, Unit, how_it_ends
from poollint.reading.deployment.linking.doubtful import is_doubtful
from poollint.reading.deployment.linking.idle import is_idle
from poollint.reading.deployment.linking.openers import (
    Opener,
    edge,
    ends_of,
    is_blind,
    mentioned,
    sole,
    started_first,
    targets,
)
from poollint.reading.deployment.linking.opening import Programs
from poollint.reading.deployment.linking.reach import (
    Reach,
    Target,
    hidden,
    is_local,
    unresolved,
)
from poollint.reading.deployment.linking.variables import environment, settled
from poollint.reading.deployment.linking.wording import at, at_most, replicas
from poollint.reading.deployment.pools.django_aliases import DRIVER
from poollint.reading.deployment.pools.joined import Joined
from poollint.reading.naming.values.dsn import is_postgresql, scheme
from poollint.reading.reader import Options


def count(
    placed: tuple[Placed, ...], busy: frozenset[int], code: Programs, reach: Reach, options: Options
) -> Count:
    """Return what the containers of one environment open; those in `busy` serve (ids of units)."""
    total = Count()
    openers = [
        Opener(workload, unit, environment(unit.container.variables),
                ends_of(unit, workload, reach))
        for workload in placed
        for one in workload.units
        if id(one) not in busy
        for unit in code.homes.started(one)
        if unit is one or not is_idle(unit)  # a script of a package may only build for browsers
    ]  # fmt: skip
    told = frozenset(_runs(opener.unit) for opener in openers if opener.ends) - {""}
    for opener in openers:
        alone = opener.unit.complete and _runs(opener.unit) in told and not _is_addressed(opener)
        _container(replace(opener, aside=alone), code, reach, options, total)
    for runs, name, why in total.silent:  # beside others of the same code, which open something
        if not total.runs.isdisjoint(runs):
            total.miss(None, f"`{name}`: how many connections it opens is not known{why}")
            total.doubtful = [other for other in total.doubtful if other != name]
    for workload in placed:
        for unit in workload.before:
            _before(workload, unit, code, reach, total)
    return total


def _is_addressed(opener: Opener) -> bool:
    """Tell whether a container is given an address of PostgreSQL, of several hosts perhaps."""
    values = (v.value.value or "" for v in opener.unit.container.variables)
    return bool(opener.ends) or any(scheme(v) and is_postgresql(v) for v in values)


def _before(placed: Placed, unit: Unit, code: Programs, reach: Reach, total: Count) -> None:
    """Tell of a container that ends before the others start: a migration has its connection."""
    container = unit.container
    role = container.process.role if container.process else ""
    if role not in ("migration", "web", "worker", "script"):
        return
    ends = ends_of(unit, placed, reach)
    opener = Opener(placed, unit, environment(container.variables), ends)
    reached = targets(opener, reach)
    joined = code.opened(unit, placed)
    if ends or joined.groups or joined.django:
        name = f"{placed.workload.name}/{container.name}"
        total.miss(sole(reached), f"`{name}`, which ends before the others start")


def _runs(unit: Unit) -> str:
    """Return what tells the code of containers apart: the image, or what it is built from."""
    return unit.container.image or unit.container.build


def _container(
    opener: Opener, code: Programs, reach: Reach, options: Options, total: Count
) -> None:
    opener, joined = _joined(opener, code)
    total.joined.update(pool.span for group in joined.groups for pool in group)
    total.joined |= joined.others
    total.django |= joined.django
    total.ignored += _ignored(opener, joined)
    reached = targets(opener, reach) or mentioned(opener, reach)
    opens = bool(joined.groups or joined.django or held.counted(opener, joined))
    told = (len(total.missing), len(total.outside))
    how = _how_it_ends(opener)
    if how:
        _ended(opener, how, opens, code, reached, reach, total)
    elif opener.aside and opens:
        total.miss(None, f"`{opener.name}`, which is given no address of a database")
    elif openings := _certain(tuple(held.openings(opener, joined, options)), opener, joined, reach):
        total.runs |= _sources(opener.unit)
        remaining.tell(opener, joined, code, reached, reach, total)
        for pool, figure in openings:
            _open(opener, pool, figure, reach, options, total, joined)
    else:
        _uncounted(opener, code, joined, reached, reach, total, opens=opens)
    pooled = joined.groups or joined.django
    if not pooled and opener.placed.workload.replicas.high != 0:
        more = told != (len(total.missing), len(total.outside)) or bool(
            held.counted(opener, joined)
        )
        total.loads.append(Loading(opener.name, opener.unit, told=more))


def _certain(
    openings: tuple[held.Opening, ...], opener: Opener, joined: Joined, reach: Reach
) -> tuple[held.Opening, ...]:
    """Return what is opened, none of it for certain where pools lead to several servers.

    Of those a process may use any one: that some server has clients says of none that it has.
    """
    pools = [group[0] for group in joined.groups]
    if len(pools) < 2 or len({id(edge(opener, pool, reach)[0]) for pool in pools}) < 2:
        return openings
    return tuple(
        (pool, replace(figure, low=0) if figure and any(pool is one for one in pools) else figure)
        for pool, figure in openings
    )


def _joined(opener: Opener, code: Programs) -> tuple[Opener, Joined]:
    """Return a container with what it is known to run, and the pools which that opens."""
    applications = code.code.applications
    if applications:
        container = opener.unit.container
        process = applications.process(container)
        if process is not container.process:
            container = replace(container, process=process)
            opener = replace(opener, unit=replace(opener.unit, container=container))
    joined = code.opened(opener.unit, opener.placed)
    if applications and joined.workers is None:
        joined = replace(joined, workers=applications.workers(opener.unit.container))
    several = len(joined.groups) + len(joined.aliases) > 1
    unread = frozenset[str]()
    if applications and any(is_blind(p) for g in joined.groups for p in g):
        ends = (end.variable for end in opener.ends)
        unread = frozenset(name for name in ends if not applications.is_named(name))
    return replace(opener, several=several, sure=joined.sure, unread=unread), joined


def _how_it_ends(opener: Opener) -> str:
    """Return how a container that does not stay ends, "" for one that does."""
    how = how_it_ends(opener.placed.workload.kind)
    return how or (how_it_ends(TASK) if _migrates(opener) else "")


def _migrates(opener: Opener) -> bool:
    container = opener.unit.container
    if container.process and container.process.tool:
        return container.process.role == "migration"
    return reference(container.image)[1] in platforms().migrating


def _ended(
    opener: Opener, how: str, opens: bool, code: Programs, reached: tuple[Target, ...],
    reach: Reach, total: Count,
) -> None:  # fmt: skip
    """Tell of a container that does not stay: it is in no sum."""
    beyond = tuple(unresolved(opener.ends, reach, opener.placed))
    for target in reached:
        total.miss(target, f"`{opener.name}`, {how}")
    for end in beyond:
        host = reach.meant(end.host, opener.placed)
        total.outside.append((host, opener.name, None))
    uses = opens or hidden(opener.unit.container.variables) or code.homes.drives(opener.unit)
    if _migrates(opener) and how_it_ends(opener.placed.workload.kind):
        uses = uses or code.code.uses_database
    if uses and not (reached or beyond):
        total.miss(None, f"`{opener.name}`, {how}")


def _uncounted(
    opener: Opener, code: Programs, joined: Joined, reached: tuple[Target, ...], reach: Reach,
    total: Count, *, opens: bool,
) -> None:  # fmt: skip
    """Tell of a container of which no file says what it opens, but where none of it runs.

    It may be known that it `opens` some: a scheduler that loads an application of Django.
    """
    if opener.placed.workload.replicas.high == 0:
        return
    first = started_first(opener, reach)
    why = f"{replicas(opener.placed.workload)}{reasons.of_number(opener, code, joined)}"
    for target in reached or first:
        total.miss(target, f"`{opener.name}`: how many connections it opens is not known{why}")
    for end in unresolved(opener.ends, reach, opener.placed):
        host = reach.meant(end.host, opener.placed)
        total.outside.append((host, opener.name, None))
    untold = hidden(opener.unit.container.variables) or code.homes.drives(opener.unit)
    if not reached and not opener.ends and untold:
        _hidden(opener, why, reach, total)
        return
    if opens and not (reached or opener.ends or first or _is_silent(opener)):
        _hidden(opener, why, reach, total)
        return
    if reached or first:
        total.runs |= _sources(opener.unit)
    elif _is_silent(opener):
        total.silent.append((_sources(opener.unit), opener.name, why))
    if reached or opener.ends or first:
        return
    if is_doubtful(opener.unit):
        total.doubtful.append(opener.name)
    elif code.homes.lacks(opener.unit, opener.placed):
        total.miss(None, f"`{opener.name}`, which is given no address of a database")


def _is_silent(opener: Opener) -> bool:
    """Tell whether a container may open something of which nothing but its image tells."""
    process = opener.unit.container.process
    if process is None:  # the command is in the image, and what else it is given may be
        return bool(opener.unit.container.image) and not opener.ends
    return bool(process.tool) and not (opener.ends or opener.unit.complete)


def _ignored(opener: Opener, joined: Joined) -> Iterator[IgnoredOption]:
    """Yield the sizes in a container's URLs that no pool which it builds for certain looks at."""
    every = [pool for group in joined.groups for pool in group]
    if joined.note or not opener.unit.container.build:
        return
    for variable in dict.fromkeys(pool.variable for pool in every if pool.asks):
        if variable not in opener.variables:  # a URL put together of several names
            continue
        reading = [pool for pool in every if pool.variable in (variable, "")]
        value = opener.variables[variable].value
        if all(pool.asks for pool in reading) and isinstance(value.origin, Span):
            one = reading[0]
            for name in one.asks:
                yield IgnoredOption(value.origin, name, one.driver, one.call, one.span)


def _sources(unit: Unit) -> frozenset[str]:
    """Return all that tells the code of a container: its image, and what it is built from."""
    return frozenset((unit.container.image, unit.container.build)) - {""}


def _hidden(opener: Opener, why: str, reach: Reach, total: Count) -> None:
    """Tell of a container that connects to where no file says, which may be a known server."""
    if not reach.targets:
        total.outside.append(("", opener.name, None))
    elif not started_first(opener, reach):
        what = "how many connections it opens, and where, is not known"
        total.miss(None, f"`{opener.name}`: {what}{why}")


def _open(
    opener: Opener, pool: Pool | None, figure: Figure | None, reach: Reach, options: Options,
    total: Count, joined: Joined,
) -> None:  # fmt: skip
    target, end, note = edge(opener, pool, reach)
    unstarted = opener.placed.workload.replicas.high == 0
    if unstarted and (figure is None or (target is None and note)):
        return  # none of it runs: nothing is left out
    if target is None:
        known = opener.ends or (end and not is_local(end.host))
        if not note and pool and pool.driver != DRIVER and not known:
            what = "connection" if pool.single else "pool"
            where = f"where its {what} leads is not known"
            if end:  # the machine itself, which may be given another name when it starts
                where = f"its {what} leads to `{end.host}`, where nothing is known to listen"
            note = f"`{opener.name}`: {where}{at(pool)}"
            if figure:
                one = _client(opener, pool, figure, options, joined)
                if one.entry.total.high == 0:  # suspended, or started by hand
                    return
                note = f"{note}; it may open {at_most([one])}"
        if note:
            _untold(opener, note, reach, total)
            return
        client = _client(opener, pool, figure, options, joined) if figure else None
        ends = (end,) if end else opener.ends[:1]
        host = reach.meant(ends[0].host, opener.placed) if ends else ""
        total.outside.append((host, opener.name, client))
        return
    if figure is None:
        why = reasons.of_size(pool, opener.variables)
        total.miss(target, f"`{opener.name}`: the size of its pool is not known{at(pool)}{why}")
        return
    total.assume(joined.note)
    total.assume(note)
    client = _client(opener, pool, figure, options, joined)
    workload = opener.placed.workload
    for factor, what in zip(client.steady, ("replicas", "workers"), strict=False):
        if factor.basis is Basis.UNKNOWN:
            total.assume(_taken(workload, factor, what))
    if pool and (pool.once == KEYED or pool.several):
        what = "a key" if pool.once == KEYED else "in each turn of a loop"
        total.miss(
            target, f"`{opener.name}`: its pools but one, for it builds one {what}{at(pool)}"
        )
    if pool and pool.sometimes:
        total.miss(
            target,
            f"`{opener.name}`: what it opens where a condition leaves it without a pool{at(pool)}",
        )
    client = replace(client, assumed=bool(note) or opener.unit.taken)
    total.opened.append(Opened(client, target, end.dbname if end else "", end.user if end else ""))


def _untold(opener: Opener, note: str, reach: Reach, total: Count) -> None:
    """Tell those that a pool may lead to; all there are, where any of them may be meant."""
    led_to = targets(opener, reach)
    for target in led_to:
        total.miss(target, note)
    if not led_to or not opener.unit.complete:
        total.miss(None, note)


def _client(
    opener: Opener, pool: Pool | None, figure: Figure, options: Options, joined: Joined
) -> Client:
    """Return what one pool of a container, or its connections without one, may come to."""
    workload = opener.placed.workload
    workers = settled(
        held.workers(opener, joined.workers), options.assume, f"{workload.name}.workers"
    )
    name = opener.name
    alias = next((a.name for a in joined.aliases if a.pool is pool), "")
    if alias and opener.several:
        name += f" ({alias})"
    elif pool and _several(opener, joined):
        name = f"{name} ({held.told_apart(pool, joined)}:{pool.span.start.line})"
    rest = (workers, figure)
    return Client(
        name,
        opener.unit.container.span,
        (workload.replicas, *rest),
        (rolling(workload), *rest),
        (workload.floor, *rest) if workload.floor else (),
        (ending(workload), *rest) if workload.surge else (),
        workload,
    )


def _several(opener: Opener, joined: Joined) -> bool:
    """Tell whether a container has several lines, each called by where it is made."""
    without = joined.django and not joined.aliases
    singles = len(held.counted(opener, joined))
    return len(joined.groups) + len(joined.aliases) + singles + without > 1


def _taken(workload: Workload, figure: Figure, what: str) -> str:
    why = figure.origin if isinstance(figure.origin, str) else figure.hint
    because = f" ({why})" if why else ""
    counted = f"1 {what.removesuffix('s')}" if figure.low == 1 else f"{figure.low} {what}"
    return f"`{workload.name}` has {counted}{because}: set `{workload.name}.{what}`"
