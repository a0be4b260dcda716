"""What runs while a version is released is told beside the sum: it has a connection of its own."""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings, topology

CODE = {
    "shop/api.py": """
        import os
        from sqlalchemy import create_engine
        engine = create_engine(os.environ["DATABASE_URL"], pool_size=4, max_overflow=6)
        """
}
ENDS = "which runs while a version is released, and ends"
APP = '{"addons": ["heroku-postgresql:essential-0"], "formation": {"web": {"quantity": 2}}}'
PROCFILE = "release: alembic upgrade head\nweb: gunicorn -w 2 shop.api:app\n"
HEROKU = """
setup:
  addons: [{plan: "heroku-postgresql:standard-0", as: DATABASE}]
build: {docker: {web: Dockerfile}}
release: {image: web, command: [alembic upgrade head]}
run: {web: "gunicorn -w 2 shop.api:app"}
"""
RENDER = """
databases: [{name: main, plan: pro-8gb}]
services:
  - type: web
    name: api
    runtime: python
    preDeployCommand: alembic upgrade head
    startCommand: gunicorn -w 2 shop.api:app
    envVars: [{key: DATABASE_URL, fromDatabase: {name: main, property: connectionString}}]
"""
PLATFORM = """
databases: [{name: main, engine: PG}]
services:
  - name: api
    run_command: gunicorn -w 2 shop.api:app
    envs: [{key: DATABASE_URL, value: "${main.DATABASE_URL}"}]
jobs:
  - name: migrate
    kind: PRE_DEPLOY
    run_command: alembic upgrade head
    envs: [{key: DATABASE_URL, value: "${main.DATABASE_URL}"}]
"""
FLY = """
app = "shop"
[build]
[deploy]
release_command = "alembic upgrade head"
[processes]
web = "gunicorn -w 2 shop.api:app"
"""
RAILWAY = """
[deploy]
preDeployCommand = ["alembic upgrade head"]
startCommand = "gunicorn -w 2 shop.api:app"
"""


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("release", {"app.json": APP, "Procfile": PROCFILE}),
        ("release", {"heroku.yml": HEROKU}),
        ("api/release", {"render.yaml": RENDER}),
        ("migrate", {".do/app.yaml": PLATFORM}),
    ],
)
def test_a_release_is_told_beside_the_sum_of_its_server(name: str, files: dict[str, str]) -> None:
    (budget,) = topology({**files, **CODE}).servers
    assert f"`{name}`, {ENDS}" in budget.missing
    assert all(name != client.name for client in budget.clients)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("release", {"Procfile": PROCFILE}),
        ("shop/release", {"fly.toml": FLY}),
        ("app/release", {"railway.toml": RAILWAY}),
    ],
)
def test_a_release_is_told_where_no_server_is_described(name: str, files: dict[str, str]) -> None:
    found = linking.uncounted(linking.link(readings({**files, **CODE}), Options()))
    assert f"`{name}`, {ENDS}" in found
    assert sum(name in text for text in found) == 1


def test_a_release_of_what_opens_nothing_is_not_told() -> None:
    found = linking.link(readings({"Procfile": "release: bin/assets\nweb: bin/serve\n"}), Options())
    assert linking.uncounted(found) == ()
