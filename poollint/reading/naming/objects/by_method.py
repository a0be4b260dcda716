"""Methods that tell by their names alone what they are called on, where nothing else does.

`self.db_engine.raw_connection()`: no library but SQLAlchemy has a method of that name, of an
engine, for its caller to close what it gives (sqlalchemy/engine/base.py, 1.3 to 2.0). Pools of
psycopg alone have `getconn` and `putconn`; a project may call its own methods so, and tells by
both of one object in one function what it means. What a function connects of an object that a
library keeps, and returns as `-> sqlalchemy.engine.Connection`, is an engine's. What a block of
`async with pool.acquire() as conn` asks for a row by `await conn.fetchrow(…)` is asyncpg's, whose
connections have that method and `fetchval` themselves (asyncpg/connection.py); those of
aiopg, aiomysql and aioodbc ask by cursors. So is what it asks by `await conn.fetch("SELECT …")`,
where the text is at hand: others fetch pages.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from poollint.catalog.load import Api
from poollint.reading.naming.objects import instances
from poollint.reading.naming.objects.asked_for import speaks_of_another
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Item,
    Name,
    Shape,
    dotted,
    of_annotation,
    of_ast,
)
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_ENGINE = "sqlalchemy.engine"
_POOL = "asyncpg.pool"
_CONNECT = "connect"
_ACQUIRE = "acquire"
_ROWS = frozenset({"fetchrow", "fetchval"})  # of a connection of asyncpg, and not of a cursor
_RETURNED = "sqlalchemy.connection"
_OF = {"raw_connection": _ENGINE, "getconn": "psycopg2.pool"}
_BACK = {"getconn": "putconn"}  # what has to be called on the same object beside it
_FETCH = "fetch"  # of rows where it is told a statement
_SQL = re.compile(r"\s*(?:select|with|insert|update|delete)\s", re.I)
WORDS = tuple(f".{name}(".encode() for name in (*_OF, *sorted(_ROWS)))
"""How calling one of them looks in the bytes of a file, whatever that imports."""
_TOGETHER = (f".{_FETCH}(".encode(), f".{_ACQUIRE}(".encode())  # how two of them do


def may_tell(data: bytes) -> bool:
    """Tell whether a file can hold such a method, by its bytes."""
    return any(word in data for word in WORDS) or all(word in data for word in _TOGETHER)


def by_method(callee: Shape, scope: str, names: Names) -> Api | None:
    """Return what calling a method means whose name says so, of an object of unknown type."""
    if not isinstance(callee, Attribute) or callee.name not in (*_OF, _CONNECT, _ACQUIRE):
        return None
    if callee.name == _CONNECT and not _is_returned(callee, scope, names):
        return None
    if callee.name == _ACQUIRE and not _gives_rows(callee, scope, names):
        return None
    if names.type(callee.of, scope) or instances.holding(callee.of, scope, names) is not None:
        return None
    if instances.function(callee, scope, names) is not None or _asks_for_another(scope, names):
        return None
    kind = _POOL if callee.name == _ACQUIRE else _OF.get(callee.name, _ENGINE)
    if callee.name in _BACK:
        kind = _paired(callee, scope, names)
    return names.catalog.methods.get((kind, callee.name))


def _asks_for_another(scope: str, names: Names) -> bool:
    """Tell whether a function speaks of other databases, and not of PostgreSQL: by its texts."""
    node = names.functions.get(scope)
    said = [
        n.value.lower()
        for n in (own_nodes(node) if node is not None else ())
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]
    return any(map(speaks_of_another, said)) and not any("postgres" in text for text in said)


def _is_returned(callee: Attribute, scope: str, names: Names) -> bool:
    """Tell whether a function returns what a call gives, and says that it is SQLAlchemy's."""
    node = names.functions.get(scope)
    if node is None or node.returns is None:
        return False
    returned = (n.value for n in own_nodes(node) if isinstance(n, ast.Return))
    if not any(isinstance(v, ast.Call) and of_ast(v.func) == callee for v in returned):
        return False
    kind = of_annotation(node.returns)
    told = names.catalog.types.get(_RETURNED)
    # A quoted annotation names what the file need not import.
    quoted = told is not None and dotted(kind) in told.names
    return quoted or names.type(Called(kind), scope) == _RETURNED


def _gives_rows(callee: Attribute, scope: str, names: Names) -> bool:
    """Tell whether a function enters what a call gives, and waits for rows of it there."""
    node = names.functions.get(scope)
    if node is None or not _is_kept(callee.of):
        return False
    blocks = [n for n in own_nodes(node) if isinstance(n, ast.AsyncWith)]
    return any(
        isinstance(item.context_expr, ast.Call)
        and of_ast(item.context_expr.func) == callee
        and isinstance(item.optional_vars, ast.Name)
        and _asks_for_rows(block, item.optional_vars.id, scope, names)
        for block in blocks
        for item in block.items
    )


def _asks_for_rows(block: ast.AsyncWith, conn: str, scope: str, names: Names) -> bool:
    for node in walk(block):
        match node:
            case ast.Await(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=[first, *_]
                )
            ) if name == conn and (
                attr in _ROWS or (attr == _FETCH and _is_statement(first, scope, names))
            ):
                return True
    return False


def _is_statement(value: ast.expr, scope: str, names: Names) -> bool:
    """Tell whether a value is a text that begins as a statement does, by whatever name."""
    texts: list[ast.expr | None] = [value]
    if isinstance(value, ast.Name):
        texts = [b.value for b in names.bound(of_ast(value), scope) if b.how == "="]
    return bool(texts) and all(_SQL.match(_beginning(text)) for text in texts)


def _beginning(value: ast.expr | None) -> str:
    """Return what a text begins with, "" where that is not at hand."""
    first = value.values[0] if isinstance(value, ast.JoinedStr) and value.values else value
    text = first.value if isinstance(first, ast.Constant) else ""
    return text if isinstance(text, str) else ""


def _paired(callee: Attribute, scope: str, names: Names) -> str:
    """Return the type of the pool that a function takes of and gives back to, "" for none."""
    node = names.functions.get(scope)
    if node is None or not _is_kept(callee.of):
        return ""
    back = Attribute(callee.of, _BACK[callee.name])
    if not any(isinstance(n, ast.Call) and of_ast(n.func) == back for n in own_nodes(node)):
        return ""
    roots = {name.partition(".")[0] for name in names.imports.values()}
    if "psycopg2" in roots or not roots & {"psycopg", "psycopg_pool"}:
        return _OF[callee.name]
    waits = isinstance(node, ast.AsyncFunctionDef)
    return "psycopg_pool.async_pool" if waits else "psycopg_pool.pool"


def _is_kept(shape: Shape) -> bool:
    """Tell whether a shape is the same object wherever a function says so: `app.config["POOL"]`."""
    while isinstance(shape, Attribute | Item):
        shape = shape.of
    return isinstance(shape, Name)
