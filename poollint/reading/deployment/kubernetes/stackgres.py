"""StackGres: a server with a PgBouncer beside it in each pod, and which settings are whose.

What a configuration leaves out, the operator fills in with defaults of its own: it is not known.
The service of the primary leads through the pooler at 5432 and past it at 5433; the pooler of a
replica leads to that replica.

Source: StackGres, docs, "SGCluster", "SGPoolingConfig", "SGPostgresConfig", "SGInstanceProfile"
(stackgres.io/v1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.infrastructure import PoolerDatabase, Server
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment import limits
from poollint.reading.deployment.kubernetes.instances import figure
from poollint.reading.deployment.kubernetes.operated import (
    Operated,
    placed_at,
    pooler_of,
    server_of,
)
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Mapping, Scalar

KINDS = ("SGCluster", "SGInstanceProfile", "SGPoolingConfig", "SGPostgresConfig")
_DIRECT = 5433


def read(cluster: Manifest, others: Iterable[Manifest], scope: str) -> Iterator[Operated]:
    """Yield the server of a cluster, and its pooler where it has one."""
    near = [m for m in others if m.namespace == cluster.namespace]
    spec = cluster.root.mapping("spec")
    stated = _named(near, "SGPostgresConfig", spec.text("configurations", "sgPostgresConfig"))
    parameters = stated.mapping("spec", "postgresql.conf")
    placed, what = server_of(cluster, scope, parameters, cluster.name, defaulted=False)
    assert isinstance(what, Server)
    profile = _named(near, "SGInstanceProfile", spec.text("sgInstanceProfile"))
    cores = limits.cores(profile.get("spec", "cpu"))
    pooled = spec.text("pods", "disableConnectionPooling") != "true"
    yield placed, replace(what, cores=cores, port=_DIRECT if pooled else what.port)
    if pooled:
        pooling = _named(near, "SGPoolingConfig", spec.text("configurations", "sgPoolingConfig"))
        yield _pooler(cluster, pooling.mapping("spec", "pgBouncer", "pgbouncer.ini"), scope)


def _named(manifests: list[Manifest], kind: str, name: str) -> Mapping:
    """Return an object that is referred to, an empty one where it is in no file."""
    found = (m.root for m in manifests if m.kind == kind and m.name == name)
    return next(found, Mapping((), "", manifests[0].root.span))


def _pooler(cluster: Manifest, ini: Mapping, scope: str) -> Operated:
    """Return the pooler in the pod of the primary: the only one that leads there."""
    placed = placed_at(cluster, scope, cluster.name, None, rolls=False)
    parameters = ini.mapping("pgbouncer")
    where, made = pooler_of(placed, parameters, cluster.name)
    span = placed.workload.span
    everything = PoolerDatabase("*", span, cluster.name, _DIRECT, "")
    return where, replace(
        made,
        mode=made.mode if parameters.get("pool_mode") else Word(None, Basis.UNKNOWN, span),
        max_client_conn=_told(made.max_client_conn),
        default_pool_size=_told(made.default_pool_size),
        reserve_pool_size=_told(made.reserve_pool_size),
        max_db_connections=_told(made.max_db_connections),
        max_user_connections=_told(made.max_user_connections),
        databases=(*_databases(ini.mapping("databases"), cluster.name), everything),
        ignored=None,
    )


def _told(found: Figure) -> Figure:
    """Return a number; what no file states is the operator's own."""
    return replace(found, basis=Basis.UNKNOWN) if found.basis is Basis.DEFAULTED else found


def _databases(mapping: Mapping, host: str) -> Iterator[PoolerDatabase]:
    for item in mapping.items:
        if isinstance(item.value, Mapping):
            alias, size = item.key.text, item.value.get("pool_size")
            yield PoolerDatabase(
                alias,
                item.key.span,
                host,
                _DIRECT,
                item.value.text("dbname") or alias,
                pool_size=figure(size, "pool_size") if isinstance(size, Scalar) else None,
            )
