"""Modules of the registry that are not in the tree, taken by what they are described to make."""

from __future__ import annotations

import pytest

from poollint.catalog.registry import modules
from poollint.model.figure import Basis
from poollint.model.source import SourceFile
from poollint.reading.deployment.terraform.registry import address
from poollint.syntax import hcl
from tests.reading.deployment.arranging import topology
from tests.reading.deployment.terraform.declared import budget, place

DATABASE = """
module "db" {
  source         = "terraform-aws-modules/rds/aws"
  version        = "~> 6.0"
  identifier     = "shop"
  engine         = "postgres"
  instance_class = "db.t3.medium"
  %s
}
"""
SERVICE = """
module "web" {
  source = "terraform-aws-modules/ecs/aws//modules/service"
  name   = "web"
  %s
  container_definitions = {
    web = {
      image   = "registry.example/shop:1"
      command = ["gunicorn", "--workers", "4", "shop.api:app"]
      environment = [
        { name = "DATABASE_URL", value = "postgresql://${module.db.db_instance_endpoint}/shop" },
        { name = "DB_POOL_SIZE", value = "5" },
      ]
    }
  }
}
"""


def test_the_number_of_a_parameter_is_that_of_the_server() -> None:
    parameters = 'parameters = [\n{ name = "max_connections", value = 240 }\n]\n'
    found = budget(DATABASE % parameters + SERVICE % "enable_autoscaling = false")
    assert (found.server.max_connections.high, found.server.max_connections.basis) == (
        240,
        Basis.STATED,
    )
    assert place(found.server.max_connections)[0] == "infra/main.tf"


def test_the_class_of_an_instance_decides_where_no_parameter_does() -> None:
    found = budget(DATABASE % "" + SERVICE % "desired_count = 2")
    assert found.server.max_connections.basis is Basis.ASSUMED
    assert found.server.max_connections.high == 450


def test_a_service_has_the_instances_of_its_autoscaler_by_default() -> None:
    (client,) = budget(DATABASE % "" + SERVICE % "desired_count = 2").clients
    replicas, workers, pool = client.steady
    assert (replicas.high, workers.high, pool.high) == (10, 4, 5)
    assert replicas.basis is Basis.DEFAULTED
    assert replicas.origin == "default of terraform-aws-modules/ecs/aws//modules/service"


def test_a_service_that_nothing_scales_has_the_instances_it_is_given() -> None:
    text = DATABASE % "" + SERVICE % "desired_count = 3\n  enable_autoscaling = false"
    (client,) = budget(text).clients
    assert (client.steady[0].high, place(client.steady[0])[0]) == (3, "infra/main.tf")


def test_services_of_a_cluster_are_made_one_by_one() -> None:
    services = """
    module "ecs" {
      source = "terraform-aws-modules/ecs/aws"
      services = {
        web = {
          enable_autoscaling = false
          desired_count      = 2
          container_definitions = {
            web = {
              image = "registry.example/shop"
              environment = [
                { name = "DATABASE_URL", value = "postgresql://${module.db.db_instance_address}" },
                { name = "DB_POOL_SIZE", value = "5" },
              ]
            }
          }
        }
      }
    }
    """
    (client,) = budget(DATABASE % "" + services).clients
    assert client.name == "ecs-service-web"
    assert client.steady[0].high == 2


def test_aurora_and_cloud_sql_are_databases_too() -> None:
    text = """
    module "aurora" {
      source         = "git::https://github.com/terraform-aws-modules/terraform-aws-rds-aurora?ref=v9"
      engine         = "aurora-postgresql"
      serverlessv2_scaling_configuration = { min_capacity = 1, max_capacity = 16 }
    }
    module "sql" {
      source           = "GoogleCloudPlatform/sql-db/google//modules/postgresql"
      database_version = "POSTGRES_15"
      database_flags   = [{ name = "max_connections", value = "300" }]
    }
    """
    aurora, sql = (b.server.max_connections for b in topology({"main.tf": text}).servers)
    assert aurora.low <= 3360 <= (aurora.high or 0)  # published for 16 units
    assert (sql.low, sql.high) == (300, 300)


def test_a_module_that_is_taken_by_its_description_is_told() -> None:
    found = topology({"main.tf": DATABASE % ""})
    assert found.assumed == (
        "module `db` is taken to make what `terraform-aws-modules/rds/aws` is described to",
    )


def test_a_module_that_nobody_describes_is_told() -> None:
    text = 'module "x" {\n  source = "example/x/aws"\n}\n' + DATABASE % ""
    assert "module `x` (example/x/aws) is not in the tree" in topology({"main.tf": text}).assumed


@pytest.mark.parametrize(
    "source",
    [
        "terraform-aws-modules/rds/aws",
        "registry.terraform.io/terraform-aws-modules/rds/aws",
        "git::https://github.com/terraform-aws-modules/terraform-aws-rds.git?ref=v6.1.0",
        "github.com/terraform-aws-modules/terraform-aws-rds",
        "git@github.com:terraform-aws-modules/terraform-aws-rds.git",
    ],
)
def test_a_source_is_known_however_it_is_written(source: str) -> None:
    assert address(source) == "terraform-aws-modules/rds/aws"


@pytest.mark.parametrize("name", modules().texts)
def test_every_description_is_hcl(name: str) -> None:
    body = hcl.read(SourceFile(name, modules().texts[name]))
    assert isinstance(body, hcl.Body)
    assert body.blocks
