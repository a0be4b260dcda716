"""The connections that Tortoise ORM is given by their aliases, and what they do to each session.

A dictionary, or `tortoise.config.TortoiseConfig`: each connection a URL, or an engine with its
credentials. Read: tortoise-orm 1.1.9, backends/base_postgres/client.py, config.py; run: the same
through PgBouncer in each pool mode.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from poollint.catalog.load import Api
from poollint.catalog.session import Manners, sessions
from poollint.facts.code import Database, Effect, Statement
from poollint.model.source import Span
from poollint.reading.naming.objects.origin import Origin, Origins
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.dsn import is_postgresql
from poollint.reading.naming.values.strings import Strings, argument
from poollint.reading.session.arguments import UNKNOWN, Told, entries, told
from poollint.reading.session.makers import Maker, configured, drivers_of, effects
from poollint.reading.session.sql import HOLE
from poollint.syntax.python import PythonTree

PACKAGE = "tortoise"
CLIENT = "tortoise.client"  # the id of its connections in drivers.toml
ANY = "tortoise *"  # a connection of Tortoise's whose alias is not told

_DEFAULT = "default"
_NAMING = frozenset({"tortoise.Tortoise.get_connection", "tortoise.connections.get"})
_TRANSACTION = "tortoise.transactions.in_transaction"
_CLASSES = "tortoise.config."
_SCHEMA = re.compile(r"[?&]schema=")
_MAX_DEPTH = 8  # names that stand for names, from file to file
_OPTIONS = "options"


@dataclass(frozen=True, slots=True)
class Stated:
    """What a file says: the connections by their aliases, and what each does to its sessions."""

    databases: tuple[Database, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class _Value:
    """An expression, and the file and scope in which its names mean something."""

    node: ast.expr
    scope: str
    tree: PythonTree
    names: Names

    def entries(self) -> Told:
        """Return what it holds by key, as a dictionary or as one of Tortoise's own classes."""
        node, scope = self.node, self.scope
        if isinstance(node, ast.Name):
            bound = self.names.bound(of_ast(node), scope)
            only = bound[0] if len(bound) == 1 and bound[0].how == "=" else None
            if only is not None and isinstance(only.value, ast.Call):
                node, scope = only.value, only.where
        name = ""
        if isinstance(node, ast.Call):
            name = self.names.qualified(of_ast(node.func), scope)
        if isinstance(node, ast.Call) and name.startswith(_CLASSES):
            return told(node, scope, self.names)
        return entries(self.node, self.scope, self.names)

    def text(self) -> str:
        """Return its text, `HOLE` for what is unknown."""
        return Strings(self.names).of(self.node, self.scope, partial(getattr, self.node, "lineno"))


def stated(tree: PythonTree, names: Names) -> Stated:
    """Return what the calls of a file that set Tortoise up say of its connections."""
    if "tortoise" not in tree.source.text:
        return Stated()
    found = [
        one for call, scope in _setting_up(names) for one in _of_call(call, scope, tree, names)
    ]
    return Stated(
        tuple(one for one in found if isinstance(one, Database)),
        tuple(one for one in found if isinstance(one, Statement)),
    )


def alias_of(node: ast.expr | None, scope: str, names: Names) -> str:
    """Return the alias of the connection of Tortoise's that `node` is, "" for anything else."""
    for _ in range(_MAX_DEPTH):
        if isinstance(node, ast.Await):
            node = node.value
        if not isinstance(node, ast.Name | ast.Attribute):
            break
        found = [b for b in names.bound(of_ast(node), scope) if b.how in {"=", "with"}]
        node, scope = (found[0].value, found[0].where) if len(found) == 1 else (None, scope)
    if not isinstance(node, ast.Call):
        return ""
    called = names.qualified(of_ast(node.func), scope)
    if called not in _NAMING and called != _TRANSACTION:
        return ""
    return named(node)


def named(call: ast.expr | None) -> str:
    """Return the alias that a call names a connection by, any of them where it names none."""
    given = argument(call, 0, "connection_name") if isinstance(call, ast.Call) else None
    if not isinstance(given, ast.Constant) or not isinstance(given.value, str):
        return ANY
    return _alias(given.value)


def _alias(name: str) -> str:
    return f"{PACKAGE} {name}"


def _setting_up(names: Names) -> Iterator[tuple[ast.Call, str]]:
    for scope, around in (("", names.module), *names.functions.items()):
        for node in own_nodes(around):
            if isinstance(node, ast.Call):
                api = names.api(of_ast(node.func), scope)
                if api is not None and api.driver == PACKAGE and api.kind == "engine":
                    yield node, scope


def _of_call(
    call: ast.Call, scope: str, tree: PythonTree, names: Names
) -> Iterator[Database | Statement]:
    span = tree.span(call)
    config = configured(call, scope, names)
    if config is None:
        yield from _of_url(call, scope, tree, names)
        return
    api = names.api(of_ast(call.func), scope)
    for bag in _within(_Value(config, scope, tree, names), "connections"):
        for name in bag.entries():
            for connection in _within(bag, name) if name != UNKNOWN and api else ():
                found = _of_connection(connection, api, span, scope) if api else ()
                yield from (replace(one, alias=_alias(name)) for one in found)


