"""A container of Node.js has the pools of the files that its program takes in."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from poollint.reading.deployment.ecosystems.node_imports import Imports, Program
from poollint.reading.reader import Options
from tests.effort import effort
from tests.reading.deployment.arranging import topology

COMPOSE = """
services:
  db: {image: "postgres:16"}
  api: {build: api, environment: {URL: "postgresql://shop@db/orders"}}
"""
POOL = """
import { Pool } from "pg";
export const pool = new Pool({ connectionString: process.env.URL, max: MOST });
"""
SHOP = {
    "compose.yaml": COMPOSE,
    "api/Dockerfile": 'FROM node:22\nCOPY . .\nCMD ["node", "dist/main.js"]\n',
    "api/package.json": '{"dependencies": {"pg": "8", "@shop/db": "workspace:*", "hono": "4"}}',
    "api/src/db.ts": POOL.replace("MOST", "40"),
    "api/src/old/db.ts": POOL.replace("MOST", "60"),
    "db/package.json": '{"name": "@shop/db", "dependencies": {"pg": "8"}}',
    "db/src/client.ts": POOL.replace("MOST", "9"),
}
PATHS = '{"extends": "./base.json", "compilerOptions": {"strict": true}}'
BASE = '{ /* of all */ "compilerOptions": {"baseUrl": ".", "paths": {"~/*": ["src/*",]}}}'
NEVER_STATED = ("main.ts", "a.ts", "base.json", "api/tsconfig.json")


def pools(more: Mapping[str, str]) -> dict[str, int | None]:
    """Return the files of the pools that the container has, and their sizes."""
    files = {**SHOP, **more}
    stated = {path: text for path, text in files.items() if not path.endswith(NEVER_STATED)}
    found = topology(stated, Options(beside=lambda path: files.get(path, "")))
    factors = [c.steady[-1] for budget in found.servers for c in budget.clients]
    return {getattr(one.origin, "path", ""): one.high for one in factors}


@pytest.mark.parametrize(
    ("main", "found"),
    [
        ('import { serve } from "hono";\nimport { pool } from "./db";', {"api/src/db.ts": 40}),
        ('import fs from "node:fs/promises";\nexport * from "./a.js";', {"api/src/db.ts": 40}),
        ('const { pool } = require("~/db");', {"api/src/db.ts": 40}),
        ('import "./a";\nimport type { Pool } from "./old/db";', {"api/src/db.ts": 40}),
        ('import { pool } from "@shop/db/client";', {"db/src/client.ts": 9}),
        ('await import("./old/db");', {"api/src/old/db.ts": 60}),
        # Any file may be taken in: a name is worked out, not known, or found in a folder.
        ('import "./a";\nrequire(name);', {"api/src/db.ts": 40, "api/src/old/db.ts": 60}),
        ('import "./a";\nimport "old";', {"api/src/db.ts": 40, "api/src/old/db.ts": 60}),
        (
            'import "./a";\nfs.readdirSync("old").map(load);',
            {"api/src/db.ts": 40, "api/src/old/db.ts": 60},
        ),
        # What is taken in makes no pool: where that is made is not known.
        ("serve();", {"api/src/db.ts": 40, "api/src/old/db.ts": 60}),
    ],
)
def test_a_container_has_the_pools_that_its_program_takes_in(
    main: str, found: dict[str, int]
) -> None:
    own = {"api/src/main.ts": main, "api/src/a.ts": 'import { pool } from "./db";'}
    assert pools({**own, "api/tsconfig.json": PATHS, "api/base.json": BASE}) == found


def test_what_is_bundled_begins_where_the_command_says() -> None:
    scripts = '"build": "vite build && esbuild server/main.ts --bundle --outdir=dist"'
    package = f'{{"scripts": {{{scripts}}}, "dependencies": {{"pg": "8"}}}}'
    files = {"api/package.json": package, "api/src/main.ts": 'import "./db";'}
    assert pools({**files, "api/server/main.ts": 'import "../src/old/db";'}) == {
        "api/src/old/db.ts": 60
    }


@pytest.mark.parametrize(
    "started", ['["node", "site/server.js"]', "npm run start -w site", '["node", "main.js"]']
)
def test_a_program_of_another_package_has_no_pool_of_the_only_one(started: str) -> None:
    folder = "/app/site" if "main" in started else "/app"
    image = f"FROM node:22\nWORKDIR {folder}\nCOPY . .\nCMD {started}\n"
    files = {
        "compose.yaml": COMPOSE.replace(
            "build: api", "build: {context: ., dockerfile: Dockerfile.site}"
        ),
        "Dockerfile.site": image,
        "site/package.json": '{"name": "site", "scripts": {"start": "node server.js"}}',
    }
    only = {path: text for path, text in SHOP.items() if path.startswith("api/")}
    (budget,) = topology({**only, **files}).servers
    assert not budget.clients


def test_files_that_take_in_each_other_are_read_once() -> None:
    files = {
        f"src/f{at}.ts": "".join(f'import "./f{other}";\n' for other in range(at - 9, at + 9))
        for at in range(500)
    }
    found: list[Program | None] = []

    def walk(number: int) -> None:
        text = {path: files[path] for path in list(files)[:number]}
        found.append(Imports((), lambda path: text.get(path, "")).of(".", "f0"))

    assert effort(lambda: walk(500)) < 4 * effort(lambda: walk(250))
    assert found[0] is not None
    assert len(found[0].files) == 500


def test_of_two_files_of_one_name_each_takes_in_the_one_of_its_own_language() -> None:
    text = {
        "main.ts": 'import "./db";\nimport "./old.js";\n',
        "old.js": 'require("./db");\n',
        "db.ts": "export {};\n",
        "db.js": "module.exports = {};\n",
    }
    found = Imports((), lambda path: text.get(path, "")).of(".", "main")
    assert found == Program(frozenset(text), whole=True)
