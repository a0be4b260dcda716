"""Servers and poolers of an operator's resources, made of the parameters that these state."""

from __future__ import annotations

from dataclasses import replace

from poollint.catalog import settings
from poollint.facts.infrastructure import Pooler, PoolerDatabase, Server, Workload
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.deployment import limits
from poollint.reading.deployment.kubernetes.instances import figure, surge_of
from poollint.reading.deployment.linking.deployed import Address, Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.reading.deployment.linking.variables import number
from poollint.syntax.yaml import Mapping, Scalar

PORT = 5432
PREPARED = "max_prepared_statements"

Operated = tuple[Placed, Server | Pooler]


def server_of(
    manifest: Manifest, scope: str, parameters: Mapping, host: str, *, defaulted: bool = True
) -> Operated:
    """Return the server that takes writes; not `defaulted` where its operator has a limit too."""
    placed = placed_at(manifest, scope, host, None, rolls=False)
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


def pooler_of(placed: Placed, parameters: Mapping, host: str) -> tuple[Placed, Pooler]:
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
        prepared=parameter(PREPARED) if parameters.get(PREPARED) else None,
        ignored=_ignored(parameters),
    )


def _ignored(parameters: Mapping) -> Word:
    """Return the startup parameters that are thrown away, those of the operators included."""
    node = parameters.get("ignore_startup_parameters")
    if isinstance(node, Scalar) and not node.is_null:
        return Word(f"extra_float_digits,{node.text}", Basis.STATED, node.span)
    return Word("extra_float_digits", Basis.DEFAULTED, "operator default")


def placed_at(manifest: Manifest, scope: str, host: str, count: object, *, rolls: bool) -> Placed:
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
