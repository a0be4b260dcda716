"""Where a cache is asked before the database."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.code import read
from poollint.reading.connections.orm.use.read_through import (
    answered_before,
    asks_cache,
    remembered,
)
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.reader import Options

HEAD = """
import redis
store = redis.Redis()
class PriceCache:
    def find(self, key): ...
prices = PriceCache()
def load(key):
    return store.get(key)
def fetch(key):
    return key.get(1)
"""
WAITING = """
import requests
from sqlalchemy.orm import Session
from shop.models import Rate
RATES_CACHE = {}
def rate(session: Session, key):
    if key in RATES_CACHE:
        return RATES_CACHE[key]
    return session.get(Rate, key)
def rates(session: Session):
    return [rate(session, "eur")]
def send(session: Session):
    rates(session)
    requests.post("", timeout=5)
"""


def _member(body: str, decorator: str = "") -> Member:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    text = f"{HEAD}{decorator}\ndef work(key, session):\n{lines}"
    return Member(Names(ast.parse(text), drivers()), "work")


@pytest.mark.parametrize(
    ("before", "test"),
    [
        ("", "key in USER_CACHE"),
        ("cached = ask(key)", "cached"),
        ("found = self.cache_repo.get(key)", "not found"),
        ("found = store.get(key)", "found is not None"),
        ("found = load(key)", "found"),
        ("found = prices.find(key)", "found"),
        ("", "(found := memo.get(key)) is not None"),
    ],
)
def test_it_asks_a_cache_by_its_name_its_type_or_in_what_it_calls(before: str, test: str) -> None:
    here = _member(f"{before or 'pass'}\nif {test}:\n    return 1")
    (node,) = [n for n in own_nodes(here.names.functions["work"]) if isinstance(n, ast.If)]
    assert asks_cache(node.test, here)


@pytest.mark.parametrize(
    ("before", "test"),
    [("found = fetch(key)", "found"), ("", "key"), ("found = session.get(key)", "found is None")],
)
def test_other_guards_ask_none(before: str, test: str) -> None:
    here = _member(f"{before or 'pass'}\nif {test}:\n    return 1")
    (node,) = [n for n in own_nodes(here.names.functions["work"]) if isinstance(n, ast.If)]
    assert not asks_cache(node.test, here)


@pytest.mark.parametrize(
    ("decorator", "kept"),
    [("@cache.memoize(5)", True), ("@lru_cache", True), ("@cached_property", False), ("", False)],
)
def test_a_decorator_that_remembers_answers_for_the_function(decorator: str, kept: bool) -> None:
    assert remembered(_member("return 1", decorator)) is kept


def test_what_is_asked_before_the_cache_is_asked_anyway() -> None:
    here = _member("if key in CACHE:\n    return 1\nsession.get(key)\nsession.scalars(key)")
    first, second = [
        n for n in own_nodes(here.names.functions["work"])
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
    ]  # fmt: skip
    assert answered_before(here, [first, second])
    here = _member("session.get(key)\nif key in CACHE:\n    return 1")
    calls = [n for n in own_nodes(here.names.functions["work"]) if isinstance(n, ast.Call)]
    assert not answered_before(here, calls)


@pytest.mark.parametrize("guard", [True, False])
def test_a_connection_that_is_taken_on_a_miss_is_held_less_surely(guard: bool) -> None:
    text = WAITING if guard else WAITING.replace("if key in RATES_CACHE", "if key is None")
    module = read(SourceFile("work.py", text), Options()).module
    assert module is not None
    ((hold,),) = [f.holds for f in module.functions if f.name == "send"]
    assert hold.quiet is guard