def _within(value: _Value, key: str) -> Iterator[_Value]:
    """Yield what a dictionary may hold under a key, names of other files looked up."""
    whole = _resolved(value)
    for node in whole.entries().get(key, ()) if whole else ():
        found = _resolved(replace(whole, node=node)) if whole else None
        if found is not None:
            yield found


def _of_url(
    call: ast.Call, scope: str, tree: PythonTree, names: Names
) -> Iterator[Database | Statement]:
    """Yield the one connection of `db_url`, whose statements `makers` tells."""
    given = next((k.value for k in call.keywords if k.arg == "db_url"), None)
    if given is None:
        return
    span = tree.span(call)
    origin = Origins(tree, names).of_call(call, scope, span)
    yield Database(_alias(_DEFAULT), span, origin.url, origin.variable)
    text = _Value(given, scope, tree, names).text()
    if _SCHEMA.search(text):
        yield _schema("psycopg" if text.startswith("psycopg") else "asyncpg", span, scope, origin)


def _resolved(value: _Value) -> _Value | None:
    """Return what a name of another file stands for there; None where nobody can tell."""
    for _ in range(_MAX_DEPTH):
        there = value.names.imported(of_ast(value.node), value.scope)
        if there is None or not isinstance(value.node, ast.Name | ast.Attribute):
            return value
        names, shape = there
        file = value.names.outside.file(names.outside.path)
        found = [b for b in names.bound(shape, "") if b.how != ":"]
        node = found[0].value if len(found) == 1 and found[0].how == "=" else None
        if node is None or file is None:
            return None
        value = _Value(node, found[0].where, file[1], names)
    return None


def _of_connection(
    connection: _Value, api: Api, span: Span, scope: str
) -> Iterator[Database | Statement]:
    """Yield where a connection leads, and what it does to its sessions by itself."""
    given = connection.entries()
    if "engine" in given:
        yield from _by_engine(connection, given, span, scope)
        return
    urls = given.get("url", given.get("db_url", [connection.node]))
    node = urls[-1]
    names, tree = connection.names, connection.tree
    origin = Origins(tree, names).of_url(node, connection.scope, tree.span(node))
    url = replace(connection, node=node).text()
    if HOLE not in url and not is_postgresql(url):
        return
    yield Database("", span, origin.url, origin.variable)
    if url == HOLE and not origin.variable:
        return  # it may as well be a dictionary
    package = sessions().packages[PACKAGE]
    for driver, dialect in drivers_of(package, api, url, "", "", names):
        call = ast.Call(ast.Name(PACKAGE, ast.Load()), [], [])
        maker = Maker(call, connection.scope, span, url, package, driver, {}, dialect)
        yield from _statements(maker, connection, scope, origin)
        if _SCHEMA.search(url):
            yield _schema(driver.title, span, scope, origin)


def _by_engine(
    connection: _Value, given: Told, span: Span, scope: str
) -> Iterator[Database | Statement]:
    """Yield what a connection is that names its engine and has credentials."""
    engine = replace(connection, node=given["engine"][-1]).text()
    driver = _driver(engine)
    bag = next(_within(connection, "credentials"), None)
    if driver is None or bag is None:
        return
    credentials = bag.entries()
    origin = _by_host(bag, credentials, span)
    yield Database("", span, origin.url, origin.variable)
    arguments = credentials
    if driver.options:  # of psycopg: those of its connections are in a dictionary of the pool's
        every = [entries(node, bag.scope, bag.names) for node in credentials.get("kwargs", ())]
        arguments = every[-1] if every else {}
        arguments = {**arguments, **{k: v for k, v in credentials.items() if k == UNKNOWN}}
        arguments.pop(_OPTIONS, None)
    call = ast.Call(ast.Name(PACKAGE, ast.Load()), [], [])
    package = sessions().packages[PACKAGE]
    maker = Maker(call, bag.scope, span, "", package, driver, arguments, "")
    yield from _statements(maker, bag, scope, origin)
    if "schema" in credentials:
        yield _schema(driver.title, span, scope, origin)


def _driver(engine: str) -> Manners | None:
    """Return the driver of an engine, by the module's name; None where it is another database's."""
    last = engine.rpartition(".")[2]
    return sessions().drivers[last] if last in {"asyncpg", "psycopg"} else None


def _by_host(bag: _Value, credentials: Told, span: Span) -> Origin:
    keys = ("host", "port")
    told_ = [ast.keyword(key, credentials[key][-1]) for key in keys if key in credentials]
    call = ast.Call(ast.Name(PACKAGE, ast.Load()), [], told_)
    return Origins(bag.tree, bag.names).of_call(call, bag.scope, span)


def _statements(maker: Maker, value: _Value, scope: str, origin: Origin) -> Iterator[Statement]:
    for effect, text, subject, help_ in effects(maker, value.tree.source.text, value.names):
        failure = maker.driver.failure if effect is Effect.NAMED_STATEMENTS else ""
        yield Statement(
            effect, text, subject, maker.span, scope, None, origin.url, origin.variable,
            help=help_, failure=failure, dialect=maker.dialect,
        )  # fmt: skip


def _schema(driver: str, span: Span, scope: str, origin: Origin) -> Statement:
    """Return what the schema of a connection is to the server: its search_path from the start."""
    how = _OPTIONS if driver.startswith("psycopg") else "schema"
    return Statement(
        Effect.STARTUP, how, "search_path", span, scope, None, origin.url, origin.variable
    )
