"""Pools of users for whom a PgBouncer has settings of its own."""

from __future__ import annotations

import pytest

from tests.reading.deployment.arranging import topology

COMPOSE = """
services:
  db: {image: "postgres:16"}
  pool:
    image: registry.example/pgbouncer
    volumes: ["./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini"]
  jobs:
    image: registry.example/shop
    command: uvicorn shop:app
    environment: {DATABASE_URL: "postgresql://jobs:x@pool:6432/shop"}
  web:
    image: registry.example/shop
    command: uvicorn shop:app
    environment: {DATABASE_URL: "postgresql://WEB:x@pool:6432/shop"}
"""
INI = """
[databases]
shop = host=db pool_size=30 reserve_pool_size=2 FORCED
[users]
jobs = SETTINGS
[pgbouncer]
pool_mode = transaction
CAP
"""
CODE = """
import os
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=90)
"""


def opened(
    settings: str, web: str = "web", forced: str = "", cap: str = ""
) -> list[tuple[str, int | None]]:
    ini = INI.replace("SETTINGS", settings).replace("FORCED", forced).replace("CAP", cap)
    files = {"compose.yaml": COMPOSE.replace("WEB", web), "pgbouncer.ini": ini, "shop.py": CODE}
    found = topology(files)
    return [(c.name, c.entry.total.high) for p in found.poolers for c in p.opens]


def test_the_size_of_a_user_counts_before_that_of_the_database() -> None:
    assert opened("pool_size=12", web="jobs") == [("pool", 12), ("pool reserve", 2)]


def test_others_have_that_of_the_database() -> None:
    assert opened("pool_size=12 reserve_pool_size=0") == [
        ("pool", 30),
        ("pool reserve", 2),
        ("pool of jobs", 12),
    ]


def test_a_user_that_an_entry_forces_is_the_one_that_counts() -> None:
    assert opened("pool_size=12 reserve_pool_size=0", forced="user=jobs") == [("pool", 12)]


@pytest.mark.parametrize(
    "settings", ["max_user_connections=5", "pool_size=40 max_user_connections=5"]
)
def test_all_pools_of_a_user_are_bounded(settings: str) -> None:
    assert opened(settings, web="jobs") == [("pool", 5)]


def test_the_cap_of_the_database_bounds_the_pools_of_all_users() -> None:
    assert opened("pool_size=12", cap="max_db_connections = 35") == [("pool", 35)]


def test_a_mode_alone_is_no_size() -> None:
    assert opened("pool_mode=session", web="jobs") == [("pool", 30), ("pool reserve", 2)]


def test_where_no_client_is_known_by_name_it_is_told() -> None:
    settings = INI.replace("SETTINGS", "pool_size=12").replace("FORCED", "").replace("CAP", "")
    nameless = COMPOSE.replace("jobs:x@", "@").replace("WEB:x@", "@")
    found = topology({"compose.yaml": nameless, "pgbouncer.ini": settings, "shop.py": CODE})
    (pooler,) = found.poolers
    assert [c.entry.total.high for c in pooler.opens] == [30, 2]
    assert "`pool`: a pool of another size for `jobs`, if they come" in pooler.missing
