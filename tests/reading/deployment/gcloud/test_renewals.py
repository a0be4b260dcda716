"""Services that Terraform makes, and that a pipeline gives a new image."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.facts.topology import Topology
from tests.reading.deployment.arranging import topologies
from tests.reading.deployment.linking.shop import uncounted

MADE = """
    variable "image" {}
    resource "google_sql_database_instance" "main" {
      database_version = "POSTGRES_16"
    }
    resource "google_cloud_run_v2_service" "web" {
      name = "shop"
      template {
        scaling { max_instance_count = 4 }
        containers {
          image = var.image
          env {
            name  = "DATABASE_URL"
            value = "postgresql://shop@${google_sql_database_instance.main.private_ip_address}/x"
          }
        }
      }
    }
    """
FILES = {
    "web/Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["gunicorn", "-w", "3", "shop.api:app"]\n',
    "web/shop/api.py": """
        import os
        from sqlalchemy import create_engine
        engine = create_engine(os.environ["DATABASE_URL"], pool_size=2, max_overflow=3)
        """,
    "jobs/Dockerfile": 'FROM python:3.12\nCMD ["celery", "-A", "jobs", "worker", "-c", "7"]\n',
}


def found(script: str, made: str = MADE) -> tuple[Topology, ...]:
    return topologies({"infra/main.tf": dedent(made), "deploy.sh": f"{script}\n", **FILES})


def lines(every: tuple[Topology, ...]) -> list[list[int | None]]:
    return [
        [f.high for f in client.steady]
        for one in every
        for server in one.servers
        for client in server.clients
    ]


@pytest.mark.parametrize(
    "script",
    [
        "gcloud run deploy shop --source web",
        "docker build -t x/web web\ngcloud run deploy shop --image x/web:1 --region here",
        "gcloud run services update shop --image x/web:$TAG",
    ],
)
def test_a_command_that_gives_a_service_its_image_deploys_nothing_else(script: str) -> None:
    every = found(script)
    assert lines(every) == [[4, 3, 5]]
    assert [w.platform for one in every for w in one.workloads if w.name != "main"] == ["terraform"]


def test_a_service_that_is_given_two_images_has_neither() -> None:
    one = {"infra/main.tf": dedent(MADE), "a.sh": "gcloud run deploy shop --source web\n", **FILES}
    assert lines(topologies(one)) == [[4, 3, 5]]
    two = {**one, "b.sh": "gcloud run deploy shop --source jobs\n"}
    assert lines(topologies(two)) == lines(topologies({"infra/main.tf": dedent(MADE), **FILES}))


@pytest.mark.parametrize(
    ("command", "apart"),
    [
        ("gcloud run deploy shop --source web", False),
        ("gcloud run deploy other --source web", True),
        ("gcloud run deploy shop --source web --set-env-vars DATABASE_URL=$URL", True),
    ],
)
def test_what_is_another_service_or_says_more_is_told_by_itself(command: str, apart: bool) -> None:
    files = {"infra/main.tf": dedent(MADE), "deploy.sh": f"{command}\n", **FILES}
    assert any("in deploy.sh" in text for text in uncounted(files)) == apart
