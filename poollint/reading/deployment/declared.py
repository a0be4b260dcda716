"""Servers that the settings of poollint describe, joined with what the tree has."""

from __future__ import annotations

from collections.abc import Iterator

from poollint.facts.declared import Declared, DeclaredServer
from poollint.facts.infrastructure import Server
from poollint.facts.topology import Client
from poollint.model.figure import Figure
from poollint.reading.deployment.reach import Target

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
