"""What is in no server's sum is told, never left out in silence."""

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example/shop:1
          command: [gunicorn, "-w2", "shop.api:app"]
          env: [ENV]
"""
SHOP = {
    "shop/api.py": """
        import os
        from sqlalchemy import create_engine
        engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=6)
        """
}
COUNTLESS = "`web`: how many connections it opens is not known (3 replicas, 4 while rolled out)"
URL = '{name: DATABASE_URL, value: "postgresql://shop@far.example/orders"}'


def uncounted(files: dict[str, str]) -> tuple[str, ...]:
    return linking.uncounted(linking.link(readings(files), Options()))


def web(env: str, name: str = "web") -> str:
    return WEB.replace("ENV", env).replace("name: web}", f"name: {name}}}")


def test_clients_of_a_host_of_which_only_the_name_is_known_are_summed() -> None:
    assert uncounted({**SHOP, "deploy.yaml": web(URL)}) == (
        "`web` may open 6 to 60 connections (80 while rolled out) to `far.example`, "
        "which no file describes",
    )


def test_a_host_that_a_file_describes_is_not_said_to_be_described_by_none() -> None:
    compose = """
        services:
          web:
            image: registry.example/shop:1
            command: gunicorn -w 2 shop.api:app
            environment: {DATABASE_URL: "postgresql://shop@multiplexer:6543/orders"}
          multiplexer: {image: "registry.example/multiplexer:1"}
        """
    (found, *_) = uncounted({**SHOP, "compose.yaml": compose})
    assert found == (
        "`web` may open 2 to 20 connections to `multiplexer`, which is known neither as a server "
        "nor as a pooler"
    )


def test_clients_of_one_host_are_one_sum() -> None:
    files = {**SHOP, "a.yaml": web(URL), "b.yaml": web(URL, "more")}
    assert uncounted(files) == (
        "`web` and `more` may open 12 to 120 connections (160 while rolled out) to `far.example`, "
        "which no file describes",
    )


def test_a_client_whose_pool_no_file_states_is_named() -> None:
    assert uncounted({"deploy.yaml": web(URL)}) == (
        "`web`: an unknown number of connections to `far.example`, which no file describes",
    )


def test_a_pool_that_leads_nowhere_known_is_told_where_there_is_no_server() -> None:
    assert uncounted({**SHOP, "deploy.yaml": web("")}) == (
        "`web`: where its pool leads is not known (shop/api.py:3); it may open 6 to 60 connections "
        "(80 while rolled out)",
    )


def test_what_a_number_that_no_file_states_counts_for_is_only_the_least() -> None:
    cores = web(URL).replace('[gunicorn, "-w2", "shop.api:app"]', "[celery, -A, shop.api, worker]")
    assert uncounted({**SHOP, "deploy.yaml": cores}) == (
        "`web` may open 3 to 30 connections or more to `far.example`, which no file describes",
    )


def test_nothing_is_told_of_what_a_server_s_sum_holds() -> None:
    compose = """
        services:
          db: {image: "postgres:16"}
          web:
            build: .
            command: gunicorn shop.api:app
            environment: {DATABASE_URL: "postgresql://shop@db/orders"}
        """
    assert uncounted({**SHOP, "compose.yaml": compose}) == ()


def test_a_pooler_in_front_of_a_host_of_which_only_the_name_is_known_is_told() -> None:
    compose = """
        services:
          pool:
            image: edoburu/pgbouncer:1.21.0
            environment: {DB_HOST: far.example, DB_NAME: shop, DEFAULT_POOL_SIZE: "30"}
        """
    assert uncounted({"compose.yaml": compose}) == (
        "`pool` may open 30 connections to `far.example`, which no file describes",
    )


def test_an_environment_is_named_where_there_are_several() -> None:
    files = {
        **SHOP,
        "k8s/prod/web.yaml": web(URL),
        "k8s/staging/web.yaml": web(URL),
    }
    (told,) = uncounted(files)
    assert told.endswith("which no file describes (in k8s/prod, k8s/staging)")
    told = uncounted({path: text for path, text in files.items() if path.startswith("k8s")})[0]
    assert told.endswith("which no file describes (in k8s/prod, k8s/staging)")


def test_an_autoscaler_that_is_kept_apart_from_its_target_is_told() -> None:
    scaler = """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          maxReplicas: 50
        """
    files = {
        **SHOP,
        "k8s/prod/web.yaml": web(URL),
        "k8s/scaling/web.yaml": scaler,
    }
    told = "up to 50 instances of `web`, for k8s/scaling/web.yaml:6 is kept apart from it"
    assert told in uncounted(files)
    together = {**SHOP, "k8s/prod/web.yaml": web(URL), "k8s/prod/hpa.yaml": scaler}
    assert not any("kept apart" in text for text in uncounted(together))


def test_a_pool_that_nothing_described_runs_is_told() -> None:
    told = (
        "the pool in shop/api.py:3, up to 10 connections a process, for no file says what runs it"
    )
    assert uncounted(SHOP) == (told,)
    assert uncounted({**SHOP, "postgresql.conf": "max_connections = 50\n"}) == (told,)


def test_connections_without_a_pool_that_nothing_runs_are_told_by_their_driver() -> None:
    code = "import psycopg2\n\ndef ask(dsn):\n    return psycopg2.connect(dsn)\n"
    assert uncounted({"shop/ask.py": code}) == (
        "what the code opens with `psycopg2`, for no file says what runs it",
    )


def test_what_ends_before_the_containers_start_is_told() -> None:
    first = """
      initContainers:
        - name: migrate
          image: registry.example/shop:1
          command: [alembic, upgrade, head]
          env: [ENV]
        - name: wait
          image: postgres:16
          command: [pg_isready]
          env: [ENV]
      containers:""".replace("ENV", URL)
    text = web(URL).replace("\n      containers:", first)
    assert uncounted({**SHOP, "deploy.yaml": text})[1:] == (
        "`web/migrate`, which ends before the others start",
    )


def test_what_runs_the_code_of_others_that_are_counted_is_told() -> None:
    compose = """
        services:
          db: {image: "postgres:16"}
          web:
            build: .
            command: gunicorn -w 2 shop.api:app
            environment: {DATABASE_URL: "postgresql://shop@db/orders"}
          beat:
            build: .
            command: celery -A shop beat
            env_file: [not-in-the-tree.env]
          proxy:
            build: ./proxy
            command: nginx
        """
    found = linking.link(readings({**SHOP, "compose.yaml": compose}), Options())
    (server,) = found.topologies[0].servers
    assert server.missing == ("`beat`: how many connections it opens is not known",)


HIDDEN = "{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: shop, key: url}}}"


def test_a_client_whose_address_stands_in_no_file_is_named() -> None:
    assert uncounted({"deploy.yaml": web(HIDDEN)}) == (
        "`web`: an unknown number of connections no file says where to",
    )


@pytest.mark.parametrize(
    "variable",
    [
        '{name: DATABASE_URL, value: "postgresql://u@$(PG_SERVICE_HOST):5432/x"}',
        '{name: DATABASE_URL, value: "postgres://u:${PASSWORD}@${DB_HOST}/x?sslmode=require"}',
        '{name: PGHOST, value: "$(PG_SERVICE_HOST)"}',
    ],
)
def test_a_client_whose_host_is_a_variable_that_nothing_sets_is_named(variable: str) -> None:
    assert uncounted({"deploy.yaml": web(variable)}) == (
        "`web`: an unknown number of connections no file says where to",
    )


def test_a_host_that_a_variable_gives_to_another_database_is_none_of_ours() -> None:
    mysql = '{name: DATABASE_URL, value: "mysql://u@$(PG_SERVICE_HOST):3306/x"}'
    assert uncounted({"deploy.yaml": web(mysql)}) == ()


def test_a_variable_that_nothing_sets_is_told_of_a_compose_file_too() -> None:
    text = "services: {web: {image: shop, environment: {DATABASE_URL: 'postgres://u@${H}/x'}}}\n"
    assert uncounted({"compose.yaml": text}) == (
        "`web`: an unknown number of connections no file says where to",
    )


def test_a_hidden_address_of_another_database_is_none_of_ours() -> None:
    assert uncounted({"deploy.yaml": web(HIDDEN.replace("DATABASE", "MYSQL_DATABASE"))}) == ()


def test_a_hidden_address_may_lead_to_a_server_of_the_tree() -> None:
    cluster = """
        apiVersion: postgresql.cnpg.io/v1
        kind: Cluster
        metadata: {name: main}
        spec: {postgresql: {parameters: {max_connections: "50"}}}
        """
    found = linking.link(readings({"deploy.yaml": web(HIDDEN), "db.yaml": cluster}), Options())
    ((server,),) = ([*topology.servers] for topology in found.topologies)
    assert server.missing == (
        "`web`: how many connections it opens, and where, is not known "
        "(3 replicas, 4 while rolled out)",
    )


def test_a_job_at_a_host_of_which_only_the_name_is_known_is_named() -> None:
    job = web(URL).replace("kind: Deployment", "kind: Job").replace("apps/v1", "batch/v1")
    assert uncounted({"job.yaml": job.replace("gunicorn, ", "python, ")}) == (
        "`web`: an unknown number of connections to `far.example`, which no file describes",
    )


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


KEPT = "[program:jobs]\ncommand=celery -A shop.api worker -c 3\n"


def test_what_machines_keep_running_beside_other_files_is_told() -> None:
    files = {**SHOP, "deploy.yaml": web(URL), "supervisord.conf": KEPT}
    assert "`jobs` of supervisord.conf, for other files say what runs" in uncounted(files)
    files["supervisord.conf"] = KEPT.replace("celery -A shop.api worker -c 3", "nginx")
    assert not any("supervisord" in text for text in uncounted(files))
    del files["deploy.yaml"]
    files["supervisord.conf"] = KEPT
    assert not any("for other files" in text for text in uncounted(files))


def test_apps_of_pm2_that_a_container_starts_are_counted_and_not_told() -> None:
    compose = """
        services:
          web: {build: ., environment: {DATABASE_URL: "postgresql://far.example/shop"}}
        """
    files = {
        "compose.yaml": compose,
        "db.js": "const { Pool } = require('pg');\n"
        "new Pool({ connectionString: process.env.DATABASE_URL });\n",
        "Dockerfile": "FROM node:22\nCOPY . .\nCMD pm2-runtime start ecosystem.config.js\n",
        "ecosystem.config.js": "module.exports = { apps: [{ script: 'a.js', instances: 2 }] };\n",
    }
    told = "`web` may open 20 connections to `far.example`, which no file describes"
    assert uncounted(files) == (told,)
    files["Dockerfile"] = "FROM node:22\nCOPY . .\nCMD node a.js\n"
    assert "`a.js` of ecosystem.config.js, for other files say what runs" in uncounted(files)


FUNCTIONS = """
    service: shop
    provider: {name: aws, runtime: nodejs20.x}
    functions: {create: {handler: src/handler.create}}
    """


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("package.json", '{"dependencies": {"pg": "^8", "typeorm": "^0.3"}}', True),
        ("package.json", '{"dependencies": {"mysql2": "^3", "typeorm": "^0.3"}}', False),
        ("package.json", '{"dependencies": {"a": "1"}, "devDependencies": {"pg": "^8"}}', False),
        ("prisma/schema.prisma", 'datasource db {\n  provider = "postgresql"\n'
         '  url = env("MAIN")\n}\n', True),
    ],
)  # fmt: skip
def test_a_function_whose_package_has_a_library_of_postgresql_is_named(
    path: str, text: str, told: bool
) -> None:
    expected = ("`create`: an unknown number of connections no file says where to",)
    assert uncounted({"serverless.yml": FUNCTIONS, path: text}) == (expected if told else ())


def test_a_server_of_which_only_a_file_tells_is_told_where_no_code_uses_one() -> None:
    files = {"conf/customPostgresql.conf": "max_connections = 200\n"}
    told = "what connects to `conf/customPostgresql.conf`, for no file says"
    assert uncounted(files) == (told,)
    assert not any("customPostgresql" in text for text in uncounted({**SHOP, **files}))


def test_a_container_of_which_only_its_image_tells_is_told_beside_others_of_it() -> None:
    worker = web(URL).replace(
        'gunicorn, "-w2", "shop.api:app"', "celery, -A, shop.api, worker, -c2"
    )
    image = web("", "more").replace('          command: [gunicorn, "-w2", "shop.api:app"]\n', "")
    files = {**SHOP, "a.yaml": worker, "b.yaml": image.replace("env: [ENV]", "")}
    assert "`more`: how many connections it opens is not known" in uncounted(files)
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


def test_what_builds_the_pages_of_an_application_opens_nothing() -> None:
    files = {
        "config/database.yml": "production:\n  adapter: postgresql\n  host: far.example\n",
        "Procfile": "web: bin/rails server\nassets: PORT=3 bin/webpacker-dev-server\n",
    }
    told = uncounted(files)
    assert any(text.startswith("`web`") for text in told)
    assert not any("assets" in text for text in told)


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
    told = "`jobs`: how many connections it opens is not known, at `db_proxy.front`"
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


def test_a_service_that_is_switched_off_opens_nothing() -> None:
    compose = """
        services:
          web:
            image: acme/shop
            COMMAND
            environment: {DATABASE_URL: "postgresql://far.example/shop"}
        """
    told = "`web`: an unknown number of connections to `far.example`, which no file describes"
    for command, expected in (
        ("command: ./serve", True),
        ("command: sh -c 'echo starting && ./serve'", True),
        ('entrypoint: ["echo", "disabled"]', False),
        ("entrypoint: /bin/true", False),
    ):
        found = uncounted({"compose.yaml": compose.replace("COMMAND", command)})
        assert (told in found) is expected, command
