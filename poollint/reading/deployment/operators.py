"""Servers and poolers that an operator runs, as its custom resources describe them.

Sources: cloudnative-pg a95a534db (api/v1/pooler_types.go, docs/src/connection_pooling.md);
zalando/postgres-operator a7aaad0a (pkg/cluster/connection_pooler.go); CrunchyData/postgres-operator
0fbac3062 (pgbouncer_types.go, internal/pgbouncer/config.md). The poolers of all three are
Deployments with Kubernetes' default surge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.catalog import settings
from poollint.facts.infrastructure import Pooler, PoolerDatabase, Server, Workload
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment import limits
from poollint.reading.deployment.deployed import Address, Placed
from poollint.reading.deployment.documents import Manifest
from poollint.reading.deployment.kubernetes import figure, surge_of
from poollint.reading.deployment.variables import number
from poollint.syntax.yaml import Mapping, Scalar

GROUPS = (
    "postgresql.cnpg.io", "acid.zalan.do", "postgres-operator.crunchydata.com", "stackgres.io",
)  # fmt: skip
# Of StackGres only what it sets is read; its clusters have a pooler in each pod.
_SETTING = ("SGPoolingConfig", "SGPostgresConfig")
KINDS = frozenset(("Cluster", "Pooler", "postgresql", "PostgresCluster", *_SETTING))
PORT = 5432

# pkg/cluster/connection_pooler.go and the operator's configuration: `connection_pooler_*`.
_ZALANDO_INSTANCES = 2
_ZALANDO_CONNECTIONS = 60
_ZALANDO_CLIENTS = 10000
_ZALANDO_PREPARED = 200  # pgbouncer.ini.tmpl of its image
_ZALANDO = "postgres-operator default"
_PREPARED = "max_prepared_statements"

Operated = tuple[Placed, Server | Pooler]


def is_operated(root: Mapping) -> bool:
    """Tell whether a document is a resource of one of the operators."""
    group = root.text("apiVersion").partition("/")[0]
    return group in GROUPS and root.text("kind") in KINDS


def read(manifests: Iterable[Manifest], scope: str) -> tuple[Operated, ...]:
    """Return the servers and poolers of objects that are applied together."""
    found: list[Operated] = []
    for manifest in manifests:
        if not is_operated(manifest.root) or not manifest.name:
            continue
        match manifest.kind:
            case "Cluster":
                found.append(_server(manifest, scope, ("postgresql",), f"{manifest.name}-rw"))
            case "Pooler":
                found.append(_cnpg_pooler(manifest, scope))
            case "postgresql":
                found += _zalando(manifest, scope)
            case "PostgresCluster":
                found += _crunchy(manifest, scope)
    return tuple(found)


def _zalando(manifest: Manifest, scope: str) -> Iterator[Operated]:
    root, name = manifest.root, manifest.name
    # Its image sets the limit by the memory where the resource does not.
    yield _server(manifest, scope, ("postgresql",), name, defaulted=False)
    pooler = root.mapping("spec", "connectionPooler")
    if pooler.items or root.text("spec", "enableConnectionPooler") == "true":
        yield _zalando_pooler(manifest, scope, pooler)


def _crunchy(manifest: Manifest, scope: str) -> Iterator[Operated]:
    root, name = manifest.root, manifest.name
    stated: tuple[str, ...] = ("config",)
    if not root.mapping("spec", *stated, "parameters").items:
        stated = ("patroni", "dynamicConfiguration", "postgresql")
    yield _server(manifest, scope, stated, f"{name}-primary")
    if root.get("spec", "proxy", "pgBouncer") is not None:
        own = root.mapping("spec", "proxy", "pgBouncer")
        placed = _placed(manifest, scope, f"{name}-pgbouncer", own.get("replicas"), rolls=True)
        yield _pooler(placed, own.mapping("config", "global"), f"{name}-primary")


def _cnpg_pooler(manifest: Manifest, scope: str) -> Operated:
    spec = manifest.root.mapping("spec")
    rolls = spec.get("deploymentStrategy") is None  # what it states may be anything
    placed = _placed(manifest, scope, manifest.name, spec.get("instances"), rolls=rolls)
    kind = spec.text("type") or "rw"
    placed_, pooler = _pooler(
        placed, spec.mapping("pgbouncer", "parameters"), f"{spec.text('cluster', 'name')}-{kind}"
    )
    mode = spec.get("pgbouncer", "poolMode")
    if isinstance(mode, Scalar):
        pooler = replace(pooler, mode=Word(mode.text, Basis.STATED, mode.span))
    return placed_, _ignoring_options(pooler)


def _zalando_pooler(manifest: Manifest, scope: str, spec: Mapping) -> Operated:
    """Return the pooler: its limit is for all of its instances, and they share it."""
    name = f"{manifest.name}-pooler"
    count = _stated(spec, "numberOfInstances", _ZALANDO_INSTANCES, "replicas")
    most = _stated(spec, "maxDBConnections", _ZALANDO_CONNECTIONS, "max_db_connections")
    placed = _placed(manifest, scope, name, None, rolls=True)
    placed = replace(placed, workload=replace(placed.workload, replicas=count))
    each = most.low // max(count.low, 1)

    def share(title: str, value: int) -> Figure:
        basis = max((Basis.DERIVED, most.basis, count.basis), key=lambda b: b.strength)
        hint = f"of {most.low} for {count.low} instances"
        return Figure(value, value, title, basis, most.origin, hint)

    placed_, pooler = _pooler(placed, Mapping((), "", spec.span), manifest.name)
    mode = spec.get("mode")
    return placed_, replace(
        _ignoring_options(pooler),
        prepared=Figure.defaulted(_ZALANDO_PREPARED, _PREPARED, _ZALANDO),
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


def _server(
    manifest: Manifest, scope: str, path: tuple[str, ...], host: str, *, defaulted: bool = True
) -> Operated:
    """Return the server that takes writes; `path` leads to what sets its parameters."""
    parameters = manifest.root.mapping("spec", *path, "parameters")
    placed = _placed(manifest, scope, host, None, rolls=False)
    known = settings.postgresql()

    def parameter(name: str) -> Figure:
        node = parameters.get(name)
        if isinstance(node, Scalar) and not node.is_null:
            return figure(node, name)
        entry = known.parameters[name]
        first = entry.since or known.versions[0]
        source = f"PostgreSQL default, {first} to {known.versions[-1]}"
        found = Figure.defaulted(int(entry.default), name, source)
        unsure = name == "max_connections" and not defaulted
        return replace(found, basis=Basis.UNKNOWN) if unsure else found

    return placed, Server(
        name=manifest.name,
        span=placed.workload.span,
        hosts=(host,),
        port=PORT,
        max_connections=parameter("max_connections"),
        superuser_reserved=parameter("superuser_reserved_connections"),
        reserved=parameter("reserved_connections"),
        cores=_cores(manifest),
    )


def _cores(manifest: Manifest) -> Figure | None:
    """Return what a server's container may use of processors; Crunchy states it for each set."""
    spec = manifest.root.mapping("spec")
    stated = [limits.cores(one.get("resources", "limits", "cpu"))
              for one in (spec, *spec.mappings("instances"))]  # fmt: skip
    known = [figure for figure in stated if figure]
    return max(known, key=lambda figure: figure.low) if known else None


