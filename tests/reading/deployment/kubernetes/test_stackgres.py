"""Clusters of StackGres: which settings are whose, and the pooler in each pod."""

from __future__ import annotations

from poollint.model.figure import Basis
from poollint.model.source import Span
from tests.reading.deployment.arranging import topology

CLUSTER = """
    apiVersion: stackgres.io/v1
    kind: SGCluster
    metadata: {name: orders}
    spec:
      instances: 3
      sgInstanceProfile: large
      configurations: {sgPostgresConfig: server, sgPoolingConfig: pooling}
      pods: {disableConnectionPooling: %s}
    """
SETTINGS = """
    apiVersion: stackgres.io/v1
    kind: SGPostgresConfig
    metadata: {name: server}
    spec:
      postgresVersion: "16"
      postgresql.conf: {max_connections: "150"}
    ---
    apiVersion: stackgres.io/v1
    kind: SGPostgresConfig
    metadata: {name: another}
    spec: {postgresVersion: "16", postgresql.conf: {max_connections: "20"}}
    ---
    apiVersion: stackgres.io/v1
    kind: SGInstanceProfile
    metadata: {name: large}
    spec: {cpu: "4", memory: 8Gi}
    ---
    apiVersion: stackgres.io/v1
    kind: SGPoolingConfig
    metadata: {name: pooling}
    spec:
      pgBouncer:
        pgbouncer.ini:
          pgbouncer: {pool_mode: transaction, default_pool_size: "40"}
          databases: {shop: {pool_size: 10}}
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
              env: [{name: DATABASE_URL, value: "postgresql://shop@orders:%s/shop"}]
    """


def test_a_cluster_has_the_settings_it_refers_to() -> None:
    found = topology({"a.yaml": CLUSTER % "false", "b.yaml": SETTINGS})
    (server,) = [budget.server for budget in found.servers]
    figure = server.max_connections
    assert (figure.low, figure.origin) == (150, Span.at("b.yaml", 6, 38, 5))
    assert server.cores is not None
    assert server.cores.low == 4
    (pooler,) = found.poolers
    assert pooler.server == server
    assert (pooler.pooler.mode.value, pooler.pooler.default_pool_size.low) == ("transaction", 40)
    assert pooler.pooler.instances.low == 1
    sizes = {d.alias: d.pool_size.low for d in pooler.pooler.databases if d.pool_size}
    assert sizes == {"shop": 10}


def test_the_port_tells_whether_clients_come_through_the_pooler() -> None:
    files = {"a.yaml": CLUSTER % "false", "b.yaml": SETTINGS}
    unknown = "`web`: how many connections it opens is not known, for its image is built elsewhere"
    through = topology(files | {"web.yaml": WEB % "5432"})
    assert unknown in through.poolers[0].missing
    assert unknown not in through.servers[0].missing
    past = topology(files | {"web.yaml": WEB % "5433"})
    assert unknown not in past.poolers[0].missing
    assert unknown in past.servers[0].missing


def test_what_no_configuration_states_is_the_operators_own() -> None:
    (pooler,) = topology({"a.yaml": CLUSTER % "false"}).poolers
    assert pooler.pooler.mode.value is None
    assert pooler.pooler.default_pool_size.basis is Basis.UNKNOWN


def test_a_cluster_without_pooling_is_a_server_alone() -> None:
    found = topology({"a.yaml": CLUSTER % "true", "b.yaml": SETTINGS})
    assert not found.poolers
    (budget,) = found.servers
    assert budget.server.port == 5432
