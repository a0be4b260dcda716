"""Servers of Kubernetes are counted with what asks for them from another folder."""

import pytest

from poollint.facts.topology import ServerBudget
from tests.reading.deployment.arranging import topologies
from tests.reading.deployment.linking.shop import SHOP, URL, uncounted, web

NEAR = URL.replace("far.example", "pg")
SERVER = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: pg}
spec:
  template:
    metadata: {labels: {app: pg}}
    spec: {containers: [{name: pg, image: "postgres:16"}]}
---
apiVersion: v1
kind: Service
metadata: {name: pg}
spec: {selector: {app: pg}, ports: [{port: 5432}]}
"""
CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "charts/web/values.yaml": "host: pg\n",
    "charts/web/templates/web.yaml": web(URL.replace("far.example", "{{ .Values.host }}")),
}


def servers(files: dict[str, str]) -> list[ServerBudget]:
    return [one for topology in topologies({**SHOP, **files}) for one in topology.servers]


def opened(found: ServerBudget) -> list[str]:
    return [f"{client.name} {client.entry.total.high}" for client in found.clients]


def test_a_chart_is_counted_at_the_service_that_another_folder_is() -> None:
    files = {**CHART, "deploy/pg.yaml": SERVER}
    (found,) = servers(files)
    assert opened(found) == ["web 60"]
    (topology,) = topologies({**SHOP, **files})
    assert "`pg` is what deploy/pg.yaml describes" in topology.assumed
    assert uncounted({**SHOP, **files}) == ()


def test_a_server_of_a_folder_above_is_taken_before_any_other() -> None:
    both = {f"k8s/api/{v}/api.yaml": web(NEAR, "api") for v in ("v1", "v2")}
    files = {**both, "k8s/web/web.yaml": web(NEAR), "k8s/pg.yaml": SERVER}
    found = servers({**files, "apps/old/pg.yaml": SERVER})
    assert {one.server.span.path for one in found if one.clients} == {"k8s/pg.yaml"}
    assert sorted(opened(one)[0] for one in found if one.clients) == ["api 60", "api 60", "web 60"]


@pytest.mark.parametrize(
    "more",
    [
        {"deploy/pg.yaml": SERVER, "other/pg.yaml": SERVER},  # which of them is not known
        {"deploy/pg.yaml": SERVER.replace("name: pg}", "name: pg, namespace: data}")}
        | {"charts/web/templates/web.yaml": web(NEAR).replace("web}", "web, namespace: shop}", 1)},
        {"examples/pg.yaml": SERVER},
        {"dev/pg.yaml": SERVER},
        {"deploy/pg.yaml": SERVER + "---\n" + web(NEAR, "same")},  # the application once more
        {"compose.yaml": "services: {pg: {image: 'postgres:16'}}\n"},
    ],
)
def test_a_server_that_is_perhaps_another_is_not_taken(more: dict[str, str]) -> None:
    found = servers(CHART | more)
    assert "web 60" not in [one for budget in found for one in opened(budget)]


def test_who_else_is_counted_at_the_server_is_told() -> None:
    second = {path.replace("charts/web", "charts/web2"): text for path, text in CHART.items()}
    files = {**SHOP, **CHART, **second, "deploy/pg.yaml": SERVER}
    first, other = topologies(files)
    assert "what connects to `pg` in `charts/web2` is counted there" in first.assumed
    assert "what connects to `pg` in `charts/web` is counted there" in other.assumed


def test_a_pooler_is_taken_with_the_server_behind_it() -> None:
    pooler = SERVER.replace("pg", "pool").replace("StatefulSet", "Deployment")
    image = '"edoburu/pgbouncer:v1.24.1-p1", env: [{name: DB_HOST, value: pg}]'
    pooler = pooler.replace('"postgres:16"', image)
    files = {**CHART, "charts/web/values.yaml": "host: pool\n", "deploy/pg.yaml": SERVER}
    (topology,) = topologies({**SHOP, **files, "deploy/pool.yaml": pooler})
    (entrance,) = topology.poolers
    assert [client.name for client in entrance.clients] == ["web"]
    assert "`pool` is what deploy/pool.yaml describes" in topology.assumed
    assert entrance.server is topology.servers[0].server


RDS = """
resource "aws_db_instance" "main" {
  identifier     = "shop-db"
  engine         = "postgres"
  instance_class = "db.t3.medium"
}
resource "aws_rds_cluster" "other" {
  cluster_identifier = "reports"
  engine             = "aurora-postgresql"
}
"""


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("shop-db.c1a2b3.eu-west-1", "db_instance.main"),
        ("reports.cluster-c1a2b3.eu-west-1", "rds_cluster.other"),
        ("reports.cluster-ro-c1a2b3.eu-west-1", None),  # a reader
        ("shop-db.proxy-c1a2b3.eu-west-1", None),
        ("other-shop-db.c1a2b3.eu-west-1", None),
    ],
)
def test_a_database_of_amazons_is_known_by_its_own_name(host: str, name: str | None) -> None:
    deployed = web(URL.replace("far.example", f"{host}.rds.amazonaws.com"))
    found = servers({"infra/main.tf": RDS, "deploy/web.yaml": deployed})
    assert [one.server.name for one in found if one.clients] == ([name] if name else [])
