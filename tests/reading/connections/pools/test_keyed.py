"""Pools that are kept by what they are asked for, and when two requests are for the same."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.merged import drivers
from poollint.reading.connections.pools.keyed import filling, object_of, of_value
from poollint.reading.naming.scopes.names import Names

TEXT = """
from functools import lru_cache
from settings import A
from psycopg2.pool import ThreadedConnectionPool
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
URL = "dbname=shop"
_pools = {}
_built = {}
_forced = {}

def pool_of(url):
    if url not in _pools:
        _pools[url] = ThreadedConnectionPool(1, 9, url)
    return _pools[url]

def same(url):
    return pool_of(url)

def of_main():
    return pool_of(URL)

def second(name, url):
    return pool_of(url)

def either(name, url):
    url = url or name
    return pool_of(url)

def forced(url, afresh=False):
    if url not in _forced or afresh:
        _forced[url] = create_engine(url)
    return _forced[url]

def afresh(url, kept=True):
    if url not in _forced or not kept:
        _forced[url] = create_engine(url)
    return _forced[url]

def by_word(*, url):
    return pool_of(url)

def engine_of(url):
    engine = _built.get(url)
    if engine is None:
        engine = _built[url] = create_engine(url)
    return engine

def factory_of(engine):
    return sessionmaker(engine)

@lru_cache
def remembered(url):
    return create_engine(url)

@lru_cache
def only():
    return create_engine(URL)

@lru_cache
def names(url):
    return [url]

class Store:
    def __init__(self, url):
        self.engine = create_engine(url)

@lru_cache
def store():
    return Store(URL)

@lru_cache
def store_at(url):
    return Store(url)

def made_anew():
    return Store(URL)

def kept_by(store):
    return store.engine

def other():
    return create_engine(URL)

def here(url, changed):
    changed = url
    changed = URL
    return pool_of(url)
"""
NAMES = Names(ast.parse(TEXT), drivers())


@pytest.mark.parametrize(
    ("asked", "scope", "found"),
    [
        ("pool_of(URL)", "here", ("keyed", "", "_pools", "module", "", "URL")),
        ("pool_of('main')", "here", ("keyed", "", "_pools", "=", "'main'")),
        ("pool_of(f'main')", "here", ()),
        ("pool_of(url=URL)", "here", ("keyed", "", "_pools", "module", "", "URL")),
        ("pool_of(*url)", "here", ()),
        ("pool_of(**url)", "here", ()),
        ("pool_of()", "here", ()),
        ("_pools['main']", "here", ("keyed", "", "_pools", "=", "'main'")),
        ("_pools.get(A)", "here", ("keyed", "", "_pools", "import", "settings.A")),
        ("same(URL)", "here", ("keyed", "", "_pools", "module", "", "URL")),
        ("of_main()", "here", ("keyed", "", "_pools", "module", "", "URL")),
        ("pool_of(url)", "here", ("keyed", "", "_pools", "local", "", "here", "url")),
        ("pool_of(changed)", "here", ()),
        ("second('a', URL)", "here", ("keyed", "", "_pools", "module", "", "URL")),
        ("second('a', url=URL)", "here", ("keyed", "", "_pools", "module", "", "URL")),
        ("second(*url, URL)", "here", ()),
        ("second('a')", "here", ()),
        ("either('a', URL)", "here", ()),
        ("forced(URL)", "here", ("keyed", "", "_forced", "module", "", "URL")),
        ("forced(URL, True)", "here", ()),
        ("forced(URL, afresh=True)", "here", ()),
        ("afresh(URL)", "here", ()),
        ("by_word(url=URL)", "here", ("keyed", "", "_pools", "module", "", "URL")),
        ("by_word(URL)", "here", ()),
        ("engine_of(URL)", "here", ("keyed", "", "_built", "module", "", "URL")),
        ("factory_of(engine_of(URL))", "here", ("keyed", "", "_built", "module", "", "URL")),
        ("remembered(url=URL)", "here", ()),
        ("remembered(URL)", "here", ("keyed", "", "remembered", "module", "", "URL")),
        ("only()", "here", ("keyed", "", "only")),
        ("names(URL)", "here", ()),
        ("other()", "here", ()),
        ("store()", "here", ("keyed", "", "store")),
        ("store().engine", "here", ("keyed", "", "store", "engine")),
        ("store_at(URL)", "here", ("keyed", "", "store_at", "module", "", "URL")),
        ("made_anew()", "here", ()),
        ("kept_by(store())", "here", ("keyed", "", "store", "engine")),
        ("kept_by(made_anew())", "here", ()),
        ("kept_by()", "here", ()),
    ],
)
def test_what_is_asked_for_tells_which_pool_it_is(
    asked: str, scope: str, found: tuple[str, ...]
) -> None:
    assert of_value(ast.parse(asked, mode="eval").body, scope, NAMES, 8) == found


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        (("keyed", "", "_pools", "module", "", "URL"), ["ThreadedConnectionPool(1, 9, url)"]),
        (("keyed", "", "_built", "module", "", "URL"), ["create_engine(url)"]),
        (("keyed", "", "remembered", "module", "", "URL"), ["create_engine(url)"]),
        (("keyed", "", "only"), ["create_engine(URL)"]),
        (("keyed", "", "nothing", "module", "", "URL"), []),
    ],
)
def test_what_builds_them_is_found(source: tuple[str, ...], calls: list[str]) -> None:
    found = [ast.unparse(b.value) for b in filling(source, NAMES) if b.value is not None]
    assert found == calls


@pytest.mark.parametrize(
    ("source", "chain"),
    [
        (("keyed", "", "store", "engine"), ["engine"]),
        (("keyed", "", "store_at", "=", "'main'", "engine"), ["engine"]),
        (("keyed", "", "store_at", "import", "settings.A", "engine"), ["engine"]),
        (("keyed", "", "store_at", "module", "", "URL", "engine"), []),
        (("keyed", "", "store"), []),
        (("keyed", "", "only"), []),
        (("keyed", "", "only", "pool"), []),
        (("keyed", "", "_pools", "=", "'main'"), []),
    ],
)
def test_object_that_is_remembered_is_told_from_its_attributes(
    source: tuple[str, ...], chain: list[str]
) -> None:
    kept, attributes = object_of(source, NAMES)
    assert (attributes, kept.cls if kept else "") == (chain, "Store" if chain else "")
