"""What each server and pooler comes to: who connects, and what there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from poollint.facts.infrastructure import Pooler, Server
from poollint.facts.topology import Client, PoolerBudget, Topology
from poollint.model.figure import Basis
from poollint.model.report import Budget, Edge, same_in
from poollint.model.source import Span


def budgets(topologies: Iterable[Topology]) -> tuple[Budget, ...]:
    """Return the sum of every server and pooler that something connects to, if it fits or not.

    A pooler's own sum is what comes in; what it opens is part of its server's. One that states how
    much it lets in has a sum even where no file says who asks.
    """
    return tuple(budget for topology in topologies for budget in _budgets(topology))


def _budgets(topology: Topology) -> Iterator[Budget]:
    summed: set[Span] = set()
    for entrance in topology.poolers:
        if entrance.pooler.span in summed:  # it leads to several servers, and is asked once
            continue
        limit = entrance.pooler.max_client_conn
        missing = tuple(text for text in entrance.missing if text not in entrance.beyond)
        missing = missing or nobody(entrance)
        if (entrance.clients or missing) and limit.basis is not Basis.UNKNOWN:
            pooler = entrance.pooler
            summed.add(pooler.span)
            edges = _edges(pooler, entrance.clients, topology)
            yield Budget(
                pooler.name, topology.scope, pooler.span, entrance.ledger, missing, tuple(edges),
                scenarios=entrance.scenarios, notes=same_in(entrance.alike),
                alike=entrance.alike,
            )  # fmt: skip
    for budget in topology.servers:
        if budget.clients or budget.missing:
            server = budget.server
            into = [*_edges(server, budget.clients, topology)]
            for p in topology.poolers:
                if p.server is server and p.pooler.span not in summed:
                    into += _edges(p.pooler, p.clients, topology)
            yield Budget(
                server.name, topology.scope, server.span, budget.ledger, budget.missing,
                tuple(into), scenarios=budget.scenarios, notes=same_in(budget.alike),
                alike=budget.alike,
            )  # fmt: skip


def nobody(entrance: PoolerBudget) -> tuple[str, ...]:
    """Return what is told of a pooler that states its limit, and to which nothing connects."""
    stated = entrance.pooler.max_client_conn.basis in (Basis.STATED, Basis.DERIVED)
    asked = entrance.clients or any(text not in entrance.beyond for text in entrance.missing)
    return ("what connects to it, for no file says",) if stated and not asked else ()


def _edges(
    target: Server | Pooler, clients: Iterable[Client], topology: Topology
) -> Iterator[Edge]:
    """Yield what connects there: workloads and poolers by their names, others by the client's."""
    poolers = {p.pooler.span: p.pooler.name for p in topology.poolers}
    for client in clients:
        pooler = poolers.get(client.span, client.name)
        source = client.workload.name if client.workload else pooler
        yield Edge(source, target.name, client.entry)
