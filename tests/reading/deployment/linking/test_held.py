"""How many connections one process may hold: at the least, usually, and at the most."""

from __future__ import annotations

import pytest

from poollint.model.figure import Figure
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
