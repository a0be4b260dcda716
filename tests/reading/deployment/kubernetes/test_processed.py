"""Templates of OpenShift, filled in with what their parameters are by default."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

TEMPLATE = """apiVersion: template.openshift.io/v1
kind: Template
metadata: {name: shop}
objects:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: "${NAME}-web"}
    spec:
      replicas: ${{REPLICAS}}
      template:
        spec:
          containers:
            - name: web
              image: shop
              env:
                - {name: DATABASE_URL, value: "postgresql://shop@${NAME}-db/${BASE}"}
                - {name: DB_POOL_SIZE, value: "${SIZE}"}
  - apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: "${NAME}-db"}
    spec:
      template:
        metadata: {labels: {app: db}}
        spec:
          containers: [{name: db, image: "postgres:16"}]
parameters:
  - {name: NAME, value: shop}
  - {name: SIZE, value: "7"}
  - name: REPLICAS
    value: "3"
  - {name: BASE, required: true}
"""


def test_parameters_are_put_in_where_they_stand() -> None:
    (server,) = topology({"openshift/shop.yaml": TEMPLATE}).servers
    (client,) = server.clients
    replicas, _, size = client.steady
    assert (client.name, server.server.name) == ("shop-web", "shop-db")
    assert (replicas.high, size.high) == (3, 7)
    assert [f.origin.start.line for f in (replicas, size) if isinstance(f.origin, Span)] == [30, 28]


def test_a_number_without_a_value_is_not_known() -> None:
    text = TEMPLATE.replace('    value: "3"\n', "    required: true\n")
    (found,) = linking.described(readings({"openshift/shop.yaml": text}), (), Options())
    (web, _) = found.placed
    assert web.workload.replicas.basis is Basis.UNKNOWN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("template.openshift.io/v1", "scaffolder.backstage.io/v1beta3"),
        ("objects:", "steps:"),
    ],
)
def test_templates_of_others_are_none(old: str, new: str) -> None:
    (reading,) = readings({"openshift/shop.yaml": TEMPLATE.replace(old, new)})
    assert reading.documents == ()
