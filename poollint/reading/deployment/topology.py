"""Joins workloads, poolers, servers and the pools of the code to one topology an environment.

What cannot be joined for certain is not: it is said in `missing`, and what was taken for
granted in `assumed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from poollint.facts.code import Module
from poollint.facts.infrastructure import Pooler, PoolerDatabase, Server, Workload
from poollint.facts.topology import Client, PoolerBudget, ServerBudget, Topology
from poollint.model.figure import Basis
from poollint.model.report import Budget, Edge
from poollint.model.source import Span
from poollint.reading.deployment import (
    builds,
    compose,
    databases,
    declared,
    kubernetes,
    kustomize,
    machines,
    nomad,
    operators,
    other_poolers,
    procfile,
    products,
    projects,
)
from poollint.reading.deployment.applications import Applications
from poollint.reading.deployment.clients import Count, Programs, count, literal, opened
from poollint.reading.deployment.databases import Configured
from poollint.reading.deployment.deployed import Placed, Unit
from poollint.reading.deployment.documents import Manifest, ProcessFile
from poollint.reading.deployment.ecosystems.homes import Homes
from poollint.reading.deployment.ecosystems.stating import StatedFile
from poollint.reading.deployment.environments import Around, Environment, environments
from poollint.reading.deployment.formats import FORMATS, heroku
from poollint.reading.deployment.helm import charts
from poollint.reading.deployment.images import Images, images
from poollint.reading.deployment.opens import opens
from poollint.reading.deployment.pools import code
from poollint.reading.deployment.reach import Reach, Target, endpoints, placed_at, unresolved
from poollint.reading.deployment.scopes import below, environment, root, scopes
from poollint.reading.deployment.terraform import read as terraform
from poollint.reading.deployment.terraform.files import TerraformFile
from poollint.reading.deployment.variables import settled
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import postgresql


def build(
    readings: Sequence[FileReading], modules: Sequence[Module], options: Options,
    described: tuple[Environment, ...],
) -> tuple[Topology, ...]:  # fmt: skip
    """Return the topology of every environment of the tree, in the order of their names.

    `described` is what runs together, as the function of that name says.
    """
    documents = [document for reading in readings for document in reading.documents]
    configured = Configured(
        postgresql.merge_servers(tuple(s for r in readings for s in r.servers)),
        tuple(p for r in readings for p in r.poolers),
        tuple(limit for r in readings for limit in r.limits),
    )
    top = root((*(r.path for r in readings), *(m.path for m in modules)))
    described = described or tuple(machines.environments(documents, top, options))
    every = tuple(placed for environment in described for placed in environment.placed)
    applications = Applications(options.exports()) if options.exports else None
    containers = tuple(unit.container for placed in every for unit in placed.units)
    stated = (document for document in documents if isinstance(document, StatedFile))
    homes = Homes(stated, (container.build for container in containers))
    known = Programs(code(modules, containers, top, applications), homes)
    loose = databases.unplaced(configured, every)
    found: list[Topology] = []
    used: set[int] = set()
    for environment_ in described:
        near = _near(environment_, loose, top, len(described))
        topology, adopted = _Join(environment_, configured, near, known, options).topology()
        used |= adopted
        if not _known_already(topology, found):
            found.append(topology)
    rest = Configured(
        tuple(s for s in loose.servers if id(s) not in used),
        tuple(p for p in loose.poolers if id(p) not in used),
        configured.limits,
    )
    found += _of_files(rest, known, options)
    if len(found) == 1:
        return (replace(found[0], scope=""),)
    return tuple(sorted(found, key=lambda topology: topology.scope))


def workloads(described: Iterable[Environment]) -> tuple[Workload, ...]:
    """Return all that runs, in whatever environment, those without a server of the tree too."""
    return tuple(placed.workload for found in described for placed in found.placed)


def described(
    readings: Sequence[FileReading], modules: Sequence[Module], options: Options
) -> tuple[Environment, ...]:
    """Return what runs together, before it is joined."""
    documents = [document for reading in readings for document in reading.documents]
    top = root((*(r.path for r in readings), *(m.path for m in modules)))
    return tuple(_environments(documents, top, options))


def _known_already(topology: Topology, found: list[Topology]) -> bool:
    """Tell whether it adds nothing: a file laid over another often changes no sum."""
    poolers = {id(p): p for other in found for p in other.poolers}.values()
    servers = {id(s): s for other in found for s in other.servers}.values()
    return all(p in poolers for p in topology.poolers) and all(
        s in servers for s in topology.servers
    )


def _environments(documents: list[object], top: str, options: Options) -> Iterator[Environment]:
    manifests = [d for d in documents if isinstance(d, Manifest)]
    found = projects.projects(m for m in manifests if m.kind == "Compose")
    built = images(
        documents,
        (b for project in found for b in compose.builds(project)),
        (s for project in found for s in compose.services_built(project)),
        builds.found(documents),
    )
    for environment_ in _described(documents, found, built, top, options):
        containers = [u.container for placed in environment_.placed for u in placed.units]
        joins = {c.image: built.why(c.image, c.name) for c in containers if c.build and c.image}
        told = tuple((image, text) for image, text in joins.items() if text)
        yield replace(environment_, joins=told)


def _described(
    documents: list[object], found: Sequence[projects.Project], built: Images, top: str,
    options: Options,
) -> Iterator[Environment]:  # fmt: skip
    for project in found:
        placed, profiled = compose.read(project, documents, built, options)
        idle = f"not started, for they belong to profiles: {', '.join(profiled)}"
        notes = (idle,) if profiled else ()
        name = below(project.scope, top)
        yield Environment(name, project.files[0].source.path, placed, notes)
    plain = charts.without_templates(documents)
    applied = kustomize.built(d for d in plain if not _is_compose(d))
    for scope in scopes(applied, top):
        placed = kubernetes.read(scope.manifests, scope.name, built, options)
        run = operators.read(scope.manifests, scope.name)
        if placed or run:
            path = scope.manifests[0].path
            homes = {m.home: None for m in scope.manifests if m.home}
            told = kustomize.unfollowed(plain, homes) if homes else ()
            yield Environment(scope.name, path, placed, told, run)
    for file in (d for d in documents if isinstance(d, ProcessFile)):
        path = file.source.path
        if heroku.describes(file, tuple(documents)):
            continue  # the `app.json` beside it says more
        yield Environment(below(path, top), path, procfile.place([file], options))
    around = Around(tuple(documents), top, built, options)
    yield from environments(FORMATS, around)
    yield from charts.environments(around)
    yield from nomad.environments(around)
    if any(isinstance(document, TerraformFile) for document in documents):
        yield from terraform.environments(around)


def _is_compose(document: object) -> bool:
    return isinstance(document, Manifest) and document.kind == "Compose"


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


def _of_files(rest: Configured, known: Programs, options: Options) -> Iterator[Topology]:
    """Yield what files of configuration say where nothing that runs is described."""
    if rest.poolers or rest.servers:
        environment_ = Environment("", "", ())
        topology, _ = _Join(environment_, rest, rest, known, options).topology()
        yield topology


class _Join:
    """The joining of one environment."""

    def __init__(
        self, where: Environment, configured: Configured, loose: Configured, known: Programs,
        options: Options,
    ) -> None:  # fmt: skip
        self._where = where
        self._configured = configured
        self._loose = loose
        self._code = known
        self._options = options
        self._busy: set[int] = set()
        self._adopted: set[int] = set()
        self._notes: list[str] = list(where.notes)
        self._declared = declared.targets(options.declared)

    def topology(self) -> tuple[Topology, set[int]]:
        """Return the topology, and the ids of the files of configuration that it took in."""
        reach = self._reach()
        counted = count(self._where.placed, frozenset(self._busy), self._code, reach, self._options)
        poolers = tuple(self._poolers(reach, counted))
        servers = tuple(self._servers(reach, counted, poolers))
        joins = dict(self._where.joins)
        at_work = (o.client.workload for o in counted.opened if o.client.workload)
        self._notes += [joins[c.image] for w in at_work for c in w.containers if c.image in joins]
        topology = Topology(
            self._where.scope,
            tuple(placed.workload for placed in self._where.placed),
            poolers,
            servers,
            tuple(dict.fromkeys((*self._notes, *counted.assumed))),
        )
        return topology, self._adopted

    # --- What is there ---

    def _reach(self) -> Reach:
        targets: list[Target] = []
        named = frozenset(
            end.host
            for placed in self._where.placed
            for unit in placed.units
            for end in endpoints(unit.container.variables)
        )
        for placed in self._where.placed:
            for unit in placed.units:
                target = self._target(placed, unit, named)
                if target:
                    targets.append(target)
        for placed, what in self._where.operated:
            known = self._settled(what) if isinstance(what, Server) else what
            targets.append(Target(known, placed, known.port))
        reach = Reach(tuple(targets), declared=self._declared)
        if self._where.machine:
            return self._only_files()
        if self._where.placed or self._where.operated:
            return self._with_files(reach)
        return self._only_files()

    def _target(self, placed: Placed, unit: Unit, named: frozenset[str]) -> Target | None:
        server = databases.server(placed, unit, self._configured, named)
        if server:
            self._busy.add(id(unit))
            return placed_at(self._settled(server), placed)
        runs = databases.runs_pooler(unit)
        product = "PgBouncer" if runs else products.product(unit)
        if not product:
            return None
        self._busy.add(id(unit))
        read = databases.pooler if runs else other_poolers.pooler
        pooler = read(placed, unit, self._configured)
        fitting = [p for p in self._loose.poolers if p.product == product]
        if pooler is None and len(fitting) == 1:
            only = fitting[0]
            self._adopted.add(id(only))
            self._notes.append(f"`{placed.workload.name}` is set up by {only.span.path}")
            hosts = tuple(address.host for address in placed.addresses)
            pooler = replace(
                only, name=placed.workload.name, hosts=hosts, instances=placed.workload.replicas
            )
        pooler = pooler or (databases.unset if runs else other_poolers.unknown)(placed, unit)
        return placed_at(pooler, placed)

    def _settled(self, server: Server) -> Server:
        figure = settled(
            server.max_connections, self._options.assume, f"{server.name}.max_connections"
        )
        return replace(server, max_connections=figure)

    def _only_files(self) -> Reach:
        targets = [Target(self._settled(s), None, s.port) for s in self._loose.servers]
        poolers = [Target(p, None, p.port) for p in self._loose.poolers]
        self._adopted |= {id(s) for s in (*self._loose.servers, *self._loose.poolers)}
        adopted: list[tuple[str, Target]] = []
        if len(targets) == 1:  # the one server there is, whatever name it goes by
            hosts = {d.host for p in self._loose.poolers for d in p.databases}
            adopted = [(host, targets[0]) for host in hosts] if len(hosts) == 1 else []
        return Reach((*targets, *poolers), tuple(adopted), self._declared)

    def _with_files(self, reach: Reach) -> Reach:
        """Give addresses at which nothing runs to the one server, or pooler, of a file."""
        ends = set(self._ends(reach))
        adopted: list[tuple[str, Target]] = []
        targets = list(reach.targets)
        poolers = self._loose.poolers
        if len(poolers) == 1 and id(poolers[0]) not in self._adopted:
            meant = {e for e in ends if _means_pooler(poolers[0], *e)}
            if meant:
                targets.append(
                    self._adopt(poolers[0], sorted({host for host, _ in meant}), adopted)
                )
                ends -= meant
        hosts = {host for host, _ in ends} | self._behind(targets, reach)
        hosts = hosts or ({""} if self._leads_nowhere(reach) else set())
        if len(self._loose.servers) == 1 and len(hosts) == 1:
            targets.append(self._adopt(self._loose.servers[0], sorted(hosts), adopted))
        return Reach(tuple(targets), tuple(adopted), self._declared)

    def _ends(self, reach: Reach) -> Iterator[tuple[str, int]]:
        """Yield the addresses, in variables and in the code, at which nothing runs."""
        for placed in self._where.placed:
            for unit in placed.units:
                if id(unit) in self._busy:
                    continue
                found = endpoints(unit.container.variables)
                yield from ((e.host, e.port) for e in unresolved(found, reach, placed))
                for group in opened(unit, self._code).groups:
                    for end in literal(group[0]):
                        if reach.of(end.host, end.port, placed) is None:
                            yield end.host, end.port

    def _adopt(
        self, what: Server | Pooler, hosts: list[str], adopted: list[tuple[str, Target]]
    ) -> Target:
        self._adopted.add(id(what))
        if hosts and hosts[0]:
            what = replace(what, hosts=tuple(hosts), name=hosts[0])
        if isinstance(what, Server):
            what = self._settled(what)
        target = Target(what, None, what.port)
        adopted += [(host, target) for host in hosts if host]
        where = " and ".join(f"`{host}`" for host in hosts if host)
        if where:
            self._notes.append(f"{where} is what {what.span.path} configures")
        return target

    def _behind(self, targets: list[Target], reach: Reach) -> set[str]:
        """Return the hosts behind poolers at which nothing runs."""
        return {
            database.host
            for target in targets
            if isinstance(target.what, Pooler)
            for database in target.what.databases
            if database.host and reach.of(database.host, database.port, target.placed) is None
        }

    def _leads_nowhere(self, reach: Reach) -> bool:
        """Tell whether nothing says where the code connects, and nothing else is there."""
        stated = any(
            endpoints(unit.container.variables)
            for placed in self._where.placed
            for unit in placed.units
            if id(unit) not in self._busy
        )
        return not stated and not reach.targets

    # --- What adds up ---

    def _poolers(self, reach: Reach, counted: Count) -> Iterator[PoolerBudget]:
        for target in reach.targets:
            pooler = target.what
            if not isinstance(pooler, Pooler):
                continue
            arrivals = tuple(o for o in counted.opened if o.target is target)
            missing = tuple(text for t, text in counted.missing if t is target)
            for index, (server, entries) in enumerate(self._leads(target, reach)):
                workload = target.placed.workload if target.placed else None
                out = opens(pooler, entries, arrivals, workload, self._configured.limits)
                # The clients come in once, whichever server they go on to.
                clients = tuple(o.client for o in arrivals) if index == 0 else ()
                yield PoolerBudget(
                    pooler, clients, out.clients, server, (*missing, *out.missing), out.missing
                )

    def _leads(
        self, target: Target, reach: Reach
    ) -> list[tuple[Server | None, tuple[PoolerDatabase, ...]]]:
        """Return the servers a pooler leads to, each with the entries that do."""
        pooler = target.what
        assert isinstance(pooler, Pooler)
        found: dict[int, tuple[Server | None, list[PoolerDatabase]]] = {}
        for database in pooler.databases:
            end = reach.of(database.host, database.port, target.placed)
            server = end.what if end and isinstance(end.what, Server) else None
            found.setdefault(id(server), (server, []))[1].append(database)
        groups = [(server, tuple(entries)) for server, entries in found.values()]
        return groups or [(None, ())]

    def _servers(
        self, reach: Reach, counted: Count, poolers: tuple[PoolerBudget, ...]
    ) -> Iterator[ServerBudget]:
        every = dict.fromkeys((*reach.targets, *(target for _, target in reach.declared)))
        for target in every:
            if not isinstance(target.what, Server):
                continue
            direct = tuple(o.client for o in counted.opened if o.target is target)
            behind = [p for p in poolers if p.server is target.what]
            clients: tuple[Client, ...] = (*direct, *(c for p in behind for c in p.opens))
            if clients:  # in this environment something of the tree connects to it
                clients += tuple(declared.clients(self._options.declared, target.what))
            missing = [text for t, text in counted.missing if t is target or t is None]
            lost = [p for p in poolers if p.server is None and not p.pooler.databases]
            missing += [text for p in (*behind, *lost) for text in p.beyond]
            yield ServerBudget(target.what, clients, tuple(dict.fromkeys(missing)))


def _means_pooler(pooler: Pooler, host: str, port: int) -> bool:
    """Tell whether an address at which nothing of the tree runs is that of a pooler's file."""
    if port and port != pooler.port:
        return False
    word = products.WORDS.get(pooler.product, pooler.name.lower())
    return host in (pooler.name.lower(), *pooler.hosts) or word in host or (
        port == pooler.port != databases.PORT
    )  # fmt: skip


