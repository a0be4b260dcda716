"""What starts tasks by the clock, of an application of Django."""

from __future__ import annotations

from tests.reading.deployment.arranging import topology

FILES = {
    "compose.yaml": """
        services:
          db: {image: "postgres:16"}
          beat: {build: ., command: celery -A shop beat, depends_on: [db]}
        """,
    "shop/settings.py": """
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": "db"}}
        """,
}


def test_it_keeps_its_table_in_the_database_or_not() -> None:
    (one,) = topology(FILES).servers
    (client,) = one.clients
    assert (client.name, client.entry.total.low, client.entry.total.high) == ("beat", 0, 1)
    assert one.missing == ()


def test_it_holds_no_pool_of_those_that_its_tasks_use() -> None:
    files = {
        "compose.yaml": FILES["compose.yaml"].replace(
            "depends_on: [db]", "environment: {DATABASE_URL: 'postgresql://shop@db/orders'}"
        ),
        "Dockerfile": "FROM python:3.12\nCOPY . .\n",
        "shop/celery.py": """
            import os
            from celery import Celery
            from sqlalchemy import create_engine

            app = Celery("shop")
            engine = create_engine(os.environ["DATABASE_URL"], pool_size=50, max_overflow=50)
            """,
    }
    (one,) = topology(files).servers
    (client,) = one.clients
    assert (client.entry.total.low, client.entry.total.high) == (0, 1)
