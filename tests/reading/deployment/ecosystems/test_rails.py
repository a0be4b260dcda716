"""`config/database.yml`, Puma's and Sidekiq's settings."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile, Unreadable
from poollint.reading.deployment.ecosystems.rails import claims, read
from poollint.reading.deployment.ecosystems.stating import StatedFile


def file(path: str, text: str) -> StatedFile:
    found = read(SourceFile(path, text))
    assert isinstance(found, StatedFile)
    return found


def test_each_environment_and_database_has_a_pool() -> None:
    text = """default: &default
  adapter: postgresql
  pool: <%= ENV.fetch("RAILS_MAX_THREADS") { 5 } %>
development:
  <<: *default
  database: shop_development
test:
  <<: *default
production:
  primary:
    <<: *default
    url: <%= ENV["DATABASE_URL"] %>
  cache:
    <<: *default
    max_connections: 3
    host: cache-db
    port: 5433
"""
    pools = file("config/database.yml", text).pools
    assert [(p.chosen, p.title) for p in pools] == [
        ("development", ""),
        ("production", "primary"),
        ("production", "cache"),
    ]
    assert [p.size and (p.size.variables, p.size.number) for p in pools] == [
        (("RAILS_MAX_THREADS",), 5),
        (("RAILS_MAX_THREADS",), 5),
        ((), 3),
    ]
    assert [p.variables for p in pools] == [(), ("DATABASE_URL",), ()]
    assert [p.unasked for p in pools] == ["DATABASE_URL", "DATABASE_URL", "CACHE_DATABASE_URL"]
    assert pools[2].address == "postgresql://cache-db:5433/"
    assert pools[2].setting == "max_connections"


@pytest.mark.parametrize("adapter", ["mysql2", "sqlite3", "trilogy"])
def test_another_database_has_no_pool(adapter: str) -> None:
    text = f"production:\n  adapter: {adapter}\n  pool: 5\n  database: shop\n"
    assert read(SourceFile("config/database.yml", text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "production:\n  adapter: postgresql\n<% if ENV['POOL'] %>\n  pool: 5\n<% end %>\n",
        "production:\n  adapter: postgresql\n  pool: {{ pool }\n",
        "- just\n- a list\n",
    ],
)
def test_a_template_is_not_read_and_no_fault_of_the_file(text: str) -> None:
    found = read(SourceFile("config/database.yml", text))
    assert isinstance(found, Unreadable)
    assert not found.broken


def test_a_pool_without_a_limit_is_not_known() -> None:
    text = "production:\n  adapter: postgresql\n  database: shop\n  pool: -1\n"
    (pool,) = file("config/database.yml", text).pools
    assert pool.size
    assert pool.size.number is None


@pytest.mark.parametrize(
    ("text", "workers", "threads"),
    [
        ("workers 3\nthreads 1, 6\n", ((), 3, True), ((), 6, True)),
        ("threads(2, 4)\n", None, ((), 4, True)),
        (
            'count = ENV.fetch("RAILS_MAX_THREADS", 3)\nthreads count, count\n',
            None,
            (("RAILS_MAX_THREADS",), 3, True),
        ),
        (
            'if ENV["RAILS_ENV"] == "production"\n  workers Integer(ENV["W"] || 2)\nend\n',
            (("W",), 2, False),
            None,
        ),
        ("# workers 9\nworkers = 3\n", None, None),
        ("workers Etc.nprocessors\n", ((), None, True), None),
    ],
)
def test_puma(text: str, workers: object, threads: object) -> None:
    found = file("config/puma.rb", text)
    for name, expected in (("workers", workers), ("threads", threads)):
        told = found.number(name)
        assert (told and (told.variables, told.number, told.certain)) == expected


def test_sidekiq() -> None:
    text = ":concurrency: <%= ENV.fetch('THREADS', 10) %>\n:queues: [default]\n"
    told = file("config/sidekiq.yml", text).number("concurrency")
    assert told
    assert (told.variables, told.number) == (("THREADS",), 10)


@pytest.mark.parametrize(
    ("path", "claimed"),
    [
        ("config/database.yml", True),
        ("api/config/puma.rb", True),
        ("config/puma/production.rb", True),
        ("config/environments/production.rb", False),
        ("database.yml", False),
        ("config/database.yml.example", False),
    ],
)
def test_which_files_are_read(path: str, claimed: bool) -> None:
    assert claims(path) is claimed
