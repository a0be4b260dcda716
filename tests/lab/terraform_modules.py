"""Modules of Terraform in the shapes that people write, and what of them is known for certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

Files: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """The files of a tree, and the attributes of which every value has to be known."""

    files: Files
    known: tuple[str, ...]


_TASK = """
resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = CONTAINERS
}
"""


def _task(containers: str, before: str = "") -> str:
    return before + _TASK.replace("CONTAINERS", containers)


MODULES = {
    "locals over variables with defaults": Case(
        {
            "main.tf": """
variable "replicas" { default = 3 }
variable "environment" {
  type    = string
  default = "prod"
}
locals {
  factor = var.environment == "prod" ? 2 : 1
  tasks  = var.replicas * local.factor + 1
  name   = "${var.environment}-web"
}
resource "aws_ecs_service" "web" {
  name          = local.name
  desired_count = local.tasks
}
"""
        },
        ("desired_count", "other"),
    ),
    "values of each environment": Case(
        {
            "variables.tf": 'variable "size" {}\nvariable "tasks" { default = 1 }\n',
            "main.tf": """
resource "aws_db_instance" "main" {
  instance_class = var.size
}
resource "aws_ecs_service" "web" {
  desired_count = var.tasks
}
""",
            "prod.tfvars": 'size = "db.r6g.large"\ntasks = 12\n',
            "staging.tfvars": 'size = "db.t4g.micro"\n',
        },
        ("instance_class", "desired_count"),
    ),
    "values that are loaded by themselves": Case(
        {
            "main.tf": """
variable "tasks" { default = 1 }
resource "aws_ecs_service" "web" { desired_count = var.tasks }
""",
            "terraform.tfvars": "tasks = 4\n",
            "more.auto.tfvars": "tasks = 6\n",
        },
        ("desired_count",),
    ),
    "copies by number": Case(
        {
            "main.tf": """
variable "readers" { default = 2 }
variable "on" { default = false }
resource "aws_rds_cluster_instance" "reader" {
  count          = var.readers
  identifier     = format("reader-%d", count.index)
  instance_class = count.index == 0 ? "db.r6g.xlarge" : "db.r6g.large"
}
resource "aws_ecs_service" "worker" {
  count         = var.on ? 1 : 0
  desired_count = 9
}
resource "aws_ecs_service" "cron" {
  count         = var.on ? 0 : 1
  desired_count = 1
}
"""
        },
        ("instance_class", "desired_count", "other"),
    ),
    "copies by name": Case(
        {
            "main.tf": """
locals {
  services = {
    web    = { tasks = 4, cpu = 256 }
    worker = { tasks = 2, cpu = 512 }
  }
}
resource "aws_ecs_service" "each" {
  for_each      = local.services
  name          = "${each.key}-service"
  desired_count = each.value.tasks
}
resource "aws_db_instance" "each" {
  for_each       = toset(["orders", "users"])
  identifier     = each.value
  instance_class = "db.t4g.small"
}
"""
        },
        ("instance_class", "desired_count", "other"),
    ),
    "modules that give to each other": Case(
        {
            "main.tf": """
variable "scale" { default = 2 }
module "sizes" {
  source = "./modules/sizes"
  scale  = var.scale
}
module "web" {
  source   = "./modules/service"
  for_each = { blue = 1, green = 3 }
  name     = each.key
  tasks    = each.value * module.sizes.factor
}
""",
            "modules/sizes/main.tf": """
variable "scale" {}
output "factor" { value = var.scale * 10 }
""",
            "modules/service/main.tf": """
variable "name" {}
variable "tasks" { default = 1 }
resource "aws_ecs_service" "this" {
  name          = "svc-${var.name}"
  desired_count = var.tasks
}
""",
        },
        ("desired_count", "other"),
    ),
    "containers as JSON that is encoded": Case(
        {
            "main.tf": _task(
                """jsonencode([
    {
      name        = "web"
      image       = "registry.example/web:${var.tag}"
      command     = ["gunicorn", "-w", tostring(var.workers), "shop.wsgi"]
      environment = [
        { name = "DB_POOL_SIZE", value = tostring(local.pool) },
        { name = "STAGE", value = upper(var.stage) },
      ]
    },
    { name = "proxy", image = "envoy", essential = false },
  ])""",
                """
variable "tag" { default = "7" }
variable "workers" { default = 4 }
variable "stage" { default = "prod" }
locals { pool = max(2, floor(var.workers * 1.5)) }
""",
            )
        },
        ("container_definitions", "other"),
    ),
    "containers as JSON that is written out": Case(
        {
            "main.tf": _task(
                """<<DEFINITIONS
[
  {
    "name": "web",
    "image": "registry.example/web:${var.tag}",
    "environment": [{"name": "DB_POOL_SIZE", "value": "${var.pool}"}]
  }
]
DEFINITIONS""",
                'variable "tag" { default = "7" }\nvariable "pool" { default = 5 }\n',
            )
        },
        ("container_definitions",),
    ),
    "a text whose lines are indented as the code is": Case(
        {
            "main.tf": """
variable "pool" { default = 5 }
resource "aws_instance" "web" {
  user_data = <<-EOT
    services:
      web:
        environment:
          DB_POOL_SIZE: ${var.pool}

          STAGE: prod
  EOT
}
"""
        },
        ("other",),
    ),
    "maps that are merged and lists that are joined": Case(
        {
            "main.tf": """
