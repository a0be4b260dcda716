"""Statements that change their session, found in Python."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poollint.catalog.load import drivers
from poollint.facts.code import Statement
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.statements import may_matter, runs_sql, statements
from poollint.syntax.python import PythonTree, Unit, parse
from tests.effort import effort


def _statements(text: str) -> list[Statement]:
    tree = parse(SourceFile("m.py", dedent(text)))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    found: list[Statement] = []
    for prefix, group in tree.statements():
        unit = tree.unit(prefix, group)
        assert isinstance(unit, Unit)
        found += statements(unit, names)
    return found


def _texts(text: str) -> list[str]:
    return [statement.text for statement in _statements(text)]


@pytest.mark.parametrize(
    "argument",
    [
        '"SET search_path TO a"',
        '"SET search_path " "TO a"',
        '"SET search_path TO " + tenant',
        'f"SET search_path TO {tenant}"',
        '"SET search_path TO %s" % tenant',
        '"SET search_path TO {}".format(tenant)',
        '"SET search_path TO {t}, public".format(t=tenant)',
        '" ".join(["SET", "search_path", "TO", tenant])',
        'sql.SQL("SET search_path TO {}").format(sql.Identifier(tenant))',
        'sql.SQL("SET search_path TO {}").format(tenant).as_string(cur)',
        'textwrap.dedent("""\\n  SET search_path TO a""")',
        "PATH",
        "PREFIX + tenant",
        "query",
        'query_2 if tenant else "SELECT 1"',
        "Query.PATH.value",
        'query="SET search_path TO a"',
        '(chosen := "SET search_path TO a")',
    ],
)
def test_a_text_is_found_however_it_is_put_together(argument: str) -> None:
    text = f"""
    import textwrap
    import psycopg2
    from psycopg2 import sql
    PATH = "SET search_path TO a"
    PREFIX = "SET search_path TO "
    class Query(enum.Enum):
        PATH = "SET search_path TO a"
    def f(dsn, tenant):
        cur = psycopg2.connect(dsn).cursor()
        query = "SELECT 1"
        query = "SET search_path TO a"
        query_2 = query
        cur.execute({argument})
        query = "SELECT 2"
    """
    assert _texts(text) == ["SET search_path"]


@pytest.mark.parametrize(
    "argument",
    ["query", "self.query", "make()", "unknown + 'x'", "QUERIES[0]", "'a' 'b'", "*args", "None"],
)
def test_a_text_that_is_unknown_says_nothing(argument: str) -> None:
    text = f"""
    import psycopg2
    def f(self, query, cur: psycopg2.extensions.cursor, *args):
        other = "SET search_path TO a"
        if query is None:
            query = "SET search_path TO a"
        cur.execute({argument})
    """
    assert _texts(text) == []


def test_the_nearest_value_above_counts() -> None:
    text = """
    import psycopg2
    def f(cur: psycopg2.extensions.cursor):
        q = "SELECT 1"
        cur.execute(q)
        q = "SET jit = off"
        cur.execute(q)
        q = "SELECT 2"
        cur.execute(q)
    """
    assert [s.span.start.line for s in _statements(text)] == [7]


def test_an_object_of_unknown_type_runs_sql_by_its_method() -> None:
    assert _texts("def f(cur): cur.execute('SET ROLE a')") == ["SET ROLE"]
    assert _texts("from alembic import op\nop.execute('SET ROLE a')") == ["SET ROLE"]
    assert _texts("def f(x): x.send('SET ROLE a')") == []


def test_other_databases_are_not_taken_for_postgresql() -> None:
    assert _texts("import duckdb\nduckdb.connect().execute('SET memory_limit = 1')") == []
    assert _texts("import pymysql\ndef f(cur): cur.execute('SET autocommit = 1')") == []


def test_functions_of_the_server_are_read_where_sqlalchemy_calls_them() -> None:
    text = """
    from sqlalchemy import create_engine, func, select
    engine = create_engine("postgresql://u:secret@db:6432/shop")
    def f():
        with engine.begin() as conn:
            conn.execute(select(func.pg_try_advisory_lock(5)))
            conn.execute(select(func.set_config("a.b", value, False)))
            conn.execute(select(func.set_config("a.b", value, True)))
            conn.execute(select(func.count()))
    """
    found = _statements(text)
    assert [s.text for s in found] == ["pg_try_advisory_lock", "set_config('a.b', …, false)"]
    assert {s.url.value for s in found if s.url} == {"postgresql://db:6432/shop"}


def test_listeners_of_drivers_listen() -> None:
    text = """
    import asyncpg
    async def f(pool: asyncpg.Pool, log):
        async with pool.acquire() as conn:
            await conn.add_listener("jobs", print)
        log.add_listener("jobs", print)
    """
    assert _texts(text) == ["add_listener"]


def test_a_lock_given_back_in_its_transaction_block_is_quiet() -> None:
    text = """
    from sqlalchemy import create_engine, text
    engine = create_engine(URL)
    def f(work):
        with engine.{method}() as conn:
            conn.execute(text("SELECT pg_advisory_lock(1)"))
            work()
            conn.execute(text("SELECT pg_advisory_unlock(1)"))
    """
    assert _texts(text.format(method="begin")) == []
    assert _texts(text.format(method="connect")) == []  # begins one with its first statement
    committed = text.replace("work()", "conn.commit()")
    assert _texts(committed.format(method="connect")) == ["pg_advisory_lock"]
    by_itself = text.replace("(URL)", '(URL, isolation_level="AUTOCOMMIT")')
    assert _texts(by_itself.format(method="connect")) == ["pg_advisory_lock"]


@pytest.mark.parametrize(
    ("made", "between", "found"),
    [
        ("psycopg2.connect(URL)", "work()", []),
        ("psycopg2.connect(URL)", "conn.commit()", ["SET work_mem", "RESET work_mem"]),
        ("psycopg.connect(URL)", "cur.execute('SELECT 1')", []),
        ("psycopg.connect(URL, autocommit=True)", "work()", ["SET work_mem", "RESET work_mem"]),
    ],
)
def test_what_is_set_and_reset_before_a_commit_is_quiet(
    made: str, between: str, found: list[str]
) -> None:
    text = f"""
    import psycopg, psycopg2
    def f(work):
        conn = {made}
        cur = conn.cursor()
        cur.execute("SET work_mem = '1GB'")
        {between}
        cur.execute("RESET work_mem")
    """
    assert _texts(text) == found


def test_statements_of_files_and_of_other_modules_are_looked_at() -> None:
    assert may_matter("cur.execute((HERE / 'limits.sql').read_text())")
    assert may_matter("conn.execute(text(SET_TENANT), [tenant])")
    assert may_matter("await conn.execute(queries.SET_TENANT)")
    assert not may_matter("session.execute(select(User))")


@pytest.mark.parametrize(
    ("connect", "url", "variable"),
    [
        ('psycopg2.connect("postgresql://u:secret@Db.internal:6432/a?x=1")',
         "postgresql://db.internal:6432/a", ""),
        ('psycopg2.connect("host=db port=6432 dbname=a password=secret")',
         "postgresql://db:6432/a", ""),
        ('psycopg2.connect(host="db", password="secret")', "postgresql://db:5432/", ""),
        ('psycopg2.connect(os.environ["URL"])', None, "URL"),
        ('psycopg2.connect(dsn=os.environ.get("URL", "postgres://db/a"))',
         "postgresql://db/a", "URL"),
        ('psycopg2.connect(host=os.getenv("DB_HOST"))', None, "DB_HOST"),
        ("psycopg2.connect(settings.database_url)", None, "DATABASE_URL"),
        ("psycopg2.connect(DSN)", None, "OTHER"),
        ("make()", None, "OTHER"),
        ("unknown()", None, ""),
    ],
)  # fmt: skip
def test_a_statement_knows_where_its_connection_leads(
    connect: str, url: str | None, variable: str
) -> None:
    text = f"""
    import os, psycopg2
    DSN = os.environ["OTHER"]
    def make():
        conn = psycopg2.connect(DSN)
        return conn
    def f():
        conn = {connect}
        with conn, conn.cursor() as cur:
            cur.execute("SET ROLE a")
    """
    (found,) = _statements(text)
    assert (found.url.value if found.url else None, found.variable) == (url, variable)
    assert "secret" not in repr(found)


def test_a_method_finds_the_connection_its_class_keeps() -> None:
    text = """
    import psycopg2
    class Repo:
        QUERY = "SET ROLE a"
        def __init__(self):
            self.conn = psycopg2.connect("postgresql://db:6432/a")
        def run(self):
            self.conn.cursor().execute(self.QUERY)
    """
    (found,) = _statements(text)
    assert found.function == "Repo.run"
    assert found.url is not None
    assert found.url.value == "postgresql://db:6432/a"


def test_calls_that_run_sql_are_told_without_libcst() -> None:
    tree = ast.parse("cur.execute('x'); func.pg_advisory_lock(1); print('x')")
    names = Names(ast.parse("from sqlalchemy import func"), drivers())
    calls = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    found = [runs_sql(call, "", names) for call in calls if isinstance(call, ast.Call)]
    assert found == [True, True, False]
    assert may_matter("cur.execute('set role a')")
    assert not may_matter("cur.execute('select offset')")


@pytest.mark.parametrize(
    ("tidying", "found"),
    [("session.rollback()", False), ("session.close()", True), ("other.rollback()", True)],
)
def test_what_is_rolled_back_on_every_way_out_is_not_set(tidying: str, found: bool) -> None:
    text = f"""
        import sqlalchemy
        def index(session, work):
            try:
                session.execute(sqlalchemy.text("SET statement_timeout = '600s'"))
                work(session)
            finally:
                {tidying}
        """
    assert bool(_texts(text)) is found


def test_what_is_committed_before_the_rollback_stays_set() -> None:
    text = """
        def index(session):
            try:
                session.execute("SET statement_timeout = '600s'")
                session.commit()
            finally:
                session.rollback()
        """
    assert _texts(text)


@pytest.mark.parametrize(
    ("dialects", "found"), [("mysql", False), ("postgresql", True), ("mysql, postgresql", True)]
)
def test_a_dialect_of_another_database_is_evidence_against_postgresql(
    dialects: str, found: bool
) -> None:
    text = f"""
        from sqlalchemy.dialects import {dialects}
        from sqlalchemy.orm import Session
        def ask(session: Session):
            session.execute("SET lock_timeout = 1")
        """
    assert bool(_texts(text)) is found


def test_parts_of_a_file_take_work_linear_in_their_number() -> None:
    def work(count: int) -> int:
        text = "".join(f"c{i} = take()\n" for i in range(count))
        return effort(lambda: _statements(text))

    work(100)  # fills what is kept for later
    assert work(3_200) < 35 * work(100)


WHOLE = re.compile(
    r"\b(?:set|reset|listen|unlisten|prepare|temp|temporary|hold)\s+[\w\"'{%*]"
    r"|(?-i:\b(?:EXECUTE|DEALLOCATE|DISCARD|SAVEPOINT|BEGIN|START TRANSACTION)\b)"
    r"|advisory|set_config|listener|pglock|pg_temp|pg_settings"
    r"|\.sql[\"']|aiosql|\bqueries\.\w+\("
    r"|(?-i:\b\w*execute\w*\((?:\w+\.)*(?:text|SQL)?\(?(?:\w+\.)*[A-Z][A-Z0-9_]{2,}\b)",
    re.I,
)
"""What a text that matters holds, in one pattern: the quick look says the same."""
PIECES = st.sampled_from([
    "set", "SET", "reset", "offset", "listen", "unlisten", "prepare", "temp", "temporary", "Hold",
    "BEGIN", "BEGINS", "_BEGIN", "begin", "START TRANSACTION", "execute(", "reexecute_all(",
    "text(", "SQL", "sql.", "LIMITS", "AB", "queries.", "my_queries.", "QUERIES.", "find(",
    ".sql", "'", '"', " ", "\n", "\t", "%", "{", "x", "_", "advisory", "listener", "é", "(",
])  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
@settings(max_examples=200, deadline=None)
def test_the_quick_look_for_words_says_what_one_pattern_does(text: str) -> None:
    assert may_matter(text) == bool(WHOLE.search(text))


def test_it_does_so_of_whole_files() -> None:
    for path in sorted((Path(__file__).parents[3] / "fixtures").rglob("*.py")):
        text = path.read_text("utf-8", "replace")
        assert may_matter(text) == bool(WHOLE.search(text)), path
