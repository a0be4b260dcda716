"""What a machine keeps running, and what is configured beside it."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topologies, topology

WEB = """
[Service]
Environment=DATABASE_URL=postgresql://shop@127.0.0.1:6432/shop DB_POOL_SIZE=5
ExecStart=/srv/venv/bin/gunicorn --workers 8 shop.api:app
"""
WORKER = """
[program:worker]
command=celery -A shop worker --concurrency 6
environment=DATABASE_URL="postgresql://shop@localhost:5432/shop",DB_POOL_SIZE="1"
numprocs=2
"""
POOLER = """
[databases]
shop = host=127.0.0.1 port=5432 pool_size=30
[pgbouncer]
listen_port = 6432
"""
FILES = {
    "deploy/web.service": WEB,
    "deploy/supervisord.conf": WORKER,
    "pgbouncer.ini": POOLER,
    "postgresql.conf": "max_connections = 100\n",
}


def test_what_is_configured_answers_on_the_machine_itself() -> None:
    found = topology(FILES)
    (pooler,), (server,) = found.poolers, found.servers
    assert [(c.name, c.entry.total.high) for c in pooler.clients] == [("web", 40)]
    assert [(c.name, c.entry.total.high) for c in server.clients] == [
        ("worker", 12), ("pgbouncer", 30)
    ]  # fmt: skip


def test_a_unit_runs_once_a_template_as_often_as_nobody_says() -> None:
    files = {**FILES, "deploy/web@.service": FILES["deploy/web.service"]}
    del files["deploy/web.service"]
    once, often = (
        {w.name: w.replicas for w in topology(each).workloads}["web"] for each in (FILES, files)
    )
    assert (once.high, once.basis) == (1, Basis.DEFAULTED)
    assert often.basis is Basis.UNKNOWN


def test_units_beside_manifests_count_for_nothing() -> None:
    compose = """
    services:
      web: {image: shop, environment: {DATABASE_URL: postgresql://db/shop, DB_POOL_SIZE: 3}}
      db: {image: "postgres:16"}
    """
    found = topologies({**FILES, "compose.yaml": compose})
    assert {w.platform for t in found for w in t.workloads} == {"compose"}


SHOP = """
import os
from sqlalchemy import create_engine
engine = create_engine(os.environ["DATABASE_URL"], pool_size=2, max_overflow=3)
"""


def test_a_unit_alone_says_what_runs() -> None:
    unit = WEB.replace("127.0.0.1:6432", "far.example").replace(" DB_POOL_SIZE=5", "")
    found = linking.link(readings({"web.service": unit, "shop/api.py": SHOP}), Options())
    assert found.uncounted == (
        "`web` may open 8 to 40 connections to `far.example`, which no file describes",
    )


def test_what_a_file_of_supervisord_takes_in_runs_beside_its_programs() -> None:
    main = "[supervisord]\n[include]\nfiles = conf.d/*.conf /etc/supervisor/jobs/*.ini\n"
    files = {
        "deploy/supervisord.conf": main,
        "deploy/conf.d/worker.conf": WORKER,
        "supervisor/jobs/late.ini": WORKER.replace("worker]", "late]"),
        "postgresql.conf": "max_connections = 100\n",
    }
    (server,) = topology(files).servers
    assert [(c.name, c.entry.total.high) for c in server.clients] == [("worker", 12), ("late", 12)]


def test_a_part_of_the_servers_settings_is_read_as_one() -> None:
    (found,) = readings({"conf.d/limits.conf": "max_connections = 40\n"})
    assert [(s.name, s.value) for c in found.configurations for s in c.settings] == [
        ("max_connections", "40")
    ]


@pytest.mark.parametrize(
    ("host", "told"),
    [("10.0.0.5", ("`10.0.0.5` is what postgresql.conf configures",)), ("127.0.0.1", ())],
)
def test_that_a_far_address_is_what_the_only_file_configures_is_assumed(
    host: str, told: tuple[str, ...]
) -> None:
    pooler = POOLER.replace("host=127.0.0.1", f"host={host}")
    assert topology({**FILES, "pgbouncer.ini": pooler}).assumed == told


@pytest.mark.parametrize(
    ("named", "path", "most"),
    [
        ("/srv/shop/deploy/web.env", "deploy/web.env", 16),
        ("-/srv/shop/deploy/web.env", "deploy/web.env", 16),
        ("/srv/web.env", "web.env", 16),  # beside the folder of the tree that it starts in
        ("/etc/shop/deploy/web.env", "deploy/web.env", 40),
        ("/srv/shop/gone.env", "deploy/web.env", 40),
    ],
)
def test_a_file_of_variables_counts_before_what_the_unit_says(
    named: str, path: str, most: int
) -> None:
    unit = f"{WEB}WorkingDirectory=/srv/shop\nEnvironmentFile={named}\n"
    found = topology({**FILES, "deploy/web.service": unit, path: "DB_POOL_SIZE=2\n"})
    (pooler,) = found.poolers
    assert [(c.name, c.entry.total.high) for c in pooler.clients] == [("web", most)]
    missing = f"`{named}`, with variables of `web`, is not read" in str(found)
    assert missing is (most == 40)
