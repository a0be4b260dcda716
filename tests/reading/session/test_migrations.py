"""Migrations: on which database they run, and in what transaction."""

from __future__ import annotations

import ast
from textwrap import dedent

import libcst as cst
import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_cst
from poollint.reading.paths.walk import of_unit
from poollint.reading.session.alembic import ALEMBIC
from poollint.reading.session.django import ANY
from poollint.reading.session.migrations import AUTOCOMMIT, TRANSACTION, migration, run_sql
from poollint.reading.session.statements import statements
from poollint.syntax.python import PythonTree, Unit, parse

_ALEMBIC = """
from alembic import op

def upgrade():
    op.execute("SELECT 1")
    with op.get_context().autocommit_block():
        op.execute("SELECT 2")
"""
_DJANGO = """
from django.db import migrations

class Migration(migrations.Migration):
    {}
    operations = [migrations.RunSQL("SELECT 1")]
"""


def _units(text: str) -> tuple[list[Unit], Names]:
    tree = parse(SourceFile("m.py", dedent(text)))
    assert isinstance(tree, PythonTree)
    units = [tree.unit(prefix, group) for prefix, group in tree.statements()]
    return [u for u in units if isinstance(u, Unit)], Names(tree.module, drivers())


def _run(text: str, called: str) -> list[tuple[str, str] | None]:
    units, names = _units(text)
    return [
        migration(unit, place, names)
        for unit in units
        for place in of_unit(unit)
        if isinstance(place.node, cst.Call) and dotted(of_cst(place.node.func)).endswith(called)
    ]


def _texts(text: str) -> list[tuple[str, str]]:
    units, names = _units(text)
    return [(s.text, s.migration) for unit in units for s in statements(unit, names)]


def test_alembic_runs_all_in_one_transaction_but_for_autocommit_blocks() -> None:
    assert _run(_ALEMBIC, "execute") == [(ALEMBIC, TRANSACTION), (ALEMBIC, AUTOCOMMIT)]


@pytest.mark.parametrize(("line", "how"), [("", TRANSACTION), ("atomic = False", AUTOCOMMIT)])
def test_django_runs_a_migration_in_one_transaction_unless_told_not_to(line: str, how: str) -> None:
    assert _run(_DJANGO.format(line), "RunSQL") == [(ANY, how)]


def test_other_files_are_no_migrations() -> None:
    assert _run("class Migration(Base):\n    x = run.execute(1)\n", "execute") == [None]
    assert _run("import alembic\nalembic.execute(1)\n", "execute") == [None]


def test_the_texts_of_run_sql_are_found_there_and_back() -> None:
    call = ast.parse("RunSQL(['a', ('b', [1])], reverse_sql='c')", mode="eval").body
    assert isinstance(call, ast.Call)
    assert [(ast.literal_eval(text), back) for text, back in run_sql(call)] == [
        ("a", False), ("b", False), ("c", True),
    ]  # fmt: skip


def test_what_a_migration_sets_and_takes_back_does_not_stay() -> None:
    assert _texts(_ALEMBIC.replace("SELECT 1", "SET a.b TO 1")) == [("SET a.b", TRANSACTION)]
    both = 'op.execute("SET a.b TO 1")\n    op.execute("RESET a.b")'
    assert _texts(_ALEMBIC.replace('op.execute("SELECT 1")', both)) == []


def test_what_takes_a_migration_back_takes_nothing_back_of_it() -> None:
    pair = _DJANGO.format("").replace('"SELECT 1"', '"SET a.b TO 1", "RESET a.b"')
    assert _texts(pair) == [("SET a.b", TRANSACTION), ("RESET a.b", TRANSACTION)]


def test_what_is_local_does_nothing_where_each_statement_runs_by_itself() -> None:
    local = "SET LOCAL a.b TO 1"
    assert _texts(_DJANGO.format("").replace("SELECT 1", local)) == []
    apart = _texts(_DJANGO.format("atomic = False").replace("SELECT 1", local))
    assert apart == [("SET LOCAL a.b", AUTOCOMMIT)]
    assert _texts(_ALEMBIC.replace("SELECT 2", local)) == [("SET LOCAL a.b", AUTOCOMMIT)]
