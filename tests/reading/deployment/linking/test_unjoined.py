"""Servers, and what is known by them, that no file joins to anything are told, too."""

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology
from tests.reading.deployment.linking.shop import COUNTLESS, SHOP, URL, uncounted, web

SERVED = """
    services:
      db: {image: "postgres:16"}
      web:
        image: shop
        environment: {DATABASE_URL: "postgresql://shop@db/orders", DB_POOL_SIZE: 4}
    """


def test_a_server_to_which_nothing_is_known_to_connect_is_told() -> None:
    alone = "services: {db: {image: 'postgres:16'}}\n"
    assert uncounted({"compose.yaml": alone}) == ("what connects to `db`, for no file says",)


def test_a_server_that_has_clients_in_one_environment_is_not() -> None:
    fewer = "services: {web: {profiles: [full]}}\n"
    assert uncounted({"compose.yaml": SERVED, "compose.small.yaml": fewer}) == ()


def test_an_address_that_others_fill_in_is_told() -> None:
    text = "services: {web: {image: shop, environment: {CONFIG: 'postgres://'}}}\n"
    (told,) = uncounted({"compose.yaml": text})
    assert "`web`" in told
    assert "no file says where to" in told


SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: more}
spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: KIND, name: NAME}}
"""


def test_an_autoscaler_of_what_no_file_describes_is_told() -> None:
    scaler = SCALER.replace("KIND", "Deployment")
    files = {**SHOP, "deploy.yaml": web(URL), "hpa.yaml": scaler.replace("NAME", "wbe")}
    told = "what HorizontalPodAutoscaler `more` scales, for Deployment `wbe` is in no file"
    assert told in uncounted(files)
    files["hpa.yaml"] = scaler.replace("NAME", "web")
    assert not any("HorizontalPodAutoscaler" in text for text in uncounted(files))
    files["hpa.yaml"] = SCALER.replace("KIND", "ScaledThing").replace("NAME", "x")
    assert not any("HorizontalPodAutoscaler" in text for text in uncounted(files))


def test_an_autoscaler_of_what_a_kustomization_calls_otherwise_is_not_told() -> None:
    files = {
        **SHOP,
        "base/deploy.yaml": web(URL),
        "base/hpa.yaml": SCALER.replace("KIND", "Deployment").replace("NAME", "web"),
        "base/kustomization.yaml": "resources: [deploy.yaml, hpa.yaml]\n",
        "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\n",
    }
    assert not any("HorizontalPodAutoscaler" in text for text in uncounted(files))


NAMED = """
---
apiVersion: v1
kind: Service
metadata: {name: pg}
spec: {type: ExternalName, externalName: main.abc.rds.amazonaws.com}
"""


def test_a_name_for_another_host_is_told_as_that_host() -> None:
    files = {**SHOP, "deploy.yaml": web(URL.replace("far.example", "pg")) + NAMED}
    (told,) = (text for text in uncounted(files) if "which no file describes" in text)
    assert "to `main.abc.rds.amazonaws.com`" in told


def test_a_server_to_which_nothing_connects_is_told_with_its_limit_in_each_environment() -> None:
    main = """
    variable "limit" {}
    resource "aws_db_instance" "main" {
      engine               = "postgres"
      instance_class       = "db.t4g.small"
      parameter_group_name = aws_db_parameter_group.main.name
    }
    resource "aws_db_parameter_group" "main" {
      family = "postgres16"
      parameter {
        name  = "max_connections"
        value = var.limit
      }
    }
    """
    files = {"main.tf": main, "dev.tfvars": "limit = 200\n", "prod.tfvars": "limit = 500\n"}
    (told,) = uncounted(files)
    limits = "its max_connections is 200 (dev.tfvars:1) or 500 (prod.tfvars:1)"
    assert told.startswith("what connects to `db_instance.main`, for no file says")
    assert told.endswith(limits)


def test_a_server_of_which_only_a_file_tells_is_told_where_no_code_uses_one() -> None:
    files = {"conf/customPostgresql.conf": "max_connections = 200\n"}
    told = (
        "what connects to `conf/customPostgresql.conf`, for no file says; "
        "its max_connections is 200 (conf/customPostgresql.conf:1)"
    )
    assert uncounted(files) == (told,)
    assert not any("customPostgresql" in text for text in uncounted({**SHOP, **files}))


def test_a_container_of_which_only_its_image_tells_is_told_beside_others_of_it() -> None:
    worker = web(URL).replace(
        'gunicorn, "-w2", "shop.api:app"', "celery, -A, shop.api, worker, -c2"
    )
    image = web("", "more").replace('          command: [gunicorn, "-w2", "shop.api:app"]\n', "")
    files = {**SHOP, "a.yaml": worker, "b.yaml": image.replace("env: [ENV]", "")}
    more = COUNTLESS.replace("`web`", "`more`")
    assert more in uncounted(files)
    files["b.yaml"] = files["b.yaml"].replace("example/shop:1", "example/other:1")
    assert [text for text in uncounted(files) if "more" in text] == [
        "what `more` may open, for no file says where it connects"
    ]


def test_a_proxy_to_which_nothing_is_known_to_connect_is_told() -> None:
    text = """
        resource "aws_rds_cluster" "main" {
          engine = "aurora-postgresql"
          serverlessv2_scaling_configuration { max_capacity = 2.0 }
        }
        resource "aws_db_proxy" "near" { engine_family = "POSTGRESQL" }
        resource "aws_db_proxy_target" "main" {
          db_proxy_name         = aws_db_proxy.near.name
          db_cluster_identifier = aws_rds_cluster.main.id
        }
        resource "aws_lambda_function" "list" { handler = "index.handler" }
        """
    assert uncounted({"main.tf": text}) == (
        "what connects to `db_proxy.near`, for no file says",
        "what `list` may open, for no file says where it connects",
    )


def test_a_password_of_postgresql_alone_names_a_client() -> None:
    secret = "valueFrom: {secretKeyRef: {name: shop, key: p}}"
    assert uncounted({"deploy.yaml": web(f"{{name: POSTGRES_PASSWORD, {secret}}}")}) == (
        "`web`: an unknown number of connections no file says where to",
    )
    assert uncounted({"deploy.yaml": web(f"{{name: SMTP_PASSWORD, {secret}}}")}) == ()


SERVER = """
apiVersion: v1
kind: Service
metadata: {name: main}
spec: {ports: [{port: 5432}], selector: {app: pg}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: pg}
spec:
  template:
    metadata: {labels: {app: pg}}
    spec:
      containers: [{name: pg, image: "postgres:16", envFrom: [{secretRef: {name: shop}}]}]
