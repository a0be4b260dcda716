"""How many connections one process may hold: at the least, usually, and at the most."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis, Figure
from tests.reading.deployment.arranging import topology

ENGINE = """
    import os
    from sqlalchemy import create_engine

    engine = create_engine(os.environ["DATABASE_URL"], pool_size=8, max_overflow=4)
    """
WEB = """
    services:
      db: {image: "postgres:16"}
      web:
        image: registry.example/shop:1
        COMMAND
        environment: {DATABASE_URL: "postgresql://shop@db/orders"}
"""


def held(command: str) -> Figure:
    """Return what the pool of the only client comes to in one process."""
    stated = f"command: {command}" if command else "restart: always"
    files = {"compose.yaml": WEB.replace("COMMAND", stated), "shop/db.py": ENGINE}
    (server,) = topology(files).servers
    (client,) = server.clients
    return client.steady[-1]


@pytest.mark.parametrize(
    ("command", "low", "usual"),
    [
        ("gunicorn shop.db:app", 1, 1),
        ("gunicorn shop.db:app --threads 3", 3, 3),
        ("gunicorn shop.db:app --threads 10", 10, 10),
        ("gunicorn shop.db:app --threads 12", 12, None),
        ("gunicorn shop.db:app --threads 20", 12, None),
        ("gunicorn shop.db:app -k uvicorn.workers.UvicornWorker", 12, None),
        ("python -m shop.db", 1, None),
        ("", 1, None),  # the command is in the image
    ],
)
def test_what_a_process_holds_depends_on_what_runs_at_once_in_it(
    command: str, low: int, usual: int | None
) -> None:
    found = held(command)
    assert (found.low, found.high, found.usual) == (low, 12, usual)


BRANCHES = """
    import os
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool, QueuePool

    told = {"echo": False}
    SETTING
    engine = create_engine(os.environ["DATABASE_URL"], **told)
    """


@pytest.mark.parametrize(
    ("setting", "most"),
    [
        ("if DEBUG: told['poolclass'] = NullPool", 15),
        ("told['poolclass'] = NullPool if DEBUG else QueuePool", 15),
        ("told['poolclass'] = NullPool", 3),  # as many as there are threads
        ("if DEBUG: told.update(pool_size=2)\n    else: told['pool_size'] = 30", 40),
        ("if DEBUG: told['pool_size'] = 30\n    else: told['pool_size'] = 2", 40),
        (
            "if DEBUG:\n        told['poolclass'] = NullPool\n    else:\n"
            "        told.update({'pool_size': 20, 'max_overflow': 5, 'poolclass': QueuePool})",
            25,
        ),
    ],
)
def test_of_what_branches_say_of_a_pool_the_greatest_counts(setting: str, most: int) -> None:
    web = WEB.replace("COMMAND", "command: gunicorn shop.db:app --threads 3")
    files = {"compose.yaml": web, "shop/db.py": BRANCHES.replace("SETTING", setting)}
    (server,) = topology(files).servers
    (client,) = server.clients
    assert client.steady[-1].high == most


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("told['poolclass'] = NullPool if DEBUG else QueuePool", True),
        ("told['poolclass'] = NullPool", False),
        ("told['poolclass'] = QueuePool", False),
    ],
)
def test_a_branch_without_a_pool_leaves_the_sum_open(setting: str, told: bool) -> None:
    web = WEB.replace("COMMAND", "command: gunicorn shop.db:app --threads 3")
    files = {"compose.yaml": web, "shop/db.py": BRANCHES.replace("SETTING", setting)}
    (server,) = topology(files).servers
    open_ = "`web`: what it opens where a condition leaves it without a pool (shop/db.py:7)"
    assert server.missing == ((open_,) if told else ())


def test_a_program_that_a_variable_of_its_own_gives_away_is_one_process() -> None:
    text = """
        services:
          db: {image: "postgres:16"}
          kc:
            image: quay.io/keycloak/keycloak:26.0
            command: start
            environment: {KC_DB_URL: "jdbc:postgresql://db/kc", VARIABLE: 30}
        """
    for variable, unknown in (("KC_DB_POOL_MAX_SIZE", False), ("DB_POOL_SIZE", True)):
        (server,) = topology({"compose.yaml": text.replace("VARIABLE", variable)}).servers
        (client,) = server.clients
        _, processes, size = client.steady
        assert size.high == 30
        assert (processes.basis is Basis.UNKNOWN) is unknown
