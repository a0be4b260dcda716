"""What leads to SQLite, or another database, is none of PostgreSQL's connections."""

from __future__ import annotations

import pytest

from poollint.reading import linking
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import readings

COMPOSE = """
services:
  web:
    build: .
    command: gunicorn -w 2 shop.api:app
    environment: {ENV}
"""
CODE = "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(%s)\n"


def told(environment: str, engine: str) -> tuple[str, ...]:
    files = {"compose.yaml": COMPOSE.replace("ENV", environment), "shop/api.py": CODE % engine}
    return linking.uncounted(linking.link(readings(files), Options()))


@pytest.mark.parametrize(
    ("environment", "engine"),
    [
        ('DATABASE_URL: "sqlite:////data/shop.db?timeout=3"', 'os.environ["DATABASE_URL"]'),
        ('DATABASE_CONNECTION_STRING: "sqlite:///s.db"', "address()"),
        ('DATABASE_URL: "mysql+pymysql://db/shop"', 'os.environ["DATABASE_URL"]'),
        ('OTHER: "1"', '"sqlite:///shop.db"'),
    ],
)
def test_an_engine_of_another_database_is_not_told(environment: str, engine: str) -> None:
    found = told(environment, engine)
    assert not any("may open" in text or "the pool in" in text for text in found)


@pytest.mark.parametrize(
    ("environment", "engine"),
    [
        ('DATABASE_URL: "postgresql://far.example/shop"', 'os.environ["DATABASE_URL"]'),
        ('CACHE_URL: "sqlite:///cache.db"', 'os.environ["DATABASE_URL"]'),
        ('OTHER: "1"', "address()"),
        ('DATABASE_URL: "sqlite:///s.db", DB_HOST: far.example', "address()"),
    ],
)
def test_another_engine_stays(environment: str, engine: str) -> None:
    assert any("may open 2 to 30" in text for text in told(environment, engine))