locals {
  shared = { LOG = "info", POOL = 5 }
  own    = { POOL = 9, HOSTS = join(",", concat(["a", "b"], ["c"])) }
}
resource "aws_lambda_function" "api" {
  function_name = join("-", ["api", lower("PROD")])
  environment {
    variables = merge(local.shared, local.own)
  }
  reserved_concurrent_executions = lookup({ prod = 20 }, "prod", 5)
  memory_size                    = coalesce(null, 512)
  timeout                        = min(60, 30, 90)
}
"""
        },
        ("environment", "other"),
    ),
    "parameters as blocks that are made": Case(
        {
            "main.tf": """
variable "parameters" {
  default = {
    max_connections = 400
    work_mem        = "8192"
  }
}
resource "aws_db_parameter_group" "main" {
  family = "postgres16"
  dynamic "parameter" {
    for_each = var.parameters
    content {
      name  = parameter.key
      value = parameter.value
    }
  }
}
resource "google_sql_database_instance" "main" {
  database_version = "POSTGRES_16"
  settings {
    tier = "db-custom-4-15360"
    database_flags {
      name  = "max_connections"
      value = "250"
    }
  }
}
"""
        },
        ("parameter", "tier", "database_flags"),
    ),
    "parameters as blocks, some written and some made": Case(
        {
            "main.tf": """
resource "aws_rds_cluster_parameter_group" "main" {
  family = "aurora-postgresql16"
  parameter {
    name         = "max_connections"
    value        = "800"
    apply_method = "pending-reboot"
  }
  parameter {
    name  = "idle_session_timeout"
    value = 60 * 1000
  }
  dynamic "parameter" {
    for_each = toset(["autovacuum", "jit", "jit"])
    content {
      name  = parameter.key
      value = "off"
    }
  }
}
resource "aws_db_parameter_group" "other" {
  family = "postgres16"
  dynamic "parameter" {
    for_each = { max_wal_senders = "9" }
    content {
      name  = parameter.key
      value = parameter.value
    }
  }
  dynamic "parameter" {
    for_each = [{ name = "max_connections", value = "90" }]
    iterator = one
    content {
      name  = one.value.name
      value = one.value["value"]
    }
  }
}
"""
        },
        ("parameter",),
    ),
    "a deployment of Kubernetes": Case(
        {
            "main.tf": """
variable "replicas" { default = { prod = 6, staging = 1 } }
variable "stage" { default = "prod" }
resource "kubernetes_deployment" "web" {
  metadata { name = "web-${var.stage}" }
  spec {
    replicas = var.replicas[var.stage]
    template {
      spec {
        container {
          name  = "web"
          image = "registry.example/web"
          args  = ["--workers", "4"]
          env {
            name  = "DB_POOL_SIZE"
            value = "5"
          }
          env {
            name  = "STAGE"
            value = upper(var.stage)
          }
        }
      }
    }
  }
}
"""
        },
        ("replicas", "env", "other"),
    ),
    "an expression of another resource": Case(
        {
            "main.tf": """
resource "aws_db_instance" "main" {
  identifier     = "main"
  instance_class = "db.m6g.large"
}
resource "aws_db_instance" "replica" {
  identifier     = "${aws_db_instance.main.identifier}-replica"
  instance_class = aws_db_instance.main.instance_class
}
resource "aws_appautoscaling_target" "web" {
  min_capacity = 2
  max_capacity = 2 * 5
}
"""
        },
        ("instance_class", "min_capacity", "max_capacity", "other"),
    ),
    "conditions in each other": Case(
        {
            "main.tf": """
variable "stage" { default = "staging" }
variable "ha" { default = true }
variable "override" { default = null }
locals {
  tasks = var.stage == "prod" ? 10 : var.ha && var.stage != "dev" ? 4 : 1
}
resource "aws_ecs_service" "web" {
  desired_count = var.override != null ? var.override : local.tasks
}
resource "aws_db_instance" "main" {
  instance_class = (var.stage == "prod" || !var.ha) ? "db.r6g.large" : "db.t4g.medium"
  multi_az       = var.ha
}
"""
        },
        ("desired_count", "instance_class", "other"),
    ),
    "a module of a module, and a local that depends on a local": Case(
        {
            "main.tf": """
locals {
  all   = concat(local.first, ["c"])
  first = ["a", "b"]
}
module "outer" {
  source = "./outer"
  count  = 2
  names  = local.all
  index  = count.index
}
""",
            "outer/main.tf": """
variable "names" {}
variable "index" {}
module "inner" {
  source = "../inner"
  tasks  = length(var.names) + var.index
  name   = element(var.names, var.index + 1)
}
""",
            "inner/main.tf": """
variable "tasks" {}
variable "name" {}
resource "aws_ecs_service" "this" {
  name          = var.name
  desired_count = var.tasks
}
""",
        },
        ("desired_count", "other"),
    ),
    "what poollint does not evaluate stays unknown": Case(
        {
            "main.tf": """
locals {
  sizes = [for n in [1, 2, 3] : n * 2]
  total = sum(local.sizes)
}
resource "aws_ecs_service" "web" {
  name          = urlencode("a b/c@~")
  desired_count = local.total
  tags          = { for k in ["x"] : k => replace("a-b", "-", "_") }
}
resource "aws_db_parameter_group" "main" {
  family = format("postgres%02d", 9)
  dynamic "parameter" {
    for_each = ["work_mem", "shared_buffers"]
    content {
      name  = parameter.value
      value = parameter.key
    }
  }
}
"""
        },
        (),
    ),
}
