"""What Terraform makes and poollint cannot count is told, each thing once."""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings
from tests.reading.deployment.terraform.declared import DATABASE, SERVICE, TASK

ALONE = "what connects to `db_instance.main`, for no file says"


def uncounted(text: str) -> list[str]:
    return list(linking.uncounted(linking.link(readings({"infra/main.tf": text}), Options())))


def budgets(text: str) -> list[str]:
    found = linking.link(readings({"infra/main.tf": text}), Options())
    return [budget.server for budget in linking.budgets(found)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'resource "aws_db_instance" "x" {\n  engine = var.engine\n}\nvariable "engine" {}\n',
            "what connects to `aws_db_instance.x`, if it is PostgreSQL: its engine is not known",
        ),
        (
            'resource "google_sql_database_instance" "x" {\n  database_version = var.v\n}\n',
            "what connects to `google_sql_database_instance.x`, if it is PostgreSQL: its version"
            " is not known",
        ),
        (
            'resource "digitalocean_database_cluster" "x" {\n  engine = "pg"\n}\n',
            "what connects to `digitalocean_database_cluster.x`: databases of this kind are not"
            " read",
        ),
        (
            'module "orders_db" {\n  source = "git::https://git.example/rds.git"\n}\n',
            "what module `orders_db` (git::https://git.example/rds.git) makes, for it is not in"
            " the tree",
        ),
    ],
)
def test_a_database_that_is_not_read_is_told(text: str, expected: str) -> None:
    assert uncounted(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        'resource "aws_db_instance" "x" {\n  engine = "mysql"\n}\n',
        'resource "google_sql_database_instance" "x" {\n  database_version = "MYSQL_8_0"\n}\n',
        'module "vpc" {\n  source = "git::https://git.example/network.git"\n}\n',
        'module "database_cluster" {\n  source = "git::https://git.example/kubernetes.git"\n}\n',
        'resource "aws_instance" "bastion" {\n  instance_type = "t3.micro"\n}\n',
    ],
)
def test_what_has_nothing_to_do_with_postgresql_is_not(text: str) -> None:
    assert uncounted(text) == []


LOST = """
module "db" {
  source = "git::https://git.example/modules.git//rds?ref=v2"
}
module "web" {
  source = "git::https://git.example/modules.git//ecs?ref=v7"
}
module "worker" {
  source = "git::https://git.example/modules.git//ecs?ref=v8"
}
module "jobs" {
  source = "../shared/container-app-job"
}
module "floor" {
  source = "../shared/container-app-environment"
}
"""


def test_modules_that_run_something_beside_a_database_are_told() -> None:
    assert uncounted(LOST)[1:] == [
        "what modules `web` and `worker` (git::https://git.example/modules.git//ecs) run, for"
        " they are not in the tree",
        "what module `jobs` (../shared/container-app-job) runs, for it is not in the tree",
    ]


def test_modules_that_run_something_are_told_only_beside_a_database() -> None:
    alone = LOST.replace("//rds", "//network")
    assert uncounted(alone) == []
    assert uncounted(alone + 'resource "aws_db_instance" "x" {\n  engine = "mysql"\n}\n') == []
    made = uncounted(alone + 'resource "aws_db_instance" "x" {\n  engine = "postgres"\n}\n')
    assert [line.partition(" (")[0] for line in made] == [
        "what modules `web` and `worker`",
        "what module `jobs`",
        "what connects to `db_instance.x`, for no file says",
    ]


COUNTED = """
variable "max" {}
module "svc" {
  source                    = "git::https://git.example/modules.git//fargate?ref=v1"
  desired_count             = 2
  auto_scaling_max_capacity = var.max
  auto_scaling_min_capacity = data.core.least
  cpu                       = 512
}
"""


def test_a_module_that_is_told_how_much_to_run_is_told_with_it() -> None:
    files = {"infra/main.tf": COUNTED, "infra/prod.tfvars": "max = 15", "infra/qa.tfvars": "max=3"}
    text = (
        "what module `svc` (git::https://git.example/modules.git//fargate) runs, for it is not in"
        " the tree (desired_count 2, auto_scaling_max_capacity %d at infra/main.tf:2) (in %s)"
    )
    found = linking.uncounted(linking.link(readings(files), Options()))
    assert list(found) == [text % (15, "infra/prod.tfvars"), text % (3, "infra/qa.tfvars")]


@pytest.mark.parametrize(
    "changed", [("fargate", "eks"), ("desired_count", "timeout"), ("fargate", "elasticache-redis")]
)
def test_a_module_of_anything_else_is_not_told(changed: tuple[str, str]) -> None:
    alone = COUNTED.replace("= var.max", "= var.unknown")
    assert uncounted(alone.replace(*changed)) == []


def test_a_replica_is_told_beside_the_sum_of_its_source() -> None:
    replica = """
resource "aws_db_instance" "copy" {
  replicate_source_db = aws_db_instance.main.identifier
  instance_class      = "db.t3.medium"
}
"""
    text = DATABASE + TASK + SERVICE % 2
    assert uncounted(text + replica) == ["what connects to `aws_db_instance.copy`, a replica"]
    assert budgets(text + replica) == ["db_instance.main"]
    other = text + replica.replace("main.identifier", "other.identifier")
    mysql = 'resource "aws_db_instance" "other" {\n  engine = "mysql"\n}\n'
    assert uncounted(other + mysql) == []


def test_a_service_whose_task_is_not_in_the_tree_is_told() -> None:
    lost = SERVICE % 2
    assert uncounted(DATABASE + lost) == [
        "`web`: what it runs is not known, for no file holds its task definition",
        ALONE,
    ]


def test_a_service_whose_containers_are_in_no_file_is_told() -> None:
    task = (
        'resource "aws_ecs_task_definition" "web" {\n  family = "web"\n'
        '  container_definitions = var.containers\n}\nvariable "containers" {}\n'
    )
    assert uncounted(DATABASE + task + SERVICE % 2) == [
        "`web`: what it runs is not known, for no file states its containers",
        ALONE,
    ]


@pytest.mark.parametrize(
    "given",
    [
        "environment = { DATABASE_URL = var.url }",
        'user_data = "psql -h ${aws_db_instance.main.address}"',
        'site_config {\n    env {\n      name  = "DB_HOST"\n      value = "x"\n    }\n  }',
    ],
)
def test_a_service_of_another_kind_is_told_where_it_has_a_database(given: str) -> None:
    text = DATABASE + f'resource "aws_instance" "web" {{\n  {given}\n}}\nvariable "url" {{}}\n'
    told = "what `aws_instance.web` opens: services of this kind are not read"
    assert uncounted(text) == [told, ALONE]


def test_a_schedule_whose_task_is_not_in_the_tree_is_told_beside_a_database() -> None:
    rule = """
resource "aws_cloudwatch_event_target" "nightly" {
  arn = var.cluster
  ecs_target { task_definition_arn = module.digest.task }
}
"""
    text = "`nightly`: what it runs is not known, for no file holds its task definition"
    assert text in uncounted(DATABASE + rule)
    assert text not in uncounted(rule)
    queue = rule.replace("ecs_target { task_definition_arn = module.digest.task }", "")
    assert uncounted(DATABASE + queue) == uncounted(DATABASE)
