"""What makes several of one start of Node.js."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.node import claims, read
from tests.reading.deployment.arranging import topology

CLUSTER = 'const cluster = require("node:cluster");\nif (first) cluster.fork();\n'
BREE = 'const Bree = require("bree");\nnew Bree({ jobs }).start();\n'
POOL = 'import { Pool } from "pg";\nexport const pool = new Pool({ max: 7 });\n'


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CLUSTER, 2),
        (BREE, 2),
        ('import { Worker } from "worker_threads";\n\nnew Worker("./job.js");\n', 3),
        ('import { Worker } from "bullmq";\nnew Worker("mail", send);\n', 0),
        ('import cluster from "node:cluster";\nlog(cluster.isPrimary);\n', 0),
    ],
)
def test_where_a_file_starts_several(text: str, line: int) -> None:
    found = read(SourceFile("src/server.ts", text))
    at = found.beside if found else None
    assert (at.path, at.start.line) == ("src/server.ts", line) if line and at else at is None


def bounds(command: str, **files: str) -> tuple[int, int | None]:
    compose = f"""services:
  db: {{image: "postgres:16"}}
  web:
    build: .
    command: {command}
    environment: {{DATABASE_URL: "postgresql://shop@db/shop"}}
"""
    texts = {f"src/{name}.ts": text for name, text in files.items()}
    found = topology({"compose.yaml": compose, "Dockerfile": "FROM node:24\nCOPY . .\n", **texts})
    ((client,),) = (server.clients for server in found.servers)
    return client.entry.total.low, client.entry.total.high


@pytest.mark.parametrize(
    ("command", "high"),
    [
        ("node dist/server.js", None),
        ("node src/server", None),
        ("node .", None),
        ("node dist/jobs.js", 7),  # another program of the same application
    ],
)
def test_nothing_bounds_what_a_program_of_several_processes_opens(
    command: str, high: int | None
) -> None:
    assert bounds(command, db=POOL, server=CLUSTER) == (1, high)


def test_a_file_that_makes_the_pool_too_is_read_for_both() -> None:
    assert bounds("node dist/server.js", server=POOL + BREE) == (1, None)


def test_programs_are_read_by_the_names_that_they_have() -> None:
    assert claims("deploy/publisher.js")
    assert claims("src/worker.ts")
    assert not claims("tests/worker.ts")
