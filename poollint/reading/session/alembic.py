"""The database that Alembic migrates: what its env.py says, or else its alembic.ini.

Source: alembic.sqlalchemy.org, Tutorial; run: Alembic 1.20.1.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from posixpath import basename

from poollint.facts.code import Database, Module
from poollint.model.figure import Basis, Word
from poollint.model.source import SourceFile
from poollint.reading.naming.objects.origin import Origin, Origins
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.dsn import address, is_postgresql
from poollint.reading.naming.values.strings import argument
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax.python import PythonTree

ALEMBIC = "alembic env.py"  # the alias of the database that an environment names
ALEMBIC_INI = "alembic.ini"  # of what the settings name, where the environment leaves it to them
NAME = "alembic"

_OPTION = "sqlalchemy.url"
_LEFT_TO_SETTINGS = re.compile(r"\bengine_from_config\(")
_LINE = re.compile(r"^sqlalchemy\.url[ \t]*[=:][ \t]*(\S+)[ \t]*\r?$", re.M)


def environment(tree: PythonTree, names: Names) -> Iterator[Database]:
    """Yield the databases that an env.py names; one that leads nowhere where it does not tell."""
    if "alembic.context" not in names.imports.values():
        return
    origins = Origins(tree, names)
    told = list(_told(names))
    for node, scope in told:
        span = tree.span(node)
        found = origins.of_url(node, scope, span)
        yield Database(ALEMBIC, span, found.url, found.variable)
    if told or _LEFT_TO_SETTINGS.search(tree.source.text):
        return
    for call, scope in _configuring(names):
        given = argument(call, 0, "connection")
        if given is not None:
            span = tree.span(given)
            connected = origins.of(given, scope, span) or Origin()
            yield Database(ALEMBIC, span, connected.url, connected.variable)


def _told(names: Names) -> Iterator[tuple[ast.expr, str]]:
    """Yield what an env.py puts in the place of `sqlalchemy.url`, and the scope it is read in."""
    for node, scope in _nodes(names):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="set_main_option"),
                args=[ast.Constant(value=option), value],
            ) if option == _OPTION:
                yield value, scope
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))], value=value):
                if key == _OPTION:
                    yield value, scope


def _configuring(names: Names) -> Iterator[tuple[ast.Call, str]]:
    for node, scope in _nodes(names):
        called = names.qualified(of_ast(node.func), scope) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and called == "alembic.context.configure":
            yield node, scope


def _nodes(names: Names) -> Iterator[tuple[ast.AST, str]]:
    for scope, around in (("", names.module), *names.functions.items()):
        for node in own_nodes(around):
            yield node, scope


def _claims(path: str) -> bool:
    return basename(path).startswith("alembic") and path.endswith(".ini")


def _screen(data: bytes, options: Options) -> bool:
    return _OPTION.encode() in data


def _read(source: SourceFile, options: Options) -> FileReading:
    found = _LINE.search(source.text)
    url = found[1].replace("%%", "%") if found else ""
    told = address(url) if is_postgresql(url) and "%(" not in url else None
    if found is None or told is None:
        return FileReading(source.path, NAME)
    span = source.span(*found.span(1))
    database = Database(ALEMBIC_INI, span, Word(told.url, Basis.STATED, span))
    module = Module(source.path, (NAME,), (), (), databases=(database,))
    return FileReading(source.path, NAME, module=module)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
