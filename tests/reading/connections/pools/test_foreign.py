"""Whose a session is that a function takes or is handed."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.reader import Options

HEAD = """
import requests
from settings import settings
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker
Shop = sessionmaker(create_engine(settings.url))
Other = sessionmaker(create_engine(settings.mssql_url))
later = create_engine("mysql://db/crm")
Later = sessionmaker(bind=later)
def get(): return Other()
class Store:
    def __init__(self, shop: sessionmaker = Shop, other: sessionmaker = Other):
        self.shop = shop
        self.other = other
"""
BODY = """
        s.execute(select(1))
        requests.get("https://shop.example", timeout=5)
"""


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("def work(self):\n      with Shop() as s:", True),
        ("def work(self):\n      with Other() as s:", False),
        ("def work(self):\n      with Later() as s:", False),
        ("def work(self):\n      with get() as s:", False),
        ("def work(self):\n      with self.shop() as s:", True),
        ("def work(self):\n      with self.other() as s:", False),
        ("def work(self):\n      with Session(later) as s:", False),
        ("def work(self, s: Session):\n      if s:", True),
        ("def work(self, mysql: Session):\n      if s := mysql:", False),
    ],
)
def test_what_is_held_of_another_database_is_left_out(head: str, found: bool) -> None:
    text = f"{HEAD}    {head}{BODY}"
    module = read(SourceFile("work.py", text), Options()).module
    assert module is not None
    holds = [h for f in module.functions if f.name == "Store.work" for h in f.holds]
    assert bool(holds) is found


def test_what_is_lost_of_another_database_is_no_leak() -> None:
    body = "\ndef work():\n    s = {}()\n    s.execute(select(1))\n    s.close()\n"
    for maker, lost in (("Shop", True), ("Other", False)):
        module = read(SourceFile("work.py", HEAD + body.format(maker)), Options()).module
        assert module is not None
        (taken,) = next(f.acquisitions for f in module.functions if f.name == "work")
        assert (taken.leak is not None) is lost
