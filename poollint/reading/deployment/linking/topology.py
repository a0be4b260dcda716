"""The topology of every environment of the tree: what it runs, joined with what it connects to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from posixpath import basename
from typing import TYPE_CHECKING, TypeVar

from poollint.facts.code import Module
from poollint.facts.infrastructure import Server, Workload
from poollint.facts.topology import PoolerBudget, ServerBudget, Topology
from poollint.reading.deployment.ansible import required
from poollint.reading.deployment.ansible.inventories import Inventory, inventories
from poollint.reading.deployment.compose import dormant
from poollint.reading.deployment.ecosystems.homes import Homes
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.kubernetes.scopes import below, environment, root
from poollint.reading.deployment.linking import declared, elsewhere, lending
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.documents import DaemonFile, OtherSettings, SettingsFile
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.joining import Join
from poollint.reading.deployment.linking.opening import Programs
from poollint.reading.deployment.linking.placing import together
from poollint.reading.deployment.linking.uncounted import Uncounted
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.pools import (
    branches,
    django_aliases,
    django_branches,
    django_elsewhere,
    django_pools,
    flask_options,
    orm_pools,
    told_sizes,
)
from poollint.reading.deployment.pools.pools import Code, aside, code
from poollint.reading.deployment.programs import apache, machines, uwsgi
from poollint.reading.deployment.programs.applications import Applications
from poollint.reading.deployment.servers import databases, first_start, patroni
from poollint.reading.deployment.servers.configured import Configured
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import pointed_at, postgresql, userlist

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

Sum = TypeVar("Sum", PoolerBudget, ServerBudget)


def build(
    readings: Sequence[FileReading], modules: Sequence[Module], options: Options,
    described: tuple[Environment, ...],
) -> tuple[tuple[Topology, ...], tuple[str, ...], tuple[Topology, ...]]:  # fmt: skip
    """Return the topology of every environment of the tree, in the order of their names.

    Beside them is told, in words, what may open connections and is part of none of their sums; and
    of environments without a server what connects elsewhere.
    `described` is what runs together, as the function of that name says.
    """
    tree = _Tree.of(readings, modules, options)
    for one in described:
        tree.left_out.note(_scope(one, described), one.unseen)
    behind = tuple((_scope(e, described), e) for e in described if e.dormant)
    running, kept_aside = tree.running(described)
    known = tree.programs(running)
    for where, one in behind:
        tree.left_out.note(where, dormant.told(one, known))
        tree.left_out.sleep(one.dormant)
    found, rest = tree.joined(running, known)
    tree.left_out.note("", required.told(tree.documents))
    tree.left_out.note("", _of_machines(kept_aside, running, known))
    found += tree.of_no_environment(rest, known)
    if not found and options.declared.workloads:
        found += _of_settings(known, options)
    tree.left_out.note("", declared.lost(options.declared, found))
    if len(found) == 1 and not _is_alike(found[0]):
        found = [replace(found[0], scope="")]
    ordered = tuple(sorted(found, key=lambda topology: topology.scope))
    unrun = known.homes.told(tree.is_aside)
    return ordered, tree.left_out.told(known.code, tree.documents, unrun), tuple(tree.apart)


def _scope(one: Environment, every: Sequence[Environment]) -> str:
    """Return the name of an environment, where there are others."""
    return one.scope if len(every) > 1 else ""


@dataclass(frozen=True, slots=True)
class _Tree:
    """What a tree says, before it is joined; `left_out` and `apart` grow.

    configured  servers and poolers that files configure, with the limits of roles
    top         the folder that all of it lies in
    apart       what connects elsewhere in environments without a server or a pooler
    """

    modules: Sequence[Module]
    options: Options
    documents: list[object]
    configured: Configured
    top: str
    left_out: Uncounted
    apart: list[Topology] = field(default_factory=list)

    @classmethod
    def of(
        cls, readings: Sequence[FileReading], modules: Sequence[Module], options: Options
    ) -> _Tree:
        """Gather what was read."""
        top = root((*(r.path for r in readings), *(m.path for m in modules)))
        servers = tuple(server for reading in readings for server in reading.servers)
        return cls(
            modules,
            options,
            [document for reading in readings for document in reading.documents],
            Configured(
                patroni.told_apart(postgresql.merge_servers(servers)) if servers else (),
                tuple(p for r in readings for p in r.poolers),
                tuple(limit for r in readings for limit in r.limits),
                tuple(first_start.of_documents(d for r in readings for d in r.documents)),
                tuple(_elsewhere(readings)),
                tuple(u for r in readings if r.configurations for u in userlist.listed(r)),
            ),
            top,
            Uncounted(top=below(top, options.top) if top and top != "." else ""),
        )

    def is_aside(self, path: str) -> bool:
        """Tell whether a file is of tests, or examples."""
        return aside(below(path, self.top))

    def running(
        self, described: tuple[Environment, ...]
    ) -> tuple[tuple[Environment, ...], tuple[Environment, ...]]:
        """Return what runs, and what machines keep running where other files say what runs."""
        placed = tuple(e for e in described if e.placed or e.operated)
        kept = tuple(machines.environments(self.documents, self.top, self.options))
        placed, kept = (placed, kept) if placed else (kept, ())
        placed += tuple(e for e in described if e.asking and not (e.placed or e.operated))
        return apache.configured(uwsgi.configured(placed, self.options), self.options), kept

    def programs(self, running: tuple[Environment, ...]) -> Programs:
        """Return what the containers start, with the code that they run."""
        placed = (one for where in running for one in where.placed)
        units = tuple(unit for one in placed for unit in one.units)
        containers = tuple(unit.container for unit in units)
        stated = (document for document in self.documents if isinstance(document, StatedFile))
        daemons = (document for document in self.documents if isinstance(document, DaemonFile))
        settings = (document for document in self.documents if isinstance(document, SettingsFile))
        builds = (container.build for container in containers)
        lines = (unit.argv for unit in units if unit.argv)
        homes = Homes(stated, builds, daemons, settings, lines, self.options.beside)
        modules = django_aliases.known(self.modules)
        if self.options.exports is None:
            return Programs(code(modules, containers, self.top), homes)
        applications = Applications(self.options.exports)
        if not modules:
            return Programs(code((), containers, self.top, applications), homes)
        exports = self.options.exports()
        modules = flask_options.sized(modules, exports, self.is_aside)
        modules = orm_pools.sized(modules, exports, self.is_aside)
        modules = told_sizes.sized(modules, exports, self.is_aside)
        known = code(modules, containers, self.top, applications)
        return Programs(_with_settings(known, modules, exports, self.top), homes)

    def joined(
        self, running: tuple[Environment, ...], known: Programs
    ) -> tuple[list[Topology], Configured]:
        """Return what the environments come to, and what is configured and part of none."""
        every = tuple(placed for where in running for placed in where.placed)
        loose = databases.unplaced(self.configured, every)
        found, used = list[Topology](), set[int]()

        def make(where: Environment) -> Join:
            near = _near(where, loose, self.top, len(running))
            return Join(where, self.configured, near, known, self.options)

        for one in lending.joined(running, make, self._may_lend):
            where, topology = one.where, one.topology
            used |= one.adopted
            asleep = {a.host.lower() for _, behind in where.dormant for a in behind.addresses}
            self.left_out.add(_scope(where, running), one.join.counted, topology, asleep)
            if not (topology.poolers or topology.servers) and topology.outside:
                self.apart.append(Topology(where.scope, (), (), (), outside=topology.outside))
            _add(topology, found)
        dormant_ = [placed for where in running for _, placed in where.dormant]
        used |= {id(p) for p in loose.poolers if any(one.sees(p.span) for one in dormant_)}
        rest = Configured(
            tuple(s for s in loose.servers if id(s) not in used),
            tuple(p for p in loose.poolers if id(p) not in used),
            self.configured.limits,
            lists=self.configured.lists,
        )
        return found, rest

    def _may_lend(self, one: Environment, asking: Environment) -> bool:
        """Tell whether a server is of the environment that folders name, and of no example."""
        theirs, own = (environment(below(e.path, self.top)) for e in (one, asking))
        return theirs in ("", own) and (not self.is_aside(one.path) or self.is_aside(asking.path))

    def of_no_environment(self, rest: Configured, known: Programs) -> Iterator[Topology]:
        """Yield what files of configuration and inventories say by themselves."""
        for alone in _of_files(rest, known, self.options):
            yield alone
            self.left_out.tell("", alone)
            if not known.code.uses_database:  # else its pools are told
                self.left_out.serve("", alone)
        told = inventories(self.documents, self.top)
        yield from _of_inventories(told, self.top, known, self.options)


def _with_settings(known: Code, modules: Sequence[Module], exports: Exports, top: str) -> Code:
    """Return the code with what its settings of Django say, and what its branches leave open."""
    run = tuple(branches.begun(exports, module) for module in known.modules)
    found = replace(known, modules=run, certain=branches.unconditional(exports, modules))
    if not any("django" in module.drivers or module.databases for module in modules):
        return found

    def is_aside(path: str) -> bool:
        return aside(below(path, top))

    if not any(module.databases for module in modules) and django_elsewhere.only(exports, is_aside):
        return replace(found, modules=tuple(map(django_elsewhere.without, found.modules)))
    return replace(
        found,
        django=django_pools.asked(exports, is_aside),
        used=django_aliases.used(exports, modules, is_aside),
        guards=django_branches.guards(django_aliases.stated(modules), exports),
    )


def _elsewhere(readings: Iterable[FileReading]) -> Iterator[Server]:
    """Yield what files set up that count only where a server is told to read them."""
    for reading in readings:
        found = pointed_at.server(reading) if reading.parts else None
        if found:
            yield found
        yield from (d.server for d in reading.documents if isinstance(d, OtherSettings))


def workloads(described: Iterable[Environment]) -> tuple[Workload, ...]:
    """Return all that runs, in whatever environment, those without a server of the tree too."""
    return tuple(placed.workload for found in described for placed in found.placed)


def described(
    readings: Sequence[FileReading], modules: Sequence[Module], options: Options
) -> tuple[Environment, ...]:
    """Return what runs together, before it is joined."""
    documents = [document for reading in readings for document in reading.documents]
    top = root((*(r.path for r in readings), *(m.path for m in modules)))
    return elsewhere.joined(together(documents, top, options))


def _add(topology: Topology, found: list[Topology]) -> None:
    """Add what one environment comes to: its name alone where others come to the same.

    A file laid over another often changes no sum.
    """
    poolers = [pooler for other in found for pooler in other.poolers]
    servers = [server for other in found for server in other.servers]
    if any(p not in poolers for p in topology.poolers) or any(
        s not in servers for s in topology.servers
    ):
        found.append(topology)
        return
    found[:] = [_with_alike(other, topology) for other in found]


def _with_alike(one: Topology, other: Topology) -> Topology:
    """Return a topology whose sums tell that another has the same ones."""
    poolers = tuple(p in other.poolers for p in one.poolers)
    servers = tuple(s in other.servers for s in one.servers)
    if not any((*poolers, *servers)):
        return one
    return replace(
        one,
        poolers=tuple(map(partial(_alike, other.scope), one.poolers, poolers)),
        servers=tuple(map(partial(_alike, other.scope), one.servers, servers)),
    )


def _alike(scope: str, budget: Sum, same: bool) -> Sum:
    return replace(budget, alike=(*budget.alike, scope)) if same else budget


def _is_alike(topology: Topology) -> bool:
    return any(p.alike for p in topology.poolers) or any(s.alike for s in topology.servers)


def _near(where: Environment, loose: Configured, top: str, environments: int) -> Configured:
    """Return the files of configuration that may be meant for an environment.

    Those in a folder of another environment are not.
    """
    own = environment(below(where.path, top))

    def fits(path: str) -> bool:
        theirs = environment(below(path, top))
        return not theirs or theirs == own or environments == 1

    return Configured(
        tuple(s for s in loose.servers if fits(s.span.path)),
        tuple(p for p in loose.poolers if fits(p.span.path)),
    )


def _of_machines(
    aside: Iterable[Environment], described: Iterable[Environment], known: Programs
) -> Iterator[str]:
    """Yield what machines keep running that opens connections, where other files count instead.

    A file that a container starts PM2 with is counted there.
    """
    units = [u for where in described for placed in where.placed for u in placed.units]
    every = (one for unit in units for one in known.homes.started(unit))
    counted = {u.container.process.span.path for u in every if u.container.process}
    words = {basename(w) for u in units for part in u.argv or () for w in part.text.split()}
    for where in aside:
        files: dict[str, list[str]] = {}
        for placed in where.placed:
            path = placed.workload.span.path
            given = (replace(unit, complete=False) for unit in placed.units)  # by whoever logs in
            if path not in counted and any(_opens(unit, known, placed) for unit in given):
                files.setdefault(path, []).append(placed.workload.name)
        for path, names in files.items():
            started = basename(path) in words
            why = "a container starts these and more" if started else "other files say what runs"
            yield f"{quoted(names)} of {path}, for {why}"


def _opens(unit: Unit, known: Programs, placed: Placed) -> bool:
    """Tell whether a program opens connections, or needs a library that does."""
    found = known.opened(unit, placed)
    return bool(found.groups or found.django) or known.homes.drives(unit)


def _of_files(rest: Configured, known: Programs, options: Options) -> Iterator[Topology]:
    """Yield what files of configuration say where nothing that runs is described."""
    if rest.poolers or rest.servers:
        environment_ = Environment("", "", ())
        topology, _ = Join(environment_, rest, rest, known, options).topology()
        yield topology


def _of_settings(known: Programs, options: Options) -> Iterator[Topology]:
    """Yield what the settings alone describe, where the tree has nothing."""
    nothing = Configured((), ())
    topology, _ = Join(Environment("", "", ()), nothing, nothing, known, options).topology()
    yield topology


def _of_inventories(
    found: Iterable[Inventory], top: str, known: Programs, options: Options
) -> Iterator[Topology]:
    """Yield what inventories set up that have a pooler: a server alone has no client."""
    for one in found:
        if not one.pooler:
            continue
        servers = (one.server,) if one.server else ()
        own = Configured(servers, (one.pooler,))
        scope = below(f"{one.scope}/", top) if one.scope else ""
        where = Environment(scope, one.path, (), one.notes)
        topology, _ = Join(where, own, own, known, options).topology()
        yield topology
