"""Queries that aiosql reads from files of SQL."""

from __future__ import annotations

import ast

import pytest

from poollint.catalog.load import drivers
from poollint.model.source import SourceFile
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.session.aiosql import query

_FILES = {
    "shop/__init__.py": "",
    "shop/orders.sql": "-- name: set-limits!\nSET a;\n--name: two(a, b)^\nSELECT 1;\nSELECT 2;\n",
    "shop/queries.py": """
import aiosql
queries = aiosql.from_path("orders.sql", "asyncpg")
folder = aiosql.from_path("sql", "asyncpg")
short = aiosql.from_str('''-- name: one$
SELECT 1''', "psycopg2")
other = read("orders.sql")
""",
    "shop/work.py": "from shop.queries import folder, other, queries, short\n",
}


@pytest.mark.parametrize("path", ["shop/queries.py", "shop/work.py"])
@pytest.mark.parametrize(
    ("called", "text"),
    [
        ("queries.set_limits", "SET a;\n"),
        ("queries.two", "SELECT 1;\nSELECT 2;\n"),
        ("queries.two_cursor", "SELECT 1;\nSELECT 2;\n"),
        ("queries.three", None),
        ("short.one", "SELECT 1"),
        ("folder.one", None),
        ("other.set_limits", None),
        ("queries", None),
    ],
)
def test_a_method_runs_what_stands_below_its_name(path: str, called: str, text: str | None) -> None:
    files = PythonFiles(
        _FILES,
        lambda name: SourceFile(name, _FILES[name]),
        lambda: [name for name in _FILES if name.endswith(".sql")],
    )
    names = Exports(files, drivers()).names(path)
    assert names is not None
    assert query(of_ast(ast.parse(called, mode="eval").body), "", names) == text
