"""What says that a URL is for another database than PostgreSQL: its text, or what it is called.

`settings.sqlserver_url` and `os.environ["MYSQL_URL"]` hold what no file tells, and whoever named
them knew. Where a name speaks of PostgreSQL too, or one of several values may be its URL, nothing
is said.
"""

from __future__ import annotations

import ast
from collections import Counter

from poollint.reading.naming.objects.asked_for import OTHERS, means_another, speaks_of_another
from poollint.reading.naming.objects.instances import Member, function, is_property
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.given_above import given_above
from poollint.reading.naming.scopes.meaning import tests_at
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from poollint.reading.naming.values.dsn import is_postgresql, scheme
from poollint.reading.naming.values.environment import variable
from poollint.reading.naming.values.strings import Strings
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

DRIVERS = frozenset(
    """sqlite3 aiosqlite duckdb pymysql MySQLdb mysql aiomysql asyncmy mariadb oracledb cx_Oracle
    pyodbc pymssql snowflake clickhouse_driver clickhouse_connect trino pyhive databricks""".split()
)
"""Packages that connect to other databases, as they are imported."""

_OWN = frozenset("psycopg psycopg2 psycopg_pool asyncpg aiopg pg8000 postgresql".split())
_LEVELS = 6  # names that stand for names, calls around values
# Methods of URLs (yarl's, SQLAlchemy's) that give the same with another part.
_CHANGING = frozenset("with_path with_query set update_query_dict update_query_string".split())
_CALLS = 3  # functions of the project, and names, that a connection comes by


def is_of_another(call: ast.Call, scope: str, names: Names, line: int) -> bool:
    """Tell whether a call on a line that builds a pool or an engine is told another database."""
    if _other_dialects(names) or _asked_before(call, scope, names, line):
        return True
    creator = next((k.value for k in call.keywords if k.arg == "creator"), None)
    if creator is not None and _creates(creator, scope, names):
        return True
    given = url_of(call)
    if isinstance(given, ast.Name):
        given = _last_given(given, scope, names, line) or given
    return given is not None and _leads(given, scope, names, _LEVELS)


def _asked_before(call: ast.Call, scope: str, names: Names, line: int) -> bool:
    """Tell whether the tests around a call on a line say so: `if url.startswith("sqlite"):`."""
    body = names.functions[scope].body if scope in names.functions else names.module.body
    within = [s for s in body if s.lineno <= line <= (s.end_lineno or s.lineno)]
    nodes = (n for s in within for n in walk(s) if isinstance(n, ast.Call) and n.lineno == line)
    same = next((n for n in nodes if ast.dump(n.func) == ast.dump(call.func)), None)
    return same is not None and any(means_another(*test) for test in tests_at(same, body))


def _last_given(name: ast.Name, scope: str, names: Names, line: int) -> ast.expr | None:
    """Return what a name of a function is given above a line, where it is given several values."""
    bound, function = names.bound(of_ast(name), scope), names.functions.get(scope)
    if function is None or any(b.how != "=" or b.where != scope for b in bound):
        return None
    return given_above(function.body, name.id, line) if len(bound) > 1 else None


def url_of(call: ast.Call) -> ast.expr | None:
    first = call.args[0] if call.args else None
    return next((k.value for k in call.keywords if k.arg in {"url", "dsn", "conninfo"}), first)


def _other_dialects(names: Names) -> bool:
    """Tell whether a file imports dialects of SQLAlchemy, and PostgreSQL's is not among them."""
    parts = (name.split(".") for name in names.imports.values())
    found = {part[2] for part in parts if part[:2] == ["sqlalchemy", "dialects"] and part[2:]}
    return bool(found) and "postgresql" not in found


def works_on_another(names: Names) -> bool:
    """Tell whether a file imports drivers of other databases, and none of PostgreSQL's."""
    parts = {part for name in names.imports.values() for part in name.split(".")}
    roots = {name.partition(".")[0] for name in names.imports.values()}
    return bool(roots & DRIVERS) and not parts & _OWN


def _creates(creator: ast.expr, scope: str, names: Names) -> bool:
    """Tell whether a function that makes connections makes them with another driver."""
    member = function(of_ast(creator), scope, names)
    node: ast.AST = member.names.functions[member.name] if member else creator
    there, where = (member.names, member.name) if member else (names, scope)
    called = [n.func for n in walk(node) if isinstance(n, ast.Call)]
    told = {there.qualified(of_ast(f), where).partition(".")[0] for f in called} | {
        names.qualified(of_ast(creator), scope).partition(".")[0]
    }
    return bool(told & DRIVERS)


def connects_to_another(
    value: ast.expr | None, scope: str, names: Names, levels: int = _CALLS
) -> bool:
    """Tell whether a value is a connection that the driver of another database has just made.

    `sqlite3.connect(path)`, a name that has nothing else, or a call of a function of the project
    that returns nothing else, or says so (`-> sqlite3.Connection`).
    """
    match value:
        case ast.Call(func=func):
            root, _, last = names.qualified(of_ast(func), scope).rpartition(".")
            if root in DRIVERS:
                return last == "connect"
            member = function(of_ast(func), scope, names) if levels else None
            if member is None:
                return False
            given = member.names.results(member.name) or ()
            return _says_another(member) or (bool(given) and all(
                connects_to_another(v, member.name, member.names, levels - 1) for v in given
            ))  # fmt: skip
        case ast.Name() if levels:
            bound = names.bound(of_ast(value), scope)
            return bool(bound) and all(
                b.how == "=" and b.where == scope
                and connects_to_another(b.value, scope, names, levels - 1) for b in bound
            )  # fmt: skip
    return False


