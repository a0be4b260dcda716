"""Connections that a process keeps by itself: each is counted beside what its pools hold."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.facts.topology import ServerBudget
from tests.reading.deployment.arranging import topology

COMPOSE = """
    services:
      db: {image: "postgres:16"}
      web:
        build: .
        command: uvicorn shop.api:app --workers 3
        environment: {DATABASE_URL: "postgresql://shop@db/orders"}
    """
POOL = "pool = asyncpg.create_pool(os.environ['DATABASE_URL'], max_size=4)\n"
KEPT = "conn = psycopg2.connect(os.environ['DATABASE_URL'])\n"
ASKED = """
def handle(event, context):
    with closing(psycopg2.connect()) as conn:
        print(conn)
"""
HEAD = "import os\nfrom contextlib import closing\nimport asyncpg, psycopg2\n"


def budget(manifest: str, text: str) -> ServerBudget:
    (server,) = topology({"compose.yaml": manifest, "shop/api.py": HEAD + text}).servers
    return server


def clients(found: ServerBudget) -> list[tuple[str, int | None]]:
    return [(client.name, client.entry.total.high) for client in found.clients]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (POOL, [("web", 12)]),
        (KEPT, [("web", 3)]),
        (POOL + KEPT, [("web (api.py:4)", 12), ("web (api.py:5)", 3)]),
        (POOL + ASKED, [("web", 12)]),
    ],
)
def test_each_process_has_one_more(text: str, found: list[tuple[str, int]]) -> None:
    assert clients(budget(COMPOSE, text)) == found


def test_none_of_them_is_certain_unless_it_is_known_what_a_process_imports() -> None:
    (client,) = budget(COMPOSE, KEPT).clients
    assert (client.entry.total.low, client.steady[-1].name) == (0, "connection")


def test_what_else_the_code_connects_with_is_told_where_nothing_bounds_it() -> None:
    found = budget(COMPOSE, KEPT + ASKED)
    assert clients(found) == [("web", 3)]
    assert found.missing == ("`web`: what it opens beside its one connection (shop/api.py:7)",)
    assert budget(COMPOSE, KEPT).missing == ()


FUNCTION = """
    AWSTemplateFormatVersion: "2010-09-09"
    Resources:
      Orders:
        Type: AWS::Serverless::Function
        Properties:
          Handler: orders.handle
          CodeUri: .
          ReservedConcurrentExecutions: 40
          Environment: {Variables: {DB_HOST: !GetAtt Db.Endpoint.Address}}
      Db:
        Type: AWS::RDS::DBInstance
        Properties: {Engine: postgres, DBInstanceClass: db.t3.micro}
    """


@pytest.mark.parametrize(("text", "most"), [(KEPT, (40, 40)), (ASKED, (0, 40))])
def test_a_function_that_has_one_event_at_a_time_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, most: tuple[int, int]
) -> None:
    (tmp_path / "template.yaml").write_text(dedent(FUNCTION))
    (tmp_path / "orders.py").write_text(HEAD + text)
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    assert (budget.ledger.demanded.low, budget.ledger.demanded.high) == most


def test_a_url_of_another_database_leads_to_none_of_these() -> None:
    elsewhere = COMPOSE.replace("}\n", ', QUEUE_URL: "mysql://u@my/a"}\n')
    text = "conn = psycopg2.connect(os.environ['QUEUE_URL'])\n"
    assert clients(budget(elsewhere, POOL + text)) == [("web", 12)]


LISTENING = """
import asyncio, os
import asyncpg

async def listen_for_orders():
    conn = await asyncpg.connect(os.environ["DATABASE_URL"])
    await conn.add_listener("orders", print)
    while True:
        await asyncio.sleep(60)
"""


@pytest.mark.parametrize(("call", "most"), [("task = listen_for_orders", 3), ("", None)])
def test_what_a_function_keeps_is_there_only_where_something_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, most: int | None
) -> None:
    files = {
        "compose.yaml": dedent(COMPOSE),
        "Dockerfile": "FROM python\n",
        "shop/__init__.py": "",
        "shop/events.py": LISTENING,
        "shop/api.py": "from shop.events import *\n" + call,
    }
    (tmp_path / "shop").mkdir()
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    assert [entry.total.high for entry in budget.ledger.demand] == ([most] if most else [])
