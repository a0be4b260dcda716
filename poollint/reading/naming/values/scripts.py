"""The text of a file of SQL that a program reads, where the file is named by a literal path.

`open("sql/x.sql").read()`, `(Path(__file__).parent / "x.sql").read_text()`,
`importlib.resources.files("shop") / "x.sql"`, `pkgutil.get_data(__name__, "x.sql")`, or a function
of the project's that is told the rest of the name: `load("x.sql")`. A relative path is looked for
in the folder of the program and in those above, of which one is the working directory: it counts
where only one of them has such a file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import dirname, join, normpath, splitext
from typing import NamedTuple

from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast

MAX_DEPTH = 20  # names that stand for names, parts of a path
_CALLS = 3  # functions that read for others
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
    """importlib.resources.read_text importlib.resources.read_binary
    importlib_resources.read_text pkgutil.get_data pkg_resources.resource_string""".split()
)
_IN_PACKAGE = frozenset(
    """importlib.resources.open_text importlib.resources.open_binary importlib.resources.path
    importlib_resources.path pkg_resources.resource_filename""".split()
)
_AS_FILE = frozenset({"importlib.resources.as_file", "importlib_resources.as_file"})


class _At(NamedTuple):
    """A place: a path below a folder of the project, `free` where that is not told."""

    path: str
    free: bool = False


def script(call: ast.Call, scope: str, names: Names) -> str | None:
    """Return the text of the file of SQL that a call reads, None where it reads none."""
    return _text(_Paths(names).read_by(call, scope), names)


def script_at(path: ast.expr, scope: str, names: Names) -> str | None:
    """Return the text of the file of SQL that an expression is the path of, None for others."""
    return _text(_Paths(names).of(path, scope, 0), names)


def _text(at: _At | None, names: Names) -> str | None:
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

    def __init__(self, names: Names, told: dict[tuple[str, str], _At] | None = None) -> None:
        """`told` are the paths that parameters stand for, by their functions and names."""
        self._names = names
        self._told = told or {}

    def read_by(self, call: ast.Call, scope: str, depth: int = 0) -> _At | None:
        """Return what a call reads as a whole."""
        if self._names.qualified(of_ast(call.func), scope) in _OF_PACKAGE and len(call.args) > 1:
            folder = self._package(call.args[0])
            return self._below(folder, call.args[1], scope, 0)
        if isinstance(call.func, ast.Attribute) and call.func.attr in _READING:
            of = call.func.value
            opened = self._opened(of, scope, 0)
            return opened or (self.of(of, scope, 0) if call.func.attr != "read" else None)
        return self._by_function(call, scope, depth)

    def _by_function(self, call: ast.Call, scope: str, depth: int) -> _At | None:
        """Return what a function of the project reads that returns the whole of one file."""
        names, shape = self._names, of_ast(call.func)
        there = names.imported(shape, scope)
        names, shape = there or (names, shape)
        name = names.function(shape, "" if there else scope)
        if not name or depth > _CALLS:
            return None
        function = names.functions[name]
        given = zip([a.arg for a in parameters(function.args)], call.args, strict=False)
        every = [*given, *((k.arg, k.value) for k in call.keywords if k.arg)]
        told = {(name, p): at for p, value in every if (at := self.of(value, scope, 0))}
        returned = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
        if len(returned) != 1 or len(told) != len(every):
            return None
        value = returned[0]
        paths = _Paths(names, told)
        return paths.read_by(value, name, depth + 1) if isinstance(value, ast.Call) else None

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
            case ast.Call():
                return self._in_package(node, scope)
        return None

    def _in_package(self, call: ast.Call, scope: str) -> _At | None:
        """Return the file of a package that a call opens, or tells the path of."""
        if self._names.qualified(of_ast(call.func), scope) in _IN_PACKAGE and len(call.args) > 1:
            return self._below(self._package(call.args[0]), call.args[1], scope, 0)
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
            case ast.Name(id=name) if (scope, name) in self._told:
                return self._told[scope, name]
            case ast.Name(id="__file__"):
                return _At(self._names.outside.path) if self._names.outside.path else None
            case ast.JoinedStr(values=[*parts]):
                inner = [p.value if isinstance(p, ast.FormattedValue) else p for p in parts]
                return self._run_together(inner, scope, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._run_together([left, right], scope, depth)
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
        if name in _AS_FILE and call.args:
            return self.of(call.args[0], scope, depth + 1)
        if name in _IN_PACKAGE:
            return self._in_package(call, scope)
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
        if call.func.attr == "with_suffix" and start is not None and len(call.args) == 1:
            stem = splitext(start.path)[0]
            told = self.of(call.args[0], scope, depth + 1)
            return _At(stem + told.path, start.free) if told is not None else None
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
        value = found[0].value if len(found) == 1 else None
        told = self._told if names is self._names else None
        paths = _Paths(names, told)
        if value is None or not paths.holds(found[0]):
            return None
        return paths.of(value, found[0].where, depth + 1)

    def holds(self, binding: Binding) -> bool:
        """Tell whether a name holds what it is given: in a block not all that is entered is."""
        value = binding.value
        if binding.how != "with" or not isinstance(value, ast.Call):
            return binding.how == "="
        name = self._names.qualified(of_ast(value.func), binding.where)
        return name in _AS_FILE or name in _IN_PACKAGE

    def _run_together(self, parts: list[ast.expr], scope: str, depth: int) -> _At | None:
        """Return a path that is put together as a text: f"{HERE}/x.sql", HERE + "/x.sql"."""
        found = self.of(parts[0], scope, depth + 1) if parts else None
        for part in parts[1:]:
            text = part.value if isinstance(part, ast.Constant) else None
            rest = None if isinstance(text, str) else self.of(part, scope, depth + 1)
            if found is None or (not isinstance(text, str) and (rest is None or not rest.free)):
                return None
            whole = found.path + (text if isinstance(text, str) else rest.path if rest else "")
            found = _At(whole if found.path else whole.lstrip("/"), found.free)
        return found

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
