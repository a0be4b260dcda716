"""The connections that Tortoise ORM is configured with."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Effect
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.tortoise import ANY, Stated, alias_of, stated
from poollint.syntax.python import PythonTree, parse

HEAD = """
import os
from tortoise import Tortoise, connections
from tortoise.config import ConnectionConfig, DBUrlConfig, TortoiseConfig
from tortoise.contrib.fastapi import register_tortoise
from tortoise.transactions import in_transaction
"""


def _tree(text: str) -> tuple[PythonTree, Names]:
    tree = parse(SourceFile("shop/app.py", HEAD + dedent(text)))
    assert isinstance(tree, PythonTree)
    return tree, Names(tree.module, drivers())


def _of(connection: str) -> Stated:
    return stated(*_tree(f"Tortoise.init({{'connections': {{'shop': {connection}}}}})"))


def _engine(credentials: str, engine: str = "asyncpg") -> str:
    return f"{{'engine': 'tortoise.backends.{engine}', 'credentials': {credentials}}}"


@pytest.mark.parametrize(
    ("connection", "url", "variable"),
    [
        ("'postgres://u:p@db:6432/shop'", "postgresql://db:6432/shop", ""),
        ("os.environ['SHOP_URL']", None, "SHOP_URL"),
        ("DBUrlConfig(url='asyncpg://u:p@db/shop')", "postgresql://db/shop", ""),
        ("ConnectionConfig(db_url=os.environ['SHOP_URL'])", None, "SHOP_URL"),
        (_engine("{'host': 'db', 'port': 6432}"), "postgresql://db:6432/", ""),
        (_engine("dict(host=os.getenv('DB_HOST'), port=5432)"), None, "DB_HOST"),
        (_engine("{'host': 'db', 'port': '6432'}", "psycopg"), "postgresql://db:6432/", ""),
    ],
)
def test_each_connection_leads_somewhere(
    connection: str, url: str | None, variable: str
) -> None:  # fmt: skip
    (found,) = _of(connection).databases
    assert found.alias == "tortoise shop"
    assert (found.url.value if found.url else None) == url
    assert found.variable == variable


@pytest.mark.parametrize(
    "connection",
    [
        "'sqlite://shop.db'",
        "'mysql://u@db/shop'",
        _engine("{'host': 'db'}", "mysql"),
        _engine("made()"),
        "made()",
    ],
)
def test_other_databases_and_what_is_not_told_do_nothing(connection: str) -> None:
    assert not _of(connection).statements


@pytest.mark.parametrize(
    ("connection", "named"),
    [
        (_engine("{'host': 'db'}"), ["asyncpg"]),
        (_engine("{'host': 'db', 'statement_cache_size': 100}"), ["asyncpg"]),
        (_engine("{'host': 'db', 'statement_cache_size': 0}"), []),
        (_engine("{'host': 'db', **more()}"), []),
        (_engine("{'host': 'db'}", "psycopg"), ["psycopg 3"]),
        (_engine("{'host': 'db', 'prepare_threshold': None}", "psycopg"), ["psycopg 3"]),
        (_engine("{'host': 'db', 'kwargs': {'prepare_threshold': None}}", "psycopg"), []),
        ("'postgres://u@db/shop'", ["asyncpg"]),
        ("'psycopg://u@db/shop'", ["psycopg 3"]),
        ("'asyncpg://u@db/shop?statement_cache_size=0'", []),
    ],
)
def test_a_connection_names_statements_unless_its_credentials_stop_it(
    connection: str, named: list[str]
) -> None:
    found = _of(connection).statements
    assert [s.text for s in found if s.effect is Effect.NAMED_STATEMENTS] == named
    assert not [s for s in found if s.effect is Effect.TRANSACTION]


@pytest.mark.parametrize(
    ("connection", "asked"),
    [
        (
            _engine("{'server_settings': {'jit': 'off', 'lock_timeout': '5s'}}"),
            [("server_settings", "jit,lock_timeout")],
        ),
        (_engine("{'schema': 'other'}"), [("schema", "search_path")]),
        (_engine("{'schema': 'other'}", "psycopg"), [("options", "search_path")]),
        (_engine("{'server_settings': {'options': '-c jit=off'}}", "psycopg"), []),
        ("'postgres://u@db/shop?schema=other'", [("schema", "search_path")]),
    ],
)
def test_what_a_connection_begins_with_is_told(
    connection: str, asked: list[tuple[str, str]]
) -> None:
    found = _of(connection).statements
    assert [(s.text, s.subject) for s in found if s.effect is Effect.STARTUP] == asked


@pytest.mark.parametrize(
    "call",
    [
        "Tortoise.init(config=CONFIG)",
        "Tortoise.init(CONFIG)",
        "register_tortoise(app, config=CONFIG)",
        "register_tortoise(app, CONFIG)",
        "Tortoise.init(TortoiseConfig(connections=CONFIG['connections'], apps={}))",
        "Tortoise.init(db_url='postgres://u@db/shop')",
    ],
)
def test_what_sets_tortoise_up_is_known(call: str) -> None:
    config = "CONFIG = {'connections': {'default': 'postgres://u@db/shop'}}\n"
    found = stated(*_tree(config + call)).databases
    known = ["tortoise default"] if "['" not in call else []  # a part of it is not looked up
    assert [one.alias for one in found] == known


@pytest.mark.parametrize(
    ("expression", "alias"),
    [
        ("connections.get('shop')", "tortoise shop"),
        ("Tortoise.get_connection('shop')", "tortoise shop"),
        ("connections.get(name)", ANY),
        ("in_transaction('shop')", "tortoise shop"),
        ("in_transaction()", ANY),
        ("other('shop')", ""),
        ("conn", "tortoise shop"),
    ],
)
def test_a_connection_has_an_alias(expression: str, alias: str) -> None:
    _, names = _tree("conn = connections.get('shop')")
    assert alias_of(ast.parse(expression, mode="eval").body, "", names) == alias