def budgets(topologies: Iterable[Topology]) -> tuple[Budget, ...]:
    """Return the sum of every server and pooler that something connects to, if it fits or not.

    A pooler's own sum is what comes in; what it opens is part of its server's.
    """
    return tuple(budget for topology in topologies for budget in _budgets(topology))


def _budgets(topology: Topology) -> Iterator[Budget]:
    summed: set[Span] = set()
    for entrance in topology.poolers:
        limit = entrance.pooler.max_client_conn
        if entrance.clients and limit.basis is not Basis.UNKNOWN:
            missing = tuple(text for text in entrance.missing if text not in entrance.beyond)
            pooler = entrance.pooler
            summed.add(pooler.span)
            edges = _edges(pooler, entrance.clients, topology)
            yield Budget(
                pooler.name, topology.scope, pooler.span, entrance.ledger, missing, tuple(edges)
            )
    for budget in topology.servers:
        if budget.clients or budget.missing:
            server = budget.server
            into = [*_edges(server, budget.clients, topology)]
            for p in topology.poolers:
                if p.server is server and p.pooler.span not in summed:
                    into += _edges(p.pooler, p.clients, topology)
            yield Budget(
                server.name, topology.scope, server.span, budget.ledger, budget.missing,
                tuple(into),
            )  # fmt: skip


def _edges(
    target: Server | Pooler, clients: Iterable[Client], topology: Topology
) -> Iterator[Edge]:
    """Yield what connects there: workloads and poolers by their names, others by the client's."""
    poolers = {p.pooler.span: p.pooler.name for p in topology.poolers}
    for client in clients:
        pooler = poolers.get(client.span, client.name)
        source = client.workload.name if client.workload else pooler
        yield Edge(source, target.name, client.entry)
