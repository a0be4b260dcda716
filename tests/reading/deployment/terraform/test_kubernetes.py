"""Objects of Kubernetes that Terraform makes."""

from __future__ import annotations

from textwrap import dedent

from tests.reading.deployment.terraform.declared import DATABASE, budget, client, place


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


CLUSTER = """
resource "kubernetes_manifest" "db" {
  manifest = {
    apiVersion = "postgresql.cnpg.io/v1"
    kind       = "Cluster"
    metadata   = { name = "main" }
    spec       = { postgresql = { parameters = { max_connections = "50" } } }
  }
}
"""
RAW = """
resource "kubectl_manifest" "web" {
  yaml_body = <<-EOT
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
            - name: web
              image: registry.example/shop
              env:
                - {name: DATABASE_URL, value: "postgresql://shop@main-rw/shop"}
                - {name: DB_POOL_SIZE, value: "5"}
  EOT
}
"""
POD = """
resource "kubernetes_pod" "once" {
  metadata { name = "once" }
  spec {
    container {
      name  = "once"
      image = "registry.example/shop"
      env {
        name  = "DATABASE_URL"
        value = "postgresql://shop@main-rw/shop"
      }
      env {
        name  = "DB_POOL_SIZE"
        value = "2"
      }
    }
  }
}
"""


def test_what_an_operator_runs_for_an_object_is_a_server() -> None:
    found = budget(CLUSTER + RAW + POD)
    assert (found.server.name, found.server.max_connections.low) == ("main", 50)
    assert {c.name: c.entry.total.high for c in found.clients} == {"web": 15, "once": 2}
    web = next(client for client in found.clients if client.name == "web")
    assert place(web.steady[0]) == ("infra/main.tf", 16)
