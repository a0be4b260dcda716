"""Servers and workloads that the settings of poollint describe, joined with what the tree has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from poollint.facts.declared import Declared, DeclaredServer, DeclaredWorkload
from poollint.facts.infrastructure import Pooler, Server
from poollint.facts.topology import Client, Topology
from poollint.model.figure import Figure
from poollint.reading.deployment.linking.reach import Target

_PORT = 5432


def targets(declared: Declared) -> tuple[tuple[str, Target], ...]:
    """Return the patterns of hosts and variables, each with the server that is meant."""
    return tuple(
        (pattern if pattern.startswith("$") else pattern.lower(), target)
        for server in declared.servers
        for target in (Target(_server(server), None, _PORT),)
        for pattern in server.match
    )


def _server(of: DeclaredServer) -> Server:
    return Server(
        name=of.name,
        span=of.span,
        hosts=(),
        port=_PORT,
        max_connections=of.max_connections,
        superuser_reserved=of.reserved,
        reserved=Figure.defaulted(0, "reserved_connections", "part of `reserved`"),
    )


def clients(declared: Declared, server: Server) -> Iterator[Client]:
    """Yield what connects to a server from elsewhere."""
    for client in declared.clients:
        if client.server == server.name and server.span in (s.span for s in declared.servers):
            figures = (client.connections,)
            yield Client(client.name, client.span, figures, figures)


def runs(
    declared: Declared, what: Server | Pooler, scope: str, placed: Iterable[str]
) -> Iterator[Client]:
    """Yield the workloads of an environment that stand in no file, and connect to `what`.

    One that the tree describes itself, by its name among `placed`, is not counted again.
    """
    own = frozenset(placed)
    for workload in declared.workloads:
        if (
            _runs_in(workload.environment, scope)
            and workload.database == what.name
            and workload.name not in own
        ):
            figures = (workload.replicas, workload.processes, workload.pool)
            yield Client(workload.name, workload.span, figures, figures)


def _runs_in(pattern: str, scope: str) -> bool:
    """Tell whether a pattern means an environment, or the folder that its files lie in."""
    return not pattern or fnmatchcase(scope, pattern) or fnmatchcase(scope, f"{pattern}/*")


def described(declared: Declared, placed: Iterable[str]) -> Iterator[str]:
    """Yield in words which workloads of the settings the tree describes itself."""
    names = {workload.name for workload in declared.workloads}
    for name in dict.fromkeys(placed):
        if name in names:
            yield f"`{name}` is what the tree describes, not what the settings say of it"


def lost(declared: Declared, found: Iterable[Topology]) -> Iterator[str]:
    """Yield in words the workloads that no environment counts, with what they may open."""
    every = tuple(found)
    counted = {c.span for one in every for budget in one.servers for c in budget.clients}
    counted |= {c.span for one in every for budget in one.poolers for c in budget.clients}
    named = {w.name for topology in every for w in topology.workloads}
    for workload in declared.workloads:
        if workload.span not in counted and workload.name not in named:
            yield _unjoined(workload)


def _unjoined(workload: DeclaredWorkload) -> str:
    figures = (workload.replicas, workload.processes, workload.pool)
    most = Client(workload.name, workload.span, figures, figures).entry.total.high
    where = f" in `{workload.environment}`" if workload.environment else ""
    return (
        f"`{workload.name}` of the settings may open {most} connections to"
        f" `{workload.database}`, and nothing{where} is called so"
    )
