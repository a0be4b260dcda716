"""Queries of aiosql: named in a file of SQL, and run as methods of what reads the file.

`queries = aiosql.from_path("sql/orders.sql", "asyncpg")`, `queries.set_limits(conn)` runs what
stands below `-- name: set-limits!`. A folder of files is not read. Source: nackjicholson.github.io
/aiosql, Defining SQL Queries; run: aiosql 15.0.
"""

from __future__ import annotations

import ast
import re

from poollint.catalog.lending import QUERIES
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Shape, of_ast
from poollint.reading.naming.values.scripts import script_at
from poollint.reading.naming.values.strings import Strings, argument

_FILE = "aiosql.from_path"
_TEXT = "aiosql.from_str"
_NAME = re.compile(r"^--\s*name\s*:\s*([\w-]+)", re.M)
_CURSOR = "_cursor"  # what is called so runs the query of the name before, and gives a cursor


def query(shape: Shape, scope: str, names: Names) -> str | None:
    """Return the text of the query that calling `shape` runs, None where it runs none."""
    if not isinstance(shape, Attribute):
        return None
    made = _made(shape.of, scope, names)
    if made is None:
        return None
    every = _queries(*made)
    return every.get(shape.name, every.get(shape.name.removesuffix(_CURSOR)))


def _made(shape: Shape, scope: str, names: Names) -> tuple[ast.Call, str, Names] | None:
    """Return the call that reads the queries an object has, and where its names mean something."""
    if not names.outside.holds(QUERIES):
        return None  # what a name stands for takes long to find out
    there = names.imported(shape, scope)
    names, shape, scope = (*there, "") if there else (names, shape, scope)
    found = [b for b in names.bound(shape, scope) if b.how != ":"]
    value = found[0].value if len(found) == 1 and found[0].how == "=" else None
    if not isinstance(value, ast.Call):
        return None
    called = names.qualified(of_ast(value.func), found[0].where)
    return (value, found[0].where, names) if called in {_FILE, _TEXT} else None


def _queries(call: ast.Call, scope: str, names: Names) -> dict[str, str]:
    """Return the texts of the queries that a call reads, by the names of their methods."""
    if names.qualified(of_ast(call.func), scope) == _FILE:
        path = argument(call, 0, "sql_path")
        text = script_at(path, scope, names) if path is not None else None
    else:
        given = argument(call, 0, "sql")
        across = Strings(names, across=True)
        text = across.of(given, scope, lambda: call.lineno) if given is not None else None
    # Before the first name, then by turns a name and what stands below it.
    parts = _NAME.split(text or "")[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {name.replace("-", "_"): body.partition("\n")[2] for name, body in pairs}
