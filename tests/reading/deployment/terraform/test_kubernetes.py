"""Objects of Kubernetes that Terraform makes."""

from __future__ import annotations

from textwrap import dedent

from tests.reading.deployment.terraform.declared import DATABASE, client, place


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
