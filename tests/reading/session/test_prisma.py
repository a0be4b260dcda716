"""Clients of Prisma: whose engine prepares statements, and where nothing is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.facts.code import Effect
from poollint.model.source import SourceFile
from poollint.reading.session.prisma import module
from poollint.testing import run

GENERATOR = 'provider = "prisma-client-js"'
DATASOURCE = 'provider = "postgresql"\n  url = env("DATABASE_URL")'
POOLED = "postgresql://app@pooler:5432/shop"
COMPOSE = """
services:
  web:
    build: ./web
    environment:
      {name}: {url}
  pooler:
    image: edoburu/pgbouncer:{version}
    environment:
      DB_HOST: db
      POOL_MODE: {mode}
  db:
    image: postgres:16
"""


def schema(generator: str = GENERATOR, datasource: str = DATASOURCE) -> str:
    return f"generator client {{\n  {generator}\n}}\n\ndatasource db {{\n  {datasource}\n}}\n"


def told(text: str, path: str = "web/prisma/schema.prisma") -> list[tuple[str, str, str | None]]:
    """Return the clients a schema has: title, variable and address without a password."""
    found = module(SourceFile(path, text))
    statements = found.statements if found else ()
    assert all(s.effect is Effect.NAMED_STATEMENTS for s in statements)
    return [(s.text, s.variable, s.url.value if s.url else None) for s in statements]


@pytest.mark.parametrize(
    ("generator", "title"),
    [
        (GENERATOR, "Prisma Client"),
        ('provider = "prisma-client"\n  output = "../src/generated"', "Prisma Client"),
        ('provider = "prisma-client-py"\n  interface = "sync"', "Prisma Client Python"),
        ('provider = "poetry run prisma-client-py"', "Prisma Client Python"),
        ('provider = "python3 -m prisma"', "Prisma Client Python"),
        (GENERATOR + '\n  engineType = "library"', "Prisma Client"),
        (GENERATOR + '\n  previewFeatures = ["metrics"]', "Prisma Client"),
    ],
)
def test_a_client_with_prismas_engine_names_statements(generator: str, title: str) -> None:
    assert told(schema(generator)) == [(title, "DATABASE_URL", None)]


@pytest.mark.parametrize(
    "generator",
    [
        'provider = "prisma-kysely"',
        'provider = "prisma-client-go"',
        GENERATOR + '\n  previewFeatures = ["driverAdapters"]',
        GENERATOR + '\n  previewFeatures = ["relationJoins", "queryCompiler"]',
        'provider = "prisma-client"\n  engineType = "client"',
        'provider = "prisma-client"\n  runtime = "workerd"',
    ],
)
def test_a_client_without_it_does_not(generator: str) -> None:
    assert told(schema(generator)) == []


@pytest.mark.parametrize(
    "datasource",
    [
        'provider = "mysql"\n  url = env("DATABASE_URL")',
        'provider = "cockroachdb"\n  url = env("DATABASE_URL")',
        'provider = "sqlite"\n  url = "file:shop.db"',
        'provider = "postgresql"',  # since version 7
        'provider = "postgresql"\n  directUrl = env("DATABASE_URL")',
        'provider = "postgresql"\n  // url = env("DATABASE_URL")',
        'provider = "postgresql"\n  url = "prisma://accelerate.prisma-data.net/?api_key=k"',
        'provider = "postgresql"\n  url = "postgresql://a:b@pooler/shop?pgbouncer=true"',
        'provider = "postgresql"\n  url = "postgresql://a:b@pooler/shop?schema=x&pgbouncer=true"',
    ],
)
def test_another_database_or_an_engine_that_is_told_has_none(datasource: str) -> None:
    assert told(schema(datasource=datasource)) == []


def test_a_url_of_the_schema_is_kept_without_its_password() -> None:
    url = "postgresql://a:b@pooler:6432/shop?pgbouncer=false&statement_cache_size=0"
    found = told(schema(datasource=f'provider = "postgres"\n  url = "{url}"'))
    assert found == [("Prisma Client", "", "postgresql://pooler:6432/shop")]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("schema.prisma", 1),
        ("apps/api/schema.prisma", 1),
        ("prisma/schema/main.prisma", 1),
        ("docs/SCHEMA_DRAFT.prisma", 0),
        ("src/generated/prisma/schema.prisma", 0),
        ("prisma/old.schema.prisma", 0),
    ],
)
def test_only_schemas_that_prisma_looks_for_count(path: str, count: int) -> None:
    assert len(told(schema(), path)) == count


def _rules(folder: Path, files: dict[str, str]) -> list[str]:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    found = run.findings(folder, "driver-prepared-statements")
    assert all(f.problem.at.path.endswith("web/prisma/schema.prisma") for f in found)
    return [f.rule for f in found]


def _compose(
    url: str = POOLED,
    mode: str = "transaction",
    version: str = "1.20.1",
    name: str = "DATABASE_URL",
) -> dict[str, str]:
    text = COMPOSE.format(url=url, mode=mode, version=version, name=name)
    return {"compose.yaml": text, "web/prisma/schema.prisma": schema()}


TOLD = ["driver-prepared-statements"]


@pytest.mark.parametrize(
    "url", [POOLED, f"{POOLED}?statement_cache_size=0", f"{POOLED}?pgbouncer=false"]
)
def test_a_client_behind_a_pooler_that_follows_nothing_is_told(tmp_path: Path, url: str) -> None:
    assert _rules(tmp_path, _compose(url)) == TOLD


@pytest.mark.parametrize(
    "files",
    [
        _compose(f"{POOLED}?pgbouncer=true"),
        _compose(mode="session"),
        _compose(version="v1.24.1-p1"),  # follows 200 by default
        _compose("postgresql://app@db:5432/shop"),
        _compose("${WHATEVER}"),
        _compose(name="OTHER_URL"),
    ],
)
def test_one_that_is_told_or_led_elsewhere_is_not(tmp_path: Path, files: dict[str, str]) -> None:
    assert _rules(tmp_path, files) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/package.json", '{"dependencies": {"@prisma/adapter-pg": "6"}}'),
        ("web/src/db.ts", "export const db = new PrismaClient({ datasources: { db: { url } } });"),
        ("web/src/prisma.js", "new PrismaClient({ datasourceUrl: url });"),
        ("web/src/server.ts", "process.env.DATABASE_URL = pooled(process.env.DATABASE_URL);"),
        ("web/src/lib/db.ts", 'const url = process.env.DATABASE_URL + "?pgbouncer=true";'),
        ("web/prisma.config.ts", "export default defineConfig({ datasource: { url } });"),
        ("web/db.py", "import prisma\ndb = prisma.Prisma(datasource={'url': URL})\n"),
    ],
)
def test_a_client_that_code_gives_another_way_is_not(tmp_path: Path, path: str, text: str) -> None:
    assert _rules(tmp_path, {**_compose(), path: text}) == []


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"web/.env": f"DATABASE_URL={POOLED}\n"}, TOLD),
        ({"web/prisma/.env": f"DATABASE_URL={POOLED}\n"}, TOLD),
        ({".env": f"DATABASE_URL={POOLED}\n"}, []),  # Prisma does not look there
        ({"web/.env.example": f"DATABASE_URL={POOLED}\n"}, []),
        ({"web/.env": f"DATABASE_URL={POOLED}?pgbouncer=true\n"}, []),
        (
            {
                "web/.env": f"DATABASE_URL={POOLED}\n",
                "web/.env.production": f"DATABASE_URL={POOLED}?pgbouncer=true\n",
            },
            [],
        ),
        (
            {
                "web/.env": f"DATABASE_URL={POOLED}\n",
                "web/.env.production": "DATABASE_URL=postgresql://app@db:5432/shop\n",
            },
            [],
        ),
    ],
)
def test_a_file_of_variables_that_prisma_loads_counts(
    tmp_path: Path, files: dict[str, str], found: list[str]
) -> None:
    assert _rules(tmp_path, {**_compose(name="OTHER"), **files}) == found
