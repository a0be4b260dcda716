"""How many connections each container may open, and where to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from posixpath import basename

from poollint.facts.code import KEYED, Pool
from poollint.facts.infrastructure import Workload
from poollint.facts.topology import Client, IgnoredOption
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.ecosystems.homes import Homes, language_of
from poollint.reading.deployment.images.contents import Contents
from poollint.reading.deployment.kubernetes.rollouts import ending, rolling
from poollint.reading.deployment.linking import held, other_databases
from poollint.reading.deployment.linking.deployed import TASK, Placed, Unit, how_it_ends
from poollint.reading.deployment.linking.doubtful import is_doubtful
from poollint.reading.deployment.linking.openers import (
    Opener,
    edge,
    mentioned,
    sole,
    started_first,
    targets,
)
from poollint.reading.deployment.linking.reach import (
    Reach,
    Target,
    endpoints,
    hidden,
    unresolved,
)
from poollint.reading.deployment.linking.variables import environment, settled
from poollint.reading.deployment.linking.wording import at_most, replicas
from poollint.reading.deployment.pools import orm_pools
from poollint.reading.deployment.pools.django_aliases import DRIVER
from poollint.reading.deployment.pools.pools import Code, Joined
from poollint.reading.reader import Options


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
    """What was counted in one environment, what could not be, and what was assumed.

    outside  what connects to where nothing of the tree listens: the host ("" where no file says
             it), what connects, and what it may open there, None where that is not known
    runs     what is run by those that open something, and `silent` by those of which nothing says;
             of them `doubtful` are those whose image is not of the tree
    joined   the places of the pools that its containers open
    django   one of them has the connections of Django
    ignored  sizes of pools in URLs at which no library looks
    """

    opened: list[Opened] = field(default_factory=list)
    missing: list[tuple[Target | None, str]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    outside: list[tuple[str, str, Client | None]] = field(default_factory=list)
    runs: set[str] = field(default_factory=set)
    silent: list[tuple[str, str]] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    joined: set[Span] = field(default_factory=set)
    django: bool = False
    ignored: list[IgnoredOption] = field(default_factory=list)

    def miss(self, target: Target | None, text: str) -> None:
        if (target, text) not in self.missing:
            self.missing.append((target, text))

    def assume(self, text: str) -> None:
        if text and text not in self.assumed:
            self.assumed.append(text)


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
        Opener(workload, unit, environment(unit.container.variables),
                endpoints(unit.container.variables))
        for workload in placed
        for one in workload.units
        if id(one) not in busy
        for unit in code.homes.started(one)
    ]  # fmt: skip
    told = frozenset(_runs(opener.unit) for opener in openers if opener.ends) - {""}
    for opener in openers:
        alone = not opener.ends and opener.unit.complete and _runs(opener.unit) in told
        _container(replace(opener, aside=alone), code, reach, options, total)
    for run, name in total.silent:  # beside others of the same code, which are counted
        if run and run in total.runs:
            total.miss(None, f"`{name}`: how many connections it opens is not known")
            total.doubtful = [other for other in total.doubtful if other != name]
    for workload in placed:
        for unit in workload.before:
            _before(workload, unit, code, reach, total)
    return total


def _before(placed: Placed, unit: Unit, code: Programs, reach: Reach, total: Count) -> None:
    """Tell of a container that ends before the others start: a migration has its connection."""
    container = unit.container
    role = container.process.role if container.process else ""
    if role not in ("migration", "web", "worker", "script"):
        return
    ends = endpoints(container.variables)
    opener = Opener(placed, unit, environment(container.variables), ends)
    reached = targets(opener, reach)
    joined = opened(unit, code, placed)
    if ends or joined.groups or joined.django:
        name = f"{placed.workload.name}/{container.name}"
        total.miss(sole(reached), f"`{name}`, which ends before the others start")


def _runs(unit: Unit) -> str:
    """Return what tells the code of containers apart: the image, or what it is built from."""
    return unit.container.image or unit.container.build


def _container(
    opener: Opener, code: Programs, reach: Reach, options: Options, total: Count
) -> None:
    applications = code.code.applications
    if applications:
        known = opener.unit.container
        known = replace(known, process=applications.process(known))
        opener = replace(opener, unit=replace(opener.unit, container=known))
    container = opener.unit.container
    joined = opened(opener.unit, code, opener.placed)
    if applications and joined.workers is None:
        joined = replace(joined, workers=applications.workers(container))
    several = max(len(joined.groups), len(joined.aliases)) > 1
    opener = replace(opener, several=several, sure=joined.sure)
    total.joined.update(pool.span for group in joined.groups for pool in group)
    total.django |= joined.django
    total.ignored += _ignored(opener, joined)
    reached = targets(opener, reach) or mentioned(opener, reach)
    process = container.process
    opens = bool(joined.groups or joined.django)
    once = how_it_ends(opener.placed.workload.kind)
    migrates = process is not None and process.role == "migration"
    if once or migrates:
        uses = bool(opens or hidden(container.variables) or code.homes.drives(opener.unit))
        beyond = tuple(unresolved(opener.ends, reach, opener.placed))
        for target in reached:
            total.miss(target, f"`{opener.name}`, {once or how_it_ends(TASK)}")
        for end in beyond:
            total.outside.append((end.host, opener.name, None))
        uses |= migrates and bool(once) and code.code.uses_database
        if uses and not (reached or beyond):
            total.miss(None, f"`{opener.name}`, {once or how_it_ends(TASK)}")
        return
    if opener.aside and opens:
        total.miss(None, f"`{opener.name}`, which is given no address of a database")
        return
    openings = tuple(held.openings(opener, joined, options))
    if not openings:
        for target in reached or started_first(opener, reach):
            more = replicas(opener.placed.workload)
            total.miss(target, f"`{opener.name}`: how many connections it opens is not known{more}")
        for end in unresolved(opener.ends, reach, opener.placed):
            total.outside.append((end.host, opener.name, None))
        untold = hidden(container.variables) or code.homes.drives(opener.unit)
        if not reached and not opener.ends and untold:
            _hidden(opener, reach, total)
            return
        if _is_silent(opener):
            total.silent.append((_runs(opener.unit), opener.name))
        if not (reached or opener.ends or started_first(opener, reach)):
            total.doubtful += [opener.name] if is_doubtful(opener.unit) else []
        return
    total.runs.add(_runs(opener.unit))
    for name in dict.fromkeys(d.alias for d in joined.databases if joined.aliases):
        if all(alias.name != name for alias in joined.aliases):
            total.assume(f"nothing is opened to the database `{name}` of the settings of Django: "
                         "no code names it, or only a condition adds it")  # fmt: skip
    if joined.beside:
        at = f"{joined.beside.path}:{joined.beside.start.line}"
        total.miss(sole(reached), f"`{opener.name}`: what it opens beside its pools ({at})")
    for pool, figure in openings:
        _open(opener, pool, figure, reach, options, total, joined)


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
        reading = [pool for pool in every if pool.variable in (variable, "")]
        value = opener.variables[variable].value
        if all(pool.asks for pool in reading) and isinstance(value.origin, Span):
            one = reading[0]
            for name in one.asks:
                yield IgnoredOption(value.origin, name, one.driver, one.call, one.span)


def _hidden(opener: Opener, reach: Reach, total: Count) -> None:
    """Tell of a container that connects to where no file says, which may be a known server."""
    if not reach.targets:
        total.outside.append(("", opener.name, None))
    elif not started_first(opener, reach):
        more = replicas(opener.placed.workload)
        what = "how many connections it opens, and where, is not known"
        total.miss(None, f"`{opener.name}`: {what}{more}")


def opened(unit: Unit, programs: Programs, placed: Placed) -> Joined:
    """Return the pools that a container of `placed` opens.

    Of several those are none whose variable it has not.
    """
    contents = Contents(unit, placed)
    code = programs.code.within(contents.hold) if contents.are_known else programs.code
    joined = code.join(unit.container)
    variables = environment(unit.container.variables)
    sized = tuple(tuple(orm_pools.of_url(p, variables) for p in g) for g in joined.groups)
    joined = replace(joined, groups=sized)
    foreign = language_of(unit) not in ("", "python")
    if foreign or not (joined.groups or joined.django):
        joined = programs.homes.join(unit, placed) or (Joined() if foreign else joined)
    addressed = bool(endpoints(unit.container.variables))
    joined = other_databases.left_out(joined, variables, addressed=addressed)
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
    opener: Opener, pool: Pool | None, figure: Figure | None, reach: Reach, options: Options,
    total: Count, joined: Joined,
) -> None:  # fmt: skip
    target, end, note = edge(opener, pool, reach)
    if target is None:
        if not note and pool and pool.driver != DRIVER and not opener.ends:
            note = f"`{opener.name}`: where its pool leads is not known{_at(pool)}"
            if figure:
                one = _client(opener, pool, figure, options, joined)
                if one.entry.total.high == 0:  # suspended, or started by hand
                    return
                note = f"{note}; it may open {at_most([one])}"
        if note:
            total.miss(None, note)
            return
        client = _client(opener, pool, figure, options, joined) if figure else None
        ends = (end,) if end else opener.ends[:1]
        total.outside.append((ends[0].host if ends else "", opener.name, client))
        return
    if figure is None:
        total.miss(target, f"`{opener.name}`: the size of its pool is not known{_at(pool)}")
        return
    total.assume(joined.note)
    total.assume(note)
    client = _client(opener, pool, figure, options, joined)
    workload = opener.placed.workload
    for known, what in zip(client.steady, ("replicas", "workers"), strict=False):
        if known.basis is Basis.UNKNOWN:
            total.assume(_taken(workload, known, what))
    if pool and pool.once == KEYED:
        total.miss(
            target, f"`{opener.name}`: its pools but one, for it builds one a key{_at(pool)}"
        )
    client = replace(client, assumed=bool(note))
    total.opened.append(Opened(client, target, end.dbname if end else "", end.user if end else ""))


def _client(
    opener: Opener, pool: Pool | None, figure: Figure, options: Options, joined: Joined
) -> Client:
    """Return what one pool of a container, or its connections without one, may come to."""
    workload = opener.placed.workload
    workers = settled(
        held.workers(opener, joined.workers), options.assume, f"{workload.name}.workers"
    )
    name = opener.name
    if opener.several and joined.aliases:
        name += "".join(f" ({a.name})" for a in joined.aliases if a.pool is pool)
    elif pool and len(joined.groups) > 1:
        name = f"{name} ({basename(pool.span.path)}:{pool.span.start.line})"
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


def _at(pool: Pool | None) -> str:
    return f" ({pool.span.path}:{pool.span.start.line})" if pool else ""


def _taken(workload: Workload, figure: Figure, what: str) -> str:
    why = figure.origin if isinstance(figure.origin, str) else figure.hint
    because = f" ({why})" if why else ""
    one = what.removesuffix("s")
    return f"`{workload.name}` has 1 {one}{because}: set `{workload.name}.{what}`"
