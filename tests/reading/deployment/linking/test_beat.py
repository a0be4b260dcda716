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
