"""Servers that the settings describe, joined with what the tree has."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.facts.declared import (
    Declared,
    DeclaredClient,
    DeclaredServer,
    DeclaredWorkload,
)
from poollint.model.figure import Figure
from poollint.model.source import Span
from poollint.reading.deployment.linking.declared import lost
from poollint.reading.reader import Options
from tests.reading.deployment.arranging import topologies, topology

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


def importer(database: str, name: str = "importer", environment: str = "") -> Options:
    replicas, processes, pool = (
        Figure.stated(number, title, AT)
        for title, number in (("replicas", 2), ("processes", 3), ("pool size", 5))
    )
    workload = DeclaredWorkload(name, AT, database, replicas, processes, pool, environment)
    return Options(declared=Declared(workloads=(workload,)))


def test_a_workload_of_the_settings_counts_at_a_server_of_the_tree() -> None:
    (one,) = topology({"compose.yaml": WEB % "" + SERVER}, importer("db")).servers
    totals = {c.name: c.entry.total.high for c in one.clients}
    assert totals["importer"] == 30


def test_a_workload_of_the_settings_may_connect_to_a_pooler() -> None:
    text = """
        services:
          pool:
            image: edoburu/pgbouncer
            environment: {DB_HOST: db, DB_USER: shop, DB_NAME: shop}
          db: {image: "postgres:16"}
        """
    found = topology({"compose.yaml": text}, importer("pool"))
    (pooler,) = found.poolers
    assert [(c.name, c.entry.total.high) for c in pooler.clients] == [("importer", 30)]


def test_a_workload_that_the_tree_describes_is_not_counted_twice() -> None:
    found = topology({"compose.yaml": WEB % "" + SERVER}, importer("db", name="web"))
    (one,) = found.servers
    assert [c.name for c in one.clients if c.span == AT] == []
    assert "`web` is what the tree describes, not what the settings say of it" in found.assumed


@pytest.mark.parametrize(
    ("environment", "scopes"),
    [("", ["dev", "prod"]), ("prod", ["prod"]), ("p*", ["prod"]), ("stage", [])],
)
def test_a_workload_runs_in_the_environments_that_are_named(
    environment: str, scopes: list[str]
) -> None:
    text = WEB % "" + SERVER
    files = {"dev/compose.yaml": text.replace("80", "70"), "prod/compose.yaml": text}
    found = topologies(files, importer("db", environment=environment))
    counted = [t.scope for t in found for s in t.servers if any(c.span == AT for c in s.clients)]
    assert [scope.partition("/")[0] for scope in counted] == scopes


def test_a_workload_whose_database_is_nowhere_is_told() -> None:
    options = importer("dbz", environment="prod")
    found = topologies({"compose.yaml": WEB % "" + SERVER}, options)
    assert list(lost(options.declared, found)) == [
        "`importer` of the settings may open 30 connections to `dbz`, and nothing in `prod` is"
        " called so"
    ]
