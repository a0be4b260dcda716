"""Servers that the settings describe, joined with what the tree has."""

from __future__ import annotations

import pytest

from poollint.facts.declared import Declared, DeclaredClient, DeclaredServer
from poollint.model.figure import Figure
from poollint.model.source import Span
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topology

AT = Span.at("poollint.toml")
WEB = """
services:
  web:
    image: shop
    command: gunicorn -w 4 shop:app
    environment:
      %s
      DB_POOL_SIZE: 10
"""
SERVER = """
  db:
    image: postgres:16
    command: postgres -c max_connections=80
"""


def declared(*match: str, name: str = "orders") -> Options:
    server = DeclaredServer(
        name, AT, match, Figure.stated(450, "max_connections", AT),
        Figure.stated(3, "reserved", AT),
    )  # fmt: skip
    client = DeclaredClient("metabase", AT, name, Figure.stated(15, "connections", AT))
    return Options(declared=Declared((server,), (client,)))


def clients(text: str, options: Options) -> dict[str, list[str]]:
    found = topology({"compose.yaml": text}, options).servers
    return {s.server.name: [c.name for c in s.clients] for s in found if s.clients}


@pytest.mark.parametrize(
    ("variable", "match"),
    [
        ("DATABASE_URL: ${SECRET_URL:?}", "$DATABASE_URL"),
        ("DATABASE_URL: ${SECRET_URL:?}", "$*_URL"),
        ("DATABASE_URL: postgresql://shop@a.Example.com/shop", "*.EXAMPLE.com"),
        ("DB_HOST: a.example.com", "a.example.com"),
    ],
)
def test_a_host_or_a_variable_leads_to_it(variable: str, match: str) -> None:
    assert clients(WEB % variable, declared(match)) == {"orders": ["web", "metabase"]}


def test_what_runs_in_the_tree_goes_first() -> None:
    text = WEB % "DATABASE_URL: postgresql://shop@db/shop" + SERVER
    assert clients(text, declared("*", "$*")) == {"db": ["web"]}


def test_nothing_is_counted_where_nothing_of_the_tree_connects() -> None:
    text = WEB % "DATABASE_URL: postgresql://shop@elsewhere/shop"
    assert clients(text, declared("*.example.com", "$OTHER_URL")) == {}


def test_a_pooler_may_lead_to_it() -> None:
    files = {
        "pgbouncer.ini": """
        [databases]
        shop = host=a.example.com pool_size=20
        [pgbouncer]
        listen_port = 6432
        """
    }
    (server,) = topology(files, declared("*.example.com")).servers
    assert [client.name for client in server.clients] == ["pgbouncer", "metabase"]
    assert server.ledger.demand[0].total.high == 20
