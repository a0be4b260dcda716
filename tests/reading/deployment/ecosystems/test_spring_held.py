"""Files of properties that a container is given beside the archive of its application."""

from __future__ import annotations

import pytest

from tests.reading.deployment.arranging import topology

POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: orders}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: orders}}}}
  template:
    metadata: {{labels: {{app: orders}}}}
    spec:
      containers:
        - name: orders
          image: orders
          env: [{variable}]
          volumeMounts: [{{name: settings, mountPath: {at}}}]
        - name: beside
          image: beside
      volumes: [{{name: settings, configMap: {{name: settings{items}}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: pg}}
spec: {{selector: {{app: pg}}, ports: [{{port: 5432}}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: pg}}
spec:
  selector: {{matchLabels: {{app: pg}}}}
  template:
    metadata: {{labels: {{app: pg}}}}
    spec: {{containers: [{{name: pg, image: "postgres:16"}}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings}}
data:
  application-prod.properties: |
    spring.datasource.hikari.maximum-pool-size=7
  application.yaml: |
    spring:
      datasource:
        url: jdbc:postgresql://pg/orders
        hikari: {{maximum-pool-size: 5}}
"""
PROD = "{name: SPRING_PROFILES_ACTIVE, value: prod}"
INSIDE = """
spring:
  datasource:
    url: jdbc:postgresql://localhost/orders
    hikari: {maximum-pool-size: 20}
---
spring:
  config.activate.on-profile: prod
  datasource.hikari.maximum-pool-size: 30
"""


def sizes(
    at: str, variable: str = "", items: str = "", **files: str
) -> dict[str, list[int | None]]:
    manifests = POD.format(at=at, variable=variable, items=items)
    (server,) = topology({"k8s/all.yaml": manifests, **files}).servers
    return {client.name: [f.high for f in client.steady] for client in server.clients}


@pytest.mark.parametrize("at", ["/config", "/workspace/config", "/srv/config", "/workspace"])
def test_the_file_is_found_where_the_application_looks(at: str) -> None:
    assert sizes(at) == {"orders": [3, 1, 5]}


def test_a_file_elsewhere_is_found_where_a_variable_says_so() -> None:
    assert sizes("/etc/orders") == {}
    told = "{name: SPRING_CONFIG_ADDITIONAL_LOCATION, value: 'optional:file:/etc/orders/'}"
    assert sizes("/etc/orders", told) == {"orders": [3, 1, 5]}


def test_what_lies_beside_counts_before_what_is_in_the_archive() -> None:
    inside = {"src/main/resources/application.yml": INSIDE}
    assert sizes("/config", PROD, **inside) == {"orders": [3, 1, 7]}
    other = PROD.replace("prod", "other")
    assert sizes("/config", other, **inside) == {"orders": [3, 1, 5]}


def test_single_keys_have_their_own_paths() -> None:
    only = ", items: [{key: application.yaml, path: application.yaml}]"
    assert sizes("/config", PROD, only) == {"orders": [3, 1, 5]}
    renamed = ", items: [{key: application.yaml, path: notes.txt}]"
    assert sizes("/config", PROD, renamed) == {}


def test_what_a_generator_takes_whole_is_a_file_too() -> None:
    made, _, rest = POD.partition("---\napiVersion: v1\nkind: ConfigMap")
    assert rest
    files = {
        "k8s/all.yaml": made.format(at="/workspace/config", variable="", items=""),
        "k8s/kustomization.yaml": "resources: [all.yaml]\nconfigMapGenerator:\n"
        "  - {name: settings, files: [application.yaml=own/application-k8s.yaml]}\n",
        "k8s/own/application-k8s.yaml": INSIDE.replace("localhost", "pg"),
    }
    (server,) = topology(files).servers
    (client,) = server.clients
    assert [figure.high for figure in client.steady] == [3, 1, 20]
    size = client.steady[2].origin
    assert not isinstance(size, str)
    assert (size.path, size.start.line) == ("k8s/own/application-k8s.yaml", 4)


COMPOSE = """
services:
  pg: {{image: "postgres:16"}}
  orders: {{image: {image}, deploy: {{replicas: 2}}, {more}}}
"""
PROPERTIES = (
    "spring.datasource.url=jdbc:postgresql://pg/a\nspring.datasource.hikari.maximum-pool-size=7\n"
)


@pytest.mark.parametrize(
    "volume",
    [
        "./conf/application.properties:/config/application.properties:ro",
        "./conf:/workspace/config",
        ".:/",
    ],
)
def test_a_file_of_the_tree_is_found_where_it_is_mounted(volume: str) -> None:
    compose = COMPOSE.format(image="acme/orders", more=f"volumes: ['{volume}']")
    (server,) = topology(
        {"compose.yaml": compose, "conf/application.properties": PROPERTIES}
    ).servers
    told = [[figure.high for figure in client.steady] for client in server.clients]
    assert told == ([] if volume == ".:/" else [[2, 1, 7]])


@pytest.mark.parametrize(("image", "size"), [("acme/orders-service", 4), ("acme/other", None)])
def test_an_image_that_has_the_name_of_an_application_runs_it(image: str, size: int | None) -> None:
    settings = (
        "spring:\n  application: {name: orders-service}\n"
        "  datasource: {url: 'jdbc:postgresql://pg/orders', hikari: {maximum-pool-size: 4}}\n"
    )
    (server,) = topology(
        {
            "compose.yaml": COMPOSE.format(image=image, more="environment: {DB_HOST: pg}"),
            "src/main/resources/application.yml": settings,
        }
    ).servers
    told = [[figure.high for figure in client.steady] for client in server.clients]
    assert told == ([[2, 1, size]] if size else [])
