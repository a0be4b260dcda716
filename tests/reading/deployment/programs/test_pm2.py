"""Apps of PM2: in a container that starts them, and on a machine."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from poollint.reading.deployment.programs import pm2
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

COMPOSE = """
services:
  db:
    image: postgres:16
  web:
    build: .
    environment: {DATABASE_URL: "postgresql://shop@db/shop"}
"""
POOL = 'const { Pool } = require("pg");\nmodule.exports = new Pool({ max: 10 });\n'
APPS = """module.exports = { apps: [
  { name: 'api', script: 'server.js', instances: 3 },
  { name: 'jobs', script: 'jobs.js', instances: 'max' },
] };
"""


def files(command: str, apps: str = APPS, name: str = "ecosystem.config.js") -> dict[str, str]:
    return {
        "compose.yaml": COMPOSE,
        "Dockerfile": f"FROM node:22\nCOPY . .\nCMD {command}\n",
        "db.js": POOL,
        name: apps,
    }


def counted(tree: dict[str, str]) -> list[tuple[str, int, Basis, int | None]]:
    (server,) = topology(tree).servers
    return [
        (c.name, c.steady[1].low, c.steady[1].basis, c.entry.total.high) for c in server.clients
    ]


def test_each_app_counts_with_its_instances() -> None:
    assert counted(files("pm2-runtime start ecosystem.config.js")) == [
        ("web/api", 3, Basis.STATED, 30),
        ("web/jobs", 1, Basis.UNKNOWN, 10),
    ]


@pytest.mark.parametrize(
    "command",
    [
        "pm2-runtime start ecosystem.config.js --only api",
        "pm2-runtime ecosystem.config.js --only=api -i 8",
        '["pm2-runtime", "start", "./ecosystem.config.js", "--only", "api"]',
    ],
)
def test_one_app_counts_where_only_that_is_started(command: str) -> None:
    assert counted(files(command)) == [("web", 3, Basis.STATED, 30)]


def test_a_file_that_is_not_in_the_image_is_unknown() -> None:
    (one,) = counted(files("pm2-runtime start other.config.js"))
    assert one[:3] == ("web", 1, Basis.UNKNOWN)


def test_a_script_and_its_instances_on_the_command_line() -> None:
    (one,) = counted(files("pm2-runtime server.js -i 4"))
    assert one == ("web", 4, Basis.STATED, 40)


def test_a_program_with_workers_of_its_own_is_started_so_often() -> None:
    apps = "apps:\n  - {script: gunicorn, args: -w 4 shop.api:app, instances: 2}\n"
    tree = {
        **files("pm2-runtime process.yml", apps, "process.yml"),
        "shop/api.py": "import os\nfrom sqlalchemy import create_engine\n"
        'app = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0)\n',
    }
    del tree["db.js"]
    ((name, workers, basis, most),) = counted(tree)
    assert (name, workers, basis, most) == ("web", 8, Basis.DERIVED, 40)


def test_on_a_machine_the_apps_are_what_runs() -> None:
    tree = {
        "ecosystem.config.js": APPS.replace(
            "'server.js'", "'server.js', env: { DATABASE_URL: 'postgresql://127.0.0.1/shop' }"
        ),
        "postgresql.conf": "max_connections = 100\n",
        "db.js": POOL,
    }
    found = topology(tree)
    (server,) = found.servers
    assert [(c.name, c.entry.total.high) for c in server.clients][:1] == [("api", 30)]


def test_apps_that_are_computed_are_told() -> None:
    text = "const apps = names.map(name => ({ name, script: 'a.js' }));\n"
    (reading,) = readings({"ecosystem.config.js": text})
    assert [(one.reason, one.span.start.line) for one in reading.unread] == [
        ("apps of PM2 that only running the file tells", 1)
    ]


def test_which_files_are_read() -> None:
    for path in ("ecosystem.config.cjs", "apps/api/pm2.json", "process.yml", "pm2.config.js"):
        assert pm2.READER.claims(path), path
    for path in ("src/process.ts", "node_modules/a/pm2.json", "config/processing.json"):
        assert not pm2.READER.claims(path), path
    assert not pm2.READER.screen(b"module.exports = {}", Options())


@pytest.mark.parametrize("runner", ["npx", "yarn"])
def test_pm2_may_be_started_by_what_installed_it(runner: str) -> None:
    tree = files(f'["{runner}", "pm2-runtime", "ecosystem.config.js"]')
    assert [c[:2] for c in counted(tree)] == [("web/api", 3), ("web/jobs", 1)]
