"""Servers that the settings describe, joined with what the tree has."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
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


def test_a_budget_of_a_declared_database_is_reported_where_its_limit_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.poollint.audit.database]]\nname = "main"\nmatch = ["*.example"]\n'
        "max-connections = 30\n"
    )
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").write_text(
        "import os\nfrom sqlalchemy import create_engine\n"
        'engine = create_engine(os.environ["DATABASE_URL"], pool_size=40, max_overflow=0)\n'
    )
    (tmp_path / "compose.yaml").write_text(
        "services:\n  web:\n    image: shop\n"
        "    command: gunicorn -k gthread --threads 99 shop.app:app\n"
        "    environment: {DATABASE_URL: postgresql://shop@db.example/orders}\n"
    )
    monkeypatch.chdir(tmp_path)
    outcome = run(Request(paths=(".",), mode=Mode.AUDIT))
    found = [(f.rule, f.problem.at.path, f.problem.at.start.line) for f in outcome.report.findings]
    assert found == [("connection-budget-exceeded", "pyproject.toml", 4)]
    assert "max-connections = 30" in outcome.sources["pyproject.toml"].text
    narrow = run(Request(paths=("shop",), mode=Mode.AUDIT)).report.findings
    assert narrow == ()
