"""Containers of whose image the tree has nothing are told where a database is about."""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

DATABASE = "services: {db: {image: 'postgres:16'}}"
POD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  template:
    spec:
      containers: [{name: NAME, image: "IMAGE"}]
"""


def uncounted(files: dict[str, str]) -> tuple[str, ...]:
    return linking.uncounted(linking.link(readings(files), Options()))


def pod(image: str, name: str = "shop") -> str:
    return POD.replace("IMAGE", image).replace("NAME", name)


def test_what_only_its_image_may_tell_of_is_told() -> None:
    files = {"compose.yaml": DATABASE, "k8s/shop.yaml": pod("registry.example/shop:1")}
    told = "what `shop` may open, for no file says where it connects"
    assert told in uncounted(files)
    files["k8s/more.yaml"] = pod("registry.example/more:1", "more")
    told = "what `more` and `shop` may open, for no file says where they connect"
    assert told in uncounted(dict(sorted(files.items())))


def test_nothing_is_told_where_no_database_is_about() -> None:
    assert uncounted({"k8s/shop.yaml": pod("registry.example/shop:1")}) == ()


@pytest.mark.parametrize(
    "image",
    [
        "redis:7",
        "acme/shop-nginx:1",
        "prom/alertmanager",
        "acme/postgres-exporter:2",
        "grafana/grafana:11",
    ],
)
def test_what_is_known_to_open_none_is_not_told(image: str) -> None:
    found = uncounted({"compose.yaml": DATABASE, "k8s/shop.yaml": pod(image)})
    assert not any("may open" in text for text in found)


def test_what_is_built_of_the_tree_is_not_told() -> None:
    files = {
        "compose.yaml": DATABASE,
        "shop/Dockerfile": "FROM node:22\nCOPY . .\nCMD [node, a.js]\n",
        "k8s/shop.yaml": pod("registry.example/shop:1"),
    }
    assert not any("may open" in text for text in uncounted(files))


def test_a_function_that_is_given_nothing_is_told_where_a_database_is_about() -> None:
    function = """
        resource "aws_lambda_function" "read" {
          function_name = "read"
          handler       = "index.handler"
          filename      = "read.zip"
        }
        """
    told = "what `read` may open, for no file says where it connects"
    assert uncounted({"main.tf": function}) == ()
    assert told in uncounted({"main.tf": function, "compose.yaml": DATABASE})


def test_an_image_that_only_a_variable_tells_is_doubtful_where_its_variables_are_not_known() -> (
    None
):
    task = """
        variable "image" {}
        variable "more" {}
        resource "azurerm_container_app" "web" {
          template {
            container {
              name  = "web"
              image = var.image
              ENV
            }
          }
        }
        """
    dynamic = """
              dynamic "env" {
                for_each = var.more
                content {
                  name  = env.key
                  value = env.value
                }
              }"""
    told = "what `web` may open, for no file says where it connects"
    files = {"compose.yaml": DATABASE, "main.tf": task.replace("ENV", dynamic)}
    assert told in uncounted(files)
    files["main.tf"] = task.replace("ENV", "")
    assert told not in uncounted(files)


def test_one_that_is_called_as_a_known_client_is_told_with_its_place() -> None:
    web = """
        services:
          db: {image: "postgres:16"}
          shop:
            image: acme/shop
            environment: {DATABASE_URL: "postgresql://u@db/a", DB_POOL_SIZE: 4}
        """
    files = {"compose.yaml": web, "k8s/shop.yaml": pod("registry.example/store:1")}
    assert uncounted(files) == (
        "what `shop` may open, for no file says where it connects (in k8s)",
    )


ASKING = """
    services:
      db: {{image: "{image}"}}
      app: {{build: ., environment: {{DB_HOST: db, DB_NAME: shop}}}}
    """


@pytest.mark.parametrize(("image", "told"), [("mysql:8.0", 0), ("acme/store:2", 2)])
def test_a_host_that_is_another_product_has_no_clients_of_ours(image: str, told: int) -> None:
    assert len(uncounted({"compose.yaml": ASKING.format(image=image)})) == told


def test_what_waits_for_a_server_and_is_another_product_is_no_client() -> None:
    text = """
        services:
          db: {image: "postgres:16"}
          prometheus: {image: "prom/prometheus:v3", command: ["--web.x=1"], depends_on: [db]}
        """
    (server,) = topology({"compose.yaml": text}).servers
    assert server.missing == ()