"""
BINDING = """
apiVersion: v1
kind: Secret
metadata: {name: near}
type: servicebinding.io/postgresql
stringData: {type: postgresql, host: main, port: "5432"}
"""


def missing(files: dict[str, str]) -> tuple[str, ...]:
    found = linking.link(readings(files), Options())
    ((server,),) = ([*topology.servers] for topology in found.topologies)
    return server.missing


@pytest.mark.parametrize(("key", "told"), [("POSTGRES_PASSWORD", True), ("SMTP_HOST", False)])
def test_what_has_the_password_of_a_server_is_its_client(key: str, told: bool) -> None:
    env = f"{{name: SECRET, valueFrom: {{secretKeyRef: {{name: shop, key: {key}}}}}}}"
    expected = (COUNTLESS,) if told else ()
    assert missing({"k/deploy.yaml": web(env), "k/db.yaml": SERVER}) == expected


def test_what_a_service_binding_leads_to_has_a_client() -> None:
    volumes = "volumes: [{name: b, projected: {sources: [{secret: {name: near}}]}}]"
    client = web("").rstrip() + f"\n      {volumes}\n"
    files = {"k/deploy.yaml": client, "k/db.yaml": SERVER, "k/binding.yaml": BINDING}
    assert missing(files) == (COUNTLESS,)


PROXY = """
resource "aws_db_instance" "main" {
  engine         = "postgres"
  instance_class = "db.t3.medium"
}
resource "aws_db_proxy" "front" {
  engine_family = "POSTGRESQL"
}
resource "aws_db_proxy_target" "front" {
  db_proxy_name          = aws_db_proxy.front.name
  db_instance_identifier = aws_db_instance.main.identifier
}
resource "aws_lambda_function" "jobs" {
  handler  = "handler.main"
  filename = "made.zip"
  environment {
    variables = { DB_HOST = aws_db_proxy.front.endpoint }
  }
}
"""


def test_what_asks_a_proxy_whose_share_counts_is_told() -> None:
    told = (
        "`jobs`: how many connections it opens is not known"
        ", for no file says what it starts, at `db_proxy.front`"
    )
    assert told in uncounted({"main.tf": PROXY})
    straight = PROXY.replace("aws_db_proxy.front.endpoint", "aws_db_instance.main.address")
    assert not any("at `db_proxy" in text for text in uncounted({"main.tf": straight}))


def test_a_container_that_a_file_makes_a_server_is_no_client() -> None:
    compose = """
        services:
          api: {image: acme/api, environment: {DB_HOST: con-db}}
          con-db: {image: acme/con_db}
          jobs: {image: acme/jobs}
        """
    files = {"compose.yaml": compose, "db/postgresql.conf": "max_connections = 50\n"}
    told = [text for text in uncounted(files) if text.startswith("what")]
    assert told == ["what `jobs` may open, for no file says where it connects"]


POOLERS = {
    "pgbouncer.ini": "[databases]\na = host=far.example user=u pool_size=40\n[pgbouncer]\n",
    "pgcat.toml": """
        [general]
        port = 6432
        [pools.a.users.0]
        username = "u"
        pool_size = 40
        [pools.a.shards.0]
        servers = [["far.example", 5432, "primary"]]
        database = "a"
        """,
}


@pytest.mark.parametrize("name", POOLERS)
def test_what_a_pooler_of_a_file_alone_may_open_is_told(name: str) -> None:
    pooler = name.partition(".")[0]
    told = f"`{pooler}` may open 40 connections to `far.example`, which no file describes"
    assert told in uncounted({name: POOLERS[name]})


def test_a_host_that_another_folder_describes_is_no_unknown_one() -> None:
    server = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: main}
        spec:
          template:
            metadata: {labels: {app: main}}
            spec: {containers: [{name: main, image: "postgres:16"}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: far.example}
        spec: {selector: {app: main}, ports: [{port: 5432}]}
        """
    apart = "which dev/db.yaml describes, apart from it (in prod)"
    found = uncounted({**SHOP, "prod/web.yaml": web(URL), "dev/db.yaml": server})
    assert [text for text in found if "far.example" in text and apart in text]
    alone = uncounted({**SHOP, "prod/web.yaml": web(URL)})
    assert [text for text in alone if "to `far.example`, which no file describes" in text]


