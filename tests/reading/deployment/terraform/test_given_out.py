"""Hosts that modules give out which are not in the tree."""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

PLAN = """
module "postgres" {
  source = "acme/anything/aws"
}
resource "aws_lambda_function" "api" {
  function_name = "api"
  handler       = "app.handler"
  runtime       = "python3.12"
  environment {
    variables = { %s }
  }
}
"""
URL = 'DATABASE_URL = format("postgres://%s@%s:%s/shop?%s", var.user, module.postgres.{}, '
URL += 'module.postgres.cluster_port, join("&", ["sslmode=require", "a=b"]))'
UNKNOWN = "`api`: an unknown number of connections "


def told(variables: str, **files: str) -> list[str]:
    tree = {"main.tf": PLAN % variables} | {n.replace("__", "."): t for n, t in files.items()}
    found = linking.link(readings(tree), Options()).uncounted or ()
    return [text for text in found if text.startswith("`api`")]


@pytest.mark.parametrize(
    "variables",
    [
        URL.format("cluster_endpoint"),
        "DB_HOST = module.postgres.db_instance_address",
        'DATABASE_URL = "postgres://shop@${module.postgres.writer_host}/shop"',
        'DATABASE_URL = "postgres://shop@${module.postgres.endpoint}:5432/shop"',
    ],
)
def test_what_a_module_gives_out_is_named(variables: str) -> None:
    assert told(variables) == [f"{UNKNOWN}to `module.postgres`, which no file describes"]


@pytest.mark.parametrize(
    "variables",
    [
        "DB_HOST = module.postgres.name",
        "DB_HOST = module.other.cluster_endpoint",
        'DATABASE_URL = "postgres://shop@${var.host}/shop"',
    ],
)
def test_what_may_be_anything_stays_unknown(variables: str) -> None:
    assert told(variables) == [f"{UNKNOWN}no file says where to"]


def test_no_file_of_the_tree_configures_what_a_module_makes() -> None:
    files = {"postgresql__conf": "max_connections = 30\n"}
    assert told(URL.format("cluster_endpoint"), **files) == [
        f"{UNKNOWN}to `module.postgres`, which no file describes"
    ]
