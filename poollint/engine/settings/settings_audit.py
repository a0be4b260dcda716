"""The settings of `audit`: databases, clients and workloads that no file describes, and loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from poollint.engine.settings.settings_table import MOST, Table
from poollint.facts.declared import (
    Declared,
    DeclaredClient,
    DeclaredLoad,
    DeclaredServer,
    DeclaredWorkload,
)
from poollint.model.figure import Figure
from poollint.model.usage import nearest
from poollint.syntax.toml import Node


def declared(table: Table) -> Declared:
    """Return what the table `audit` says."""
    audit = table.table("audit")
    audit.only("database", "external", "workload", "load")
    servers: dict[str, DeclaredServer] = {}
    for row in _rows(audit, "database"):
        server = _server(row)
        if server.name in servers:
            raise row.refused(f"`{server.name}` is there twice", "each has its name", server.span)
        servers[server.name] = server
    clients = tuple(_client(row, servers) for row in _rows(audit, "external"))
    loads = tuple(_load(row) for row in _rows(audit, "load"))
    workloads: dict[tuple[str, str], DeclaredWorkload] = {}
    for row in _rows(audit, "workload"):
        one = _workload(row)
        if (one.name, one.environment) in workloads:
            hint = "each has its name, or its environment"
            raise row.refused(f"`{one.name}` is there twice", hint, one.span)
        workloads[one.name, one.environment] = one
    return Declared(tuple(servers.values()), clients, loads, tuple(workloads.values()))


def _rows(audit: Table, key: str) -> Iterator[Table]:
    for node in audit.items(key):
        if not isinstance(node.value, Mapping):
            raise audit.refused(f"`{key}` takes tables", f"write `[[audit.{key}]]`", node.span)
        yield Table(audit.source, node)


def _server(row: Table) -> DeclaredServer:
    row.only("name", "match", "max-connections", "reserved")
    name, span = row.text(_needed(row, "name"), "name")
    match = tuple(row.text(node, "match")[0] for node in row.items("match"))
    if not match:
        hint = 'name its hosts, or variables: `match = ["*.example.com", "$DATABASE_URL"]`'
        raise row.refused(f"nothing says who connects to `{name}`", hint, span)
    most = _figure(row, _needed(row, "max-connections"), "max-connections")
    node = row.get("reserved")
    kept = _figure(row, node, "reserved") if node else _unasked()
    return DeclaredServer(name, span, match, most, kept)


def _unasked() -> Figure:
    """Return what PostgreSQL keeps back where nothing is said (13 to 18: 3, in its sample file)."""
    source = "PostgreSQL default, 13 to 18"
    return Figure.defaulted(3, "superuser_reserved_connections", source)


def _client(row: Table, servers: Mapping[str, DeclaredServer]) -> DeclaredClient:
    row.only("name", "database", "connections")
    name, span = row.text(_needed(row, "name"), "name")
    server, at = row.text(_needed(row, "database"), "database")
    if server not in servers:
        near = nearest(server, servers)
        hint = f"there is a `{near}`" if near else "each is declared by `[[audit.database]]`"
        raise row.refused(f"no database is called `{server}`", hint, at)
    figure = _figure(row, _needed(row, "connections"), "connections")
    return DeclaredClient(name, span, server, figure)


def _workload(row: Table) -> DeclaredWorkload:
    row.only("name", "database", "pool", "processes", "replicas", "environment")
    name, span = row.text(_needed(row, "name"), "name")
    database, _ = row.text(_needed(row, "database"), "database")
    stated = row.get("environment")
    environment = row.text(stated, "environment")[0] if stated else ""
    return DeclaredWorkload(
        name,
        span,
        database,
        _many(row, "replicas"),
        _many(row, "processes"),
        replace(_figure(row, _needed(row, "pool"), "pool"), name="pool size"),
        environment,
    )


def _many(row: Table, key: str) -> Figure:
    """Return how many there are: one where nothing is said, and none is no workload."""
    node = row.get(key)
    if node is None:
        return Figure.defaulted(1, key, f"`{key}` is left out")
    figure = _figure(row, node, key)
    if not figure.low:
        raise row.refused(f"`{key}` takes a whole number from 1", "", node.span)
    return figure


def _load(row: Table) -> DeclaredLoad:
    row.only("client", "requests-per-second", "seconds-held")
    client, span = row.text(_needed(row, "client"), "client")
    rate, held = (_amount(row, key) for key in ("requests-per-second", "seconds-held"))
    return DeclaredLoad(client, span, rate, held)


def _amount(row: Table, key: str) -> float:
    node = _needed(row, key)
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST:
        raise row.refused(f"`{key}` takes a number above 0", "", node.span)
    return float(value)


def _needed(row: Table, key: str) -> Node:
    node = row.get(key)
    if node is None:
        raise row.refused(f"`{key}` is missing", "", row.node.span)
    return node


def _figure(row: Table, node: Node, key: str) -> Figure:
    return Figure.stated(row.number(node, key), key.replace("-", "_"), node.span)
