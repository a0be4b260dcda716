"""Variables, values and modules of Terraform, followed to where a number stands."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from tests.reading.deployment.arranging import topologies, topology
from tests.reading.deployment.terraform.declared import DATABASE, SERVICE, TASK, client, place


def test_variables_locals_and_values_are_followed_to_their_place() -> None:
    text = DATABASE + TASK + SERVICE % "local.tasks"
    names = 'variable "tasks" { default = 3 }\nlocals { tasks = var.tasks }\n'
    found = client(text, **{"infra/names.tf": names})
    assert (found.steady[0].high, place(found.steady[0])) == (3, ("infra/names.tf", 1))
    given = client(text, **{"infra/names.tf": names, "infra/terraform.tfvars": "tasks = 9\n"})
    assert (given.steady[0].high, place(given.steady[0])) == (9, ("infra/terraform.tfvars", 1))


def test_each_file_of_values_is_an_environment_of_its_own() -> None:
    text = DATABASE + TASK + SERVICE % "var.tasks" + 'variable "tasks" {}\n'
    found = topologies(
        {
            "infra/main.tf": text,
            "infra/state.tfvars": 'bucket = "state"\nkey = "shop"\ntasks = 3\n',
            "infra/dev.tfvars": "tasks = 1\n",
            "infra/prod.tfvars": "tasks = 8\n",
        }
    )
    counts = {t.scope: t.servers[0].clients[0].steady[0].high for t in found}
    assert counts == {"dev.tfvars": 1, "prod.tfvars": 8}


def test_a_count_that_no_file_states_is_unknown() -> None:
    found = client(DATABASE + TASK + SERVICE % "var.tasks" + 'variable "tasks" {}\n')
    assert found.steady[0].basis is Basis.UNKNOWN


def test_what_a_data_source_is_asked_by_is_what_it_has() -> None:
    text = DATABASE + TASK + SERVICE % "data.acme_release.web.tasks"
    data = 'data "acme_release" "web" { tasks = 5 }\n'
    found = client(text + data)
    assert (found.steady[0].high, found.steady[0].basis) == (5, Basis.STATED)
    other = client(text + data.replace("tasks", "name"))
    assert other.steady[0].basis is Basis.UNKNOWN


def test_modules_of_the_tree_are_followed() -> None:
    files = {
        "main.tf": """
            module "db" {
              source = "./modules/db"
              class  = "db.t3.micro"
            }
            module "web" {
              source = "./modules/web"
              tasks  = 3
              url    = "postgresql://shop@${module.db.host}/shop"
            }
            """,
        "modules/db/main.tf": """
            variable "class" {}
            resource "aws_db_instance" "this" {
              engine         = "postgres"
              instance_class = var.class
            }
            output "host" { value = aws_db_instance.this.address }
            """,
        "modules/web/main.tf": """
            variable "tasks" {}
            variable "url" {}
            resource "aws_ecs_task_definition" "this" {
              container_definitions = jsonencode([{
                name = "web", image = "registry.example/shop"
                command = ["gunicorn", "-w", "2", "shop.api:app"]
                environment = [
                  { name = "DATABASE_URL", value = var.url }, { name = "DB_POOL", value = "7" }
                ]
              }])
            }
            resource "aws_ecs_service" "this" {
              task_definition = aws_ecs_task_definition.this.arn
              desired_count   = var.tasks
            }
            """,
    }
    (server,) = topology(files).servers
    (found,) = server.clients
    assert [figure.high for figure in found.steady] == [3, 2, 7]
    assert place(found.steady[0]) == ("main.tf", 7)
    assert server.server.max_connections.high == 112


def test_modules_may_take_from_each_other_in_any_order() -> None:
    files = {
        "main.tf": """
            module "a" {
              source = "./a"
              class  = module.b.class
            }
            module "b" {
              source = "./b"
              host   = module.a.host
            }
            """,
        "a/main.tf": """
            variable "class" {}
            resource "aws_db_instance" "this" {
              engine         = "postgres"
              instance_class = var.class
            }
            output "host" { value = aws_db_instance.this.address }
            """,
        "b/main.tf": """
            variable "host" {}
            output "class" { value = "db.t3.large" }
            resource "aws_lambda_function" "this" {
              reserved_concurrent_executions = 5
              environment {
                variables = { DATABASE_URL = "postgresql://u@${var.host}/d", DB_POOL = "2" }
              }
            }
            """,
    }
    (server,) = topology(files).servers
    assert server.server.max_connections.high == 901
    assert [f.high for f in server.clients[0].steady] == [5, 1, 2]


def test_a_module_that_is_not_in_the_tree_is_said() -> None:
    module = 'module "more" {\n  source = "example/queue/aws"\n}\n'
    found = topology({"main.tf": DATABASE + TASK + SERVICE % "6" + module})
    assert any("`more` (example/queue/aws) is not in the tree" in t for t in found.assumed)


@pytest.mark.parametrize(("count", "budgets"), [("0", 0), ("1", 1)])
def test_what_is_not_made_is_not_there(count: str, budgets: int) -> None:
    text = DATABASE.replace("{", "{\n  count = " + count, 1) + TASK + SERVICE % "6"
    found = topologies({"main.tf": text})
    assert sum(len(t.servers) for t in found) == budgets


def test_what_a_module_runs_has_its_name_where_its_own_says_nothing() -> None:
    call = 'module "{}" {{\n  source = "./service"\n  name = var.prefix\n  host = {}\n}}\n'
    host = "aws_db_instance.main.address"
    service = """
        variable "name" {}
        variable "host" {}
        resource "aws_ecs_task_definition" "this" {
          container_definitions = jsonencode([{
            name = "app", image = "a", environment = [{ name = "PGHOST", value = var.host }]
          }])
        }
        resource "aws_ecs_service" "this" {
          name            = var.name
          task_definition = aws_ecs_task_definition.this.arn
        }
        """
    main = 'resource "aws_db_instance" "main" {\n  engine = "postgres"\n}\nvariable "prefix" {}\n'
    files = {
        "main.tf": main + call.format("web", host) + call.format("jobs", host),
        "service/main.tf": service,
    }
    assert {one.name for one in topology(files).workloads} == {"web", "jobs"}
