"""A small shop in Terraform, and what is read of it."""

from __future__ import annotations

from poollint.facts.topology import Client, ServerBudget
from poollint.model.figure import Figure
from poollint.model.source import Span
from tests.reading.deployment.arranging import topology

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
