"""What custom resources of operators say of servers and poolers."""

from __future__ import annotations

import pytest

from poollint.facts.topology import PoolerBudget, Topology
from poollint.model.figure import Basis
from poollint.model.source import Span
from tests.reading.deployment.arranging import readings, topology

CNPG = """
    apiVersion: postgresql.cnpg.io/v1
    kind: Cluster
    metadata: {name: main}
    spec:
      instances: 3
      postgresql:
        parameters:
          max_connections: "120"
    ---
    apiVersion: postgresql.cnpg.io/v1
    kind: Pooler
    metadata: {name: pooler-rw}
    spec:
      cluster: {name: main}
      instances: 2
      pgbouncer:
        poolMode: transaction
        parameters: {default_pool_size: "30", max_client_conn: "500"}
    """
WEB = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      template:
        spec:
          containers:
            - name: web
              image: registry.example/shop
              env: [{name: DATABASE_URL, value: "postgresql://shop@%s/orders"}]
    """


def pooler(found: Topology) -> PoolerBudget:
    (only,) = found.poolers
    return only


def test_clusters_and_poolers_of_cloudnativepg_make_a_sum() -> None:
    found = topology({"db.yaml": CNPG, "web.yaml": WEB % "pooler-rw.default.svc:5432"})
    (server,) = found.servers
    figure = server.server.max_connections
    assert (figure.low, figure.origin) == (120, Span.at("db.yaml", 8, 24, 5))
    through = pooler(found)
    assert through.server is server.server
    assert through.pooler.mode.value == "transaction"
    assert through.pooler.max_client_conn.low == 500
    assert [client.entry.total.high for client in server.clients] == [60]
    assert [client.rollout_entry.total.high for client in server.clients] == [90]
    assert (
        "`web`: how many connections it opens is not known, for its image is built elsewhere"
        in through.missing
    )


def test_a_replicas_address_of_cloudnativepg_is_not_the_server_that_writes() -> None:
    found = topology({"db.yaml": CNPG, "web.yaml": WEB % "main-ro"})
    assert all("web" not in text for text in found.servers[0].missing)


ZALANDO = """
    apiVersion: acid.zalan.do/v1
    kind: postgresql
    metadata: {name: acid-main}
    spec:
      numberOfInstances: 2
    """


def test_a_pooler_of_zalando_shares_its_limit_among_its_instances() -> None:
    through = pooler(topology({"db.yaml": ZALANDO + "  enableConnectionPooler: true\n"}))
    known = through.pooler
    assert (known.name, known.instances.low, known.mode.value) == (
        "acid-main-pooler",
        2,
        "transaction",
    )
    sizes = (known.max_db_connections, known.default_pool_size, known.reserve_pool_size)
    assert [figure.low for figure in sizes] == [30, 15, 7]
    assert {figure.basis for figure in sizes} == {Basis.DEFAULTED}
    stated = "  connectionPooler: {numberOfInstances: 3, maxDBConnections: 90, mode: session}\n"
    known = pooler(topology({"db.yaml": ZALANDO + stated})).pooler
    assert (known.instances.low, known.max_db_connections.low) == (3, 30)
    assert (known.max_db_connections.basis, known.mode.value) == (Basis.DERIVED, "session")


def test_the_limit_of_zalando_is_unknown_where_the_resource_leaves_it() -> None:
    (server,) = topology({"db.yaml": ZALANDO}).servers
    assert server.server.max_connections.basis is Basis.UNKNOWN


CRUNCHYS = pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("postgres-operator.crunchydata.com/v1beta1", "PostgresCluster"),
        ("pgv2.percona.com/v2", "PerconaPGCluster"),
    ],
)


@CRUNCHYS
@pytest.mark.parametrize("host", ["hippo-primary", "hippo-ha", "hippo-pgbouncer"])
def test_hosts_of_crunchys_cluster(version: str, kind: str, host: str) -> None:
    text = f"""
        apiVersion: {version}
        kind: {kind}
        metadata: {{name: hippo}}
        spec: {{proxy: {{pgBouncer: {{replicas: 2}}}}}}
        """
    found = topology({"db.yaml": text, "web.yaml": WEB % host})
    (server,), (through,) = found.servers, found.poolers
    told = "`web`: how many connections it opens is not known, for its image is built elsewhere"
    assert told in (through if "bouncer" in host else server).missing
    assert (told in through.missing) is ("bouncer" in host)


@CRUNCHYS
def test_crunchys_cluster_has_its_pooler_within(version: str, kind: str) -> None:
    text = (
        f"""
        apiVersion: {version}
        kind: {kind}"""
        + """
        metadata: {name: hippo}
        spec:
          patroni:
            dynamicConfiguration: {postgresql: {parameters: {max_connections: 250}}}
          proxy:
            pgBouncer:
              replicas: 4
              config: {global: {default_pool_size: "8", pool_mode: transaction}}
        """
    )
    found = topology({"db.yaml": text})
    (server,) = found.servers
    assert (server.server.hosts, server.server.max_connections.low) == (("hippo-primary",), 250)
    through = pooler(found)
    assert through.pooler.hosts == ("hippo-pgbouncer",)
    assert through.pooler.mode.value == "transaction"
    assert [client.entry.total.high for client in server.clients] == [32]


def test_resources_of_others_with_these_kinds_are_none() -> None:
    text = "apiVersion: cluster.x-k8s.io/v1\nkind: Cluster\nmetadata: {name: main}\n"
    (reading,) = readings({"a.yaml": text + "---\napiVersion: v1\nkind: Service\n"})
    assert [d.kind for d in reading.documents] == ["Service"]  # type: ignore[attr-defined]
