"""The statements of a unit that leave something behind in their session."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

import libcst as cst

from poollint.catalog.load import Api, Catalog
from poollint.facts.code import Effect, Statement
from poollint.model.source import Span
from poollint.reading.naming.objects.origin import Origin, Origins
from poollint.reading.naming.objects.other_databases import DRIVERS
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Shape, of_ast, of_cst
from poollint.reading.naming.values.strings import Strings, argument
from poollint.reading.paths.walk import Place, of_unit, places
from poollint.reading.session import aiosql, django, sql, tortoise
from poollint.reading.session.hooks import hooked
from poollint.reading.session.migrations import (
    TRANSACTION,
    Migration,
    is_run_sql,
    migration,
    run_sql,
)
from poollint.reading.session.undoing import Run, method, outside, stays, taken_back_later
from poollint.syntax.newer import expression
from poollint.syntax.python import Unit

_EXECUTING = frozenset({"execute", "query"})
# What a method is called that runs SQL, where the type of its object is unknown.
_RUNS = frozenset(
    {"execute", "executemany", "exec_driver_sql", "fetch", "fetchrow", "fetchval", "scalar"}
)
_LISTENS = frozenset({"add_listener", "listener"})
_FUNCTIONS = frozenset({"sqlalchemy.func", "sqlalchemy.sql.func", "sqlalchemy.sql.expression.func"})
# Words of statements, in lower case; a pattern that begins with plain letters is found fast.
_CHANGING = tuple(
    re.compile(rf"{word}(?<!\w{word})\s+[\w\"'{{%*]")
    for word in "set reset listen unlisten prepare temp temporary hold".split()
)
_TELLING = """advisory set_config listener pglock pg_temp pg_settings .sql" .sql' aiosql""".split()
_QUERIES = re.compile(r"queries(?<!\wqueries)\.\w+\(")  # of files of statements
_SHOUTED = tuple(
    re.compile(rf"{word}(?<!\w{word})\b")
    for word in ("EXECUTE", "DEALLOCATE", "DISCARD", "SAVEPOINT", "BEGIN", "START TRANSACTION")
)
# a constant, which another file may say
_CONSTANT = re.compile(r"execute\w*\((?:\w+\.)*(?:text|SQL)?\(?(?:\w+\.)*[A-Z][A-Z0-9_]{2,}\b")


@lru_cache(maxsize=1)  # asked once for each part of a file
def may_matter(text: str) -> bool:
    """Tell whether a file's text holds any word of a statement that changes its session."""
    small = text.lower()
    return (
        any(word in small for word in _TELLING)
        or any(one.search(small) for one in _CHANGING)
        or any(one.search(text) for one in _SHOUTED)
        or bool(_QUERIES.search(small) or _CONSTANT.search(text))
    )


def runs_sql(call: ast.Call, scope: str, names: Names) -> bool:
    """Tell whether a call may run SQL: by the catalog, or by its name on an unknown object."""
    shape = of_ast(call.func)
    called = method(shape)
    if called in _RUNS or called in _catalogued(names.catalog):
        return True
    if _server_function(shape, scope, names) or is_run_sql(shape, scope, names):
        return True
    return aiosql.query(shape, scope, names) is not None


def may_say(call: ast.Call, scope: str, names: Names) -> bool:
    """Tell whether what a call runs, as far as it is told, leaves something in its session.

    Of calls of which `runs_sql` holds: it looks into what few of them say.
    """
    shape = of_ast(call.func)
    called = method(shape)
    query = aiosql.query(shape, scope, names)
    if query is not None:
        return sql.read(query).matters
    if called in _LISTENS or (called not in _RUNS and called not in _catalogued(names.catalog)):
        return True
    if _server_function(shape, scope, names) or is_run_sql(shape, scope, names):
        return True
    api = names.api(shape, scope)
    return (
        _executes(api, shape, scope, names)
        and _text(call, api, scope, names, lambda: call.lineno).matters
    )


