"""The sums of a tree: each environment has one, and none that comes to the same is forgotten."""

from poollint.model.report import Budget
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

DATABASE = """
    resource "aws_rds_cluster" "db" {
      engine = "aurora-postgresql"
      serverlessv2_scaling_configuration {
        max_capacity = 4
        min_capacity = 1
      }
    }
    resource "aws_lambda_function" "roles" {
      function_name = "roles"
      environment { variables = { DB_HOST = aws_rds_cluster.db.endpoint } }
    }
    """
CALL = 'module "database" {\n  source = "../modules/database"\n}\n'
BASE = """
    services:
      db: {image: "postgres:16", command: postgres -c max_connections=50}
      web:
        image: shop
        environment: {DATABASE_URL: "postgresql://shop@db/orders", DB_POOL_SIZE: 4}
    """


def budgets(files: dict[str, str]) -> tuple[Budget, ...]:
    return linking.budgets(linking.link(readings(files), Options()))


def test_databases_that_come_to_the_same_are_one_sum_with_all_of_their_names() -> None:
    roots = {f"infra/{name}/main.tf": CALL for name in ("billing", "orders", "users")}
    (only,) = budgets({"infra/modules/database/main.tf": DATABASE, **roots})
    assert (only.scope, only.alike) == ("billing", ("orders", "users"))
    assert only.notes == ("the same sum in `orders`, `users`",)


def test_a_database_that_differs_in_one_number_has_a_sum_of_its_own() -> None:
    module = DATABASE.replace("= 4", "= var.most") + 'variable "most" {}\n'
    roots = {
        f"infra/{name}/main.tf": CALL.replace("}", f"  most = {most}\n}}")
        for name, most in (("billing", 2), ("orders", 2), ("users", 3))
    }
    found = budgets({"infra/modules/database/main.tf": module, **roots})
    assert [(b.scope, b.alike) for b in found] == [("billing", ()), ("orders", ()), ("users", ())]


def test_the_only_environment_needs_no_name() -> None:
    assert [b.scope for b in budgets({"compose.yaml": BASE})] == [""]


def test_clients_of_a_pooler_of_which_none_can_be_counted_are_named() -> None:
    pooler = "  pooler: {image: edoburu/pgbouncer, environment: {DB_HOST: db}}\n"
    pooled = BASE.replace("DB_POOL_SIZE: 4", "X: y").replace("@db/", "@pooler/") + pooler
    clients, server = budgets({"compose.yaml": pooled})
    assert (clients.server, clients.ledger.demand) == ("pooler", ())
    assert clients.missing == (
        "`web`: how many connections it opens is not known, for its image is built elsewhere",
    )
    assert server.ledger.demanded.high == 20  # what the pooler opens, whoever asks it


def test_a_pooler_to_which_nobody_connects_has_a_sum_of_what_it_lets_in_where_that_is_stated() -> (
    None
):
    environment = "DB_HOST: db, DEFAULT_POOL_SIZE: 7"
    pooler = f"  pooler: {{image: edoburu/pgbouncer, environment: {{{environment}}}}}\n"
    stated = pooler.replace("DB_HOST", "MAX_CLIENT_CONN: 300, DB_HOST")
    (server,) = budgets({"compose.yaml": BASE + pooler})
    assert server.server == "db"
    asked, _ = budgets({"compose.yaml": BASE + stated})
    assert (asked.server, asked.ledger.demand, asked.ledger.supplied.low) == ("pooler", (), 300)
    assert asked.missing == ("what connects to it, for no file says",)
    told = linking.uncounted(linking.link(readings({"compose.yaml": BASE + stated}), Options()))
    assert not any("pooler" in text for text in told)


POOLED = """
    services:
      db: {image: "postgres:16"}
      copy: {image: "postgres:16"}
      pooler: {image: "edoburu/pgbouncer", volumes: ["./pgbouncer.ini:/etc/pgbouncer/a.ini"]}
      web:
        image: shop
        environment: {DATABASE_URL: "postgresql://shop@pooler:6432/a", DB_POOL_SIZE: 4}
    """
SETTINGS = """
    [databases]
    a = host=db dbname=a
    b = host=copy dbname=a
    [pgbouncer]
    pool_mode = transaction
    max_client_conn = 100
    """


def test_what_comes_into_a_pooler_of_several_servers_is_one_sum() -> None:
    found = budgets({"compose.yaml": POOLED, "pgbouncer.ini": SETTINGS})
    assert [one.server for one in found] == ["pooler", "db", "copy"]
    assert not found[0].missing


def test_a_pooler_that_only_a_profile_starts_has_no_sum() -> None:
    asleep = POOLED.replace("pooler: {image", "pooler: {profiles: [all], image")
    files = {"compose.yaml": asleep, "pgbouncer.ini": SETTINGS}
    files["compose.yaml"] = files["compose.yaml"].replace("pooler:6432", "db")
    assert [one.server for one in budgets(files)] == ["db"]
    told = linking.uncounted(linking.link(readings(files), Options()))
    assert "`pooler`, which only profile `all` starts" in told


def test_a_pooler_beside_others_of_a_task_is_told_by_its_own_name() -> None:
    task = """
        resource "aws_db_instance" "main" { engine = "postgres" }
        resource "aws_ecs_task_definition" "api" {
          container_definitions = jsonencode([
            { name = "api", image = "a", environment = [
                { name = "PGHOST", value = aws_db_instance.main.address }] },
            { name = "pgcat", image = "ghcr.io/postgresml/pgcat" }
          ])
        }
        resource "aws_ecs_service" "api" {
          name            = "api"
          task_definition = aws_ecs_task_definition.api.arn
          desired_count   = 1
        }
        """
    (one,) = budgets({"main.tf": task})
    assert "`api/pgcat`: what it opens is not known" in one.missing


def test_what_a_pooler_opens_to_another_comes_into_that() -> None:
    image = "edoburu/pgbouncer"
    compose = f"""
        services:
          db: {{image: "postgres:16"}}
          far: {{image: {image}, environment: {{DB_HOST: db, DB_USER: u, DEFAULT_POOL_SIZE: 15}}}}
          near: {{image: {image}, environment: {{DB_HOST: far, DB_USER: u, DEFAULT_POOL_SIZE: 7}}}}
          web: {{image: a, environment: {{DATABASE_URL: "postgresql://u@near/a", DB_POOL_SIZE: 9}}}}
        """
    files = {"compose.yaml": compose}
    found = {one.server: one for one in budgets(files)}
    assert {name: one.ledger.demanded.high for name, one in found.items()} == {
        "near": 9, "far": 7, "db": 15
    }  # fmt: skip
    told = linking.uncounted(linking.link(readings(files), Options()))
    assert not any("no file" in text for text in told)


def test_a_pooler_beside_its_clients_has_a_name_of_its_own() -> None:
    pods = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          template:
            spec:
              containers:
                - name: web
                  image: shop
                  env:
                    - {name: DATABASE_URL, value: "postgresql://u@localhost:6432/a"}
                    - {name: DB_POOL_SIZE, value: "5"}
                - name: pgbouncer
                  image: edoburu/pgbouncer
                  env:
                    - {name: DB_HOST, value: far.example}
                    - {name: LISTEN_PORT, value: "6432"}
        """
    (one,) = budgets({"web.yaml": pods})
    assert (one.server, [entry.label for entry in one.ledger.demand]) == ("web/pgbouncer", ["web"])
