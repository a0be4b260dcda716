"""What an `app.json` says beside a Procfile, or without one."""

from __future__ import annotations

from poollint.model.source import Span
from tests.reading.deployment.arranging import topology

APP = """{
  "addons": ["heroku-postgresql:essential-0"],
  "formation": {"web": {"quantity": 2}, "worker": {"quantity": 1}},
  "env": {"DB_POOL_SIZE": "3"}
}
"""


def test_a_procfile_for_development_says_nothing_of_the_platform() -> None:
    files = {"app.json": APP, "Procfile.dev": "web: gunicorn a:b\nwatch: yarn build\n"}
    (budget,) = topology(files).servers
    told = [*(client.name for client in budget.clients), *budget.missing]
    assert not any("watch" in text for text in told)


def test_dynos_whose_commands_stand_in_no_file_are_counted_or_told() -> None:
    (budget,) = topology({"app.json": APP}).servers
    assert [(c.name, c.steady[0].high) for c in budget.clients] == [("web", 2), ("worker", 1)]


def test_what_all_dynos_are_given_counts_where_a_program_reads_it() -> None:
    files = {
        "app.json": APP.replace('"DB_POOL_SIZE"', '"WEB_CONCURRENCY": "4", "DB_POOL_SIZE"'),
        "Procfile": "web: gunicorn shop.db:app\nworker: python worker.py\n",
        "shop/db.py": """
            import os
            from psycopg2.pool import ThreadedConnectionPool
            app = ThreadedConnectionPool(1, 9, os.environ["DATABASE_URL"])
            """,
    }
    (budget,) = topology(files).servers
    found = {c.name: c.steady[1] for c in budget.clients}
    assert (found["web"].low, found["web"].high, found["web"].hint) == (4, 4, "WEB_CONCURRENCY")
    assert (found["worker"].low, found["worker"].high) == (1, 1)
    origin = found["web"].origin
    assert isinstance(origin, Span)
    assert (origin.path, origin.start.line) == ("app.json", 4)
