"""What a role may have at most, where clients connect without a pooler."""

from __future__ import annotations

import pytest

from tests.reading.deployment.arranging import topology

COMPOSE = """
    services:
      db:
        image: postgres:16
        environment: {POSTGRES_PASSWORD: x, POSTGRES_USER: OWNER}
      web:
        image: shop
        command: gunicorn -w 2 --threads 40 shop.api:app
        environment: {DATABASE_URL: "postgresql://shop@db/orders"}
      jobs:
        image: shop
        command: gunicorn -w 1 --threads 40 shop.api:app
        environment: {DATABASE_URL: "postgresql://USER@db/orders"}
    """
CODE = """
    import os
    from psycopg2.pool import ThreadedConnectionPool
    pool = ThreadedConnectionPool(1, 10, os.environ["DATABASE_URL"])
    """
LIMIT = "ALTER ROLE shop CONNECTION LIMIT 15;\n"


def lines(sql: str, user: str = "shop", owner: str = "admin") -> list[tuple[str, int, int | None]]:
    files = {
        "compose.yaml": COMPOSE.replace("USER@", f"{user}@").replace("OWNER", owner),
        "shop/api.py": CODE,
        "init.sql": sql,
    }
    (server,) = topology(files).servers
    totals = ((client.name, client.entry.total) for client in server.clients)
    return [(name, total.low, total.high) for name, total in totals]


WHOLE = [("web", 20, 20), ("jobs", 10, 10)]


@pytest.mark.parametrize(
    ("sql", "user", "owner", "found"),
    [
        (LIMIT, "shop", "admin", [("web and jobs", 15, 15)]),
        (LIMIT, "other", "admin", [("web", 15, 15), ("jobs", 10, 10)]),
        (LIMIT, "shop", "shop", WHOLE),
        (LIMIT.replace("15", "30"), "shop", "admin", WHOLE),
        (LIMIT.replace("15", "-1"), "shop", "admin", WHOLE),
        (LIMIT.replace("shop", "other"), "shop", "admin", WHOLE),
        (LIMIT + LIMIT.replace("15", "40"), "shop", "admin", WHOLE),
        (LIMIT.replace("ROLE shop", "DATABASE orders"), "shop", "admin", WHOLE),
    ],
)
def test_a_role_has_no_more_connections_than_its_limit(
    sql: str, user: str, owner: str, found: list[tuple[str, int, int | None]]
) -> None:
    assert lines(sql, user, owner) == found
