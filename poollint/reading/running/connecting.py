"""Calls that open server sessions, and the names of modules that keep them open."""

from __future__ import annotations

import ast
from types import MappingProxyType
from typing import NamedTuple

from poollint.facts.forking import Kept
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, of_ast
from poollint.reading.running.left_out import LeftOut, standing

# Calls that connect through an engine they are given.
_GIVEN = frozenset({"create_all", "drop_all", "reflect", "inspect", "read_sql", "read_sql_query",
                    "read_sql_table", "to_sql"})  # fmt: skip
_OF_EXTENSION = frozenset({"create_all", "drop_all", "reflect"})
_LOADS = "autoload_with"
_ENGINE = "sqlalchemy.engine"
_EXTENSION = "flask_sqlalchemy.extension"
LATER = frozenset({"django"})
"""Drivers whose connections open when they are first used, whoever makes or names them."""
_QUERIES = frozenset(
    """execute scalar scalars first all one one_or_none scalar_one scalar_one_or_none count flush
    commit""".split()
)


class Holder(NamedTuple):
    """A name of a module, or an attribute that the objects of a class have (`cls` not "")."""

    path: str
    name: str
    cls: str = ""


def held(shape: Shape, scope: str, names: Names, exports: Exports) -> Holder | None:
    """Return the module's name that an expression is, in the file that gives it its value."""
    if isinstance(shape, Name):
        holder = names.scope(scope).holder(shape.text)
        bound = holder.bound[shape.text] if holder else []
        if holder is not None and any(b.how not in ("import", ":") for b in bound):
            return Holder(names.outside.path, shape.text) if not holder.name else None
    name = names.qualified(shape, scope)
    found = exports.origin(names.outside.path, name) if name else None
    return Holder(*found) if found and "." not in found[1] else None


def kept(shape: Shape, scope: str, names: Names) -> Kept | None:
    """Return what a value keeps open: a connection, or a pool that opens its sessions at once."""
    of = names.catalog.types.get(names.type(shape, scope))
    if of is None or of.driver in LATER or "async" in of.id:
        return None
    if of.role == "connection":
        return Kept.CONNECTION
    return Kept.POOL if of.id in ("psycopg2.pool", "psycopg_pool.pool") else None


def _asks(call: ast.Call, name: str) -> bool:
    return any(
        k.arg == name and isinstance(k.value, ast.Constant) and k.value.value is True
        for k in call.keywords
    )


def builder(
    call: ast.Call, names: Names, scope: str, depth: int = 4
) -> tuple[str, ast.Call] | None:
    """Return the call that builds what a call gives, and the file it stands in."""
    callee = of_ast(call.func)
    api = names.api(callee, scope)
    if api is not None:
        return (names.outside.path, call) if api.kind in ("pool", "engine") else None
    member = function(callee, scope, names)
    given = member.names.results(member.name) if member else None
    if member is None or given is None or len(given) != 1 or not depth:
        return None
    value = given[0]
    bound = member.names.bound(of_ast(value), member.name)
    values = [b.value for b in bound if b.how == "=" and b.value is not None]
    if len(values) == 1 and not isinstance(value, ast.Call):
        value = values[0]
    if not isinstance(value, ast.Call):
        return None
    return builder(value, member.names, member.name, depth - 1)


def connects(
    call: ast.Call, callee: Shape, scope: str, names: Names, exports: Exports,
    left: LeftOut = MappingProxyType({}),
) -> Holder | None:  # fmt: skip
    """Return the engine through which a call connects; `left` are parameters left to defaults."""
    if not isinstance(callee, Attribute | Name):
        return None
    name = callee.name if isinstance(callee, Attribute) else callee.text
    if isinstance(callee, Attribute):
        of, where = standing(callee.of, scope, left)
        kind = names.type(of, where)
        api = names.catalog.methods.get((kind, name))
        if kind == _ENGINE and api is not None and api.kind in ("acquire", "query"):
            return held(of, where, names, exports)
        if kind == _EXTENSION and name in _OF_EXTENSION:
            return held(of, where, names, exports)
        if name in _QUERIES:
            return _of_session(callee, scope, names, exports)
    loads = any(keyword.arg == _LOADS for keyword in call.keywords)
    if name in _GIVEN or loads or (name == "prepare" and _asks(call, "reflect")):
        for value in (*call.args, *(keyword.value for keyword in call.keywords)):
            of, where = standing(of_ast(value), scope, left)
            if names.type(of, where) == _ENGINE:
                return held(of, where, names, exports)
    return None


def _of_session(callee: Attribute, scope: str, names: Names, exports: Exports) -> Holder | None:
    """Return the engine of the session on which a query runs (`session.query(X).all()`)."""
    shape: Shape = callee
    while isinstance(shape, Attribute | Called):
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    if names.type(shape, scope) != "sqlalchemy.session":
        return None
    values = [b.value for b in names.bound(shape, scope) if b.how in ("=", "with")]
    if len(values) != 1 or not isinstance(values[0], ast.Call):
        return None
    return _bind(values[0], scope, names, exports)


def _bind(
    call: ast.Call, scope: str, names: Names, exports: Exports, depth: int = 3
) -> Holder | None:
    """Return the engine that a session, or the factory it comes from, is bound to."""
    values = [k.value for k in call.keywords if k.arg == "bind"] or call.args[:1]
    for value in values:
        if names.type(of_ast(value), scope) == _ENGINE:
            return held(of_ast(value), scope, names, exports)
        if isinstance(value, ast.Call) and depth:
            return _bind(value, scope, names, exports, depth - 1)
    holder = held(of_ast(call.func), scope, names, exports)
    there = exports.names(holder.path) if holder else None
    if holder is None or there is None or not depth:
        return None
    made = [b.value for b in there.bound(Name(holder.name), "") if b.how == "="]
    if len(made) == 1 and isinstance(made[0], ast.Call):
        return _bind(made[0], "", there, exports, depth - 1)
    return None
