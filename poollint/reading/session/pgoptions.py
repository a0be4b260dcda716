"""`PGOPTIONS`: what libpq asks of the server when a connection begins, told by the environment.

psycopg2 and psycopg 3 are libpq; asyncpg does not look at it. Source: the PostgreSQL 18 manual,
Environment Variables of libpq; run: psycopg2 2.9.13, psycopg 3.3.9, SQLAlchemy 2.1.9, asyncpg
0.32.0 through PgBouncer 1.18.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from poollint.facts.code import Effect, Module, Statement
from poollint.facts.topology import Topology
from poollint.model.source import Span
from poollint.reading.naming.objects.origin import Origin, Origins
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.strings import Strings
from poollint.syntax.python import PythonTree

NAME = "PGOPTIONS"

_OPTION = re.compile(r"(?:^|\s)(?:-c\s*|--)([A-Za-z_][\w.-]*)\s*=")
_MAKING = frozenset({"connect", "pool", "engine"})
_OF_LIBPQ = frozenset({"psycopg2", "psycopg", "psycopg_pool", "sqlalchemy", "peewee"})
_TITLES = frozenset({"psycopg2", "psycopg 3"})
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


def deployed(
    modules: tuple[Module, ...], topologies: tuple[Topology, ...]
) -> Iterator[tuple[str, Statement]]:
    """Yield the parameters that manifests give to containers, each with a file that runs there.

    Such a file connects with libpq to what a variable of the same container says.
    """
    from poollint.reading.session import reaching  # of deployments: no file of code needs it

    for client, topology in ((c, t) for t in topologies for c in reaching.clients(t)):
        given = client.container.variable(NAME)
        names = parameters(given.value.value or "") if given else ()
        if given is None or not names or not isinstance(given.value.origin, Span):
            continue
        for module in (m for m in modules if _runs_in(m.path, client.container.build)):
            reading = (client.container.variable(name) for name in _read_by_libpq(module))
            leads = [reaching.told(variable, client, topology) for variable in reading if variable]
            found = next((one for one in leads if one.endpoint), None)
            if found is not None:
                asks = Statement(Effect.STARTUP, NAME, ",".join(names), given.value.origin, "")
                yield module.path, replace(asks, endpoint=found.endpoint)
                break  # once for the container is enough


def _runs_in(path: str, build: str) -> bool:
    folder = build.removeprefix("./").rstrip("/")
    return bool(build) and (folder in ("", ".") or path.startswith(f"{folder}/"))


def _read_by_libpq(module: Module) -> Iterator[str]:
    """Yield the variables that hold the address for connections of libpq, Django's too."""
    for statement in module.statements:
        if statement.effect is Effect.URL_OPTION and statement.text in _TITLES:
            yield statement.variable
    yield from (database.variable for database in module.databases)


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
