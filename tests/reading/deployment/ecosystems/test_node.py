"""Pools of programs for Node.js."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.node import claims, read

Row = tuple[str, tuple[tuple[str, ...], int | None] | None]


def rows(text: str, path: str = "db.ts") -> list[Row]:
    found = read(SourceFile(path, text))
    pools = found.pools if found else ()
    return [(p.driver, (p.size.variables, p.size.number) if p.size else None) for p in pools]


PG = 'import pg, { Pool } from "pg"; '
SEQUELIZE = 'const { Sequelize } = require("sequelize"); '
TYPEORM = 'import { DataSource } from "typeorm"; '


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (PG + "new Pool({ max: 20 })", [("node-postgres", ((), 20))]),
        (PG + "const p = new pg.Pool();", [("node-postgres", None)]),
        (PG + "new Pool({ ...base })", [("node-postgres", ((), None))]),
        (PG + "new Pool({ ...base, max: 3 })", [("node-postgres", ((), 3))]),
        (PG + "new Pool(options)", [("node-postgres", ((), None))]),
        (PG + "const o = { max: 4 }; new Pool(o)", [("node-postgres", ((), 4))]),
        (
            'import postgres from "postgres"; const sql = postgres(url, { max: 6 })',
            [("postgres.js", ((), 6))],
        ),
        (
            'const postgres = require("postgres"); postgres({ host: "db" })',
            [("postgres.js", None)],
        ),
        (
            SEQUELIZE + 'new Sequelize(url, { dialect: "postgres", pool: { max: 9 } })',
            [("Sequelize", ((), 9))],
        ),
        (SEQUELIZE + 'new Sequelize(u, { dialect: "mysql" })', []),
        (SEQUELIZE + 'new Sequelize("sqlite::memory:")', []),
        (
            TYPEORM + 'new DataSource({ type: "postgres", entities: [], extra: { max: 25 } })',
            [("TypeORM", ((), 25))],
        ),
        (TYPEORM + 'new DataSource({ type: "mysql", entities: [] })', []),
        (
            'import { PrismaPg } from "@prisma/adapter-pg"; new PrismaPg({ connectionString: u })',
            [("@prisma/adapter-pg", None)],
        ),
        ('import { Pool } from "generic-pool"; new Pool({ max: 20 })', []),
        ('// import { Pool } from "pg"', []),
    ],
)
def test_what_a_file_sets_up(text: str, found: list[Row]) -> None:
    assert rows(text) == found


def test_an_adapter_over_a_pool_that_is_given_to_it_has_none_of_its_own() -> None:
    text = """import pg from "pg";
import { PrismaPg } from "@prisma/adapter-pg";
const pool = new pg.Pool({ connectionString: url, max: 20 });
const adapter = new PrismaPg(pool, { schema });
"""
    assert rows(text) == [("node-postgres", ((), 20))]
    other = text.replace("PrismaPg(pool", "PrismaPg(options")
    assert [name for name, _ in rows(other)] == ["node-postgres", "@prisma/adapter-pg"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ("constructor() { this.pool = new Pool({ max: 20 }); new PrismaPg(this.pool) }", 0),
        ("pool = new pg.Pool(); open() { return new PrismaPg(this.pool) }", 0),
        ("constructor(private readonly pool: Pool) { new PrismaPg(this.pool) }", 0),
        ("constructor(pool: pg.Pool) { new PrismaPg(pool) }", 0),
        ("constructor(pool: PoolConfig) { new PrismaPg(pool) }", 1),
        ("options = { max: 3 }; open() { return new PrismaPg(this.options) }", 1),
        ("constructor() { this.pool = pooled(); new PrismaPg(this.pool) }", 1),
        ("pool: Pool; open() { return new PrismaPg({ connectionString: this.pool.url }) }", 1),
    ],
)
def test_an_adapter_may_be_given_the_pool_of_an_object(members: str, found: int) -> None:
    imports = 'import { PrismaPg } from "@prisma/adapter-pg"; import pg, { Pool } from "pg";'
    names = [name for name, _ in rows(f"{imports} class Database {{ {members} }}")]
    assert names.count("@prisma/adapter-pg") == found


def test_a_knexfile_has_a_pool_for_each_environment() -> None:
    text = """module.exports = {
      development: { client: "pg", pool: { max: 3 }, connection: process.env.DEV_URL },
      test: { client: "sqlite3", pool: { max: 1 } },
      production: { client: "postgresql", connection: process.env.DATABASE_URL },
    };"""
    found = read(SourceFile("knexfile.js", text))
    assert found is not None
    assert [(p.chosen, p.size and p.size.number, p.default, p.variables) for p in found.pools] == [
        ("development", 3, 10, ("DEV_URL",)),
        ("production", None, 10, ("DATABASE_URL",)),
    ]


def test_an_address_is_a_variable_or_a_text_without_its_password() -> None:
    text = """import { Pool } from "pg";
      new Pool({ connectionString: process.env.DATABASE_URL });
      new Pool({ connectionString: "postgres://shop:hidden@db:5433/shop" });
      new Pool({ host: "db", port: 6432, password: "hidden" });
    """
    found = read(SourceFile("db.ts", text))
    assert found is not None
    assert [p.variables for p in found.pools] == [("DATABASE_URL",), (), ()]
    assert [p.address for p in found.pools[1:]] == [
        "postgresql://db:5433/shop",
        "postgresql://db:6432/",
    ]
    assert "hidden" not in repr(found)


@pytest.mark.parametrize(
    ("host", "address", "variables"),
    [
        ('process.env.DB_HOST || "localhost"', "postgresql://localhost:5432/", ("DB_HOST",)),
        ('process.env.DB_HOST ?? "db"', "postgresql://db:5432/", ("DB_HOST",)),
        ("process.env.DB_HOST", "", ("DB_HOST",)),
        ("settings.host", "", ()),
        ("process.env.DB_HOST || settings.host", "", ("DB_HOST",)),
    ],
)
def test_a_host_is_a_variable_with_what_it_falls_back_on(
    host: str, address: str, variables: tuple[str, ...]
) -> None:
    found = read(SourceFile("db.ts", f"{PG}new Pool({{ host: {host}, max: 4 }});"))
    assert found is not None
    assert [(p.address, p.variables) for p in found.pools] == [(address, variables)]


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("src/db/index.ts", True),
        ("knexfile.js", True),
        ("src/app.module.ts", True),
        ("src/components/button.ts", False),
        ("src/modules/cars/infrastructure/repositories/buyer.repository.adapter.ts", True),
        ("src/lib/auth.ts", True),
        ("src/lib/data/snapshot.ts", True),
        ("src/lib/database.ts", True),
        ("pages/api/analytics/stats.ts", True),
        ("src/app/stats/route.ts", True),
        ("node_modules/pg/lib/pool.js", False),
        ("src/db/pool.test.ts", False),
        ("types/db.d.ts", False),
        ("db.py", False),
    ],
)
def test_which_files_are_read(path: str, claimed: bool) -> None:
    assert claims(path) is claimed


def test_an_address_that_leads_to_itself_ends() -> None:
    text = PG + "const a = { connectionString: a }; new Pool({ connectionString: a });"
    found = read(SourceFile("db.ts", text))
    assert found
    assert (found.pools[0].address, found.pools[0].variables) == ("", ())


@pytest.mark.parametrize("folder", ["test-utils", "test_utils", "__mocks__", "e2e"])
def test_what_serves_tests_is_no_applications(folder: str) -> None:
    assert not claims(f"api/src/{folder}/db.ts")
    assert claims("api/src/utils/db.ts")
