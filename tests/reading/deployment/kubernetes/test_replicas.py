"""Replicas of operators: a server of their own where something reads from them."""

from textwrap import dedent

from poollint.model.figure import Basis
from tests.reading.deployment.arranging import topology

CLUSTER = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: main}
spec: {instances: 3, postgresql: {parameters: {max_connections: "60"}}}
"""
POOLER = """
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: {name: reads}
spec: {cluster: {name: main}, type: ro, pgbouncer: {parameters: {default_pool_size: "40"}}}
"""
READER = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reader}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: reader
          image: registry.example/reports:1
          command: [uvicorn, "reports.api:app"]
          env:
            - {name: DATABASE_URL, value: "postgresql://shop@HOST/orders"}
            - {name: DB_POOL_SIZE, value: "10"}
"""


def limits(text: str) -> dict[str, tuple[int, int | None]]:
    found = topology({"k.yaml": text}).servers
    return {
        b.server.name: (b.server.max_connections.low, b.server.max_connections.high) for b in found
    }


def test_replicas_share_what_leads_to_them_and_one_may_be_away() -> None:
    text = CLUSTER + READER.replace("HOST", "main-ro.default.svc.cluster.local:5432")
    assert limits(text) == {"main": (60, 60), "main-ro": (60, 120)}
    (_, replicas) = topology({"k.yaml": text}).servers
    assert replicas.server.max_connections.basis is Basis.DERIVED
    assert replicas.ledger.demanded.high == 20


def test_the_server_that_writes_answers_for_readers_too_where_it_is_said() -> None:
    assert limits(CLUSTER + READER.replace("HOST", "main-r"))["main-r"] == (120, 180)


def test_replicas_count_only_where_something_reads_from_them() -> None:
    assert limits(CLUSTER + READER.replace("HOST", "main-rw")) == {"main": (60, 60)}


def test_where_one_instance_runs_nothing_answers_for_replicas() -> None:
    text = CLUSTER.replace("instances: 3", "instances: 1") + READER.replace("HOST", "main-ro")
    assert limits(text) == {"main": (60, 60)}


def test_a_pooler_of_replicas_leads_to_them() -> None:
    found = topology({"k.yaml": CLUSTER + POOLER})
    (pooler,) = found.poolers
    assert pooler.server
    assert pooler.server.name == "main-ro"
    sums = {b.server.name: b.ledger.demanded.high for b in found.servers}
    assert sums == {"main": 0, "main-ro": 40}


def test_the_replica_pooler_of_zalando_leads_to_the_replicas() -> None:
    text = """
        apiVersion: acid.zalan.do/v1
        kind: postgresql
        metadata: {name: main}
        spec:
          numberOfInstances: 2
          enableReplicaConnectionPooler: true
          postgresql: {parameters: {max_connections: "90"}}
        """
    found = topology({"k.yaml": text})
    (pooler,) = found.poolers
    assert pooler.pooler.hosts == ("main-pooler-repl",)
    assert pooler.server
    assert pooler.server.name == "main-repl"
    assert pooler.server.max_connections.high == 90


def test_the_instances_of_all_sets_of_crunchy_count() -> None:
    text = """
        apiVersion: postgres-operator.crunchydata.com/v1beta1
        kind: PostgresCluster
        metadata: {name: main}
        spec:
          instances: [{name: a, replicas: 2}, {name: b}]
        """
    assert limits(dedent(text) + READER.replace("HOST", "main-replicas"))["main-replicas"] == (
        100,
        200,
    )


def test_with_a_replica_that_is_away_its_kept_slots_are_too() -> None:
    text = CLUSTER + READER.replace("HOST", "main-ro")
    (_, replicas) = topology({"k.yaml": text}).servers
    assert (replicas.ledger.supplied.low, replicas.ledger.supplied.high) == (57, 114)
    assert (replicas.server.superuser_reserved.low, replicas.server.superuser_reserved.high) == (
        3,
        6,
    )
