"""Migrations of Django and Alembic: on which database they run, and in what transaction.

Both run a migration in a transaction by default: what it sets is there for the whole of it, and
stays in the server's session when it commits. Sources: docs.djangoproject.com, Migration
Operations and `atomic`; alembic.sqlalchemy.org, `autocommit_block`; run: Django 5.2.19 and
Alembic 1.20.1 through PgBouncer 1.18.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Shape, of_ast, of_cst
from poollint.reading.naming.values.strings import argument
from poollint.reading.paths.walk import Place
from poollint.reading.session.alembic import ALEMBIC
from poollint.reading.session.django import ANY
from poollint.syntax.python import Unit

TRANSACTION = "transaction"
AUTOCOMMIT = "autocommit"
RUN_SQL = frozenset({"django.db.migrations.RunSQL", "django.db.migrations.operations.RunSQL"})

_MIGRATION = frozenset({"django.db.migrations.Migration"})
_NOT_ATOMIC = re.compile(r"^\s+atomic\s*=\s*False\b", re.M)
_SPEAKS = re.compile(r"\balembic\b|\bMigration\b")


class Migration(NamedTuple):
    """What runs a migration: on a database of that alias, in one `transaction` or none."""

    alias: str
    transaction: str


def migration(unit: Unit, place: Place, names: Names) -> Migration | None:
    """Return what runs what stands at `place`, None where the file is no migration."""
    if not _SPEAKS.search(unit.source.text):
        return None
    if "alembic.op" in names.imports.values():
        apart = any(_commits_itself(above) for above in place.ancestors())
        return Migration(ALEMBIC, AUTOCOMMIT if apart else TRANSACTION)
    if any(_is_migration(node, names) for node in names.classes.values()):
        apart = bool(_NOT_ATOMIC.search(unit.source.text))
        return Migration(ANY, AUTOCOMMIT if apart else TRANSACTION)
    return None


def run_sql(call: ast.Call) -> Iterator[tuple[ast.expr, bool]]:
    """Yield the texts that `RunSQL` is given, and whether they take the migration back.

    Each is one text or a list of them, some with their parameters: `("SET x TO %s", [1])`.
    """
    for position, keyword in enumerate(("sql", "reverse_sql")):
        given = argument(call, position, keyword)
        items = given.elts if isinstance(given, ast.List | ast.Tuple) else [given]
        for item in items:
            several = isinstance(item, ast.List | ast.Tuple) and item.elts
            text = item.elts[0] if isinstance(item, ast.List | ast.Tuple) and several else item
            if text is not None:
                yield text, position > 0


def is_run_sql(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call is an operation of a migration that runs SQL."""
    return names.qualified(shape, scope) in RUN_SQL


def _is_migration(node: ast.ClassDef, names: Names) -> bool:
    return any(names.qualified(of_ast(base), "") in _MIGRATION for base in node.bases)


def _commits_itself(place: Place) -> bool:
    """Tell whether a node is `with op.get_context().autocommit_block():`."""
    items = place.node.items if isinstance(place.node, cst.With) else ()
    shapes = (of_cst(item.item) for item in items)
    return any(
        isinstance(shape, Called)
        and isinstance(shape.callee, Attribute)
        and shape.callee.name == "autocommit_block"
        for shape in shapes
    )
