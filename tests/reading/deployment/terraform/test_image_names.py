"""What the name of an image tells where only a part of it is known before Terraform runs."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.reading.deployment.terraform.declared import DATABASE, SERVICE, TASK, budget

DOCKERFILE = """
    FROM python:3.12
    COPY . .
    CMD ["gunicorn", "--workers", "3", "shop.api:app"]
    """
CODE = """
    import os
    from sqlalchemy import create_engine
    engine = create_engine(os.environ["DATABASE_URL"], pool_size=2, max_overflow=3)
    """
REPOSITORY = """
resource "aws_ecr_repository" "shop" {
  name = "%s"
}
"""
# The code is that of the tree, for it reads the variable; how many processes run it is not known.
UNSTARTED = [2, 1, 5]


def amazon(image: str, repository: str = "acme/web") -> list[int | None]:
    task = TASK.replace('"registry.example/shop:1"', image)
    task = task.replace('    command = ["gunicorn", "--workers", "4", "shop.api:app"]\n', "")
    task = task.replace('      { name = "DB_POOL_SIZE", value = "5" },\n', "")
    text = DATABASE + task + SERVICE % 2 + REPOSITORY % repository
    found = budget(text, **{"web/Dockerfile": DOCKERFILE, "web/shop/api.py": CODE})
    return [f.high for one in found.clients for f in one.steady]


@pytest.mark.parametrize(
    "image",
    [
        '"${aws_ecr_repository.shop.repository_url}:latest"',
        "aws_ecr_repository.shop.repository_url",
        '"${var.account}.dkr.example/${aws_ecr_repository.shop.name}:${var.tag}"',
        '"${var.registry}/web@${data.aws_ecr_image.web.image_digest}"',
        '"${lookup({ a = var.registry }, "a")}/web:1"',
    ],
)
def test_an_image_is_known_by_its_own_name(image: str) -> None:
    assert amazon(image) == [2, 3, 5]


@pytest.mark.parametrize("image", ["var.image", '"registry.example/${var.name}:1"'])
def test_an_image_whose_own_name_is_not_known_starts_nobody_knows_what(image: str) -> None:
    assert amazon(image) == UNSTARTED


def test_a_repository_of_another_name_is_another_image() -> None:
    assert amazon('"${aws_ecr_repository.shop.repository_url}:1"', "acme/jobs") == UNSTARTED


def test_a_secret_is_found_by_its_own_name() -> None:
    text = """
    variable "project" { default = "acme" }
    locals { host = google_sql_database_instance.main.private_ip_address }
    resource "google_sql_database_instance" "main" {
      database_version = "POSTGRES_16"
    }
    resource "google_secret_manager_secret" "url" {
      secret_id = "${var.project}-url"
    }
    resource "google_secret_manager_secret_version" "url" {
      secret      = google_secret_manager_secret.url.id
      secret_data = "postgresql://a:${random_password.db.result}@${local.host}:5432/shop"
    }
    resource "google_cloud_run_v2_service" "web" {
      template {
        scaling { max_instance_count = 2 }
        containers {
          image = "${var.region}.example/${google_artifact_registry_repository.all.name}/web:1"
          env {
            name = "DATABASE_URL"
            value_source {
              secret_key_ref { secret = google_secret_manager_secret.url.secret_id }
            }
          }
        }
      }
    }
    """
    files = {"web/Dockerfile": DOCKERFILE, "web/shop/api.py": CODE}
    found = budget(dedent(text), **files)
    assert [f.high for one in found.clients for f in one.steady] == [2, 3, 5]
    assert not any(one.assumed for one in found.clients)
