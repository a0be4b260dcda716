"""Clients that are in no server's sum are told, never left out in silence."""

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology
from tests.reading.deployment.linking.shop import SHOP, URL, uncounted, web


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


def test_a_pool_of_the_machine_itself_is_told_with_what_it_says() -> None:
    code = SHOP["shop/api.py"].replace('os.environ["DATABASE_URL"]', '"postgresql://localhost/a"')
    (told,) = uncounted({"shop/api.py": code, "deploy.yaml": web("")})
    where = "its pool leads to `localhost`, where nothing is known to listen (shop/api.py:3)"
    assert told.startswith(f"`web`: {where}; it may open 6 to 60")


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
        "what connects to `pool`, for no file says",
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


def test_what_runs_in_no_instance_opens_nothing_that_is_unknown() -> None:
    manifest = web(URL).replace("shop.api:app", "other.api:app")
    assert any("an unknown number" in text for text in uncounted({"k8s/web.yaml": manifest}))
    none = manifest.replace("replicas: 3", "replicas: 0")
    assert not any("an unknown number" in text for text in uncounted({"k8s/web.yaml": none}))


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
    compose = """
        services:
          db: {image: "postgres:16"}
          web:
            build: .
            command: gunicorn shop.api:app
            environment: {DATABASE_URL: "postgresql://u@db/x"}
        """
    beside = {**SHOP, "compose.yaml": compose, "k8s/scaling/web.yaml": scaler}
    assert not any("kept apart" in text for text in uncounted(beside))


def test_a_pool_that_nothing_described_runs_is_told() -> None:
    whose = "for no file that is read says what runs it"
    told = f"the pool in shop/api.py:3, up to 10 connections a process, {whose}"
    assert uncounted(SHOP) == (told,)
    assert uncounted({**SHOP, "postgresql.conf": "max_connections = 50\n"}) == (told,)


def test_connections_without_a_pool_that_nothing_runs_are_told_by_their_driver() -> None:
    code = "import psycopg2\n\ndef ask(dsn):\n    return psycopg2.connect(dsn)\n"
    assert uncounted({"shop/ask.py": code}) == (
        "what the code opens with `psycopg2`, for no file that is read says what runs it",
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
    assert server.missing == (
        "`beat`: how many connections it opens is not known"
        ", for nothing that `shop` is known to load talks to PostgreSQL",
    )


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
        "(3 replicas, 4 while rolled out), for its image is built elsewhere",
    )


def test_a_job_at_a_host_of_which_only_the_name_is_known_is_named() -> None:
    job = web(URL).replace("kind: Deployment", "kind: Job").replace("apps/v1", "batch/v1")
    assert uncounted({"job.yaml": job.replace("gunicorn, ", "python, ")}) == (
        "`web`: an unknown number of connections to `far.example`, which no file describes",
    )


def test_what_an_image_of_migrations_opens_ends() -> None:
    compose = """
        services:
          db: {image: "postgres:16"}
          schema:
            image: flyway/flyway:10
            environment: {FLYWAY_URL: "jdbc:postgresql://db:5432/shop"}
            depends_on: [db]
        """
    (one,) = topology({"compose.yaml": compose}).servers
    assert one.missing == ("`schema`, which ends",)


def test_an_application_that_is_given_no_address_is_told() -> None:
    files = {
        "api/prisma/schema.prisma": """
            datasource db {
              provider = "postgresql"
              url      = env("SHOP_URL")
            }
            """,
        "api/package.json": '{"dependencies": {"prisma": "6"}}',
        "api/Dockerfile": 'FROM node:22\nCOPY . .\nCMD ["node", "api.js"]\n',
        "compose.yaml": """
            services:
              web: {build: api, environment: {LEVEL: info}}
            """,
    }
    assert "`web`, which is given no address of a database" in uncounted(files)
    given = files["compose.yaml"].replace("LEVEL: info", "SHOP_URL: 'postgresql://a@far.example/x'")
    told = uncounted({**files, "compose.yaml": given})
    assert not any("which is given no address" in text for text in told)
