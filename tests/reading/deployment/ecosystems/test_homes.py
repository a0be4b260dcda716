"""Which application a container runs, and what it opens in one process."""

from __future__ import annotations

import pytest

from poollint.facts.topology import Client, Topology
from tests.reading.deployment.arranging import topology

POOL = 'import {{ Pool }} from "pg";\nexport const pool = new Pool({{ max: {} }});\n'
NODE = 'FROM node:22\nCOPY . .\nCMD ["node", "server.js"]\n'
RUBY = "FROM ruby:3.3\nENV RAILS_ENV=production\nCOPY . .\n"
DATABASE = """production:
  adapter: postgresql
  pool: <%= ENV.fetch("RAILS_MAX_THREADS") { 5 } %>
  url: <%= ENV["DATABASE_URL"] %>
"""
PUMA = """threads_count = ENV.fetch("RAILS_MAX_THREADS") { 5 }
threads threads_count, threads_count
workers 2
"""


def compose(service: str) -> str:
    return f"""services:
  db:
    image: postgres:16
  web:
    environment: {{DATABASE_URL: "postgresql://shop@db/shop"}}
{service}"""


def clients(found: Topology) -> tuple[Client, ...]:
    (server,) = found.servers
    return server.clients


def bounds(files: dict[str, str]) -> list[tuple[int, int | None]]:
    return [(c.entry.total.low, c.entry.total.high) for c in clients(topology(files))]


def test_a_pool_is_joined_by_the_folder_that_the_image_is_built_from() -> None:
    files = {
        "compose.yaml": compose("    build: api\n"),
        "api/Dockerfile": NODE,
        "api/db.ts": POOL.format(12),
        "other/db.ts": POOL.format(99),
    }
    assert bounds(files) == [(1, 12)]


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("src", [(1, 9)]),  # one is the other's variant
        ("pages/api", [(1, 7), (0, 9)]),  # both are served
    ],
)
def test_of_files_beside_each_other_a_process_takes_one_unless_they_are_routes(
    folder: str, found: list[tuple[int, int]]
) -> None:
    files = {
        "compose.yaml": compose("    build: .\n"),
        "Dockerfile": NODE.replace("server.js", "x"),
        f"{folder}/db.ts": POOL.format(7),
        f"{folder}/database.ts": POOL.format(9),
    }
    assert sorted(bounds(files), reverse=True) == sorted(found, reverse=True)


def test_of_several_applications_the_one_counts_that_the_image_is_made_of() -> None:
    text = compose("    build: {context: ., dockerfile: apps/api/Dockerfile}\n")
    files = {
        "compose.yaml": text,
        "apps/api/Dockerfile": NODE,
        "apps/api/src/db.ts": POOL.format(12),
        "apps/jobs/src/db.ts": POOL.format(99),
    }
    assert bounds(files) == [(1, 12)]


def test_where_nothing_tells_which_application_none_is_taken() -> None:
    files = {
        "compose.yaml": compose("    build: .\n"),
        "Dockerfile": NODE,
        "one/src/db.ts": POOL.format(12),
        "two/src/db.ts": POOL.format(99),
    }
    assert bounds(files) == []
    (server,) = topology(files).servers
    assert server.missing == (
        "`web`: how many connections it opens is not known"
        ", for which of 2 applications it runs is not known",
    )


def test_an_application_in_another_language_is_not_taken() -> None:
    files = {
        "compose.yaml": compose("    build: .\n"),
        "Dockerfile": 'FROM python:3.12\nCOPY . .\nCMD ["python", "main.py"]\n',
        "web/src/db.ts": POOL.format(12),
    }
    assert bounds(files) == []


def test_a_container_that_is_given_no_database_opens_nothing() -> None:
    text = compose("    build: api\n") + "  page:\n    build: api\n"
    files = {"compose.yaml": text, "api/Dockerfile": NODE, "api/db.ts": POOL.format(12)}
    assert [c.name for c in clients(topology(files))] == ["web"]


@pytest.mark.parametrize(
    ("command", "variables", "found"),
    [
        ("bundle exec puma", "", (10, 10)),
        ("bundle exec puma -w 4", "", (20, 20)),
        ("bin/rails server", "RAILS_MAX_THREADS: 8", (16, 16)),
        ("bundle exec sidekiq", "", (5, 5)),
        ("bundle exec sidekiq -c 3", "", (3, 5)),
        ("bundle exec sidekiq -c 20", "", (5, 5)),
    ],
)
def test_threads_and_workers_of_rails(command: str, variables: str, found: object) -> None:
    text = compose(f"    build: .\n    command: {command}\n")
    text = text.replace(
        "{DATABASE_URL:", f"{{{variables}, DATABASE_URL:" if variables else "{DATABASE_URL:"
    )
    files = {
        "compose.yaml": text,
        "Dockerfile": RUBY,
        "config/database.yml": DATABASE,
        "config/puma.rb": PUMA,
    }
    assert bounds(files) == [found]


def test_the_size_of_a_url_is_that_of_prisma() -> None:
    schema = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
    text = compose("    build: .\n")
    files = {"compose.yaml": text, "Dockerfile": NODE, "prisma/schema.prisma": schema}
    (server,) = topology(files).servers
    assert server.clients == ()
    assert server.missing == (
        "`web`: the size of its pool is not known (prisma/schema.prisma:3), for no file says one",
    )
    files["compose.yaml"] = text.replace("db/shop", "db/shop?connection_limit=7")
    assert bounds(files) == [(1, 7)]


