"""Charts that Terraform releases, with the values it gives them."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis, Figure
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies
from tests.reading.deployment.terraform.declared import DATABASE, place

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.fullname" . }}
spec:
  replicas: {{ .Values.replicaCount }}
  template:
    spec:
      containers:
        - name: web
          image: registry.example/web
          args: ["gunicorn", "-w", "{{ .Values.workers }}", "shop.api:app"]
          env:
            - name: DATABASE_URL
              value: postgresql://shop@{{ .Values.database.host }}/shop
            - name: DB_POOL_SIZE
              value: "5"
"""
CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\n",
    "charts/web/values.yaml": "replicaCount: 1\nworkers: 2\ndatabase: {host: nowhere}\n",
    "charts/web/templates/web.yaml": WEB,
}
RELEASE = """
resource "helm_release" "web" {
  name  = "shop"
  chart = "${path.module}/../charts/web"
  values = [<<-EOT
    workers: 3
    EOT
  ]
  %s {
    name  = "replicaCount"
    value = %s
  }
  set {
    name  = "database.host"
    value = aws_db_instance.main.address
  }
}
"""


def factors(text: str, **more: str) -> tuple[Figure, ...]:
    found = topologies({**CHART, "infra/main.tf": DATABASE + text, **more})
    (server,) = [b for t in found for b in t.servers]
    (client,) = server.clients
    return client.steady


def test_values_and_what_is_set_are_laid_over_the_chart() -> None:
    replicas, workers, pool = factors(RELEASE % ("set", 4))
    assert (replicas.high, workers.high, pool.high) == (4, 3, 5)
    assert place(replicas)[0] == place(workers)[0] == "infra/main.tf"


def test_a_file_of_values_is_read_where_it_stands() -> None:
    text = RELEASE % ("set_sensitive", 4)
    begin, end = text.index("[<<"), text.index("]") + 1
    given = f'{text[:begin]}[file("${{path.module}}/values.yaml")]{text[end:]}'
    found = factors(given, **{"infra/values.yaml": "replicaCount: 9\nworkers: 6\n"})
    assert [f.high for f in found] == [4, 6, 5]
    assert place(found[1]) == ("infra/values.yaml", 2)


def test_a_number_that_no_file_states_is_unknown() -> None:
    found = factors(RELEASE % ("set", "var.count"))
    assert found[0].basis is Basis.UNKNOWN


def test_a_chart_that_is_described_is_a_server() -> None:
    text = """
    resource "helm_release" "db" {
      name       = "orders"
      repository = "oci://registry-1.docker.io/bitnamicharts"
      chart      = "postgresql"
      values = [yamlencode({
        primary = { extendedConfiguration = "max_connections = 300" }
      })]
    }
    resource "kubernetes_deployment" "web" {
      metadata { name = "web" }
      spec {
        template {
          spec {
            container {
              name  = "web"
              image = "registry.example/web"
              env {
                name  = "DATABASE_URL"
                value = "postgresql://orders-postgresql/shop"
              }
              env {
                name  = "DB_POOL_SIZE"
                value = "5"
              }
            }
          }
        }
      }
    }
    """
    (server,) = [b for t in topologies({"infra/main.tf": text}) for b in t.servers]
    assert server.server.max_connections.high == 300
    assert server.server.span.path == "infra/main.tf"


FAR = """
resource "helm_release" "%s" {
  name       = "%s"
  repository = "https://charts.example"
  chart      = "%s"
  values     = ["%s"]
}
"""


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ("postgresql: {auth: {database: x}}", True),
        ("externalDatabase: {host: far.example}", True),
        ("config: {database: {type: internal}}", True),
        ("postgresql: {enabled: false}", False),
        ("replicas: 3", False),
    ],
)
def test_a_chart_that_is_not_in_the_tree_is_told_where_its_values_speak_of_a_database(
    values: str, told: bool
) -> None:
    text = FAR % ("sso", "login", "identity", values)
    found = linking.uncounted(linking.link(readings({"main.tf": text}), Options()))
    whole = "what `login` may open, whose chart is not in the tree"
    assert [one for one in found if "login" in one] == ([whole] if told else [])


def test_charts_that_are_not_in_the_tree_are_told_together() -> None:
    text = "".join(FAR % (n, n, n, "postgresql: {enabled: true}") for n in ("git", "sso"))
    found = linking.uncounted(linking.link(readings({"main.tf": text}), Options()))
    assert found == ("what `git` and `sso` may open, whose charts are not in the tree",)
