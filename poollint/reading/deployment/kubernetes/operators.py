"""Servers and poolers that an operator runs, as its custom resources describe them.

Sources: cloudnative-pg a95a534db (api/v1/pooler_types.go, docs/src/connection_pooling.md);
zalando/postgres-operator a7aaad0a (pkg/cluster/connection_pooler.go); CrunchyData/postgres-operator
0fbac3062 (pgbouncer_types.go, internal/pgbouncer/config.md); Percona Operator for PostgreSQL 2,
"Exposing cluster" and "Custom Resource options" (Crunchy's fields and services). Their poolers are
Deployments with Kubernetes' default surge. Those of StackGres are in a module of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.infrastructure import Pooler, Server
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.kubernetes import replicas, stackgres
from poollint.reading.deployment.kubernetes.instances import figure
from poollint.reading.deployment.kubernetes.operated import (
    PREPARED,
    Operated,
    placed_at,
    pooler_of,
    server_of,
)
from poollint.reading.deployment.linking.deployed import Address
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Mapping, Scalar

GROUPS = (
    "postgresql.cnpg.io", "acid.zalan.do", "postgres-operator.crunchydata.com", "stackgres.io",
    "pgv2.percona.com",
)  # fmt: skip
_PERCONA = "PerconaPGCluster"  # Crunchy's operator under another name, with the same fields
KINDS = frozenset(
    ("Cluster", "Pooler", "postgresql", "PostgresCluster", _PERCONA, *stackgres.KINDS)
)

# pkg/cluster/connection_pooler.go and the operator's configuration: `connection_pooler_*`.
_ZALANDO_INSTANCES = 2
_ZALANDO_CONNECTIONS = 60
_ZALANDO_CLIENTS = 10000
_ZALANDO_PREPARED = 200  # pgbouncer.ini.tmpl of its image
_ZALANDO = "postgres-operator default"


def is_operated(root: Mapping) -> bool:
    """Tell whether a document is a resource of one of the operators."""
    if root.text("kind") not in KINDS:
        return False
    return root.text("apiVersion").partition("/")[0] in GROUPS


def read(
    manifests: Iterable[Manifest], scope: str, named: frozenset[str] = frozenset()
) -> tuple[Operated, ...]:
    """Return the servers and poolers of objects that are applied together.

    `named` are the hosts that workloads are given: replicas count where one of them is theirs.
    """
    found: list[Operated] = []
    ours = [m for m in manifests if is_operated(m.root) and m.name]
    hosts = named | {f"{m.name}-repl" for m in ours
                     if m.root.text("spec", "enableReplicaConnectionPooler") == "true"}  # fmt: skip
    hosts |= {f"{m.root.text('spec', 'cluster', 'name')}-{m.root.text('spec', 'type')}"
              for m in ours if m.kind == "Pooler"}  # fmt: skip
    for manifest in ours:
        match manifest.kind:
            case "Cluster":
                parameters = manifest.root.mapping("spec", "postgresql", "parameters")
                found.append(server_of(manifest, scope, parameters, f"{manifest.name}-rw"))
            case "Pooler":
                found.append(_cnpg_pooler(manifest, scope))
            case "postgresql":
                found += _zalando(manifest, scope)
            case "PostgresCluster" | "PerconaPGCluster":
                found += _crunchy(manifest, scope)
            case "SGCluster":
                found += stackgres.read(manifest, ours, scope)
    written = [(placed, what) for placed, what in found if isinstance(what, Server)]
    return (*found, *(r for m in ours for r in replicas.read(m, scope, written, hosts)))


def _zalando(manifest: Manifest, scope: str) -> Iterator[Operated]:
    root, name = manifest.root, manifest.name
    # Its image sets the limit by the memory where the resource does not.
    parameters = root.mapping("spec", "postgresql", "parameters")
    yield server_of(manifest, scope, parameters, name, defaulted=False)
    pooler = root.mapping("spec", "connectionPooler")
    if pooler.items or root.text("spec", "enableConnectionPooler") == "true":
        yield _zalando_pooler(manifest, scope, pooler)
    if root.text("spec", "enableReplicaConnectionPooler") == "true":
        yield _zalando_pooler(manifest, scope, pooler, of="-repl")


def _crunchy(manifest: Manifest, scope: str) -> Iterator[Operated]:
    root, name = manifest.root, manifest.name
    stated = root.mapping("spec", "config", "parameters")
    if not stated.items:
        dynamic = root.mapping("spec", "patroni", "dynamicConfiguration")
        stated = dynamic.mapping("postgresql", "parameters")
    placed, server = server_of(manifest, scope, stated, f"{name}-primary")
    leading = Address(f"{name}-ha", manifest.namespace)
    yield replace(placed, addresses=(*placed.addresses, leading)), server
    if root.get("spec", "proxy", "pgBouncer") is not None:
        own = root.mapping("spec", "proxy", "pgBouncer")
        placed = placed_at(manifest, scope, f"{name}-pgbouncer", own.get("replicas"), rolls=True)
        yield pooler_of(placed, own.mapping("config", "global"), f"{name}-primary")


def _cnpg_pooler(manifest: Manifest, scope: str) -> Operated:
    spec = manifest.root.mapping("spec")
    rolls = spec.get("deploymentStrategy") is None  # what it states may be anything
    placed = placed_at(manifest, scope, manifest.name, spec.get("instances"), rolls=rolls)
    kind = spec.text("type") or "rw"
    placed_, pooler = pooler_of(
        placed, spec.mapping("pgbouncer", "parameters"), f"{spec.text('cluster', 'name')}-{kind}"
    )
    mode = spec.get("pgbouncer", "poolMode")
    if isinstance(mode, Scalar):
        pooler = replace(pooler, mode=Word(mode.text, Basis.STATED, mode.span))
    return placed_, _ignoring_options(pooler)


def _zalando_pooler(manifest: Manifest, scope: str, spec: Mapping, of: str = "") -> Operated:
    """Return the pooler: its limit is for all of its instances, and they share it.

    `of` ends the name of the service that it leads to: "-repl" for the replicas.
    """
    name = f"{manifest.name}-pooler{of}"
    count = _stated(spec, "numberOfInstances", _ZALANDO_INSTANCES, "replicas")
    most = _stated(spec, "maxDBConnections", _ZALANDO_CONNECTIONS, "max_db_connections")
    placed = placed_at(manifest, scope, name, None, rolls=True)
    placed = replace(placed, workload=replace(placed.workload, replicas=count))
    each = most.low // max(count.low, 1)

    def share(title: str, value: int) -> Figure:
        basis = max((Basis.DERIVED, most.basis, count.basis), key=lambda b: b.strength)
        hint = f"of {most.low} for {count.low} instances"
        return Figure(value, value, title, basis, most.origin, hint)

    placed_, pooler = pooler_of(placed, Mapping((), "", spec.span), f"{manifest.name}{of}")
    mode = spec.get("mode")
    return placed_, replace(
        _ignoring_options(pooler),
        prepared=Figure.defaulted(_ZALANDO_PREPARED, PREPARED, _ZALANDO),
        mode=Word(mode.text, Basis.STATED, mode.span)
        if isinstance(mode, Scalar)
        else Word("transaction", Basis.DEFAULTED, _ZALANDO),
        max_client_conn=Figure.defaulted(_ZALANDO_CLIENTS, "max_client_conn", _ZALANDO),
        default_pool_size=share("default_pool_size", each // 2),
        reserve_pool_size=share("reserve_pool_size", each // 4),
        max_db_connections=share("max_db_connections", each),
    )


def _ignoring_options(pooler: Pooler) -> Pooler:
    """Return the pooler of an operator whose PgBouncer throws `options` of clients away."""
    ignored = pooler.ignored
    assert ignored is not None
    return replace(pooler, ignored=replace(ignored, value=f"{ignored.value},options"))


def _stated(spec: Mapping, key: str, default: int, name: str) -> Figure:
    node = spec.get(key)
    if isinstance(node, Scalar) and not node.is_null:
        return figure(node, name, key)
    return Figure.defaulted(default, name, _ZALANDO)
