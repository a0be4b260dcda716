"""What Nomad's jobs run."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.reading.deployment import topology as linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

JOB = """
variable "count" { default = 4 }
job "shop" {
  group "web" {
    count = %s
    task "web" {
      driver = "docker"
      config {
        image   = "registry.example/shop"
        command = "gunicorn"
        args    = ["-w", "3", "shop.api:app"]
      }
      env {
        DATABASE_URL = "postgresql://shop@orders-db/shop"
        DB_POOL_SIZE = "5"
      }
    }
  }
  group "db" {
    service { name = "orders-db" }
    task "db" {
      driver = "docker"
      config {
        image = "postgres:17"
        args  = ["-c", "max_connections=50"]
      }
    }
  }
}
"""


def running(text: str) -> tuple[Workload, ...]:
    return linking.workloads(linking.described(readings({"shop.nomad": text}), (), Options()))


def test_a_job_is_counted_with_its_server() -> None:
    (server,) = topology({"shop.nomad.hcl": JOB % "var.count"}).servers
    assert server.server.max_connections.high == 50
    (client,) = server.clients
    assert [f.high for f in client.steady] == [4, 3, 5]


@pytest.mark.parametrize(
    ("count", "most", "least"),
    [
        ("2", 2, None),
        ("2\n    scaling {\n      min = 1\n      max = 9\n    }", 9, 1),
    ],
)
def test_scaling_sets_the_most(count: str, most: int, least: int | None) -> None:
    web = running(JOB % count)[0]
    assert web.replicas.high == most
    assert (web.floor and web.floor.high) == least


def test_a_system_job_runs_on_every_client() -> None:
    web = running(JOB.replace('job "shop" {', 'job "shop" {\n  type = "system"') % "1")[0]
    assert web.replicas.basis is Basis.UNKNOWN


def test_canaries_run_besides() -> None:
    web = running(JOB % "4\n    update {\n      canary = 2\n    }")[0]
    assert web.surge is not None
    assert web.surge.high == 2
