"""RDS and Aurora servers and proxies of Terraform, number by number."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.model.figure import Basis, Figure
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies, topology
from tests.reading.deployment.terraform.declared import DATABASE, SERVICE, TASK, budget

KEPT = "rds.rds_superuser_reserved_connections"


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


def test_slots_that_a_parameter_group_keeps_back_are_counted() -> None:
    group = """
    resource "aws_db_parameter_group" "own" {
      family = "postgres16"
      parameter {
        name  = "superuser_reserved_connections"
        value = "10"
      }
    }
    """
    instance = DATABASE.replace("{", "{\n  parameter_group_name = aws_db_parameter_group.own.id", 1)
    server = budget(instance + dedent(group) + TASK + SERVICE % "6").server
    found = server.superuser_reserved
    assert (found.low, found.high, found.basis) == (10, 10, Basis.STATED)
    assert (server.reserved.low, server.reserved.basis) == (2, Basis.DEFAULTED)
    assert server.reserved.name == KEPT


@pytest.mark.parametrize(
    ("names", "kept", "name", "basis"),
    [
        ([KEPT], 7, KEPT, Basis.STATED),
        (["reserved_connections"], 9, "reserved_connections", Basis.DEFAULTED),
        (
            ["reserved_connections", KEPT],
            14,
            "reserved_connections",
            Basis.DERIVED,
        ),
    ],
)
def test_slots_of_administrators_and_of_roles_are_kept_back_besides(
    names: list[str], kept: int, name: str, basis: Basis
) -> None:
    own = "".join(f'  parameter {{\n    name = "{n}"\n    value = "7"\n  }}\n' for n in names)
    group = f'resource "aws_db_parameter_group" "own" {{\n{own}}}\n'
    instance = DATABASE.replace("{", "{\n  parameter_group_name = aws_db_parameter_group.own.id", 1)
    found = budget(instance + group + TASK + SERVICE % "6").server.reserved
    assert (found.low, found.high, found.basis) == (kept, kept, basis)
    assert found.name == name


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
    assert pooler.pooler.mode.value == "pinning"
    (server,) = found.servers
    (opens,) = server.clients
    part = opens.steady[-1]
    assert part.high == 168  # half of the least that the class may take
    hint = "50 % of max_connections, where that is the least, 337; up to 225 where it is 450"
    assert part.hint == hint


ELSEWHERE = """
resource "aws_db_proxy" "main" {
  engine_family = "POSTGRESQL"
}
resource "aws_db_proxy_target" "main" {
  db_proxy_name         = aws_db_proxy.main.name
  db_cluster_identifier = var.cluster
}
variable "cluster" {}
"""
IN = "`web` may open 0 to 120 connections to it"  # 6 tasks x 4 workers x 5, which is assumed
NOT_KNOWN = f"`db_proxy.main`: what it opens is not known; {IN}"


def test_a_proxy_that_takes_everything_leaves_what_is_kept_back() -> None:
    proxy = """
    resource "aws_db_proxy" "main" {
      name = "main"
    }
    resource "aws_db_proxy_target" "main" {
      db_proxy_name          = aws_db_proxy.main.name
      db_instance_identifier = aws_db_instance.main.identifier
    }
    """
    task = TASK.replace("aws_db_instance.main.endpoint", "aws_db_proxy.main.endpoint")
    found = topology({"main.tf": DATABASE + dedent(proxy) + task + SERVICE % "6"})
    (opens,) = found.servers[0].clients
    assert opens.entry.total.high == 337 - 3 - 2


def test_a_proxy_may_lead_to_any_server_where_no_file_says_to_which() -> None:
    task = TASK.replace("aws_db_instance.main.endpoint", "aws_db_proxy.main.endpoint")
    found = topology({"main.tf": DATABASE + ELSEWHERE + task + SERVICE % "6"})
    (server,) = found.servers
    assert (server.clients, server.missing) == ((), (NOT_KNOWN,))
    (pooler,) = found.poolers
    assert [client.name for client in pooler.clients] == ["web"]


def test_a_proxy_to_a_server_of_another_tree_is_told() -> None:
    task = TASK.replace("aws_db_instance.main.endpoint", "aws_db_proxy.main.endpoint")
    files = readings({"main.tf": ELSEWHERE + task + SERVICE % "6"})
    assert list(linking.uncounted(linking.link(files, Options()))) == [NOT_KNOWN]


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
