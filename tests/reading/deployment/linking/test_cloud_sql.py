"""Connection names of Cloud SQL, and the proxies that lead to them."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Variable
from poollint.model.figure import Basis, Word
from poollint.reading import linking
from poollint.reading.deployment.linking import cloud_sql
from poollint.reading.deployment.linking import topology as topologies
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

POD = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: shop}
    spec:
      template:
        spec:
          containers:
            - name: shop
              image: acme/shop
              env: [{name: DATABASE_URL, value: "postgresql://u@127.0.0.1:PORT/a"}]
            - name: proxy
              image: IMAGE
              WORDS
    """
SECOND = "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2"
FIRST = "gcr.io/cloudsql-docker/gce-proxy:1.33"
INSTANCE = """
    resource "google_sql_database_instance" "pg" {
      name             = "orders"
      project          = PROJECT
      region           = "europe-west1"
      database_version = "POSTGRES_16"
    }
    """
NAME = "acme:europe-west1:orders"
TOLD = "`shop`: how many connections it opens is not known, for its image is built elsewhere"
MADE = "google_sql_database_instance.orders"


def pod(words: str, image: str = SECOND, port: str = "5432") -> str:
    return POD.replace("IMAGE", image).replace("WORDS", words).replace("PORT", port)


@pytest.mark.parametrize(
    ("image", "words", "found"),
    [
        (SECOND, "args: ['acme:europe-west1:orders']", [(5432, NAME)]),
        (SECOND, f"args: [--port=6000, '{NAME}']", [(6000, NAME)]),
        (SECOND, f"args: [--port, '6000', '{NAME}', 'acme:us-east1:b']",
         [(6000, NAME), (6001, "acme:us-east1:b")]),
        (SECOND, f"args: ['{NAME}?private-ip=true&port=6000']", [(6000, NAME)]),
        (FIRST, f"command: [/cloud_sql_proxy, -instances={NAME}=tcp:0.0.0.0:6000]", [(6000, NAME)]),
        (FIRST, f"command: [sh, -c, 'cloud_sql_proxy -instances={NAME}=tcp:60']",
         [(60, NAME)]),
        (FIRST, "args: [$(INSTANCE)]\n              env: [{name: INSTANCE, value: '" + NAME + "'}]",
         [(5432, NAME)]),
        (SECOND, "args: [$(INSTANCE)]", [(0, "")]),
        ("acme/other", "args: ['acme:europe-west1:orders']", []),
    ],
)  # fmt: skip
def test_what_a_proxy_leads_to_is_read(
    image: str, words: str, found: list[tuple[int, str]]
) -> None:
    files = readings({"shop.yaml": pod(words, image)})
    (where,) = topologies.described(files, (), Options())
    (placed,) = where.placed
    assert list(cloud_sql.proxied(placed))[:2] == found


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("INSTANCE_CONNECTION_NAME", NAME, NAME),
        ("X", f"/cloudsql/{NAME}", NAME),
        ("DB_SOCKET", f"/cloudsql/{NAME}/.s.PGSQL.5432", NAME),
        ("CLOUD_SQL_INSTANCE", MADE, MADE),
        ("X", NAME, None),
        ("INSTANCE_CONNECTION_NAME", "db:5432", None),
    ],
)  # fmt: skip
def test_a_variable_may_name_an_instance(name: str, value: str, found: str | None) -> None:
    told = cloud_sql.instance((Variable(name, Word(value, Basis.STATED, "here")),))
    assert (told[1] if told else None) == found


def test_variables_of_several_instances_name_none() -> None:
    pairs = (("A", f"/cloudsql/{NAME}"), ("B", "/cloudsql/acme:us-east1:b"))
    named = (Variable(name, Word(value, Basis.STATED, "here")) for name, value in pairs)
    assert cloud_sql.instance(named) is None


@pytest.mark.parametrize(
    ("project", "joined"), [('"acme"', True), ("var.project", True), ('"other"', False)]
)
def test_a_proxy_leads_to_what_terraform_makes(project: str, joined: bool) -> None:
    files = {"shop.yaml": pod(f"args: ['{NAME}']"), "sql.tf": INSTANCE.replace("PROJECT", project)}
    found = linking.link(readings(files), Options())
    missing = [text for t in found.topologies for s in t.servers for text in s.missing]
    assert (missing == [TOLD]) is joined
    told = "`shop`: an unknown number of connections to `acme:europe-west1:orders`"
    assert any(told in text for text in linking.uncounted(found)) is not joined


