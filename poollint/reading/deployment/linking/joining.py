"""Joins what runs in one environment with its poolers, its servers and the pools of the code.

What cannot be joined for certain is not: it is said in `missing`, and what was taken for
granted in `assumed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from poollint.facts.infrastructure import Pooler, PoolerDatabase, Server
from poollint.facts.topology import Client, PoolerBudget, ServerBudget, Topology
from poollint.reading.deployment.linking import asking, chaining, cloud_sql, declared
from poollint.reading.deployment.linking.clients import count
from poollint.reading.deployment.linking.counting import Count
from poollint.reading.deployment.linking.deployed import Address, Placed, Unit
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.idle import is_idle
from poollint.reading.deployment.linking.openers import literal
from poollint.reading.deployment.linking.opening import Programs
from poollint.reading.deployment.linking.reach import (
    MADE,
    Reach,
    Target,
    endpoints,
    is_local,
    named,
    placed_at,
    unresolved,
)
from poollint.reading.deployment.linking.variables import settled
from poollint.reading.deployment.servers import (
    databases,
    other_poolers,
    poolers,
    products,
    role_limits,
)
from poollint.reading.deployment.servers.configured import Configured
from poollint.reading.deployment.servers.opens import opens
from poollint.reading.deployment.servers.user_pools import of_whoever_comes
from poollint.reading.reader import Options

_OF_CLUSTER = (("-pooler-repl", "-repl"), ("-pooler", ""))


class Join:
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
        self.counted = Count()
        self.serving: tuple[Target, ...] = ()
        self._declared = declared.targets(options.declared)

    def topology(self) -> tuple[Topology, set[int]]:
        """Return the topology, and the ids of the files of configuration that it took in."""
        reach = self._reach()
        self.serving = tuple(target for target in reach.targets if target.placed)
        busy = frozenset(self._busy)
        counted = count(self._where.placed, busy, self._code, reach, self._options)
        self._ask(reach, counted)
        self.counted = counted
        poolers = tuple(self._poolers(reach, counted))
        servers = tuple(self._servers(reach, counted, poolers))
        joins = dict(self._where.joins)
        at_work = (o.client.workload for o in counted.opened if o.client.workload)
        self._notes += [joins[c.image] for w in at_work for c in w.containers if c.image in joins]
        self._notes += declared.described(self._options.declared, self._names())
        topology = Topology(
            self._where.scope,
            tuple(placed.workload for placed in self._where.placed),
            poolers,
            servers,
            tuple(dict.fromkeys((*self._notes, *counted.assumed))),
            tuple(dict.fromkeys(counted.ignored)),
            tuple(client for _, _, client in counted.outside if client),
        )
        return topology, self._adopted

    # --- What is there ---

    def _reach(self) -> Reach:
        targets: list[Target] = []
        hosts = named(self._where.placed)
        for placed in self._where.placed:
            for unit in placed.units:
                target = self._target(placed, unit, hosts)
                if target:
                    targets.append(target)
        for placed, what in self._where.operated:
            known = self._settled(what) if isinstance(what, Server) else what
            targets.append(Target(known, placed, known.port))
        proxied = [(p, *pair) for p in self._where.placed for pair in cloud_sql.proxied(p)]
        reach = Reach(
            tuple(targets),
            declared=self._declared,
            aliases=(*self._where.aliases, *_of_proxies(proxied)),
            proxied=tuple(proxied),
        )
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
        runs = poolers.runs_pooler(unit)
        product = "PgBouncer" if runs else products.product(unit)
        if not product:
            idle = is_idle(unit)
            self._busy |= {id(unit)} if idle else set()
            return None
        self._busy.add(id(unit))
        read = poolers.pooler if runs else other_poolers.pooler
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
        pooler = pooler or (poolers.unset if runs else other_poolers.unknown)(placed, unit)
        if pooler.name == placed.workload.name:
            pooler = replace(pooler, name=_name_of(placed, unit))
        return placed_at(self._as_an_operator_has_it(pooler), placed)

    def _as_an_operator_has_it(self, pooler: Pooler) -> Pooler:
        """Return a pooler of which no file says where it leads: after its cluster it is called so.

        Source: zalando/postgres-operator a7aaad0a, pkg/cluster/connection_pooler.go
        (`connectionPoolerName`: "-pooler", and "-pooler-repl" in front of the replicas).
        """
        known = [what for _, what in self._where.operated if isinstance(what, Server)]
        for ending, behind in _OF_CLUSTER:
            name = pooler.name.removesuffix(ending)
            found = next((s for s in known if s.name == name), None)
            if found and not pooler.databases and name != pooler.name:
                one = PoolerDatabase("*", pooler.span, f"{name}{behind}", found.port, "")
                return replace(pooler, databases=(one,))
        return pooler

    def _settled(self, server: Server) -> Server:
        figure = settled(
            server.max_connections, self._options.assume, f"{server.name}.max_connections"
        )
        return replace(server, max_connections=figure)

    def _only_files(self) -> Reach:
        targets = [Target(self._settled(s), None, s.port) for s in self._loose.servers]
        poolers = [Target(p, None, p.port) for p in self._loose.poolers]
        self._adopted |= {id(s) for s in (*self._loose.servers, *self._loose.poolers)}
        adopted = [(h, t) for t in targets if isinstance(t.what, Server) for h in t.what.hosts]
        if len(targets) == 1:  # the one server there is, whatever name it goes by
            hosts = {d.host for p in self._loose.poolers for d in p.databases}
            adopted += [(host, targets[0]) for host in hosts] if len(hosts) == 1 else []
            # It may be another machine, of which the tree has no file.
            far = (h for h in hosts if h and len(hosts) == 1 and not is_local(h))
            path = targets[0].what.span.path
            self._notes += [f"`{host}` is what {path} configures" for host in far]
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
        servers = self._loose.servers
        clusters = {server.cluster for server in servers}
        if (
            servers
            and len(hosts) == 1
            and (len(servers) == 1 or (len(clusters) == 1 and "" not in clusters))
        ):
            # Of the members of a cluster the one that writes answers, whichever that is.
            targets.append(self._adopt(servers[0], sorted(hosts), adopted))
            self._adopted |= {id(server) for server in servers}
        return replace(reach, targets=tuple(targets), adopted=tuple(adopted))

    def _ends(self, reach: Reach) -> Iterator[tuple[str, int]]:
        """Yield the addresses, in variables and in the code, at which nothing runs."""
        for placed in self._where.placed:
            for unit in placed.units:
                if id(unit) in self._busy:
                    continue
                found = endpoints(unit.container.variables)
                beyond = unresolved(found, reach, placed)
                yield from ((e.host, e.port) for e in beyond if not _is_made(e.host))
                for group in self._code.opened(unit, placed).groups:
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

    def _ask(self, reach: Reach, counted: Count) -> None:
        """Take what is asked by releases of which no file says what they run."""
        for name, variables in self._where.asking:
            ends = endpoints(variables)
            led_to = [(end, reach.of(end.host, end.port, None)) for end in ends]
            for end, target in led_to:
                if target:
                    what = "how many connections it opens is not known, for no chart of it is here"
                    counted.miss(target, f"`{name}`: {what}")
                else:
                    counted.outside.append((end.host, name, None))

    # --- What adds up ---

    def _poolers(self, reach: Reach, counted: Count) -> Iterator[PoolerBudget]:
        for target in chaining.in_order(reach):
            pooler = target.what
            if not isinstance(pooler, Pooler):
                continue
            arrivals = tuple(o for o in counted.opened if o.target is target)
            missing = tuple(text for t, text in counted.missing if t is target)
            for index, (server, entries) in enumerate(self._leads(target, reach)):
                workload = target.placed.workload if target.placed else None
                limits, most = self._configured.limits, self._most(target, counted, reach)
                # Of peers whose files are all in the tree each is counted for itself.
                alone = pooler if self._peers(reach) < pooler.peers else replace(pooler, peers=0)
                listed = self._configured.users(pooler)
                out = opens(alone, entries, arrivals, workload, limits, most, listed)
                if server and not (most or listed) and of_whoever_comes(alone, entries, arrivals):
                    self._notes.append(f"`{pooler.name}` has clients of one user in each database")
                # The clients come in once, whichever server they go on to.
                clients: tuple[Client, ...] = ()
                if index == 0:
                    clients = (*(o.client for o in arrivals), *self._told(pooler))
                if server is None:
                    counted.opened += chaining.onward(out.clients, target, entries, reach)
                yield PoolerBudget(
                    pooler, clients, out.clients, server, (*missing, *out.missing), out.missing
                )

    @staticmethod
    def _peers(reach: Reach) -> int:
        """Return how many of the poolers are peers of others."""
        return sum(isinstance(t.what, Pooler) and t.what.peers > 0 for t in reach.targets)

    def _most(self, target: Target, counted: Count, reach: Reach) -> asking.Asked | None:
        """Return what comes in at a PgBouncer at the most, None where anything else may come.

        Each container that runs beside it is counted, or is a server, a pooler or a proxy.
        """
        placed, what = target.placed, target.what
        if placed is None or not isinstance(what, Pooler) or what.product != "PgBouncer":
            return None
        clients = (*(o.client for o in counted.opened if o.target is target), *self._told(what))
        beside = asking.is_sidecar(placed, what, clients)
        missing = [to for to, _ in counted.missing if not beside or to in (target, None)]
        if not (placed.private or beside) or missing or counted.outside:
            return None
        seen = {one.client.span for one in counted.opened}
        around = (placed,) if beside else self._where.placed
        for unit in (unit for one in around for unit in (*one.units, *one.before)):
            past = beside and unit in placed.before and self._is_past(unit, placed, target, reach)
            if id(unit) not in self._busy and unit.container.span not in seen and not past:
                return None
        return asking.most(clients, apart=beside)

    @staticmethod
    def _is_past(unit: Unit, placed: Placed, target: Target, reach: Reach) -> bool:
        """Tell whether a container is given addresses, and none of them is that of a pooler."""
        ends = endpoints(unit.container.variables)
        return bool(ends) and all(reach.of(e.host, e.port, placed) is not target for e in ends)

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
            arrivals = [o for o in counted.opened if o.target is target]
            limits, superuser = self._configured.limits, databases.superuser(target.placed)
            direct = role_limits.of_roles(arrivals, limits, superuser)
            behind = [p for p in poolers if p.server is target.what]
            told = tuple(self._told(target.what))
            clients = (*direct, *(c for p in behind for c in p.opens), *told)
            if clients:  # in this environment something of the tree connects to it
                clients += tuple(declared.clients(self._options.declared, target.what))
            missing = [text for t, text in counted.missing if t is target or t is None]
            lost = [p for p in poolers if p.server is None and not p.pooler.databases]
            missing += [text for p in (*behind, *lost) for text in p.beyond]
            missing += [text for p in (*behind, *lost) if not p.opens for text in p.missing]
            yield ServerBudget(target.what, clients, tuple(dict.fromkeys(missing)))

    def _names(self) -> tuple[str, ...]:
        return tuple(placed.workload.name for placed in self._where.placed)

    def _told(self, what: Server | Pooler) -> Iterator[Client]:
        """Yield what the settings say that connects to a server or pooler here."""
        scope = self._where.scope
        yield from declared.runs(self._options.declared, what, scope, self._names())


def _of_proxies(proxied: list[tuple[Placed, int, str]]) -> Iterator[tuple[Address, str]]:
    """Yield the names of proxies that lead to one instance alone, each with its name."""
    for placed, _, name in proxied:
        alone = sum(other is placed for other, _, _ in proxied) == 1 and len(placed.units) == 1
        if alone and name:
            yield from ((address, name) for address in placed.addresses)


def _is_made(host: str) -> bool:
    """Tell whether a host is the machine itself, or what a module makes: no file configures it."""
    return is_local(host) or host.startswith(MADE)


def _name_of(placed: Placed, unit: Unit) -> str:
    """Return what a container is called that others may run beside."""
    workload, container = placed.workload.name, unit.container.name
    alone = len(placed.units) == 1 or container == workload
    return workload if alone else f"{workload}/{container}"


def _means_pooler(pooler: Pooler, host: str, port: int) -> bool:
    """Tell whether an address at which nothing of the tree runs is that of a pooler's file."""
    if port and port != pooler.port:
        return False
    word = products.WORDS.get(pooler.product, pooler.name.lower())
    return host in (pooler.name.lower(), *pooler.hosts) or word in host or (
        port == pooler.port != databases.PORT
    )  # fmt: skip
