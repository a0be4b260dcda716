"""Secrets that operators make."""

from __future__ import annotations

import pytest

from poollint.facts.topology import Topology
from poollint.model.source import Span
from poollint.reading.deployment.kubernetes.operated_secrets import value
from tests.reading.deployment.arranging import topology

AT = Span.at("k8s/web.yaml")
CRUNCHY = """
apiVersion: postgres-operator.crunchydata.com/v1beta1
kind: PostgresCluster
metadata: {name: orders}
spec:
  instances: [{replicas: 1}]
  proxy: {pgBouncer: {replicas: 2}}
---
"""
CNPG = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders}
spec: {instances: 1}
---
"""
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web
          env:
            - {name: DB_POOL_SIZE, value: "4"}
            - name: %s
              valueFrom: {secretKeyRef: {name: %s, key: %s}}
"""


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("host", "orders-primary"),
        ("pgbouncer-host", "orders-pgbouncer"),
        ("port", "5432"),
        ("user", "web"),
        ("uri", "postgresql://web@orders-primary:5432/"),
        ("pgbouncer-uri", "postgresql://web@orders-pgbouncer:5432/"),
        ("password", None),
        ("dbname", None),
    ],
)
def test_keys_of_crunchys_secret(key: str, text: str | None) -> None:
    found = value("orders-pguser-web", key, AT, ())
    assert (found.value if found else None) == text


def test_a_secret_of_no_operator_is_unknown() -> None:
    assert value("orders-app", "host", AT, ()) is None
    assert value("orders", "uri", AT, ()) is None


def counted(found: Topology) -> list[str]:
    return [client.name for budget in found.servers for client in budget.clients]


@pytest.mark.parametrize("key", ["host", "uri"])
def test_a_client_of_crunchys_cluster_is_counted(key: str) -> None:
    name = "DATABASE_URL" if key == "uri" else "DB_HOST"
    found = topology({"k8s/all.yaml": CRUNCHY + WEB % (name, "orders-pguser-web", key)})
    assert "web" in counted(found)


def test_a_client_of_crunchys_pooler_comes_in_there() -> None:
    found = topology(
        {"k8s/all.yaml": CRUNCHY + WEB % ("DB_HOST", "orders-pguser-web", "pgbouncer-host")}
    )
    (pooler,) = found.poolers
    assert [client.name for client in pooler.clients] == ["web"]


def test_a_client_of_cloudnativepgs_cluster_is_counted() -> None:
    found = topology({"k8s/all.yaml": CNPG + WEB % ("DATABASE_URL", "orders-app", "uri")})
    assert counted(found) == ["web"]
