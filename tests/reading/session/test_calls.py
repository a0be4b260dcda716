"""Calls of drivers that leave something in the session."""

from __future__ import annotations

from textwrap import dedent

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.session.calls import called
from poollint.syntax.python import PythonTree, Unit, parse


def _called(text: str, path: str = "shop/m.py") -> list[tuple[str, str]]:
    """Return the effects of the calls of a file, each with the database it is told."""
    tree = parse(SourceFile(path, dedent(text)))
    assert isinstance(tree, PythonTree)
    names = Names(tree.module, drivers())
    units = [tree.unit(prefix, group) for prefix, group in tree.statements()]
    found = [c for unit in units if isinstance(unit, Unit) for c in called(unit, names)]
    return [(statement.effect.value, statement.alias) for statement in found]


ITERATOR = """
def f(Order, atomic):
    for order in Order.objects.all(){using}.iterator():
        yield order
"""


def test_an_iterator_of_django_goes_on_with_its_cursor() -> None:
    assert _called(ITERATOR.format(using="")) == [("server-cursor", "*")]
    assert _called(ITERATOR.format(using=".using('direct')")) == []


def test_an_iterator_in_a_transaction_does_not_outlive_it() -> None:
    head = "from django.db import transaction\n"
    decorated = "@transaction.atomic" + ITERATOR.format(using="")
    assert ("server-cursor", "*") not in _called(head + decorated)
    block = """
    def f(Order):
        with transaction.atomic():
            for order in Order.objects.all().iterator():
                print(order)
    """
    assert _called(head + dedent(block)) == [("transaction", "default")]


def test_a_migration_of_django_is_one_transaction_unless_it_says_otherwise() -> None:
    text = ITERATOR.format(using="") + "\nclass Migration:\n    {atomic}\n"
    path = "shop/migrations/0002_fill.py"
    assert _called(text.format(atomic="pass"), path) == []
    assert _called(text.format(atomic="atomic = False"), path) == [("server-cursor", "*")]


@pytest.mark.parametrize(
    ("call", "alias"),
    [
        ("transaction.atomic()", "default"),
        ("transaction.atomic(using='lists')", "lists"),
        ("transaction.atomic(using=chosen)", ""),
        ("transaction.atomic(durable=True)", "default"),
    ],
)
def test_a_transaction_of_django_goes_to_the_database_it_is_told(call: str, alias: str) -> None:
    text = f"from django.db import transaction\n\ndef f(chosen):\n    with {call}:\n        pass\n"
    assert _called(text) == [("transaction", alias)]


CONNECTED = """
import psycopg2

def f(dsn, chosen):
    conn = psycopg2.connect(dsn)
    {line}
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("conn.cursor('a', withhold=True)", ["hold-cursor"]),
        ("conn.cursor('a', withhold=False)", []),
        ("conn.cursor('a', withhold=chosen)", []),
        ("conn.set_session(readonly=True, autocommit=True)", ["set"]),
        ("conn.set_session(readonly=True)", []),
        ("conn.autocommit = False", ["transaction"]),
        ("conn.autocommit = True", []),
        ("conn.autocommit = chosen", []),
        ("conn.autocommit = True\n    with conn: pass", ["transaction"]),
        ("conn.autocommit = True\n    with conn.cursor(): pass", []),
    ],
)
def test_what_a_call_is_told_decides(line: str, found: list[str]) -> None:
    assert [effect for effect, _ in _called(CONNECTED.format(line=line))] == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("with pglock.advisory('a'): pass", [("advisory-lock", "default")]),
        ("with pglock.advisory('a', using='other'): pass", [("advisory-lock", "other")]),
        ("with pglock.advisory('a', xact=True): pass", []),
        ("with transaction.atomic():\n        with pglock.advisory('a'): pass",
         [("transaction", "default")]),
        ("with advisory_lock('a'): pass", [("advisory-lock", "default")]),
        ("rows = list(ServerSide(query))", [("hold-cursor", "")]),
        ("with db.atomic():\n        rows = list(ServerSide(query))", [("transaction", "")]),
        ("with db.atomic(), connect() as conn: conn.cursor('a')", [("transaction", "")]),
    ],
)  # fmt: skip
def test_what_packages_do_with_their_sessions_is_known(
    line: str, found: list[tuple[str, str]]
) -> None:
    head = """
import pglock
from django.db import transaction
from django_pglocks import advisory_lock
from peewee import PostgresqlDatabase
from playhouse.postgres_ext import ServerSide
db = PostgresqlDatabase("shop")

def f(query, connect):
    """
    assert _called(head + line) == found


def test_a_cursor_of_asyncpg_names_its_statement_whatever_the_cache() -> None:
    text = """
    import asyncpg
    async def f():
        conn = await asyncpg.connect("postgresql://db/shop", statement_cache_size=0)
        async with conn.transaction():
            async for row in conn.cursor("SELECT 1"):
                print(row)
    """
    assert _called(text) == [("transaction", ""), ("named-statements", "")]