def statements(unit: Unit, names: Names) -> tuple[Statement, ...]:
    """Return the statements of a unit that leave something in their session, in text order."""
    if not may_matter(unit.source.text):
        return ()
    runs = [
        run
        for place in of_unit(unit)
        if isinstance(place.node, cst.Call)
        for run in _run(unit, place, place.node, names)
    ]
    found = []
    for run in runs:
        migrates = migration(unit, run.place, names)
        whole = migrates is not None and migrates.transaction == TRANSACTION
        told = [e for e in run.reading.effects if stays(run, e, runs, names)]
        told = [e for e in told if not (whole and taken_back_later(run, e, runs))]
        if run.reading.local is not None and outside(unit, run, names, migrates):
            told.append(run.reading.local)
        found += [_statement(unit, run, effect, names, migrates) for effect in told]
    return tuple(found)


def _statement(
    unit: Unit, run: Run, effect: sql.SessionEffect, names: Names, migrates: Migration | None
) -> Statement:
    span = unit.span(run.call)
    hook = hooked(unit, names).get(run.place.scope)
    origin = _origin(unit, run, span, names) or (hook.origin if hook else None)
    return Statement(
        effect=effect.effect,
        text=effect.text,
        subject=effect.subject,
        span=span,
        function=run.place.scope if run.place.scope in names.functions else "",
        url=origin.url if origin else None,
        variable=origin.variable if origin else "",
        hook=hook.step if hook else None,
        alias=(migrates.alias if migrates else _alias(unit, run, names)) if origin is None else "",
        migration=migrates.transaction if migrates else "",
    )


def _alias(unit: Unit, run: Run, names: Names) -> str:
    """Return the alias of the database that a connection of an ORM's leads to, "" for others."""
    shape, scope = of_cst(run.call.func), run.place.scope
    if not isinstance(shape, Attribute):
        return ""
    if names.type(shape.of, scope) == tortoise.CLIENT:
        parsed = _parsed(unit, run.call)
        on = parsed.func if parsed is not None else None
        return tortoise.alias_of(on.value if isinstance(on, ast.Attribute) else None, scope, names)
    return django.alias_of(shape.of, scope, names)


def _run(unit: Unit, place: Place, call: cst.Call, names: Names) -> Iterator[Run]:
    shape, scope = of_cst(call.func), place.scope
    called = method(shape)
    function = _server_function(shape, scope, names)
    if function:
        parsed = _parsed(unit, call)
        if parsed is not None:
            values = [_value(argument) for argument in parsed.args]
            yield Run(place, call, sql.Reading(tuple(sql.of_function(function, values))))
        return
    if is_run_sql(shape, scope, names):
        yield from _operations(unit, place, call, names)
        return
    query = aiosql.query(shape, scope, names)
    if query is not None:
        reading = sql.read(query)
        if reading.matters:
            yield Run(place, call, reading)
        return
    if called not in _RUNS and called not in _catalogued(names.catalog):
        return
    api = names.api(shape, scope)
    if api is not None and api.kind == "listener" and called in _LISTENS:
        listens = sql.SessionEffect(Effect.LISTEN, "", called)
        yield Run(place, call, sql.Reading((listens,)))
    elif _executes(api, shape, scope, names):
        reading = _read(unit, call, api, scope, names)
        if reading.matters:
            yield Run(place, call, reading)


def _operations(unit: Unit, place: Place, call: cst.Call, names: Names) -> Iterator[Run]:
    """Yield what `RunSQL` runs, each of its texts by itself."""
    parsed = _parsed(unit, call)
    for text, back in run_sql(parsed) if parsed is not None else ():
        reading = sql.read(
            Strings(names, across=True).of(text, place.scope, lambda: unit.span(call).start.line)
        )
        if back:  # run by itself some day: it takes nothing back of what goes before it here
            reading = reading._replace(undone=frozenset())
        if reading.matters:
            yield Run(place, call, reading)


