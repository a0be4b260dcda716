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
    assert server.missing == (
        "`web`: how many connections it opens is not known, for its image is built elsewhere",
    )


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


@pytest.mark.parametrize(
    ("line", "column"),
    [("count = ${count}", 13), ("%{ if spread }", 5), ("count = [[ .count ]]", 13)],
)
def test_a_template_of_a_job_is_told_to_be_one(line: str, column: int) -> None:
    text = WEB.replace("count = 3", line)
    (told,) = readings({"jobs/web.nomad": text})[0].unread
    assert (told.broken, told.reason.partition(";")[0]) == (False, "template")
    assert told.span.start.column == column


def test_a_batch_ends_and_groups_of_one_name_are_told_apart_by_their_jobs() -> None:
    batch = WEB.replace('"shop" {', '"once" {\n  type = "batch"')
    found = linking.workloads(_described({"a.job": WEB, "b.job": batch}))
    assert [(w.name, w.kind) for w in found] == [("shop/web", "group"), ("once/web", "task")]


TEMPLATE = """
job "shop" {
  group "web" {
    task "web" {
      config { image = "registry.example/shop:1" }
      template {
        env         = true
        destination = "secrets/app.env"
        data        = <<EOH
%s
EOH
      }
    }
  }
}
"""
TOLD = ("`web`: how many connections it opens is not known, for its image is built elsewhere",)


@pytest.mark.parametrize(
    "lines",
    [
        'DATABASE_URL="postgresql://u:{{ key "pw" }}@pg.service.consul:5432/shop"',
        '{{ range service "pg" }}\nPGHOST={{ .Address }}\nPGPORT={{ .Port }}\n{{ end }}',
        '{{ with nomadService "pg" }}URL=postgresql://u@{{ .Address }}:{{ .Port }}/x{{ end }}',
    ],
)
def test_what_a_template_sets_are_variables(lines: str) -> None:
    (server,) = topology({"app.nomad": TEMPLATE % lines, "pg.nomad": DB % "pg"}).servers
    assert server.missing == TOLD


def test_numbers_of_a_template_count() -> None:
    lines = "PGHOST=pg\nDB_POOL_SIZE=7\n# PGPORT=1"
    (server,) = topology({"app.nomad": TEMPLATE % lines, "pg.nomad": DB % "pg"}).servers
    (client,) = server.clients
    assert [f.high for f in client.steady] == [1, 1, 7]


@pytest.mark.parametrize(
    ("lines", "complete"),
    [
        ("A=1\n# B=2", True),
        ('{{ range service "pg" }}\nPGHOST={{ .Address }}\n{{ end }}', True),
        ('A=1\n{{ range ls "app" }}\n{{ .Key }}={{ .Value }}\n{{ end }}', False),
    ],
)
def test_lines_that_may_set_anything_leave_it_open(lines: str, complete: bool) -> None:
    (where,) = _described({"app.nomad": TEMPLATE % lines})
    assert [unit.complete for placed in where.placed for unit in placed.units] == [complete]


def test_of_an_address_that_is_put_together_the_known_parts_count() -> None:
    web = WEB.replace("u:p@", "u:${var.password}@")
    (server,) = topology({"app.nomad": web, "pg.nomad": DB % "pg"}).servers
    assert server.missing == TOLD


def test_what_a_task_sets_up_before_the_others_ends() -> None:
    setup = 'task "setup" {\n lifecycle {\n hook = "prestart"\n }\n env { PGHOST = "pg" }\n }\n'
    web = WEB.replace('    task "web"', f'    {setup}    task "web"')
    (server,) = topology({"app.nomad": web, "pg.nomad": DB % "pg"}).servers
    assert server.missing == (*TOLD, "`web/setup`, which ends")


@pytest.mark.parametrize(
    ("host", "told"), [("pg", [("`web`, which ends",), ()]), ("far.example", [(), ()])]
)
def test_what_ends_is_told_of_the_servers_that_it_uses_alone(
    host: str, told: list[tuple[str, ...]]
) -> None:
    secret = f'PGHOST = "{host}"\n PGPASSWORD = var.password'
    web = WEB.replace('group "web"', 'type = "batch"\n group "web"').replace(
        'DATABASE_URL = "postgresql://u:p@pg.service.consul:5432/shop"', f"\n {secret}\n"
    )
    other = (DB % "other").replace('"pg"', '"other"').replace('"db"', '"more"')
    files = {"app.nomad": web, "pg.nomad": DB % "pg", "other.nomad": other}
    assert [server.missing for server in topology(files).servers] == told
