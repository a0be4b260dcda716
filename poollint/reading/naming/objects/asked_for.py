"""What a test says of the database that a URL leads to: `if url.startswith("sqlite"):`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

OTHERS = re.compile(
    r"mysql(?!alchemy)|maria_?db|mssql|sql_?server|oracle|sqlite|duckdb|snowflake|clickhouse"
    r"|(?<![a-z])(?:py|aio)?odbc(?![a-z])"
)
_POSTGRESQL = re.compile(r"postgres|p(?:g|sql)|cockroach|timescale")
# With what follows (`postgres://`), the other branch may be PostgreSQL's under another driver.
_ANY_POSTGRESQL = ("postgres", "postgresql")
_SAYS_SO = re.compile(r"(?:(?:is|are|use|uses|using|on|with|has)_)?(?:postgres(?:ql)?|pg|psql)")


def speaks_of_another(name: str) -> bool:
    """Tell whether a name is that of something of another database: "SqlServerSession"."""
    lower = name.lower()
    return bool(OTHERS.search(lower)) and not _POSTGRESQL.search(lower)


def means_another(test: ast.expr, truth: bool) -> bool:
    """Tell whether a test that came to `truth` says that the database is another."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return means_another(inner, not truth)
        case ast.BoolOp(op=op, values=values):
            both = isinstance(op, ast.And) == truth  # each of them came to that
            found = (means_another(value, truth) for value in values)
            return any(found) if both else all(found)
        case ast.Compare(ops=[ast.NotEq() | ast.NotIn()]):
            truth = not truth
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return speaks_of_another(name) if truth else bool(_SAYS_SO.fullmatch(name.lower()))
    words = tuple(_asked(test))
    if not words:
        return False
    if truth:
        return all(speaks_of_another(word) for word in words)
    return any(word.lower() in _ANY_POSTGRESQL for word in words)


def _asked(test: ast.expr) -> Iterator[str]:
    """Yield the words for which a test looks in a text: at its start, in it, or all of it."""
    match test:
        case ast.Call(func=ast.Attribute(attr="startswith"), args=[given]):
            yield from _words(given)
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[right]):
            yield from _words(left if isinstance(left, ast.Constant) else right)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            yield from _words(right if isinstance(right, ast.Constant) else left)


def _words(given: ast.expr) -> Iterator[str]:
    parts = given.elts if isinstance(given, ast.Tuple | ast.List | ast.Set) else [given]
    for part in parts:
        yield part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "?"
