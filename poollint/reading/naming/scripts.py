"""The text of a file of SQL that a program reads, where the file is named by a literal path.

`open("sql/x.sql").read()`, `(Path(__file__).parent / "x.sql").read_text()`,
`importlib.resources.files("shop") / "x.sql"`, `pkgutil.get_data(__name__, "x.sql")`. A relative
path is looked for in the folder of the program and in those above, of which one is the working
directory: it counts where only one of them has such a file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import dirname, join, normpath
from typing import NamedTuple

from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import of_ast

MAX_DEPTH = 20  # names that stand for names, parts of a path
ENDING = ".sql"

_OPENING = frozenset({"open", "io.open", "codecs.open", "aiofiles.open", "anyio.open_file"})
_PATHS = frozenset(
    """pathlib.Path pathlib.PurePath pathlib.PosixPath anyio.Path str os.fspath os.path.abspath
    os.path.realpath os.path.normpath os.path.expanduser""".split()
)
_SAME = frozenset({"resolve", "absolute", "expanduser", "as_posix"})
_READING = frozenset({"read_text", "read_bytes", "read"})
_PACKAGES = frozenset({"importlib.resources.files", "importlib_resources.files"})
_OF_PACKAGE = frozenset(
    """importlib.resources.read_text importlib.resources.read_binary importlib.resources.open_text
    importlib_resources.read_text pkgutil.get_data pkg_resources.resource_string""".split()
)


class _At(NamedTuple):
    """A place: a path below a folder of the project, `free` where that is not told."""

    path: str
    free: bool = False


def script(call: ast.Call, scope: str, names: Names) -> str | None:
    """Return the text of the file of SQL that a call reads, None where it reads none."""
    at = _Paths(names).read_by(call, scope)
    if at is None or not at.path.endswith(ENDING):
        return None
    here = normpath(names.outside.path) if names.outside.path else ""
    folders = list(_above(dirname(here))) if at.free else [""]
    found = {
        path: text
        for path in (normpath(join(folder, at.path)) for folder in folders)
        if (text := names.outside.script(path)) is not None
    }
    return next(iter(found.values())) if len(found) == 1 else None


class _Paths:
    """The paths that the expressions of one module stand for."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def read_by(self, call: ast.Call, scope: str) -> _At | None:
        """Return what a call reads as a whole."""
        if self._names.qualified(of_ast(call.func), scope) in _OF_PACKAGE and len(call.args) > 1:
            folder = self._package(call.args[0])
            return self._below(folder, call.args[1], scope, 0)
        if isinstance(call.func, ast.Attribute) and call.func.attr in _READING:
            of = call.func.value
            opened = self._opened(of, scope, 0)
            return opened or (self.of(of, scope, 0) if call.func.attr != "read" else None)
        return None

    def _opened(self, node: ast.expr, scope: str, depth: int) -> _At | None:
        """Return the file that `open(…)`, or a name it is given, has open."""
        match node:
            case ast.Await(value=value) if depth < MAX_DEPTH:
                return self._opened(value, scope, depth + 1)
            case ast.Name() if depth < MAX_DEPTH:
                found = self._names.bound(of_ast(node), scope)
                if len(found) == 1 and found[0].how in {"=", "with"} and found[0].value:
                    return self._opened(found[0].value, found[0].where, depth + 1)
            case ast.Call(func=ast.Attribute(value=of, attr="open")) if not self._opens(
                node, scope
            ):
                return self.of(of, scope, depth + 1)
            case ast.Call(args=[first, *_]) if self._opens(node, scope):
                return self.of(first, scope, depth + 1)
        return None

    def _opens(self, call: ast.Call, scope: str) -> bool:
        shape = of_ast(call.func)
        name = self._names.qualified(shape, scope)
        plain = isinstance(call.func, ast.Name) and not self._names.bound(shape, scope)
        return (name or (call.func.id if plain and isinstance(call.func, ast.Name) else "")) in (
            _OPENING
        )

    def of(self, node: ast.expr, scope: str, depth: int) -> _At | None:
        """Return the path that an expression is, None where it is not wholly told."""
        if depth > MAX_DEPTH:
            return None
        match node:
            case ast.Constant(value=str(text)):
                return None if text.startswith("/") else _At(text, free=True)
            case ast.Name(id="__file__"):
                return _At(self._names.outside.path) if self._names.outside.path else None
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._below(self.of(left, scope, depth + 1), right, scope, depth)
            case ast.Attribute(value=of, attr="parent"):
                return self._up(self.of(of, scope, depth + 1), 1)
            case ast.Subscript(
                value=ast.Attribute(value=of, attr="parents"), slice=ast.Constant(value=int(count))
            ) if 0 <= count < MAX_DEPTH:
                return self._up(self.of(of, scope, depth + 1), count + 1)
            case ast.Call():
                return self._of_call(node, scope, depth)
            case ast.Name() | ast.Attribute():
                return self._of_name(node, scope, depth)
        return None

    def _of_call(self, call: ast.Call, scope: str, depth: int) -> _At | None:
        name = self._names.qualified(of_ast(call.func), scope)
        if not name and isinstance(call.func, ast.Name):
            name = call.func.id
        if name in _PACKAGES and call.args:
            return self._package(call.args[0])
        if name in _PATHS or name == "os.path.join":
            return self._joined(call.args, scope, depth)
        if name == "os.path.dirname" and call.args:
            return self._up(self.of(call.args[0], scope, depth + 1), 1)
        if not isinstance(call.func, ast.Attribute):
            return None
        start = self.of(call.func.value, scope, depth + 1)
        if call.func.attr in _SAME:
            return start
        if call.func.attr == "joinpath":
            for part in call.args:
                start = self._below(start, part, scope, depth)
            return start
        if call.func.attr == "with_name" and len(call.args) == 1:
            return self._below(self._up(start, 1), call.args[0], scope, depth)
        return None

    def _joined(self, parts: list[ast.expr], scope: str, depth: int) -> _At | None:
        found = self.of(parts[0], scope, depth + 1) if parts else None
        for part in parts[1:]:
            found = self._below(found, part, scope, depth)
        return found

    def _of_name(self, node: ast.expr, scope: str, depth: int) -> _At | None:
        shape = of_ast(node)
        there = self._names.imported(shape, scope)
        names, shape, scope = (*there, "") if there else (self._names, shape, scope)
        found = [b for b in names.bound(shape, scope) if b.how != ":"]
        value = found[0].value if len(found) == 1 and found[0].how == "=" else None
        return _Paths(names).of(value, found[0].where, depth + 1) if value is not None else None

    def _below(self, start: _At | None, part: ast.expr, scope: str, depth: int) -> _At | None:
        rest = self.of(part, scope, depth + 1) if start else None
        if start is None or rest is None or not rest.free:
            return None
        return _At(join(start.path, rest.path), start.free)

    def _up(self, at: _At | None, levels: int) -> _At | None:
        path = at.path if at else ""
        for _ in range(levels):
            if not path:
                return None
            path = dirname(path)
        return at and _At(path, at.free)

    def _package(self, node: ast.expr) -> _At | None:
        """Return the folder of a package, by its name, by `__name__` or `__package__`."""
        here = self._names.outside.path
        match node:
            case ast.Name(id="__package__") if here:
                return _At(dirname(here))
            case ast.Name(id="__name__") if here:
                return _At(dirname(here))
            case ast.Constant(value=str(name)) if name and not name.startswith("."):
                return _At(name.replace(".", "/"), free=True)
            case ast.Name():
                name = self._names.imports.get(node.id, "")
                if name and not name.startswith("."):
                    return _At(name.replace(".", "/"), free=True)
        return None


def _above(folder: str) -> Iterator[str]:
    """Yield a folder and those above it, up to the project's own."""
    while folder:
        yield folder
        folder = dirname(folder)
    yield ""
