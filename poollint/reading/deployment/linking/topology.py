"""The topology of every environment of the tree: what it runs, joined with what it connects to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from poollint.facts.code import Module
from poollint.facts.infrastructure import Workload
from poollint.facts.topology import PoolerBudget, ServerBudget, Topology
from poollint.reading.deployment.ansible import required
from poollint.reading.deployment.ansible.inventories import Inventory, inventories
from poollint.reading.deployment.compose import dormant
from poollint.reading.deployment.ecosystems.homes import Homes
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.kubernetes.scopes import below, environment, root
from poollint.reading.deployment.linking import declared
from poollint.reading.deployment.linking.clients import Programs, opened
from poollint.reading.deployment.linking.documents import DaemonFile
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.joining import Join
from poollint.reading.deployment.linking.placing import together
from poollint.reading.deployment.linking.uncounted import Uncounted
from poollint.reading.deployment.linking.wording import quoted
from poollint.reading.deployment.pools import (
    branches,
    django_aliases,
    django_branches,
    django_pools,
    flask_options,
    orm_pools,
)
from poollint.reading.deployment.pools.pools import Code, aside, code
from poollint.reading.deployment.programs import apache, machines, uwsgi
from poollint.reading.deployment.programs.applications import Applications
from poollint.reading.deployment.servers import databases
from poollint.reading.deployment.servers.configured import Configured
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import postgresql

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

Sum = TypeVar("Sum", PoolerBudget, ServerBudget)


def build(
    readings: Sequence[FileReading], modules: Sequence[Module], options: Options,
    described: tuple[Environment, ...],
) -> tuple[tuple[Topology, ...], tuple[str, ...]]:  # fmt: skip
    """Return the topology of every environment of the tree, in the order of their names.

    Beside them is told, in words, what may open connections and is part of none of their sums.
    `described` is what runs together, as the function of that name says.
    """
    documents = [document for reading in readings for document in reading.documents]
    configured = Configured(
        postgresql.merge_servers(tuple(s for r in readings for s in r.servers)),
        tuple(p for r in readings for p in r.poolers),
        tuple(limit for r in readings for limit in r.limits),
    )
    top = root((*(r.path for r in readings), *(m.path for m in modules)))
    left_out = Uncounted(top=below(top, options.top) if top and top != "." else "")
    for environment_ in described:
        left_out.note(environment_.scope if len(described) > 1 else "", environment_.unseen)
    behind = tuple((e.scope if len(described) > 1 else "", e) for e in described if e.dormant)
    described = tuple(e for e in described if e.placed or e.operated)
    kept_aside = tuple(machines.environments(documents, top, options))
    described, kept_aside = (described, kept_aside) if described else (kept_aside, ())
    described = apache.configured(uwsgi.configured(described, options), options)
    every = tuple(placed for environment in described for placed in environment.placed)
    exports = options.exports() if options.exports else None
    applications = Applications(exports) if exports else None
    if exports:
        modules = flask_options.sized(modules, exports, lambda path: aside(below(path, top)))
        modules = orm_pools.sized(modules, exports, lambda path: aside(below(path, top)))
    containers = tuple(unit.container for placed in every for unit in placed.units)
    stated = (document for document in documents if isinstance(document, StatedFile))
    daemons = (document for document in documents if isinstance(document, DaemonFile))
    homes = Homes(stated, (container.build for container in containers), daemons)
    known_code = code(modules, containers, top, applications)
    found_code = _with_settings(known_code, modules, exports, top) if exports else known_code
    known = Programs(found_code, homes)
    for where, environment_ in behind:
        left_out.note(where, dormant.told(environment_, known))
    loose = databases.unplaced(configured, every)
    found, used = list[Topology](), set[int]()
    for environment_ in described:
        near = _near(environment_, loose, top, len(described))
        join = Join(environment_, configured, near, known, options)
        topology, adopted = join.topology()
        used |= adopted
        where = environment_.scope if len(described) > 1 else ""
        asleep = {a.host.lower() for _, one in environment_.dormant for a in one.addresses}
        left_out.add(where, join.counted, topology, asleep)
        _add(topology, found)
    left_out.note("", required.told(documents))
    left_out.note("", _of_machines(kept_aside, described, known))
    rest = Configured(
        tuple(s for s in loose.servers if id(s) not in used),
        tuple(p for p in loose.poolers if id(p) not in used),
        configured.limits,
    )
    for alone in _of_files(rest, known, options):
        found.append(alone)
        if not known.code.uses_database:  # else its pools are told
            left_out.serve("", alone)
    found += _of_inventories(inventories(documents, top), top, known, options)
    if not found and options.declared.workloads:
        found += _of_settings(known, options)
    left_out.note("", declared.lost(options.declared, found))
    if len(found) == 1 and not _is_alike(found[0]):
        found = [replace(found[0], scope="")]
    ordered = tuple(sorted(found, key=lambda topology: topology.scope))
    unrun = homes.told(lambda path: aside(below(path, top)))
    return ordered, left_out.told(known.code, documents, unrun)


def _with_settings(known: Code, modules: Sequence[Module], exports: Exports, top: str) -> Code:
    """Return the code with what its settings of Django say, and what its branches leave open."""
    found = replace(known, certain=branches.unconditional(exports, modules))
    if not any("django" in module.drivers or module.databases for module in modules):
        return found

    def is_aside(path: str) -> bool:
        return aside(below(path, top))

    return replace(
        found,
        django=django_pools.pool(exports, is_aside),
        used=django_aliases.used(exports, modules, is_aside),
        guards=django_branches.guards(django_aliases.stated(modules), exports),
    )


def workloads(described: Iterable[Environment]) -> tuple[Workload, ...]:
    """Return all that runs, in whatever environment, those without a server of the tree too."""
    return tuple(placed.workload for found in described for placed in found.placed)


def described(
    readings: Sequence[FileReading], modules: Sequence[Module], options: Options
) -> tuple[Environment, ...]:
    """Return what runs together, before it is joined."""
    documents = [document for reading in readings for document in reading.documents]
    top = root((*(r.path for r in readings), *(m.path for m in modules)))
    return tuple(together(documents, top, options))


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
    found[:] = [
        replace(
            other,
            poolers=tuple(_alike(p, p in topology.poolers, topology.scope) for p in other.poolers),
            servers=tuple(_alike(s, s in topology.servers, topology.scope) for s in other.servers),
        )
        for other in found
    ]


def _alike(budget: Sum, same: bool, scope: str) -> Sum:
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
    for where in aside:
        files: dict[str, list[str]] = {}
        for placed in where.placed:
            path = placed.workload.span.path
            given = (replace(unit, complete=False) for unit in placed.units)  # by whoever logs in
            found = (opened(unit, known, placed) for unit in given)
            if path not in counted and any(one.groups or one.django for one in found):
                files.setdefault(path, []).append(placed.workload.name)
        for path, names in files.items():
            yield f"{quoted(names)} of {path}, for other files say what runs"


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
