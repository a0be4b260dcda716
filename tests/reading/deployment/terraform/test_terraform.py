"""What Terraform's files say of services and databases, number by number."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from poollint.facts.topology import Client, ServerBudget
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.terraform.files import READER
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topologies, topology

DATABASE = """
resource "aws_db_instance" "main" {
  engine         = "postgres"
  instance_class = "db.t3.medium"
}
"""
TASK = """
resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([{
    name    = "web"
    image   = "registry.example/shop:1"
    command = ["gunicorn", "--workers", "4", "shop.api:app"]
    environment = [
      { name = "DATABASE_URL", value = "postgresql://shop@${aws_db_instance.main.endpoint}/shop" },
      { name = "DB_POOL_SIZE", value = "5" },
    ]
  }])
}
"""
SERVICE = """
resource "aws_ecs_service" "web" {
  name            = "web"
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = %s
}
"""


def budget(text: str, **more: str) -> ServerBudget:
    found = topology({"infra/main.tf": text, **more}).servers
    assert len(found) == 1
    return found[0]


def client(text: str, **more: str) -> Client:
    (found,) = budget(text, **more).clients
    return found


def place(figure: Figure) -> tuple[str, int]:
    assert isinstance(figure.origin, Span)
    return figure.origin.path, figure.origin.start.line


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
            "infra/dev.tfvars": "tasks = 1\n",
            "infra/prod.tfvars": "tasks = 8\n",
        }
    )
    counts = {t.scope: t.servers[0].clients[0].steady[0].high for t in found}
    assert counts == {"dev.tfvars": 1, "prod.tfvars": 8}


def test_a_count_that_no_file_states_is_unknown() -> None:
    found = client(DATABASE + TASK + SERVICE % "var.tasks" + 'variable "tasks" {}\n')
    assert found.steady[0].basis is Basis.UNKNOWN


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
    module = 'module "more" {\n  source = "terraform-aws-modules/ecs/aws"\n}\n'
    found = topology({"main.tf": DATABASE + TASK + SERVICE % "6" + module})
    assert any(
        "`more` (terraform-aws-modules/ecs/aws) is not in the tree" in t for t in found.assumed
    )


@pytest.mark.parametrize(("count", "budgets"), [("0", 0), ("1", 1)])
def test_what_is_not_made_is_not_there(count: str, budgets: int) -> None:
    text = DATABASE.replace("{", "{\n  count = " + count, 1) + TASK + SERVICE % "6"
    found = topologies({"main.tf": text})
    assert sum(len(t.servers) for t in found) == budgets


# --- Databases -------------------------------------------------------------------------------


def limit(text: str) -> Figure:
    return budget(text + TASK + SERVICE % "6").server.max_connections


def test_an_instance_class_bounds_from_both_sides() -> None:
    found = limit(DATABASE)
    assert (found.low, found.high, found.basis) == (337, 450, Basis.ASSUMED)


def test_a_parameter_group_states_the_limit() -> None:
    group = """
    resource "aws_db_parameter_group" "own" {
      family = "postgres16"
      parameter {
        name  = "max_connections"
        value = "250"
      }
    }
    """
    instance = DATABASE.replace("{", "{\n  parameter_group_name = aws_db_parameter_group.own.id", 1)
    found = limit(instance + dedent(group))
    assert (found.low, found.high, found.basis) == (250, 250, Basis.STATED)
    halved = dedent(group).replace('"250"', '"LEAST({DBInstanceClassMemory/19062784},5000)"')
    found = limit(instance + halved)
    assert found.high == 225


def test_a_limit_in_an_unknown_parameter_is_unknown() -> None:
    instance = DATABASE.replace("{", '{\n  parameter_group_name = "g"', 1)
    group = """
    resource "aws_db_parameter_group" "own" {
      name = "g"
      dynamic "parameter" {
        for_each = var.parameters
        content {
          name = parameter.value.name
        }
      }
    }
    """
    assert limit(instance + dedent(group)).basis is Basis.UNKNOWN


def test_other_engines_are_no_servers() -> None:
    text = DATABASE.replace('"postgres"', '"mysql"') + TASK + SERVICE % "6"
    assert not [s for t in topologies({"main.tf": text}) for s in t.servers]


def test_a_proxy_takes_its_part_of_the_limit() -> None:
    proxy = """
    resource "aws_db_proxy" "main" {
      name = "main"
    }
    resource "aws_db_proxy_default_target_group" "main" {
      db_proxy_name = aws_db_proxy.main.name
      connection_pool_config {
        max_connections_percent = 50
      }
    }
    resource "aws_db_proxy_target" "main" {
      db_proxy_name          = aws_db_proxy.main.name
      db_instance_identifier = aws_db_instance.main.identifier
    }
    """
    task = TASK.replace("aws_db_instance.main.endpoint", "aws_db_proxy.main.endpoint")
    found = topology({"main.tf": DATABASE + dedent(proxy) + task + SERVICE % "6"})
    (pooler,) = found.poolers
    assert [c.name for c in pooler.clients] == ["web"]
    (server,) = found.servers
    (opens,) = server.clients
    assert opens.steady[-1].high == 168  # half of the least that the class may take


def test_a_secret_that_the_tree_makes_is_known() -> None:
    secret = """
    resource "aws_ssm_parameter" "url" {
      name  = "/shop/url"
      type  = "SecureString"
      value = "postgresql://shop:${var.password}@${aws_db_instance.main.address}:5432/shop"
    }
    """
    stored = '[{ name = "DATABASE_URL", valueFrom = aws_ssm_parameter.url.arn }]'
    task = TASK.replace("    environment = [", f"    secrets = {stored}\n    environment = [")
    task = "\n".join(row for row in task.splitlines() if 'DATABASE_URL", value' not in row)
    found = budget(DATABASE + dedent(secret) + task + SERVICE % "6")
    assert [c.name for c in found.clients] == ["web"]


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


def test_cloud_run_and_cloud_sql_are_joined() -> None:
    text = """
    resource "google_sql_database_instance" "main" {
      database_version = "POSTGRES_16"
      settings {
        tier = "db-g1-small"
      }
    }
    resource "google_cloud_run_v2_service" "api" {
      template {
        scaling {
          max_instance_count = 8
        }
        containers {
          image   = "registry.example/api"
          command = ["uvicorn", "shop.api:app"]
          env {
            name  = "DATABASE_URL"
            value = "postgresql://api@/shop?host=/cloudsql/${google_sql_database_instance.main.connection_name}"
          }
          env {
            name  = "DB_POOL_SIZE"
            value = "10"
          }
        }
      }
    }
    """
    found = budget(dedent(text))
    assert found.server.max_connections.high == 50
    (only,) = found.clients
    assert [f.high for f in only.steady] == [8, 1, 10]
    assert (only.rollout[0].low, only.rollout[0].high) == (8, 16)
    tier = 'tier = "db-g1-small"'
    flag = 'database_flags {\n      name  = "max_connections"\n      value = "90"\n    }'
    stated = budget(dedent(text).replace(tier, f"{tier}\n    {flag}"))
    assert stated.server.max_connections.high == 90


def test_a_service_with_the_socket_of_a_database_uses_it() -> None:
    text = """
    resource "google_sql_database_instance" "main" {
      database_version = "POSTGRES_16"
      settings {
        tier = "db-custom-2-7680"
      }
    }
    resource "google_cloud_run_v2_service" "api" {
      template {
        volumes {
          name = "cloudsql"
          cloud_sql_instance {
            instances = [google_sql_database_instance.main.connection_name]
          }
        }
        containers {
          image = "registry.example/api"
        }
      }
    }
    """
    found = budget(dedent(text))
    assert found.server.max_connections.high == 400
    assert found.missing == ("`api`: how many connections it opens is not known",)


def test_a_flexible_server_keeps_fifteen_and_may_have_its_own_pooler() -> None:
    text = """
    resource "azurerm_postgresql_flexible_server" "main" {
      sku_name = "GP_Standard_D2s_v3"
    }
    resource "azurerm_postgresql_flexible_server_configuration" "pooler" {
      server_id = azurerm_postgresql_flexible_server.main.id
      name      = "pgbouncer.enabled"
      value     = "true"
    }
    resource "azurerm_container_app" "api" {
      template {
        max_replicas = 4
        container {
          name    = "api"
          image   = "registry.example/api"
          command = ["uvicorn", "shop.api:app"]
          env {
            name  = "DATABASE_URL"
            value = "postgresql://api@${azurerm_postgresql_flexible_server.main.fqdn}:6432/shop"
          }
          env {
            name  = "DB_POOL_SIZE"
            value = "10"
          }
        }
      }
    }
    """
    found = topology({"main.tf": dedent(text)})
    (server,) = found.servers
    assert server.ledger.supplied.low == 859 - 15
    (pooler,) = found.poolers
    assert [f.high for f in pooler.clients[0].steady] == [4, 1, 10]
    assert [c.steady[-1].high for c in pooler.opens] == [50]


def test_kubernetes_objects_are_read_as_manifests_are() -> None:
    text = """
    resource "kubernetes_deployment_v1" "api" {
      metadata {
        name = "api"
      }
      spec {
        replicas = 3
        strategy {
          rolling_update {
            max_surge = "100%"
          }
        }
        template {
          metadata {
            labels = { app = "api" }
          }
          spec {
            container {
              name    = "api"
              image   = "registry.example/api"
              command = ["uvicorn", "shop.api:app", "--workers", "2"]
              env {
                name  = "DATABASE_URL"
                value = "postgresql://api@${aws_db_instance.main.address}/shop"
              }
              env {
                name  = "DB_POOL_SIZE"
                value = "10"
              }
            }
          }
        }
      }
    }
    """
    found = client(DATABASE + dedent(text))
    assert [f.high for f in found.steady] == [3, 2, 10]
    assert found.rollout[0].high == 6
    assert place(found.steady[0]) == ("infra/main.tf", 11)


@pytest.mark.parametrize(
    "text",
    [
        'locals { a = local.b\n b = local.a }\nresource "aws_db_instance" "m" { engine = local.a }',
        'module "a" { source = "./" }\n' + DATABASE,
        'resource "aws_ecs_service" "w" { desired_count = "many" }',
        'resource "aws_db_instance" "m" { engine = "postgres"\n instance_class = 5 }',
        'resource "aws_ecs_task_definition" "t" { container_definitions = "[{" }',
        'resource "aws_x" "y" { a = aws_x.y.a }',
    ],
)
def test_what_makes_no_sense_is_no_error(text: str) -> None:
    topologies({"main.tf": text + TASK + SERVICE % "6"})


def test_a_folder_of_downloaded_modules_is_not_read() -> None:
    assert not READER.claims("infra/.terraform/modules/db/main.tf")
    assert READER.claims("infra/main.tf")
    assert READER.screen(indent(DATABASE, "").encode(), Options())
