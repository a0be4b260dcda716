"""ECS services and Lambda functions of Terraform, number by number."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.reading.deployment.arranging import topology
from tests.reading.deployment.terraform.declared import (
    DATABASE,
    SERVICE,
    TASK,
    budget,
    client,
    place,
)


def test_a_service_is_counted_with_its_places() -> None:
    found = client(DATABASE + TASK + SERVICE % "6")
    replicas, workers, pool = found.steady
    assert (replicas.low, replicas.high) == (6, 6)
    assert place(replicas) == ("infra/main.tf", 22)
    assert (workers.low, place(workers)[1]) == (4, 11)
    assert (pool.high, place(pool)[1]) == (5, 14)


def test_a_service_without_a_count_runs_none() -> None:
    text = DATABASE + TASK + SERVICE.replace("  desired_count   = %s\n", "")
    assert client(text).steady[0].high == 0


def test_a_deployment_doubles_a_service_unless_it_says_otherwise() -> None:
    assert client(DATABASE + TASK + SERVICE % "6").rollout[0].high == 12
    bounded = SERVICE % "5\n  deployment_maximum_percent = 150"
    assert client(DATABASE + TASK + bounded).rollout[0].high == 7


def test_an_autoscaler_sets_the_most_and_the_least() -> None:
    scaler = """
    resource "aws_appautoscaling_target" "web" {
      max_capacity = 12
      min_capacity = 2
      resource_id  = "service/main/${aws_ecs_service.web.name}"
    }
    """
    found = client(DATABASE + TASK + SERVICE % "6" + dedent(scaler))
    assert found.steady[0].high == 12
    assert found.calm[0].high == 2


WRITTEN = """
resource "aws_ecs_task_definition" "web" {
  container_definitions = <<EOF
[
  {
    "name": "${var.prefix}web",
    "image": "registry.example/shop",
    "cpu": ${var.cpu},
    "command": ["gunicorn", "-w", "3", "shop.api:app"],
    "environment": [
      {"name": "DB_HOST", "value": "${replace(aws_db_instance.main.endpoint, ":5432", "")}"},
      {"name": "DB_POOL_SIZE", "value": "6"}
    ]
  }
]
EOF
}
"""


def test_containers_are_read_beside_expressions_with_quotes() -> None:
    found = client(DATABASE + WRITTEN + SERVICE % "2")
    assert [f.high for f in found.steady] == [2, 3, 6]
    assert place(found.steady[2]) == ("infra/main.tf", 16)


LONG = """
resource "aws_rds_cluster" "forge" {
  count  = var.on ? 1 : 0
  engine = "aurora-postgresql"
}
resource "aws_db_instance" "other" {
  engine         = "postgres"
  instance_class = "db.t3.medium"
}
resource "aws_ecs_task_definition" "forge" {
  container_definitions = jsonencode([{
    name  = "forge"
    image = "registry.example/forge"
    environment = [{
      name  = "SETTINGS"
      value = "url 'https://x'; rails['db_host'] = '${aws_rds_cluster.forge[count.index].endpoint}'"
    }]
  }])
}
"""


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("", "`forge`, for no file says what starts it"),
        (SERVICE.replace("web", "forge") % 1, "how many connections it opens is not known"),
    ],
)
def test_what_names_a_host_in_a_longer_text_is_told_of_that_server(service: str, told: str) -> None:
    servers = {one.server.name: one for one in topology({"infra/main.tf": LONG + service}).servers}
    assert any(told in text for text in servers["rds_cluster.forge"].missing)
    assert not servers["db_instance.other"].missing


TEMPLATE = """[
  {
    "name": "web",
    "image": "${image}",
    "command": ${jsonencode(command)},
    "environment": [
      {"name": "DATABASE_URL", "value": "postgresql://shop:${password}@${host}:5432/shop"},
      {"name": "DB_POOL_SIZE", "value": "${size}"},
      {"name": "MAX", "value": "7"}
    ]
  }
]
"""
GIVEN = """{
    image    = "registry.example/shop"
    command  = ["gunicorn", "-w", "3", "shop.api:app"]
    password = var.password
    host     = aws_db_instance.main.address
    size     = 6
  }"""


@pytest.mark.parametrize("path", ['"${path.module}/web.json.tpl"', '"web.json.tpl"'])
def test_templates_of_container_definitions_are_filled_in(path: str) -> None:
    task = (
        'resource "aws_ecs_task_definition" "web" {\n'
        f"  container_definitions = templatefile({path}, {GIVEN})\n}}\n"
    )
    found = client(DATABASE + task + SERVICE % "2", **{"infra/web.json.tpl": TEMPLATE})
    assert [f.high for f in found.steady] == [2, 3, 6]
    assert place(found.steady[2]) == ("infra/web.json.tpl", 8)


def test_the_data_source_for_templates_means_the_same() -> None:
    task = (
        'data "template_file" "web" {\n  template = file("web.json.tpl")\n'
        f"  vars = {GIVEN}\n}}\n"
        'resource "aws_ecs_task_definition" "web" {\n'
        "  container_definitions = data.template_file.web.rendered\n}\n"
    )
    found = client(DATABASE + task + SERVICE % "2", **{"infra/web.json.tpl": TEMPLATE})
    assert [f.high for f in found.steady] == [2, 3, 6]


def test_a_function_runs_as_often_as_is_reserved_for_it() -> None:
    function = """
    resource "aws_lambda_function" "api" {
      function_name = "api"
      %s
      environment {
        variables = {
          DATABASE_URL = "postgresql://shop@${aws_db_instance.main.address}/shop"
          DB_POOL_SIZE = 2
        }
      }
    }
    """
    reserved = client(DATABASE + dedent(function) % "reserved_concurrent_executions = 40")
    assert [f.high for f in reserved.steady] == [40, 1, 2]
    free = client(DATABASE + dedent(function) % "")
    assert (free.steady[0].low, free.steady[0].high) == (1, 1000)


RULE = """
resource "aws_cloudwatch_event_target" "nightly" {
  arn = aws_ecs_cluster.main.arn
  ecs_target {
    task_count          = 2
    task_definition_arn = aws_ecs_task_definition.web.arn
  }
}
"""
SCHEDULE = """
resource "aws_scheduler_schedule" "nightly" {
  schedule_expression = "rate(1 day)"
  target {
    arn = aws_ecs_cluster.main.arn
    ecs_parameters { task_definition_arn = aws_ecs_task_definition.web.arn }
  }
}
"""


@pytest.mark.parametrize("schedule", [RULE, SCHEDULE])
def test_a_task_that_a_schedule_starts_is_told(schedule: str) -> None:
    found = budget(DATABASE + TASK + schedule)
    assert found.missing == ("`nightly`, which a schedule starts, and which ends",)
    assert not found.clients


def test_a_task_that_a_service_keeps_may_be_started_by_a_schedule_too() -> None:
    found = budget(DATABASE + TASK + SERVICE % "2" + RULE)
    assert [client.name for client in found.clients] == ["web"]
    assert found.missing == ("`nightly`, which a schedule starts, and which ends",)


def test_a_task_that_nothing_starts_is_told_where_it_has_a_database() -> None:
    assert budget(DATABASE + TASK).missing == ("`web`, for no file says what starts it",)
    assert budget(DATABASE + TASK.replace("DATABASE_URL", "REDIS")[: TASK.index("environment")]
                  + "}])\n}\n").missing == ()  # fmt: skip


def test_an_endpoint_leads_to_its_server_where_its_port_is_said_once_more() -> None:
    twice = TASK.replace("main.endpoint}/shop", "main.endpoint}:5432/shop")
    assert twice != TASK
    assert len(budget(DATABASE + twice + SERVICE % 3).clients) == 1
