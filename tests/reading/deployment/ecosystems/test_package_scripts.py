"""`npm start` and its like: what the line of a `package.json` behind them runs."""

from __future__ import annotations

import json

import pytest

from poollint.model.figure import Basis
from poollint.model.source import Span
from poollint.reading import linking
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
  { name: 'jobs', script: 'jobs.js', instances: 2 },
] };
"""
Row = tuple[str, int, Basis, int | None]


def tree(command: str, scripts: dict[str, str], **files: str) -> dict[str, str]:
    return {
        "compose.yaml": COMPOSE,
        "Dockerfile": f"FROM node:22\nWORKDIR /app\nCOPY . .\nCMD {command}\n",
        "db.js": POOL,
        "package.json": json.dumps({"name": "shop", "scripts": scripts}, indent=2),
        **{name.replace("__", "/").replace("_", "."): text for name, text in files.items()},
    }


def counted(files: dict[str, str]) -> list[Row]:
    (server,) = topology(files).servers
    return [
        (c.name, c.steady[1].low, c.steady[1].basis, c.entry.total.high) for c in server.clients
    ]


ONE = [("web", 1, Basis.DEFAULTED, 10)]


@pytest.mark.parametrize(
    ("command", "scripts"),
    [
        ("npm start", {"start": "node dist/main.js"}),
        ('["npm", "start"]', {"start": "node dist/main.js"}),
        ('["yarn", "start"]', {"start": "NODE_ENV=production node dist/main.js"}),
        ("pnpm start", {"start": "cross-env NODE_ENV=production node dist/main.js"}),
        ("npm run serve", {"serve": "next start -p 8080"}),
        ("yarn serve", {"serve": "npm run build && npm run prod", "prod": "node .", "build": "x"}),
        ("npm run migrate && npm start", {"start": "nest start", "migrate": "knex migrate"}),
        ("bun run serve", {"serve": "bun server.ts"}),
        ("npm --prefix . run serve", {"serve": "tsx watch src/index.ts"}),
        ("npm start", {"test": "jest"}),  # npm's own: `node server.js`
    ],
)
def test_a_script_that_starts_one_program_is_one_process(
    command: str, scripts: dict[str, str]
) -> None:
    assert counted(tree(command, scripts)) == ONE


@pytest.mark.parametrize(
    ("command", "scripts"),
    [
        ("npm start", {"start": "concurrently 'npm:api' 'npm:jobs'"}),
        ("npm start", {"start": "turbo run start"}),
        ("npm run away", {"start": "node ."}),  # no such script
        ("npm start", {"start": "npm start"}),  # which leads to itself
    ],
)
def test_how_many_programs_a_script_starts_may_be_unknown(
    command: str, scripts: dict[str, str]
) -> None:
    assert counted(tree(command, scripts)) == [("web", 1, Basis.UNKNOWN, 10)]


def test_the_number_of_pm2_stands_in_its_file_or_in_the_script() -> None:
    apps = {"start": "pm2-runtime start ecosystem.config.js"}
    files = {**tree("npm start", apps), "ecosystem.config.js": APPS}
    api, jobs = ("web/api", 3, Basis.STATED, 30), ("web/jobs", 2, Basis.STATED, 20)
    assert counted(files) == [api, jobs]
    many = tree("npm start", {"start": "pm2-runtime server.js -i 4"})
    assert counted(many) == [("web", 4, Basis.STATED, 40)]
    (server,) = topology(many).servers
    origin = server.clients[0].steady[1].origin
    assert isinstance(origin, Span)
    assert (origin.path, origin.start.line) == ("package.json", 4)


def test_what_serves_files_for_browsers_opens_nothing() -> None:
    assert counted(tree("npm start", {"start": "vite --host"})) == []
    assert counted(tree('["npx", "--yes", "serve", "-s", "dist"]', {})) == []


def test_a_script_of_the_image_may_start_one_of_a_package() -> None:
    script = "#!/bin/sh\nset -e\nnpx prisma migrate deploy\nexec npm run prod\n"
    files = {**tree('["./start.sh"]', {"prod": "node main.js"}), "start.sh": script}
    assert counted(files) == ONE


def test_of_several_packages_the_one_counts_in_whose_folder_it_starts() -> None:
    files = tree("npm start", {"start": "concurrently a b"})
    inner = json.dumps({"name": "@shop/api", "scripts": {"start": "node main.js"}})
    files["apps/api/package.json"] = inner
    files["Dockerfile"] = files["Dockerfile"].replace("CMD", "WORKDIR apps/api\nCMD")
    assert counted(files) == ONE
    files["Dockerfile"] = "FROM node:22\nWORKDIR /app\nCOPY . .\nCMD yarn workspace @shop/api start"
    assert counted(files) == ONE
    files["package.json"] = '{"scripts": {"jobs": "turbo run start --filter=@shop/api"}}'
    for line in ("npm run start -w @shop/api", "npm run jobs"):
        files["Dockerfile"] = f"FROM node:22\nWORKDIR /app\nCOPY . .\nCMD {line}"
        assert counted(files) == ONE


def test_a_procfile_names_scripts_too() -> None:
    files = {
        "Procfile": "web: npm start\n",
        "app.json": '{"addons": ["heroku-postgresql:essential-0"],'
        ' "formation": {"web": {"quantity": 2}}}',
        "package.json": json.dumps({"scripts": {"start": "node server.js"}}),
        "db.js": POOL,
    }
    assert counted(files) == [("web", 1, Basis.DEFAULTED, 20)]


def test_a_script_that_is_mounted_may_hand_on_what_follows_it() -> None:
    files = tree("node main.js", {"start": "vite --host"})
    files["compose.yaml"] += (
        "    entrypoint: [/srv/prepare.sh, site]\n    command: [yarn, start]\n"
        "    volumes: ['.:/srv']\n"
    )
    assert counted(files) == []
    files["package.json"] = files["package.json"].replace("vite --host", "node main.js")
    assert counted(files) == ONE


def test_what_a_script_of_a_package_runs_is_no_application_of_another_language() -> None:
    files = {
        "Procfile": "watch: yarn res:watch\nweb: bundle exec rails server\n",
        "config/database.yml": "production:\n  adapter: postgresql\n  host: db\n  pool: 5\n",
        "Gemfile": "gem 'rails'\ngem 'pg'\n",
        "package.json": json.dumps({"scripts": {"res:watch": "rescript build -w"}}),
    }
    told = linking.uncounted(linking.link(readings(files), Options()))
    assert any("`web`" in text for text in told)
    assert not any("`watch`" in text for text in told)
