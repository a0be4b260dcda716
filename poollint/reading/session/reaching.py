"""What answers at an address: a pooler in some mode, PostgreSQL itself, or nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from poollint.catalog import endpoints
from poollint.catalog.settings import pgbouncer
from poollint.facts.code import Endpoint
from poollint.facts.infrastructure import Container, Pooler, Server, Variable, Workload
from poollint.facts.topology import Topology
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment.linking.reach import of_variable
from poollint.reading.naming.values.dsn import DEFAULT_PORT, Address, address, is_postgresql
from poollint.reading.session import pooling

# How a program that no container holds calls the machine it runs on.
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal"})
_SERVICE = re.compile(
    r"(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)(?:\.svc(?:\.[a-z0-9.-]+)?)?"
)


@dataclass(frozen=True, slots=True)
class Client:
    """A container that may connect to a database, and the workload it belongs to."""

    workload: Workload
    container: Container


@dataclass(frozen=True, slots=True)
class Lead:
    """Where an address leads. Not `known`: nobody says; no endpoint: PostgreSQL itself."""

    known: bool
    endpoint: Endpoint | None = None

    @property
    def mode(self) -> str:
        """Return the pool mode, "direct" without a pooler, "" unknown."""
        if not self.known:
            return ""
        return endpoints.DIRECT if self.endpoint is None else self.endpoint.mode.value or ""


UNKNOWN = Lead(known=False)
DIRECT = Lead(known=True)


def clients(topology: Topology) -> Iterator[Client]:
    """Yield the containers of an environment that are no poolers and no servers themselves."""
    apart = {name for b in topology.poolers for name in (b.pooler.name, *b.pooler.hosts)}
    apart |= {name for b in topology.servers for name in b.server.hosts}
    for workload in topology.workloads:
        several = len(workload.containers) > 1  # a pooler may run beside the application
        if workload.name in apart and not several:
            continue
        for container in workload.containers:
            if not _is_apart("" if several else workload.name, container):
                yield Client(workload, container)


def _is_apart(name: str, container: Container) -> bool:
    names = f"{name} {container.name} {container.image}".lower()
    return any(word in names for word in ("pgbouncer", "pgcat", "odyssey", "pgpool", "postgres:"))


def told(variable: Variable, client: Client, topology: Topology) -> Lead:
    """Return where a variable of a container leads: a URL, or a host beside its port."""
    found = stated(variable, client.container.variables)
    return lead(found, topology, client.workload) if found else UNKNOWN


def stated(variable: Variable, beside: Iterable[Variable]) -> Address | None:
    """Return the address that a variable states: a URL, or a host with the port `beside` it."""
    value = (variable.value.value or "").strip()
    if "://" in value or "=" in value:
        return address(value) if is_postgresql(value) else None
    end = of_variable(variable, {v.name: v for v in beside})
    if end is not None:
        return Address(end.host, end.port, end.dbname, end.user)
    host, _, port = value.partition(":")
    if not re.fullmatch(r"[\w.-]+", host) or (port and not port.isdecimal()):
        return None
    return Address(host.lower(), int(port[:5]) if port else 0, "")


def told_in(found: Lead, variable: Variable) -> Lead:
    """Return a lead that says, where a host's name tells it, in which file that host stands."""
    endpoint, at = found.endpoint, variable.value.origin
    if endpoint is None or isinstance(endpoint.mode.origin, Span) or not isinstance(at, Span):
        return found
    where = f"{endpoint.mode.origin} ({at.path}:{at.start.line})"
    return Lead(True, replace(endpoint, mode=replace(endpoint.mode, origin=where)))


def lead(found: Address | None, topology: Topology | None, near: Workload | None = None) -> Lead:
    """Return where an address leads in one environment, or by the name of its host alone.

    `near` is the workload that is told it: "localhost" is what runs beside it then, and
    otherwise the machine, with the published ports of all containers.
    """
    if found is None:
        return UNKNOWN
    port = found.port or DEFAULT_PORT
    recognised = endpoints.known_host(found.host, port)
    if recognised is not None:
        return _recognised(recognised, found)
    if topology is None:
        return UNKNOWN
    if found.host in LOCAL:
        beside = _published(found, port, topology) if near is None else None
        if beside is not None:
            return beside
    names = _names(found.host, topology)
    poolers = list({id(b.pooler): b.pooler for b in topology.poolers}.values())
    if found.host in LOCAL and near is not None and near.platform == "kubernetes":
        names |= {host for p in poolers if p.name == near.name for host in p.hosts}
    servers = [budget.server for budget in topology.servers]
    served = any(names & {*s.hosts} and port == s.port for s in servers)
    pooler = None if served else _pooler(names, found.port, poolers)
    if pooler is None:
        return DIRECT if served or any(names & {*s.hosts} for s in servers) else UNKNOWN
    return _through(pooler, found, topology)


def _published(found: Address, port: int, topology: Topology) -> Lead | None:
    """Return where a port of the machine leads, None where nothing of the environment has it."""
    poolers = {id(b.pooler): b.pooler for b in topology.poolers if port in b.pooler.published}
    servers = {id(b.server): b.server for b in topology.servers if port in b.server.published}
    if len(poolers) + len(servers) != 1:
        return UNKNOWN if poolers or servers else None
    if servers:
        return DIRECT
    return _through(next(iter(poolers.values())), found, topology)


def _names(host: str, topology: Topology) -> set[str]:
    """Return the host, and the service that it is in a cluster ("db.shop.svc.cluster.local")."""
    found = _SERVICE.fullmatch(host)
    clustered = any(workload.platform == "kubernetes" for workload in topology.workloads)
    if found is None or not (clustered or ".svc" in host):
        return {host}
    return {host, found["name"]}


def _pooler(names: set[str], port: int, poolers: Iterable[Pooler]) -> Pooler | None:
    """Return the one pooler that answers at an address, by its names, or else by its port."""
    every = list(poolers)
    named = [p for p in every if names & {*p.hosts}]
    if len(named) > 1:
        named = [p for p in named if p.port == (port or DEFAULT_PORT)]
    if not named:
        # A file that names no host answers at a port that PostgreSQL does not have.
        named = [p for p in every if not p.hosts and p.port == port and port != DEFAULT_PORT]
    return named[0] if len(named) == 1 else None


def _through(pooler: Pooler, found: Address, topology: Topology) -> Lead:
    mode = pooling.mode_of(pooler, found.dbname, found.user)
    if mode.value is None:
        return UNKNOWN
    server: Server | None = next((b.server for b in topology.poolers if b.pooler is pooler), None)
    return Lead(True, pooling.endpoint(pooler, mode, server))


def _recognised(known: endpoints.KnownHost, found: Address) -> Lead:
    if known.mode == endpoints.DIRECT:
        return DIRECT
    where = f"the host {found.host}" + (f":{found.port}" if found.port else "")
    tracked = (*pgbouncer().tracked, *known.tracked)
    basis = Basis.DEFAULTED if known.chosen else Basis.DERIVED
    mode = Word(known.mode, basis, f"the default of {where}" if known.chosen else where)
    prepared = known.prepared
    follows = None
    if prepared is not None:
        follows = Figure(prepared, prepared, "prepared statements", Basis.DERIVED, where)
    ignored = None if known.ignored is None else Word(known.ignored, Basis.DERIVED, where)
    return Lead(True, Endpoint(known.pooler, mode, "", tracked, follows, ignored, tracked))
