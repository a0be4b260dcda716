"""What drivers do to their sessions by themselves, told where connections are made."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.facts.code import Effect, Statement
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.makers import made
from poollint.syntax.python import PythonTree, Unit, parse

HEAD = """
import os
import asyncpg, psycopg, psycopg2
from databases import Database
from peewee import PostgresqlDatabase
from playhouse.psycopg3_ext import Psycopg3Database
from tortoise import Tortoise
from psycopg_pool import ConnectionPool
from sqlalchemy import create_engine, URL
from sqlalchemy.ext.asyncio import create_async_engine
"""


def _made(text: str, head: str = HEAD) -> list[Statement]:
    tree = parse(SourceFile("m.py", dedent(head) + dedent(text)))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    found: list[Statement] = []
    for prefix, group in tree.statements():
        unit = tree.unit(prefix, group)
        assert isinstance(unit, Unit)
        found += made(unit, names)
    return found


def _named(text: str, head: str = HEAD) -> list[str]:
    return [s.text for s in _made(text, head) if s.effect is Effect.NAMED_STATEMENTS]


def _asked(text: str) -> list[tuple[str, str]]:
    return [(s.text, s.subject) for s in _made(text) if s.effect is Effect.STARTUP]


@pytest.mark.parametrize(
    ("call", "driver"),
    [
        ("asyncpg.connect(url)", "asyncpg"),
        ("asyncpg.create_pool(url, statement_cache_size=50)", "asyncpg"),
        ("psycopg.connect(url)", "psycopg 3"),
        ("psycopg.connect(url, prepare_threshold=0)", "psycopg 3"),
        ('ConnectionPool(url, kwargs={"autocommit": True})', "psycopg 3"),
        ('create_engine("postgresql+psycopg://a/b")', "psycopg 3"),
        ("create_async_engine(url)", "asyncpg"),
        ('create_async_engine("postgresql+psycopg_async://a/b")', "psycopg 3"),
        ('create_async_engine(url.replace("postgresql:", "postgresql+psycopg:"))', "psycopg 3"),
        ('create_async_engine(url, connect_args={"prepared_statement_cache_size": 0})', "asyncpg"),
        ("Database(url)", "asyncpg"),
        ("Psycopg3Database('shop')", "psycopg 3"),
        ("PostgresqlDatabase('shop', prefer_psycopg3=True)", "psycopg 3"),
        ("Tortoise.init(db_url='asyncpg://a/b', modules={})", "asyncpg"),
        ("Tortoise.init(db_url='postgres://a/b', modules={})", "asyncpg"),
        ("Tortoise.init(db_url=url, modules={})", "asyncpg"),
        ("Tortoise.init(db_url='psycopg://a/b', modules={})", "psycopg 3"),
    ],
)
def test_drivers_name_statements_unless_told_not_to(call: str, driver: str) -> None:
    assert _named(call) == [driver]


@pytest.mark.parametrize(
    "call",
    [
        "asyncpg.create_pool(url, statement_cache_size=0)",
        "asyncpg.create_pool(url, statement_cache_size=SIZE)",
        "asyncpg.create_pool(url, statement_cache_size=settings.size)",
        "asyncpg.create_pool(url, **settings)",
        'asyncpg.create_pool(url, **{"statement_cache_size": 0})',
        "psycopg.connect(url, prepare_threshold=None)",
        "psycopg.connect(url, cursor_factory=psycopg.ClientCursor)",
        "psycopg2.connect(url)",
        'create_engine("postgresql+psycopg2://a/b")',
        'create_engine("postgresql://a/b")',
        'create_async_engine("sqlite+aiosqlite://a")',
        'create_engine("mysql+pymysql://a/b")',
        "create_async_engine(url, connect_args=ARGS)",
        "create_async_engine(url, connect_args=settings.connect_args)",
        "create_async_engine(url, connect_args={} if test else ARGS)",
        "create_async_engine(url, async_creator=connect)",
        'create_async_engine(url, connect_args={"prepared_statement_name_func": name})',
        "Database(url, statement_cache_size=0)",
        "PostgresqlDatabase('shop')",
        "PostgresqlDatabase('shop', prefer_psycopg3=True, prepare_threshold=None)",
        "Tortoise.init(config=CONFIG)",
        "Tortoise.init(db_url='asyncpg://a/b?statement_cache_size=0', modules={})",
        "Tortoise.init(db_url='sqlite://:memory:', modules={})",
    ],
)
def test_what_stops_it_or_is_unknown_is_quiet(call: str) -> None:
    assert _named(f'SIZE = 0\nARGS = {{"statement_cache_size": SIZE}}\n{call}') == []


def test_what_is_put_into_the_arguments_later_counts() -> None:
    text = """
    def engine(url, cached):
        args = {}
        if not cached:
            args["statement_cache_size"] = 0
        return create_async_engine(url, connect_args=args)
    """
    assert _named(text) == []


def test_a_threshold_set_on_the_connection_counts() -> None:
    assert _named("conn = psycopg.connect(url)\nconn.prepare_threshold = None") == []


def test_an_engine_of_an_unknown_url_is_of_the_driver_that_a_variable_names() -> None:
    (statement,) = [s for s in _made("create_engine(os.environ['URL'])") if s.dialect]
    assert (statement.text, statement.dialect, statement.variable) == (
        "psycopg 3",
        "psycopg",
        "URL",
    )


@pytest.mark.parametrize(
    ("call", "asked"),
    [
        ('psycopg2.connect(url, options="-c search_path=a,b")', ("options", "search_path")),
        ('psycopg2.connect(url, options=f"-csearch_path={x}")', ("options", "search_path")),
        ('psycopg.connect(url, options="--geqo=off -c jit=off")', ("options", "geqo,jit")),
        ("psycopg2.connect(\"host=a options='-c jit=off'\")", ("options", "jit")),
        ('create_engine("postgresql://a/b?options=-c%20jit%3Doff")', ("options", "jit")),
        (
            'create_engine(url, connect_args={"options": "-c statement_timeout=1"})',
            ("options", "statement_timeout"),
        ),
        ('asyncpg.connect(url, server_settings={"jit": "off"})', ("server_settings", "jit")),
        ('asyncpg.connect("postgresql://a/b?sslmode=require&jit=off")', ("the URL", "jit")),
        ('asyncpg.connect("postgresql://a/b?pgbouncer=true&jit=off")', ("the URL", "jit")),
        ('PostgresqlDatabase("b", options="-c jit=off")', ("options", "jit")),
        (
            'create_async_engine(url, connect_args={"server_settings": {"a.b": 1, "jit": 0}})',
            ("server_settings", "a.b,jit"),
        ),
    ],
)
def test_parameters_of_the_beginning_are_found(call: str, asked: tuple[str, str]) -> None:
    assert _asked(call) == [asked]


@pytest.mark.parametrize(
    "call",
    [
        "psycopg2.connect(url, options=options)",
        'create_engine("postgresql://a/b?options=project%3Da")',
        "asyncpg.connect(url, server_settings=settings)",
        'create_engine(url, connect_args={"application_name": "a"})',
        'asyncpg.connect("postgresql://a/b?sslmode=require&target_session_attrs=any")',
        'create_async_engine("postgresql+asyncpg://a/b?prepared_statement_cache_size=0")',
    ],
)
def test_parameters_nobody_names_are_not_found(call: str) -> None:
    assert _asked(call) == []


def _refused(code: str) -> list[tuple[str, str, str]]:
    found = [s for s in _made(code) if s.effect is Effect.URL_OPTION]
    return [(s.text, s.subject, s.variable) for s in found]


@pytest.mark.parametrize(
    ("call", "url", "refused"),
    [
        ("psycopg2.connect", "postgresql://a/b?pgbouncer=true", ("psycopg2", "pgbouncer")),
        ("psycopg.connect", "postgresql://a/b?schema=x&sslmode=allow", ("psycopg 3", "schema")),
        ("asyncpg.create_pool", "postgresql://a/b?pgbouncer=1&jit=off", ("asyncpg", "pgbouncer")),
        ("asyncpg.connect", "postgresql://a/b?max_size=5", ("asyncpg", "max_size")),
        ("create_engine", "postgresql+psycopg2://a/b?pool_size=1", ("psycopg2", "pool_size")),
        ("create_async_engine", "postgresql+asyncpg://a/b?sslmode=require", ("asyncpg", "sslmode")),
    ],
)
def test_options_of_other_clients_in_a_url_are_found(
    call: str, url: str, refused: tuple[str, str]
) -> None:
    assert _refused(f'{call}("{url}")') == [(*refused, "")]


@pytest.mark.parametrize(
    "call",
    [
        'psycopg2.connect("postgresql://a/b?sslmode=require&application_name=x&connect_timeout=5")',
        'asyncpg.connect("postgresql://a/b?sslmode=require&search_path=x")',
        'create_engine("postgresql+psycopg2://a/b?sslmode=require&channel_binding=require")',
        'create_async_engine("postgresql+asyncpg://a/b?ssl=require")',
        "Tortoise.init(db_url='asyncpg://a/b?statement_cache_size=0', modules={})",
        'psycopg2.connect("host=a dbname=b")',
        "psycopg2.connect(url)",
    ],
)
def test_what_the_driver_knows_is_quiet(call: str) -> None:
    assert _refused(call) == []


def test_of_a_variable_all_that_its_url_may_hold_is_asked() -> None:
    ((text, subject, variable),) = _refused('psycopg2.connect(os.environ["URL"])')
    assert (text, variable) == ("psycopg2", "URL")
    assert "pgbouncer" in subject.split(",")


def test_what_only_another_database_is_told_is_none_of_postgresql() -> None:
    assert not _named('create_async_engine(url, connect_args={"check_same_thread": False})')
    assert _named('create_async_engine(url, connect_args={"timeout": 5})') == ["asyncpg"]