def test_two_environments_are_told_of_each_other() -> None:
    files = {
        "live/shop.yaml": pod(f"args: ['{NAME}']"),
        "test/shop.yaml": pod(f"args: ['{NAME}']"),
        "sql.tf": INSTANCE.replace("PROJECT", '"acme"'),
    }
    found = linking.link(readings(files), Options()).topologies
    (one,) = found
    assert one.scope == "live"
    assert [s.alike for s in one.servers] == [("test",)]
    assert one.assumed == (
        "what connects to `sql_database_instance.pg` in `test` is counted there",
    )


RUN = """
    apiVersion: serving.knative.dev/v1
    kind: Service
    metadata: {name: shop}
    spec:
      template:
        metadata:
          annotations: {run.googleapis.com/cloudsql-instances: "acme:europe-west1:orders"}
        spec:
          containers:
            - image: acme/shop
              env: [{name: DB_PASS, value: x}]
    """


ENGINE = """
    runtime: python
    env: flex
    service: shop
    entrypoint: gunicorn -b :8080 main:app
    env_variables: {POSTGRES_PASSWORD: "${PASSWORD}"}
    beta_settings: {cloud_sql_instances: "acme:europe-west1:orders=tcp:5432"}
    """


@pytest.mark.parametrize(("path", "text"), [("shop.yaml", RUN), ("app.yaml", ENGINE)])
def test_a_service_of_a_platform_is_connected_with_an_instance_of_terraform(
    path: str, text: str
) -> None:
    files = {path: text, "sql.tf": INSTANCE.replace("PROJECT", '"acme"')}
    (found,) = linking.link(readings(files), Options()).topologies
    (server,) = found.servers
    (text,) = server.missing
    assert text.startswith(TOLD.partition(",")[0])


def test_a_proxy_that_runs_by_itself_is_reached_by_its_name() -> None:
    compose = f"""
        services:
          sql: {{image: "{SECOND}", command: ["{NAME}"]}}
          shop: {{image: acme/shop, environment: {{DATABASE_URL: "postgres://u@sql:5432/a"}}}}
        """
    files = {"compose.yaml": compose, "sql.tf": INSTANCE.replace("PROJECT", '"acme"')}
    (found,) = linking.link(readings(files), Options()).topologies
    (server,) = found.servers
    assert [text.partition(" (")[0] for text in server.missing] == [TOLD]


def test_a_proxy_of_which_no_file_says_where_it_leads_leads_nowhere_known() -> None:
    found = linking.link(readings({"shop.yaml": pod("args: [$(INSTANCE)]")}), Options())
    assert linking.uncounted(found) == (
        "`shop`: an unknown number of connections no file says where to",
    )


POD_OF_TERRAFORM = """
    resource "kubernetes_deployment" "shop" {
      metadata { name = "shop" }
      spec {
        template {
          spec {
            container {
              name  = "shop"
              image = "acme/shop"
              env {
                name  = "DATABASE_URL"
                value = "postgresql://u@localhost:5432/a"
              }
            }
            container {
              name    = "proxy"
              image   = "gcr.io/cloudsql-docker/gce-proxy:1.33"
              command = ["/cloud_sql_proxy", "-instances=${HERE}=tcp:5432"]
            }
          }
        }
      }
    }
    """


def test_a_proxy_that_terraform_makes_leads_to_its_instance() -> None:
    here = "google_sql_database_instance.pg.connection_name"
    pod_ = POD_OF_TERRAFORM.replace("HERE", here)
    sql = INSTANCE.replace("PROJECT", "var.project").replace('"orders"', "var.name")
    (found,) = linking.link(readings({"sql.tf": sql, "pod.tf": pod_}), Options()).topologies
    assert [text.partition(" (")[0] for text in found.servers[0].missing] == [TOLD]


GIVEN = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: shop}
    spec:
      template:
        spec:
          containers:
            - name: shop
              image: acme/shop
              env:
                - {name: DATABASE_HOST, value: WHERE}
                - {name: CLOUD_SQL_INSTANCE, value: "acme:europe-west1:orders"}
    """


@pytest.mark.parametrize(
    ("host", "where"),
    [("127.0.0.1", NAME), ("localhost", NAME), ("10.0.0.7", "10.0.0.7")],
)
def test_where_nothing_listens_beside_a_container_the_instance_that_it_names_is_meant(
    host: str, where: str
) -> None:
    found = linking.link(readings({"shop.yaml": GIVEN.replace("WHERE", host)}), Options())
    assert linking.uncounted(found) == (
        f"`shop`: an unknown number of connections to `{where}`, which no file describes",
    )
