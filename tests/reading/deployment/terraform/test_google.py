"""Cloud Run and Cloud SQL of Terraform, joined."""

from __future__ import annotations

from textwrap import dedent

from tests.reading.deployment.terraform.declared import budget


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
    assert found.missing == (
        "`api`: how many connections it opens is not known (100 replicas, 200 while rolled out)"
        ", for its image is built elsewhere",
    )


OTHERS = """
    resource "google_sql_database_instance" "main" {
      database_version = "POSTGRES_16"
    }
    resource "google_cloud_run_v2_job" "nightly" {
      template {
        template {
          containers {
            image = "registry.example/nightly"
            env {
              name  = "DATABASE_URL"
              value = "postgresql://a@${google_sql_database_instance.main.private_ip_address}/shop"
            }
          }
        }
      }
    }
    resource "google_cloud_run_v2_worker_pool" "jobs" {
      scaling { manual_instance_count = 3 }
      template {
        containers {
          image   = "registry.example/jobs"
          command = ["celery", "-A", "jobs", "worker", "-c", "2"]
          env {
            name  = "DATABASE_URL"
            value = "postgresql://a@${google_sql_database_instance.main.private_ip_address}/shop"
          }
          env {
            name  = "DB_POOL_SIZE"
            value = "5"
          }
        }
      }
    }
    """


def test_a_job_of_cloud_run_ends_and_a_pool_of_workers_stays() -> None:
    found = budget(dedent(OTHERS))
    assert found.missing == ("`nightly`, which ends",)
    (only,) = found.clients
    assert (only.name, [f.high for f in only.steady]) == ("jobs", [3, 2, 5])
