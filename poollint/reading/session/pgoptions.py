"""`PGOPTIONS`: what libpq asks of the server when a connection begins, told by the environment.

psycopg2 and psycopg 3 are libpq; asyncpg does not look at it. Source: the PostgreSQL 18 manual,
Environment Variables of libpq; run: psycopg2 2.9.13 and asyncpg 0.32.0 through PgBouncer 1.18.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial

from poollint.facts.code import Effect, Statement
from poollint.reading.naming.names import Names
from poollint.reading.naming.origin import Origin, Origins
from poollint.reading.naming.outline import own_nodes
from poollint.reading.naming.shapes import of_ast
from poollint.reading.naming.strings import Strings
from poollint.syntax.python import PythonTree

NAME = "PGOPTIONS"

_OPTION = re.compile(r"(?:^|\s)(?:-c\s*|--)([A-Za-z_][\w.-]*)\s*=")
_MAKING = frozenset({"connect", "pool", "engine"})
_OF_LIBPQ = frozenset({"psycopg2", "psycopg", "psycopg_pool", "sqlalchemy", "peewee"})
_ENVIRONMENT = "os.environ"


def told(tree: PythonTree, names: Names) -> Iterator[Statement]:
    """Yield the parameters that a program puts into its own environment for all connections.

    They go where the connections of the file lead, where all of them lead to one place.
    """
    if NAME not in tree.source.text:
        return
    origin = _origin(tree, names)
    for node, scope in _nodes(names):
        value = _value(node, scope, names)
        if value is None:
            continue
        found = parameters(Strings(names).of(value, scope, partial(getattr, value, "lineno")))
        if found:
            yield Statement(
                effect=Effect.STARTUP,
                text=NAME,
                subject=",".join(found),
                span=tree.span(value),
                function=scope,
                url=origin.url if origin else None,
                variable=origin.variable if origin else "",
            )


def parameters(text: str) -> tuple[str, ...]:
    """Return the parameters that libpq's options name: `-c name=value`, `--name=value`."""
    names = (name.replace("-", "_") for name in _OPTION.findall(text))
    return tuple(dict.fromkeys(names))


def _value(node: ast.AST, scope: str, names: Names) -> ast.expr | None:
    """Return what a statement or a call gives the variable, None where it gives it nothing."""
    match node:
        case ast.Assign(
            targets=[ast.Subscript(value=of, slice=ast.Constant(value="PGOPTIONS"))], value=value
        ) if names.qualified(of_ast(of), scope) == _ENVIRONMENT:
            return value
        case ast.Call(args=[ast.Constant(value="PGOPTIONS"), value]) if names.qualified(
            of_ast(node.func), scope
        ) in (f"{_ENVIRONMENT}.setdefault", "os.putenv"):
            return value
        case ast.Call(keywords=keywords) if (
            names.qualified(of_ast(node.func), scope) == f"{_ENVIRONMENT}.update"
        ):
            return next((k.value for k in keywords if k.arg == NAME), None)
    return None


def _origin(tree: PythonTree, names: Names) -> Origin | None:
    """Return the one place that the connections of a file lead to, as libpq makes them."""
    origins = Origins(tree, names)
    found = {}
    for node, scope in _nodes(names):
        if not isinstance(node, ast.Call):
            continue
        api = names.api(of_ast(node.func), scope)
        if api is not None and api.kind in _MAKING and api.driver in _OF_LIBPQ:
            one = origins.of_call(node, scope, tree.span(node))
            found[one.url.value if one.url else None, one.variable] = one
    return next(iter(found.values())) if len(found) == 1 else None


def _nodes(names: Names) -> Iterator[tuple[ast.AST, str]]:
    for scope, around in (("", names.module), *names.functions.items()):
        for node in own_nodes(around):
            yield node, scope