def _says_another(member: Member) -> bool:
    """Tell whether a function is annotated to return a connection of another database's driver."""
    node = member.names.functions[member.name]
    if node.returns is None or not isinstance(node.returns, ast.Name | ast.Attribute):
        return False
    root, _, kind = member.names.qualified(of_ast(node.returns), "").rpartition(".")
    return root.partition(".")[0] in DRIVERS and kind.lower().endswith("connection")


def told_another(tree: PythonTree) -> frozenset[int]:
    """Return the ids of the calls that are told the URL of another database.

    By itself, or in an object that is made with it: `Store(Config(url="sqlite:///x.db"))`, also
    where that object has a name of the function first.
    """
    found: set[int] = set()
    if not OTHERS.search(tree.source.text):
        return frozenset()
    for node in (n for n in walk(tree.module) if isinstance(n, FunctionDef)):
        nodes = own_nodes(node)
        stored = Counter(n.id for n in nodes if isinstance(n, ast.Name) and not _loads(n))
        objects = {
            target.id
            for n in nodes
            if isinstance(n, ast.Assign) and isinstance(n.value, ast.Call) and _tells(n.value)
            for target in n.targets
            if isinstance(target, ast.Name) and stored[target.id] == 1
        }
        for call in (n for n in nodes if isinstance(n, ast.Call)):
            given = (*call.args, *(k.value for k in call.keywords))
            if _tells(call) or any(
                _tells(g) if isinstance(g, ast.Call) else getattr(g, "id", "") in objects
                for g in given
            ):
                found.add(id(call))
    return frozenset(found)


def _tells(call: ast.Call) -> bool:
    """Tell whether an argument of a call is a URL of another database as written."""
    given = (*call.args, *(k.value for k in call.keywords))
    texts = [g.value for g in given if isinstance(g, ast.Constant) and isinstance(g.value, str)]
    return any(speaks_of_another(scheme(text)) for text in texts)


def _loads(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _leads(node: ast.expr, scope: str, names: Names, levels: int) -> bool:
    """Tell whether a URL is certainly one of another database."""
    if not levels:
        return False
    text = Strings(names).of(node, scope, lambda: 0)
    if scheme(text):
        return not is_postgresql(text)
    match node:
        case ast.BoolOp(values=options):
            return all(_leads(o, scope, names, levels - 1) for o in options)
        case ast.IfExp(body=body, orelse=orelse):
            return all(_leads(o, scope, names, levels - 1) for o in (body, orelse))
        case ast.Call():
            return _of_call(node, scope, names, levels)
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return speaks_of_another(key)
        case ast.Attribute(attr=name):
            return speaks_of_another(name) or _of_property(node, scope, names, levels)
        case ast.Name(id=name):
            return speaks_of_another(name) or _of_name(node, scope, names, levels)
    return False


def _of_call(call: ast.Call, scope: str, names: Names, levels: int) -> bool:
    """Judge `URL.create("mssql+pyodbc")`, `os.getenv("MYSQL_URL")`, `str(url)`, `url.unwrap()`.

    `URL.build(scheme="mysql")` is yarl's, and by other classes pydantic's.
    """
    called = dotted(of_ast(call.func))
    told = next((k.value for k in call.keywords if k.arg in ("drivername", "scheme")), None)
    if called.endswith("URL.create") or (told is not None and called.endswith(".build")):
        given = told if told is not None or not call.args else call.args[0]
        text = Strings(names).of(given, scope, lambda: 0) if given is not None else ""
        return not is_postgresql(f"{text}://")
    if called == "str" and call.args and _leads(call.args[0], scope, names, levels - 1):
        return True  # a property is none of the environment's, whatever it is made of
    read = variable(call, scope, names)
    if read is not None:
        return speaks_of_another(read.name)
    if speaks_of_another(called.rpartition(".")[2]):
        return True
    if isinstance(call.func, ast.Attribute) and (not call.args or call.func.attr in _CHANGING):
        return _leads(call.func.value, scope, names, levels - 1)
    return bool(call.args) and _leads(call.args[0], scope, names, levels - 1)


def _of_property(node: ast.Attribute, scope: str, names: Names, levels: int) -> bool:
    """Judge what a property of the project's own settings gives, on every way through it."""
    member = function(of_ast(node), scope, names)
    if member is None or not is_property(member):
        return False
    given = member.names.results(member.name) or ()
    return bool(given) and all(_leads(v, member.name, member.names, levels - 1) for v in given)


def _of_name(node: ast.Name, scope: str, names: Names, levels: int) -> bool:
    """Judge what a name is given, where it is given one value only and is no parameter."""
    there = names.imported(of_ast(node), scope)
    names, shape, scope = (*there, "") if there is not None else (names, of_ast(node), scope)
    bound = names.bound(shape, scope)
    if len(bound) != 1 or bound[0].how != "=" or bound[0].value is None:
        return False
    return _leads(bound[0].value, bound[0].where, names, levels - 1)


def annotation_of(node: FunctionDef, name: str) -> str:
    """Return the annotation of a parameter as written, "" where it has none."""
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    told = next((a.annotation for a in arguments if a.arg == name), None)
    return ast.unparse(told) if told is not None else ""
