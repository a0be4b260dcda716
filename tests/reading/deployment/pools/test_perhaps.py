"""Pools of which nothing tells whether they are built leave a sum open beside those that are."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from poollint.engine.request import Mode, Request
from poollint.engine.session import run

COMPOSE = """
services:
  db: {image: "postgres:16"}
  web:
    build: .
    command: gunicorn -w 1 --threads 50 shop.api:app
    environment: {URL: "postgresql://shop@db/orders"}
"""
API = """
import os
from sqlalchemy import create_engine
from shop.store import Store
engine = create_engine(os.environ["URL"], pool_size=6, max_overflow=0)
"""
METHOD = """
from psycopg2.pool import ThreadedConnectionPool
class Store:
    def open(self, url, size):
        self.pool = ThreadedConnectionPool(1, size, url)
"""
MAKING = METHOD.replace("def open", "def __init__")
LOCAL = METHOD.replace("self.pool = ThreadedConnectionPool(1, size, url)", "pool = "
                       "ThreadedConnectionPool(1, size, url)\n        pool.getconn()")  # fmt: skip
PLAIN = """
from psycopg2.pool import ThreadedConnectionPool
def opened(url):
    return ThreadedConnectionPool(1, 9, url)
Store = opened
"""
NOT_KNOWN = "for nothing tells whether and how often it is called"


@pytest.mark.parametrize(
    ("store", "call", "told"),
    [
        (METHOD, "Store().open(URL, 9)",
         f"`web`: what `Store.open` opens, {NOT_KNOWN} (shop/store.py:4)"),
        (MAKING, "keep(Store(URL, 9))",
         f"`web`: what `Store.__init__` opens, {NOT_KNOWN} (shop/store.py:4)"),
        (METHOD, "Store()", ""),
        (PLAIN, "keep(Store)", f"`web`: what `opened` opens, {NOT_KNOWN} (shop/store.py:3)"),
        (PLAIN, "def opened(): ...", ""),
        (LOCAL, "Store().open(URL, 9)", ""),
    ],
    ids=["called", "object is made", "never called", "function", "another's", "its own"],
)  # fmt: skip
def test_a_pool_of_a_function_that_the_process_speaks_of_is_told(
    store: str, call: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"compose.yaml": COMPOSE, "Dockerfile": "FROM python\n", "shop/__init__.py": ""}
    files |= {"shop/api.py": f"{API}\ndef run(URL):\n    {call}\n", "shop/store.py": store}
    (tmp_path / "shop").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(textwrap.dedent(content).lstrip())
    monkeypatch.chdir(tmp_path)
    (budget,) = run(Request(paths=(".",), mode=Mode.AUDIT, isolated=True)).report.budgets
    assert budget.ledger.demanded.high == 6
    assert budget.missing == ((told,) if told else ())