def _pooler(placed: Placed, parameters: Mapping, host: str) -> tuple[Placed, Pooler]:
    """Return a PgBouncer for every database of the server at `host`."""
    known = settings.pgbouncer()

    def parameter(name: str) -> Figure:
        node = parameters.get(name)
        if isinstance(node, Scalar) and not node.is_null:
            stated = number(Word(node.text, Basis.STATED, node.span), name)
            return stated or figure(node, name)
        entry = known.sections["pgbouncer"][name]
        source = f"PgBouncer default, {entry.since} to {known.newest}"
        return Figure.defaulted(int(entry.default), name, source)

    workload = placed.workload
    mode = parameters.get("pool_mode")
    return placed, Pooler(
        name=workload.name,
        product="PgBouncer",
        span=workload.span,
        hosts=(workload.name,),
        port=PORT,
        mode=Word(mode.text, Basis.STATED, mode.span)
        if isinstance(mode, Scalar)
        else Word("session", Basis.DEFAULTED, "PgBouncer default"),
        instances=workload.replicas,
        max_client_conn=parameter("max_client_conn"),
        default_pool_size=parameter("default_pool_size"),
        reserve_pool_size=parameter("reserve_pool_size"),
        max_db_connections=parameter("max_db_connections"),
        max_user_connections=parameter("max_user_connections"),
        databases=(PoolerDatabase("*", workload.span, host, PORT, ""),),
        tracked=known.tracked,
        prepared=parameter(_PREPARED) if parameters.get(_PREPARED) else None,
        ignored=_ignored(parameters),
    )


def _ignored(parameters: Mapping) -> Word:
    """Return the startup parameters that are thrown away, those of the operators included."""
    node = parameters.get("ignore_startup_parameters")
    if isinstance(node, Scalar) and not node.is_null:
        return Word(f"extra_float_digits,{node.text}", Basis.STATED, node.span)
    return Word("extra_float_digits", Basis.DEFAULTED, "operator default")


def _placed(manifest: Manifest, scope: str, host: str, count: object, *, rolls: bool) -> Placed:
    name = manifest.root.get("metadata", "name")
    start = manifest.root.span.start
    replicas = (
        figure(count, "replicas")
        if isinstance(count, Scalar)
        else Figure.defaulted(1, "replicas", "operator default")
    )
    workload = Workload(
        name=host,
        platform="kubernetes",
        kind=manifest.kind,
        span=name.span if name else Span(manifest.source.path, start, start),
        scope=scope,
        replicas=replicas,
        surge=surge_of(replicas) if rolls else None,
        containers=(),
    )
    return Placed(workload, (), manifest.namespace, (Address(host, manifest.namespace),))
