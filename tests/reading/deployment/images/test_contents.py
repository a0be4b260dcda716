"""A container runs no code that its image has not: what its Dockerfile copies, or it is given."""

from __future__ import annotations

import pytest

from tests.reading.deployment.arranging import topology

COMPOSE = """
services:
  db:
    image: postgres:16
  web:
    build: {context: ., dockerfile: docker/web.Dockerfile}
    command: celery -A mail worker -c 2
    depends_on: [db]
    volumes: [VOLUME]
"""
SHOP = {
    "shop/db.py": "import os\nfrom sqlalchemy import create_engine\n"
    'engine = create_engine(os.environ["DATABASE_URL"], pool_size=3, max_overflow=0)\n',
}


def counted(docker: str, volume: str = "") -> list[tuple[str, int | None]]:
    compose = COMPOSE.replace("VOLUME", volume)
    (server,) = topology({"compose.yaml": compose, "docker/web.Dockerfile": docker, **SHOP}).servers
    return [(client.name, client.entry.total.high) for client in server.clients]


@pytest.mark.parametrize(
    "docker",
    [
        "FROM python:3.13\nCOPY mail/ /app/\n",
        "FROM alpine:3\nCOPY mail/pyproject.toml mail/*.py ./\nCOPY shop/logs.py /app/\n",
        "FROM python:3.13\nARG PART=mail\nCOPY ${PART}/ /app/\n",
        "FROM python:3.13 AS tools\nCOPY . .\nFROM python:3.13-slim\nCOPY mail /app\n",
    ],
)
def test_code_that_is_not_copied_runs_in_no_container(docker: str) -> None:
    assert counted(docker) == []


@pytest.mark.parametrize(
    ("docker", "volume"),
    [
        ("FROM python:3.13\nCOPY . .\n", ""),
        ("FROM python:3.13\nCOPY mail shop /app/\n", ""),
        ("FROM python:3.13\nCOPY sho[p] /app/\n", ""),
        ("FROM python:3.13 AS made\nCOPY . .\nFROM python:3.13\nCOPY --from=made /a /a\n"
         "COPY mail /app\n", ""),  # which another stage may bring
        ("FROM ours/of-before:1\nCOPY mail /app\n", ""),  # whose image may hold it
        ("FROM python:3.13\nARG PART\nCOPY ${PART}/ /app/\n", ""),
        ("FROM python:3.13\nARG PART=shop\nCOPY $PART /app/\n", ""),
        ("FROM python:3.13\n", ""),
        ("FROM python:3.13\nCOPY requirements.txt Pipfile conf/app.ini /app/\n", ""),
        ("FROM python:3.13\nCOPY mail /app\nCOPY target/shop.whl /tmp/\n", ""),
        ("FROM python:3.13\nCOPY mail /app\n", "./shop:/app/shop"),
        ("FROM python:3.13\nRUN --mount=type=bind,target=/s cp -r /s /app\nCOPY mail /app\n", ""),
    ],
)  # fmt: skip
def test_code_that_may_be_there_counts(docker: str, volume: str) -> None:
    assert counted(docker, volume) == [("web", 6)]


def test_an_application_in_another_language_is_in_the_image_too() -> None:
    compose = """
        services:
          db: {image: "postgres:16"}
          api:
            build: {context: ., dockerfile: ops/api.Dockerfile}
            environment: {DATABASE_URL: "postgresql://db/shop"}
          site:
            build: {context: ., dockerfile: ops/site.Dockerfile}
            depends_on: [db]
            env_file: secret.env
        """
    files = {
        "compose.yaml": compose,
        "ops/api.Dockerfile": "FROM node:22\nCOPY api ./\nCMD node main.js\n",
        "ops/site.Dockerfile": "FROM node:22\nCOPY site ./\nCMD node main.js\n",
        "api/package.json": '{"scripts": {"start": "node main.js"}}',
        "api/db.js": 'const { Pool } = require("pg");\n'
        "new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });\n",
    }
    (server,) = topology(files).servers
    assert [(c.name, c.entry.total.high) for c in server.clients] == [("api", 4)]
    assert not any("api" in text or "db.js" in text for text in server.missing)


@pytest.mark.parametrize(("part", "found"), [("shop", [("web", 6)]), ("mail", [])])
def test_an_argument_that_the_build_is_given_is_stronger_than_its_default(
    part: str, found: list[tuple[str, int]]
) -> None:
    other = {"shop": "mail", "mail": "shop"}[part]
    compose = COMPOSE.replace("VOLUME", "").replace(
        "web.Dockerfile}", f"web.Dockerfile, args: {{PART: {part}}}}}"
    )
    docker = f"FROM python:3.13\nARG PART={other}\nCOPY ${{PART}}/ /app/\n"
    files = {"compose.yaml": compose, "docker/web.Dockerfile": docker, **SHOP}
    (server,) = topology(files).servers
    assert [(client.name, client.entry.total.high) for client in server.clients] == found