def _executes(api: Api | None, shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call runs SQL on PostgreSQL, as far as its name and its object tell."""
    if _other_dialect(names):
        return False
    if api is not None:
        return api.kind in _EXECUTING
    if not isinstance(shape, Attribute) or shape.name not in _RUNS:
        return False
    roots = {name.partition(".")[0] for name in names.imports.values()}
    return not roots & DRIVERS and not names.type(shape.of, scope)


def _other_dialect(names: Names) -> bool:
    """Tell whether a file asks SQLAlchemy for another database's dialect, not PostgreSQL's."""
    dotted_names = (name.split(".") for name in names.imports.values())
    asked = {n[2] for n in dotted_names if n[:2] == ["sqlalchemy", "dialects"] and len(n) > 2}
    return bool(asked) and "postgresql" not in asked


def _read(unit: Unit, call: cst.Call, api: Api | None, scope: str, names: Names) -> sql.Reading:
    parsed = _parsed(unit, call)
    if parsed is None:
        return sql.Reading()
    return _text(parsed, api, scope, names, lambda: unit.span(call).start.line)


def _text(
    call: ast.Call, api: Api | None, scope: str, names: Names, line: Callable[[], int]
) -> sql.Reading:
    position, keyword = (api.position, api.keyword) if api else (0, "query")
    text = argument(call, max(position, 0), keyword)
    if text is None:
        return sql.Reading()
    return sql.read(Strings(names, across=True).of(text, scope, line))


def _parsed(unit: Unit, call: cst.Call) -> ast.Call | None:
    """Return a libcst call as `ast`, in which the names of the file are bound."""
    node = expression(unit.code(call))
    return node if isinstance(node, ast.Call) else None


def _value(node: ast.expr) -> str | int | bool | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str | int | bool) else None


def _server_function(shape: Shape, scope: str, names: Names) -> str:
    """Return the server's function that `func.name(…)` of SQLAlchemy calls, "" for others."""
    if not isinstance(shape, Attribute) or not sql.SCREEN.search(shape.name):
        return ""
    return shape.name if names.qualified(shape.of, scope) in _FUNCTIONS else ""


def _origin(unit: Unit, run: Run, span: Span, names: Names) -> Origin | None:
    """Return where the connection leads that the statement runs on."""
    scope = run.place.scope
    calls = [run.call]
    if _server_function(of_cst(run.call.func), scope, names):
        calls = list(_executing(run, names))  # `func.f()` is run by another call
    found = set()
    for call in calls:
        parsed = _parsed(unit, call)
        api = names.api(of_cst(call.func), scope)
        on: ast.expr | None = None
        named = aiosql.query(of_cst(call.func), scope, names) is not None
        if parsed is not None and (named or (api is not None and api.position > 0)):
            on = argument(parsed, 0)  # `execute_values(cursor, sql)`
        elif parsed is not None and isinstance(parsed.func, ast.Attribute):
            on = parsed.func.value
        found.add(Origins(unit, names).of(on, scope, span) if on is not None else None)
    return found.pop() if len(found) == 1 else None


def _executing(run: Run, names: Names) -> Iterator[cst.Call]:
    """Yield the calls of the function around that run SQL, as the catalog knows them."""
    around = next((p for p in run.place.ancestors() if isinstance(p.node, cst.FunctionDef)), None)
    for place in places(around.node) if around is not None else ():
        if isinstance(place.node, cst.Call):
            api = names.api(of_cst(place.node.func), run.place.scope)
            if api is not None and api.kind in _EXECUTING:
                yield place.node


@cache
def _catalogued(catalog: Catalog) -> frozenset[str]:
    """Return the names of the functions and methods that run SQL or listen."""
    methods = {m for (_, m), api in catalog.methods.items() if api.kind in _EXECUTING}
    functions = {n.rpartition(".")[2] for n, a in catalog.functions.items() if a.kind in _EXECUTING}
    return frozenset(methods | functions | _LISTENS)
