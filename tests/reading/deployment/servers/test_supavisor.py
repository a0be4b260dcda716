"""Supavisor in a container is a pooler, and opens connections of its own besides."""

import pytest

from poollint.model.figure import Basis
from tests.reading.deployment.arranging import readings, topology
from tests.reading.deployment.linking.shop import SHOP, uncounted

COMPOSE = """
services:
  db: {image: "supabase/postgres:15"}
  pooler:
    image: supabase/supavisor:2.5
    environment:
      DATABASE_URL: ecto://keeper:hunter2hunter2@db:5432/_tenants
      POSTGRES_HOST: db
      POOLER_MAX_CLIENT_CONN: 40
      MORE
  web:
    build: .
    command: gunicorn -w 2 shop.api:app
    environment: {DATABASE_URL: "postgresql://shop.dev@pooler:6543/postgres"}
"""
SIZES = 'POOLER_DEFAULT_POOL_SIZE: "20"\n      DB_POOL_SIZE: "5"'


def tree(more: str) -> dict[str, str]:
    return {"compose.yaml": COMPOSE.replace("MORE", more), **SHOP}


def test_it_opens_its_pools_and_what_its_own_database_needs() -> None:
    found = topology(tree(SIZES))
    ((server,), (budget,)) = found.servers, found.poolers
    rows = {client.name: client.entry.total for client in server.clients}
    assert [(name, total.low, total.high) for name, total in rows.items()] == [
        ("pooler/*", 20, 20),
        ("pooler/_tenants", 5, 5),
    ]
    assert budget.pooler.product == "Supavisor"
    assert [client.name for client in budget.clients] == ["web"]


def test_a_pool_for_each_user_is_counted_and_more_are_told_of() -> None:
    second = """
      jobs:
        build: .
        command: gunicorn -w 1 shop.api:app
        environment: {DATABASE_URL: "postgresql://jobs.dev@pooler:6543/postgres"}
    """
    files = tree(SIZES)
    files["compose.yaml"] += second.replace("\n    ", "\n").rstrip()
    (server,) = topology(files).servers
    assert server.clients[0].entry.total.high == 40
    assert server.missing == (
        "`*` of `pooler`: one more pool for each other database and user asked for",
    )


@pytest.mark.parametrize("more", ['DB_POOL_SIZE: "5"', "OTHER: 1"])
def test_without_a_size_nothing_is_made_up(more: str) -> None:
    files = tree(more)
    assert not any("which no file describes" in told for told in uncounted(files))
    (server,) = topology(files).servers
    assert server.clients == ()
    assert server.missing[0].startswith("`pooler`: what it opens is not known")


def test_a_size_that_no_file_states_is_unknown() -> None:
    (budget, *_) = topology(tree("POOLER_DEFAULT_POOL_SIZE: ${POOL}")).poolers
    assert budget.pooler.default_pool_size.basis is Basis.UNKNOWN


def test_no_secret_is_kept() -> None:
    assert "hunter2hunter2" not in repr(topology(tree(SIZES)).poolers[0].pooler.databases)
    assert readings(tree(SIZES))
