"""The databases of a Django project, as its settings file states them.

Sources: docs.djangoproject.com, ref/settings DATABASES, ref/databases PostgreSQL notes; the
manuals of dj-database-url, django-environ and environs. What `OPTIONS` does was run: Django
5.2 through PgBouncer in each pool mode.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.catalog.session import sessions
from poollint.facts.code import Database, Effect, Statement
from poollint.model.figure import Basis, Word
from poollint.model.source import Span
from poollint.reading.naming.objects.origin import Origin, Origins
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import Item, Shape, dotted, of_ast
from poollint.reading.naming.values.strings import Strings, argument
from poollint.reading.session.arguments import UNKNOWN, Told, entries, values
from poollint.reading.session.committing import connection_of
from poollint.syntax.python import PythonTree

DEFAULT = "default"
ANY = "*"  # a router may choose another

_ENGINES = re.compile(r"postg|timescale", re.I)
_PARSES = frozenset({"dj_database_url.parse"})
_CONFIGURES = frozenset({"dj_database_url.config"})
_METHODS = frozenset({"db", "db_url", "dj_db_url"})  # of django-environ and environs
_URL = "DATABASE_URL"  # what each of them reads where it is not told
_OPTION = re.compile(r"(?:^|\s)(?:-c\s*|--)([A-Za-z_][\w.-]*)\s*=")
_NAME = re.compile(r"[\w-]+")
_COPYING = frozenset({"copy", "deepcopy", "dict"})
_CONNECTIONS = "django.db.connections"


@dataclass(frozen=True, slots=True)
class Stated:
    """What a settings file says: its databases, and what their options do to each session."""

    databases: tuple[Database, ...] = ()
    statements: tuple[Statement, ...] = ()


def may_matter(text: str) -> bool:
    """Tell whether a file may state the databases of a Django project."""
    words = ("ENGINE", "db_url", "database_url", 'DATABASES["default"]', "DATABASES['default']")
    return "DATABASES" in text and any(word in text for word in words)


def stated(tree: PythonTree, names: Names) -> Stated:
    """Return what a file says of a project's PostgreSQL databases at import."""
    if not may_matter(tree.source.text):
        return Stated()
    reading = _Reading(tree, names)
    found = [one for alias, node in _aliases(names) for one in reading.of(alias, node)]
    databases = tuple(one for one in found if isinstance(one, Database))
    return Stated(databases, tuple(one for one in found if isinstance(one, Statement)))


def alias_of(shape: Shape, scope: str, names: Names) -> str:
    """Return the alias of the database that a connection or a cursor of Django goes to, or ""."""
    on = connection_of(shape, scope, names)
    if names.qualified(on, scope) == "django.db.connection":
        return DEFAULT
    if isinstance(on, Item) and not on.named and names.qualified(on.of, scope) == _CONNECTIONS:
        return on.key
    return ""


def _aliases(names: Names) -> Iterator[tuple[str, ast.expr]]:
    """Yield the aliases that are given a value at import, each value by itself."""
    for node in own_nodes(names.module):
        match node:
            case (
                ast.Assign(targets=[ast.Name("DATABASES")], value=value)
                | ast.AnnAssign(target=ast.Name("DATABASES"), value=ast.expr() as value)
            ):
                for alias, every in entries(value, "", names).items():
                    yield from ((alias, one) for one in every if alias != UNKNOWN)
            case ast.Assign(
                targets=[ast.Subscript(ast.Name("DATABASES"), ast.Constant(value=str(alias)))],
                value=value,
            ):
                yield alias, value
            case ast.Expr(
                ast.Call(
                    ast.Attribute(
                        ast.Subscript(ast.Name("DATABASES"), ast.Constant(value=str(alias))),
                        "update",
                    ),
                    [value],
                )
            ):  # of all entries, as `dj_database_url.config()` gives them
                yield alias, value


def _copied(node: ast.expr) -> str:
    """Return the alias whose settings a value is, or is a copy of, "" where it is something else.

    `DATABASES["default"].copy()`, `dict(DATABASES["default"])`, `deepcopy(DATABASES["default"])`.
    """
    match node:
        case ast.Subscript(ast.Name("DATABASES"), ast.Constant(value=str(alias))):
            return alias
        case ast.Call(ast.Attribute(of, "copy"), []):
            return _copied(of)
        case ast.Call(func, [of]) if dotted(of_ast(func)).rpartition(".")[2] in _COPYING:
            return _copied(of)
    return ""