def test_a_cluster_that_another_folder_describes_is_known_by_the_name_of_its_service() -> None:
    cluster = """
        apiVersion: postgresql.cnpg.io/v1
        kind: Cluster
        metadata: {name: main, namespace: data}
        spec: {postgresql: {parameters: {max_connections: "60"}}}
        """
    url = URL.replace("far.example", "main-rw.data.svc.cluster.local")
    files = {**SHOP, "prod/web.yaml": web(url), "dev/main.yaml": cluster}
    (told,) = (text for text in uncounted(files) if "main-rw" in text)
    assert "which dev/main.yaml describes, apart from it" in told
    assert not any("what connects to" in text for text in uncounted(files))
    three = {f"{name}/main.yaml": cluster for name in ("dev", "qa", "stage")}
    (told,) = (text for text in uncounted(files | three) if "main-rw" in text)
    assert "which dev/main.yaml, qa/main.yaml or another describes, apart from it" in told


def test_a_name_in_a_cluster_is_no_service_of_a_compose_project() -> None:
    host = "db.data.svc.cluster.local"
    files = {**SHOP, "compose.yaml": SERVED, "k8s/web.yaml": web(URL.replace("far.example", host))}
    (told,) = (text for text in uncounted(files) if host in text)
    assert f"to `{host}`, which no file describes" in told


def test_a_pooler_that_leads_to_itself_or_to_another_leads_to_no_server() -> None:
    pooler = "{{image: 'edoburu/pgbouncer:1.24', environment: {{DB_HOST: {}, DB_NAME: shop}}}}"
    web = "services:\n  web: {image: x, environment: {DATABASE_URL: 'postgres://p1/shop'}}\n"
    one, other = (f"  {name}: {pooler}\n" for name in ("p1", "p2"))
    ring = {"compose.yaml": web + one.format("p2") + other.format("p1")}
    told = "`p2` may open 20 connections to `p1`, which leads to no server that is described"
    assert told in uncounted(ring)
    alone = {"compose.yaml": web + one.format("p1")}
    assert "`p1` may open 20 connections to itself" in uncounted(alone)


def test_who_runs_a_server_by_patroni_is_no_client_of_one() -> None:
    runner = """
      ha:
        image: postgres:16
        command: ["bash", "-c", "pip install patroni && patroni /etc/patroni.yml"]
        environment: {NAME: "0.0.0.0:5432", PATRONI_SUPERUSER_PASSWORD: x, DB_HOST: db}
    """
    for name, known in (("PATRONI_POSTGRESQL_LISTEN", True), ("LISTEN", False)):
        (server,) = topology({"compose.yaml": SERVED + runner.replace("NAME", name)}).servers
        assert any("`ha`" in text for text in server.missing) is not known


def test_values_that_name_a_server_are_told_with_it() -> None:
    cluster = """
        apiVersion: postgresql.cnpg.io/v1
        kind: Cluster
        metadata: {name: main}
        spec: {instances: 1}
        """
    values = "db:\n  # main-rw is not meant\n  address: %s\n"
    other = {"ops/other/values.yaml": values % "far-main-rw.data"}
    files = {"k8s/main.yaml": cluster, "ops/login/values.yaml": values % "main-rw.data.svc"}
    (told,) = uncounted(files | other)
    by = "by values in `ops/login/values.yaml`, for no file says of which chart"
    assert told == f"what connects to `main` {by}"
    (told,) = uncounted({"k8s/main.yaml": cluster} | other)
    assert told == "what connects to `main`, for no file says"


def test_the_pooler_of_a_cluster_of_zalando_leads_to_that_cluster() -> None:
    cluster = """
        apiVersion: acid.zalan.do/v1
        kind: postgresql
        metadata: {name: NAME}
        spec: {teamId: shop, numberOfInstances: 2, postgresql: {version: "16"}}
        ---
        """
    pooler = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: shop-main-pooler}
        spec:
          template:
            spec: {containers: [{name: pooler, image: "registry.example/pgbouncer:1"}]}
        """
    both = cluster.replace("NAME", "shop-main") + cluster.replace("NAME", "shop-test")
    found = uncounted({"k8s.yaml": both + pooler})
    assert found == ("what connects to `shop-test`, for no file says",)
    assert len(uncounted({"k8s.yaml": both + pooler.replace("shop-main-", "other-")})) == 0
