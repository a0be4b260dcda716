"""The replicas of a server that an operator runs, where something reads from them.

Each instance has the limit of the server; a service divides the clients among the replicas. One
of them may be away: after a failover, one of them writes, and those left have the load of all.

Sources: cloudnative-pg a95a534db (docs/src/service_management.md: `-rw`, `-ro` and `-r`);
zalando/postgres-operator a7aaad0a (pkg/cluster/k8sres.go: `-repl`); CrunchyData/postgres-operator
0fbac3062 (internal/naming/names.go: `-replicas`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from poollint.facts.infrastructure import Server
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.kubernetes.instances import figure
from poollint.reading.deployment.kubernetes.operated import Operated, placed_at
from poollint.reading.deployment.linking.deployed import Placed
from poollint.reading.deployment.linking.documents import Manifest
from poollint.syntax.yaml import Scalar

# Of each kind the endings of services, and whether the server that writes answers there, too.
_SERVICES = {
    "Cluster": (("-ro", False), ("-r", True)),
    "postgresql": (("-repl", False),),
    "PostgresCluster": (("-replicas", False),),
    "PerconaPGCluster": (("-replicas", False),),
}
_FIELDS = {"Cluster": "instances", "postgresql": "numberOfInstances"}
_ONE = "operator default"


def read(
    manifest: Manifest, scope: str, servers: Iterable[tuple[Placed, Server]], named: frozenset[str]
) -> Iterator[Operated]:
    """Yield what answers at each service of replicas that one of the hosts `named` is."""
    short = {host.split(".")[0] for host in named}
    wanted = [(e, w) for e, w in _SERVICES.get(manifest.kind, ()) if manifest.name + e in short]
    server = next((s for _, s in servers if s.name == manifest.name), None)
    count = _instances(manifest) if wanted else None
    if server is None or count is None:
        return
    for ending, writes in wanted:
        copies = _copies(count, writes=writes)
        if not copies.high:
            continue  # nothing answers there
        host = f"{manifest.name}{ending}"
        yield placed_at(manifest, scope, host, None, rolls=False), _together(server, host, copies)


def _instances(manifest: Manifest) -> Figure | None:
    """Return how many instances there are with the one that writes; None where it is not known."""
    spec = manifest.root.mapping("spec")
    if manifest.kind in _FIELDS:
        node = spec.get(_FIELDS[manifest.kind])
        found = figure(node, "instances") if isinstance(node, Scalar) else None
        return found or Figure.defaulted(1, "instances", _ONE)
    total = 0
    for one in spec.mappings("instances"):
        node = one.get("replicas")
        found = figure(node, "instances") if isinstance(node, Scalar) else None
        if node is not None and (found is None or found.basis is Basis.UNKNOWN):
            return None
        total += found.low if found else 1
    return Figure(total, total, "instances", Basis.DERIVED, spec.span) if total else None


def _copies(count: Figure, *, writes: bool) -> Figure:
    """Return how many take clients: all, or one less while one is away, where others are left."""
    most = count.low if writes else count.low - 1
    least = most - 1 if most > 1 else most
    hint = f"of {count.low} instances"
    return replace(count, low=least, high=most, name="replicas", hint=hint)


def _together(server: Server, host: str, copies: Figure) -> Server:
    """Return the replicas as one server, with the slots of all of them."""

    def on_each(one: Figure, most: int) -> Figure:
        if not one.high:
            return one
        basis = max((Basis.DERIVED, one.basis, copies.basis), key=lambda b: b.strength)
        hint = f"{one.low} on each"
        return replace(one, low=one.low * copies.low, high=one.high * most, basis=basis, hint=hint)

    most = copies.high or copies.low
    return replace(
        server,
        name=host,
        hosts=(host,),
        max_connections=on_each(server.max_connections, most),
        superuser_reserved=on_each(server.superuser_reserved, most),
        reserved=on_each(server.reserved, most),
        copies=copies,
    )