class _Reading:
    def __init__(self, tree: PythonTree, names: Names) -> None:
        self._tree = tree
        self._names = names
        self._strings = Strings(names)
        self._origins = Origins(tree, names)

    def of(self, alias: str, node: ast.expr) -> Iterator[Database | Statement]:
        """Yield a database, and what its options do, if it is one of PostgreSQL."""
        told = entries(node, "", self._names)
        copied = next(filter(None, map(_copied, told.get(UNKNOWN, ()))), "")
        if copied:
            yield from self._copy(alias, copied, told, self._tree.span(node))
            return
        urls = [one for one in told.get(UNKNOWN, ()) if isinstance(one, ast.Call)]
        engine = " ".join(self._text(one) for one in told.get("ENGINE", ()))
        if engine and not _ENGINES.search(engine):
            return
        span = self._tree.span(node)
        stated = "HOST" in told and "ENGINE" in told
        origin = self._by_host(told, span) if stated else None
        for call in urls:
            origin = self._by_url(call, span) or origin
        if origin is None:
            return
        yield Database(alias, span, origin.url, origin.variable)
        for bag in told.get("OPTIONS", ()):
            for done in self._options(entries(bag, "", self._names)):
                yield replace(done, alias=alias, url=origin.url, variable=origin.variable)

    def _copy(self, alias: str, copied: str, told: Told, span: Span) -> Iterator[Database]:
        """Yield a database that has the settings of another, but for what it says itself.

        One that is put where it was, or that may be of another sort, tells nothing.
        """
        if alias == copied or "ENGINE" in told:
            return
        nowhere = Origin(Word(None, Basis.STATED, span)) if "HOST" in told else Origin()
        origin = (self._by_host(told, span) if "HOST" in told else None) or nowhere
        yield Database(alias, span, origin.url, origin.variable, copied)

    def _text(self, node: ast.expr) -> str:
        return self._strings.of(node, "", lambda: node.lineno)

    def _by_host(self, told: Told, span: Span) -> Origin | None:
        """Return where the entries lead that have names of their own; the last of each counts."""
        parts = {"HOST": "host", "PORT": "port"}
        given = [ast.keyword(arg, told[key][-1]) for key, arg in parts.items() if key in told]
        call = ast.Call(ast.Name("DATABASES", ast.Load()), [], given)
        found = self._origins.of_call(call, "", span)
        if not (found.url or found.variable):
            return None
        name = self._text(told["NAME"][-1]) if "NAME" in told else ""
        url = found.url
        if url and (url.value or "").endswith("/") and _NAME.fullmatch(name):
            found = found._replace(url=replace(url, value=f"{url.value}{name}"))
        return found

    def _by_url(self, call: ast.Call, span: Span) -> Origin | None:
        """Return where a call leads that reads a URL."""
        shape = of_ast(call.func)
        name = self._names.qualified(shape, "")
        if name in _PARSES:
            given = argument(call, 0, "url")
            return self._origins.of_url(given, "", span) if given is not None else None
        if name in _CONFIGURES:
            told = argument(call, 0, "env")
            text = self._text(told) if told is not None else _URL
            return Origin(None, text) if text.isidentifier() else None
        method = dotted(shape).rpartition(".")[2]
        if method not in _METHODS:
            return None
        first = argument(call, 0, "var")
        if first is None:
            return Origin(None, _URL)
        text = self._text(first)
        return Origin(None, text) if text.isidentifier() else None

    def _options(self, told: Told) -> Iterator[Statement]:
        """Yield what options do to each session of a database."""
        for node in told.get("options", ()):
            found = [name.replace("-", "_") for name in _OPTION.findall(self._text(node))]
            if found:
                yield self._statement(Effect.STARTUP, "options", ",".join(found), node)
        for node in told.get("assume_role", ()):
            if not isinstance(node, ast.Constant) or node.value:
                yield self._statement(Effect.SET, "assume_role", "role", node)
        binding = [v for n in told.get("server_side_binding", ()) for v in self._values(n)]
        for node in told.get("prepare_threshold", ()) if binding == ["True"] else ():
            if None not in (said := list(self._values(node))) and "None" not in said:
                known = sessions().drivers["psycopg"]
                yield replace(
                    self._statement(Effect.NAMED_STATEMENTS, known.title, "", node),
                    help="leave out `prepare_threshold`: Django prepares nothing then",
                    failure=known.failure,
                )

    def _values(self, node: ast.expr) -> Iterator[str | None]:
        return values(node, "", self._names)

    def _statement(self, effect: Effect, text: str, subject: str, node: ast.expr) -> Statement:
        return Statement(effect, text, subject, self._tree.span(node), "")
