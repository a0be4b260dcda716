"""Which file of Node.js a container starts, and whose pools are another program's."""

from __future__ import annotations

from math import prod

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.node_programs import file_of
from poollint.reading.deployment.programs import commands
from tests.reading.deployment.arranging import topology

COMPOSE = """
services:
  db: {image: "postgres:16"}
  api: {build: ., environment: {URL: "postgresql://shop@db/orders"}}
"""
WORKER = """
  worker: {build: ., command: node src/worker.js, environment: {URL: "postgresql://shop@db/orders"}}
"""
DENO = """
FROM denoland/deno:2.1.0
COPY jobs/ /app/
CMD ["deno", "run", "server.ts"]
"""
POOL = """
const { Pool } = require("pg");
const pool = new Pool({ connectionString: process.env.URL, max: MOST });
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("node src/api.js", "api"),
        ("node -r dotenv/config dist/main", "main"),
        ("npx ts-node -P tsconfig.js src/jobs/a.ts", "jobs/a"),
        ("tsc && NODE_ENV=production node --inspect /app/dist/a.mjs", "a"),
        ("deno run --allow-net /app/server.ts", "server"),
        ("typeorm-ts-node-commonjs -d src/data-source.ts", ""),
        ("npm start", ""),
    ],
)
def test_a_line_starts_a_file(line: str, found: str) -> None:
    source = SourceFile("compose.yaml", line)
    assert file_of(commands.line(line, source.span(0, len(line)))) == found


def most(compose: str, started: str, worker: str, scripts: str = "{}") -> dict[str, int]:
    """Return the most connections of each client; a pool of 40 is the program's that is built."""
    found = topology(
        {
            "compose.yaml": compose,
            "Dockerfile": f"FROM node:22\nCOPY . .\nCMD {started}\n",
            "package.json": f'{{"scripts": {scripts}, "dependencies": {{"pg": "8"}}}}',
            "src/api.js": POOL.replace("MOST", "40"),
            "src/worker.js": worker,
        }
    )
    (budget,) = found.servers
    return {c.name: prod(figure.high or 0 for figure in c.steady) for c in budget.clients}


def test_a_container_has_no_pool_of_a_program_that_another_starts() -> None:
    worker = POOL.replace("MOST", "60")
    assert most(COMPOSE + WORKER, '["node", "src/api.js"]', worker) == {"api": 40, "worker": 60}
    scripts = '{"start": "node src/api.js", "jobs": "node dist/worker.js"}'
    assert most(COMPOSE, '["npm", "start"]', worker, scripts) == {"api": 40}


def test_what_exports_its_pool_may_be_opened_by_another_program() -> None:
    worker = POOL.replace("MOST", "60") + "module.exports = pool;\n"
    found = most(COMPOSE + WORKER, '["node", "src/api.js"]', worker)
    assert found == {"api": 60, "worker": 60}


def test_what_deno_runs_has_the_pools_of_its_own_language() -> None:
    built = "{context: ., dockerfile: Dockerfile.jobs}"
    found = topology(
        {
            "compose.yaml": COMPOSE.replace("build: .", f"build: {built}"),
            "Dockerfile.jobs": DENO,
            "go.mod": "module shop\n",
            "internal/db/db.go": "package db\nfunc f() { config.MaxConns = 25 }\n",
            "jobs/server.ts": """
                import postgres from "npm:postgres@3";
                const sql = postgres(Deno.env.get("URL"), { max: 7 });
            """,
        }
    )
    ((client,),) = (budget.clients for budget in found.servers)
    assert prod(figure.high or 0 for figure in client.steady) == 7
