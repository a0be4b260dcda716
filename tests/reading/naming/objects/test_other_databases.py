"""What says that an engine is another database's, and what says nothing of it."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.reading.naming.objects.asked_for import speaks_of_another
from poollint.reading.naming.objects.other_databases import connects_to_another, is_of_another
from poollint.reading.naming.scopes.names import Names

MODULE = """
import os, pyodbc, psycopg2
from urllib.parse import quote_plus
from sqlalchemy import URL, create_engine
from settings import settings
LEGACY = os.environ["MYSQL_URL"]
either = "sqlite://"
either = settings.url
def resolved(url): ...
def mssql_url(): ...
def legacy(): return pyodbc.connect("DSN=x")
def shop(): return psycopg2.connect("dbname=x")
def kept() -> pyodbc.Connection: return os.kept
def rows() -> pyodbc.Row: return os.row
odbc = quote_plus("DRIVER=x")
class Own:
    @property
    def built(self): return URL.build(scheme="mysql+aiomysql", host=self.host)
    @property
    def text(self) -> str: return f"mysql+pymysql://{self.user}@{self.host}/shop"
    @property
    def ours(self): return URL.build(scheme="postgresql", host=self.host)
    @property
    def told(self): return URL.build(scheme=self.scheme, host=self.host)
    @property
    def some(self):
        if self.host:
            return f"postgresql://{self.host}/shop"
        return "sqlite:///shop.db"
    def called(self): return "sqlite:///shop.db"
own = Own()
"""


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("settings.sqlserver_url", True),
        ("resolved(settings.sqlserver_url)", True),
        ("str(settings.mysql_dsn)", True),
        ("settings.oracle_url.get_secret_value()", True),
        ("os.environ['MSSQL_URL']", True),
        ("os.getenv('MARIADB_URL')", True),
        ("LEGACY", True),
        ("mssql_url()", True),
        ("f'mssql+pyodbc:///?odbc_connect={odbc}'", True),
        ("URL.create('oracle+oracledb', host='x')", True),
        ("url=settings.sqlite_url", True),
        ("'mssql://', creator=legacy", True),
        ("settings.url, creator=lambda: pyodbc.connect('x')", True),
        ("settings.mysql_url if x else settings.sqlite_url", True),
        ("str(own.built)", True),
        ("str(own.built.with_path('/shop'))", True),
        ("own.text", True),
        ("MySQLDsn.build(scheme='mysql', host='x')", True),
        ("str(own.ours)", False),
        ("own.told", False),
        ("urls.build('shop')", False),
        ("urls.build(settings.mysql_url)", True),
        ("own.some", False),
        ("own.called", False),
        ("settings.url", False),
        ("settings.url, creator=shop", False),
        ("settings.postgres_url", False),
        ("settings.mysql_or_postgres_url", False),
        ("settings.mysql_url if x else settings.url", False),
        ("settings.url or settings.sqlite_url", False),
        ("os.getenv('DATABASE_URL', 'sqlite:///x.db')", False),
        ("os.getenv('DATABASE_URL', SQLITE_URL)", False),
        ("os.environ.get('DATABASE_URL') or SQLITE_URL", False),
        ("either", False),
        ("URL.create('postgresql', host='x')", False),
        ("", False),
    ],
)
def test_an_engine_is_anothers_where_its_url_says_so(told: str, expected: bool) -> None:
    names = Names(ast.parse(MODULE), drivers())
    call = ast.parse(f"create_engine({told})", mode="eval").body
    assert isinstance(call, ast.Call)
    assert is_of_another(call, "", names, line=1) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SqlServerSessionLocal", True),
        ("mysql_session", True),
        ("ODBC_DSN", True),
        ("MySQLAlchemySession", False),
        ("prodbconnection", False),
        ("PostgreSQLServer", False),
        ("psqlserver", False),
        ("session", False),
    ],
)
def test_some_names_speak_of_another_database(name: str, expected: bool) -> None:
    assert speaks_of_another(name) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("legacy()", True), ("kept()", True), ("rows()", False), ("shop()", False), ("x()", False)],
)
def test_what_returns_another_database_s_connection_is_told(value: str, expected: bool) -> None:
    names = Names(ast.parse(MODULE), drivers())
    assert connects_to_another(ast.parse(value, mode="eval").body, "", names) is expected
