"""Sessions and connections of another database than PostgreSQL: they are not ours to judge.

Which one a session is of is told where its engine is built (`naming.other_databases`), and the
way there is that of `connections.pools.sources`; else by what its factory, its parameter or
the class of the object that keeps it is called.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.pools.behind import bound_by
from poollint.reading.connections.pools.nesting import pool_of
from poollint.reading.connections.pools.sources import Source, source
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.naming.given.providing import defaults
from poollint.reading.naming.objects.asked_for import speaks_of_another
from poollint.reading.naming.objects.other_databases import annotation_of, is_of_another
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.python import PythonTree

_LEVELS = 6  # a parameter, its default, a session factory, its engine, and names between them
_BUILT = frozenset({"pool", "engine"})
_SEVERAL = frozenset({"databases", "ormar"})  # libraries of several databases, told by the URL
_POSTGRESQL = ("postgres", "asyncpg", "psycopg")
_FACTORIES = frozenset({"session-factory", "session-registry"})


def is_foreign(one: Held, scope: str, names: Names, tree: PythonTree) -> bool:
    """Tell whether a connection that a function holds is of another database."""
    driver = one.fact.driver
    if driver == "tortoise":  # its database stands where it is started, or in the environment
        return not any(names.outside.reaches(word) for word in _POSTGRESQL)
    if driver not in _SEVERAL and not driver.startswith("sqlalchemy"):
        return False
    if one.injected and _says(one.fact.target, scope, names):
        return True
    found = pool_of(one, scope, names)
    return bool(found) and _of_another(found, names, tree, _LEVELS)


def _says(target: str, scope: str, names: Names) -> bool:
    """Tell whether a parameter is called so, or its class, or the class that has the method."""
    root = target.partition(".")[0]
    told = [root, scope.rpartition(".")[0]]
    if scope in names.functions:
        told.append(annotation_of(names.functions[scope], root))
    return any(speaks_of_another(name) for name in told)


def _of_another(found: Source, names: Names, tree: PythonTree, levels: int) -> bool:
    if speaks_of_another(found[-1]):
        return True
    told = bound_by(found, names, tree)
    if told is None or not levels:
        return False
    there, at, every = told
    bound = [b for b in every if not (b.how == "=" and is_none(b.value))]
    if len(bound) != 1:
        return False
    value, where = bound[0].value, bound[0].where
    if bound[0].how == ":":  # a parameter
        node = there.functions.get(where)
        given = defaults(node) if node is not None else ()
        value = next((default for a, default in given if a.arg == found[-1]), None)
        where = where.rpartition(".")[0]
    elif bound[0].how != "=":
        return False
    value = value.value if isinstance(value, ast.Await) else value
    if isinstance(value, ast.Name) and where in there.functions:  # kept as it was told
        given = defaults(there.functions[where])
        default = next((default for a, default in given if a.arg == value.id), None)
        value, where = (default, where.rpartition(".")[0]) if default else (value, where)
    if isinstance(value, ast.Call):
        return _made_so(value, where, there, at, levels)
    further = source(of_ast(value), where, there) if value is not None else ()
    return bool(further) and further != found and _of_another(further, there, at, levels - 1)


def _made_so(call: ast.Call, scope: str, names: Names, tree: PythonTree, levels: int) -> bool:
    """Tell whether a call builds an engine of another database, or sessions of such a one."""
    api = names.api(of_ast(call.func), scope)
    if api is None:
        return False
    if api.kind in _BUILT:
        return is_of_another(call, scope, names, call.lineno)
    binds = [k.value for k in call.keywords if k.arg in ("bind", "engine")] or call.args[:1]
    if api.kind not in _FACTORIES or not binds:
        return False
    if isinstance(binds[0], ast.Call):
        return _made_so(binds[0], scope, names, tree, levels - 1) if levels else False
    further = source(of_ast(binds[0]), scope, names)
    return bool(further) and _of_another(further, names, tree, levels - 1)