def test_an_adapter_of_prisma_takes_the_place_of_its_own_pool() -> None:
    schema = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
    adapter = (
        'import { PrismaPg } from "@prisma/adapter-pg";\n'
        "const a = new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 6 });\n"
    )
    text = compose("    build: .\n").replace("db/shop", "db/shop?connection_limit=7")
    files = {
        "compose.yaml": text,
        "Dockerfile": NODE,
        "prisma/schema.prisma": schema,
        "src/db.ts": adapter,
    }
    assert bounds(files) == [(1, 6)]


def test_the_folder_of_an_application_is_that_of_its_manifest() -> None:
    files = {
        "compose.yaml": compose("    build: .\n"),
        "Dockerfile": NODE,
        "backend/main/db.ts": POOL.format(12),
        "jobs/queue/db.ts": POOL.format(3),
    }
    assert clients(topology(files)) == ()
    files["package.json"] = '{"scripts": {}}'
    found = topology(files)
    assert len(clients(found)) == 2


def test_applications_of_a_workspace_are_the_folders_that_images_are_built_from() -> None:
    files = {
        "compose.yaml": compose("    build: apps/shop\n") + "  jobs:\n    build: apps/jobs\n",
        "apps/shop/Dockerfile": NODE,
        "apps/jobs/Dockerfile": NODE,
        "apps/shop/src/db.ts": POOL.format(12),
        "apps/jobs/src/db.ts": POOL.format(3),
        "libs/db.ts": POOL.format(99),
        "package.json": '{"workspaces": ["apps/*"]}',
    }
    (found,) = clients(topology(files))
    assert (found.name, found.entry.total.high) == ("web", 12)


def test_a_release_of_elixir_opens_its_pool_at_once() -> None:
    runtime = 'config :shop, Shop.Repo, url: System.get_env("DATABASE_URL"), pool_size: 9\n'
    files = {
        "compose.yaml": compose("    build: .\n"),
        "Dockerfile": 'FROM debian:12\nCMD ["/app/bin/server"]\n',
        "config/runtime.exs": runtime,
    }
    assert bounds(files) == [(9, 9)]


def test_a_word_of_a_command_does_not_make_an_image_of_python_another() -> None:
    head = "import os\nfrom sqlalchemy import create_engine\n"
    pool = head + "E = create_engine(os.environ['DATABASE_URL'])\n"
    command = "sh -c 'npm run build && ./start jobs'"
    files = {
        "compose.yaml": compose(f"    build: .\n    command: {command}\n"),
        "Dockerfile": "FROM python:3.12\nCOPY . .\n",
        "app/db.py": pool,
        "web/src/db.ts": POOL.format(99),
    }
    assert bounds(files) == [(1, 15)]


URL = "postgresql://shop:gr8-k3pt@db/shop?sslmode=disable&{}"
PG = 'import { Pool } from "pg";\nexport const db = new Pool({ connectionString: URL });\n'
READ = "process.env.DATABASE_URL"
PRISMA = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'


@pytest.mark.parametrize(
    ("option", "code", "schema", "found"),
    [
        ("connection_limit=5", PG, "", ["connection_limit"]),
        ("max=5&pool_size=3", PG, "", ["max", "pool_size"]),
        ("application_name=shop", PG, "", []),
        ("max=5", 'import postgres from "postgres";\nexport const db = postgres(URL);\n', "", []),
        ("connection_limit=5", PG, PRISMA, []),  # Prisma's engine reads it
        ("connection_limit=5", PG + "new URL(URL).searchParams;\n", "", []),
        ("max=5", PG.replace("URL }", '"postgresql://other-db/shop" }'), "", []),
    ],
)
def test_sizes_in_urls_at_which_no_library_looks(
    option: str, code: str, schema: str, found: list[str]
) -> None:
    text = compose("    build: api\n").replace("postgresql://shop@db/shop", URL.format(option))
    files = {"compose.yaml": text, "api/Dockerfile": NODE, "api/db.ts": code.replace("URL", READ)}
    if schema:
        files["api/prisma/schema.prisma"] = schema
    ignored = topology(files).ignored
    assert [one.name for one in ignored] == found
    assert all(one.span.path == "compose.yaml" and one.driver for one in ignored)
    assert "gr8-k3pt" not in str(ignored)


def test_of_an_image_that_is_not_built_from_the_code_no_option_is_told() -> None:
    text = compose("    image: shop-api\n").replace("shop@db/shop", "shop@db/shop?max=5")
    files = {"compose.yaml": text, "api/package.json": '{"scripts": {}}', "api/db.ts": PG}
    assert topology(files).ignored == ()


MIXED = """services:
  db:
    image: postgres:16
  web:
    build: .
    command: gunicorn -w 3 shop.wsgi:application
    environment: {DB_HOST: db}
  styles:
    build: .
    command: COMMAND
"""
DJANGO = {
    "Dockerfile": "FROM python:3.12\nCOPY . .\n",
    "shop/views.py": """
        from django.db import connection

        def index(request):
            connection.cursor()
        """,
}


@pytest.mark.parametrize(
    ("command", "counted"),
    [
        ("yarn watch", ["web"]),
        ("bash -c 'COLOR=1 yarn workspace styles watch | cat'", ["web"]),
        ("python serve.py node", ["styles", "web"]),
    ],
)
def test_a_program_of_another_language_in_an_image_of_python_opens_none_of_its_pools(
    command: str, counted: list[str]
) -> None:
    text = MIXED.replace("COMMAND", command) + "    environment: {DB_HOST: db}\n"
    found = clients(topology({"compose.yaml": text, **DJANGO}))
    assert sorted(client.name for client in found) == counted
