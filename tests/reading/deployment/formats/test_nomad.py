"""What Nomad's jobs run."""

from __future__ import annotations

import pytest

from poollint.facts.infrastructure import Workload
from poollint.model.figure import Basis
from poollint.reading import project
from poollint.reading.deployment.linking import topology as linking
from poollint.reading.deployment.linking.environments import Environment
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
    return linking.workloads(_described({"shop.nomad": text}))


def _described(files: dict[str, str]) -> tuple[Environment, ...]:
    return linking.described(readings(files), (), Options())


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


WEB = """
job "shop" {
  group "web" {
    count = 3
    task "web" {
      driver = "docker"
      config { image = "registry.example/shop:1" }
      env { DATABASE_URL = "postgresql://u:p@pg.service.consul:5432/shop" }
    }
  }
}
"""
DB = """
job "pg" {
  group "db" {
    task "pg" {
      config { image = "postgres:16" }
      service {
        name = "%s"
        port = "pg"
      }
    }
  }
}
"""


@pytest.mark.parametrize("name", ["pg", "${NOMAD_JOB_NAME}", "${NOMAD_TASK_NAME}"])
@pytest.mark.parametrize("ending", ["nomad", "job", "hcl"])
def test_jobs_of_a_tree_find_each_other_by_consul(ending: str, name: str) -> None:
    files = {f"jobs/app/app.{ending}": WEB, f"jobs/pg/pg.{ending}": DB % name}
    (server,) = topology(files).servers
    assert [placed.name for placed in linking.workloads(_described(files))] == ["web", "db"]
    assert server.missing == ("`web`: how many connections it opens is not known",)


def test_jobs_of_one_name_are_not_run_together() -> None:
    files = {"a/shop.nomad": WEB, "b/shop.nomad": WEB, "b/pg.nomad": DB % "pg"}
    assert [where.scope for where in _described(files)] == list(files)
    files = {"test/shop.nomad": WEB, "prod/shop.nomad": WEB, "prod/pg.nomad": DB % "pg"}
    assert [where.scope for where in _described(files)] == ["test/shop.nomad", "prod"]


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("jobs/web.job", True),
        ("web.hcl", True),
        ("x.pkr.hcl", False),
        (".terraform.lock.hcl", False),
    ],
)
def test_what_a_job_is_its_first_words_tell(path: str, taken: bool) -> None:
    reader = project.reader_of(path)
    assert (reader is not None) is taken
    if reader:
        assert reader.screen(WEB.encode(), Options())
        assert not reader.screen(b'source "x" {\n  group = 1\n  task = 2\n}\n', Options())


def test_a_job_of_another_program_is_no_fault_of_its_own() -> None:
    broken = WEB.replace("count = 3", 'count = "${meta.3d}"')
    for path, fault in (("web.job", False), ("web.nomad", True)):
        (found,) = readings({path: broken})
        assert [unread.broken for unread in found.unread] == [fault]


def test_a_batch_ends_and_groups_of_one_name_are_told_apart_by_their_jobs() -> None:
    batch = WEB.replace('"shop" {', '"once" {\n  type = "batch"')
    found = linking.workloads(_described({"a.job": WEB, "b.job": batch}))
    assert [(w.name, w.kind) for w in found] == [("shop/web", "group"), ("once/web", "task")]
