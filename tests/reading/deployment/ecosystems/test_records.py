"""Records that connect to a database of their own."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.records import claims, read
from poollint.reading.deployment.ecosystems.stating import StatedFile
from tests.reading.deployment.arranging import topology

RUBY = "FROM ruby:3.3\nENV RAILS_ENV=production\nCOPY . .\n"
COMPOSE = """services:
  db:
    image: postgres:16
  web:
    build: .
    command: bundle exec puma -w 2 -t 8
    environment:
      DATABASE_URL: "postgresql://shop@db/shop"
      STOCK_URL: "postgresql://shop@db/stock"
"""
DATABASE = """production:
  adapter: postgresql
  pool: 8
  url: <%= ENV["DATABASE_URL"] %>
stock_production:
  adapter: postgresql
  pool: 6
  url: <%= ENV["STOCK_URL"] %>
legacy:
  adapter: mysql2
  pool: 4
"""
RECORD = "class Stock < ActiveRecord::Base\n  %s\nend\n"


def files(call: str) -> dict[str, str]:
    return {
        "compose.yaml": COMPOSE,
        "Dockerfile": RUBY,
        "Gemfile": 'gem "pg"\n',
        "config/database.yml": DATABASE,
        "app/models/stock.rb": RECORD % call,
    }


def file(call: str) -> StatedFile | None:
    found = read(SourceFile("app/models/stock.rb", RECORD % call))
    assert found is None or isinstance(found, StatedFile)
    return found


@pytest.mark.parametrize(
    ("call", "entries"),
    [
        ("establish_connection :stock_production", ("stock_production",)),
        ('establish_connection("stock_#{Rails.env}")', ("stock_*",)),
        ('establish_connection :"#{Rails.env}_stock"', ("*_stock",)),
        ('self.establish_connection config.for(env_name: "stock_#{Rails.env}")[0]', ("stock_*",)),
    ],
)
def test_names_of_entries(call: str, entries: tuple[str, ...]) -> None:
    found = file(call)
    assert found
    assert found.entries == entries
    assert not found.pools


@pytest.mark.parametrize(
    "call",
    ["establish_connection", "ActiveRecord::Base.establish_connection(:stock)",
     "ApplicationRecord.establish_connection :stock", "# establish_connection :stock"],
)  # fmt: skip
def test_what_only_replaces_the_connection_of_all_adds_none(call: str) -> None:
    assert file(call) is None


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("app/models/stock.rb", True),
        ("engines/shop/app/models/shop/stock.rb", True),
        ("spec/models/stock.rb", False),
        ("config/puma.rb", False),
    ],
)
def test_where_records_are(path: str, known: bool) -> None:
    assert claims(path) is known


@pytest.mark.parametrize(
    ("call", "most"),
    [
        ("", 16),
        ('establish_connection "stock_#{Rails.env}"', 28),
        ("establish_connection :stock_production", 28),
        ('establish_connection ENV["STOCK_URL"]', 26),
        ("establish_connection ENV.fetch('STOCK_URL')", 26),
        ("establish_connection :legacy", 16),
        ('ActiveRecord::Base.establish_connection ENV["STOCK_URL"]', 16),
    ],
)
def test_the_pool_of_a_record_is_beside_the_others(call: str, most: int) -> None:
    known = files(call or "establish_connection")
    (server,) = topology(known).servers
    assert sum(client.entry.total.high or 0 for client in server.clients) == most
    assert not server.missing


def test_a_record_that_connects_to_who_knows_what_is_told() -> None:
    (server,) = topology(files("establish_connection SETTINGS")).servers
    assert [client.entry.total.high for client in server.clients] == [16]
    assert any("app/models/stock.rb:2" in text for text in server.missing)


def test_of_an_application_that_says_no_environment_entries_are_no_alternatives() -> None:
    known = files('establish_connection "stock_#{Rails.env}"')
    known["Dockerfile"] = "FROM ruby:3.3\nCOPY . .\n"
    (server,) = topology(known).servers
    assert sum(client.entry.total.high or 0 for client in server.clients) == 28
