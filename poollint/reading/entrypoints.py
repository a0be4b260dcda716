"""What frameworks call in one module: again and again, or once.

One function for each shape of frameworks.toml. A place that is not sure is no entry point.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from poollint.catalog.frameworks import Entry, Frameworks, Lifecycle, frameworks
from poollint.reading.bindings import parameters
from poollint.reading.outline import Outline, argument_names, dotted, own_nodes

Row = Entry | Lifecycle
_PART = re.compile(r"\w+(?:\.|$)")


class Found(NamedTuple):
    """A function that a framework calls, by the row that says so, and where that is stated."""

    function: str
    row: Row
    node: ast.expr | ast.stmt
    is_decorator: bool = False


def entrypoints(outline: Outline, path: str, catalog: Frameworks) -> Iterator[Found]:
    """Yield what frameworks call in the module at `path`; the surest shapes come first."""
    table: tuple[Entry | Lifecycle, ...] = (*catalog.lifecycles, *catalog.entries)
    imported, borne = _frameworks_of(outline, catalog)
    for shape, finder in _FINDERS:
        near = borne if shape == "decorator-method" else imported
        rows = [row for row in table if row.shape == shape and (row.alone or row.framework in near)]
        if rows:
            yield from finder(outline, path, rows)


def _frameworks_of(outline: Outline, catalog: Frameworks) -> tuple[set[str], set[str]]:
    """Return the frameworks that are imported, and those whose name an import bears besides.

    `from shop.celery_app import app` bears Celery's: enough for a decorator's object.
    """
    imported, borne = set(), set()
    names = set(outline.imports.values())
    # a module's name and those of the packages around it: "azure", "azure.functions", …
    around = {name[: at.end()].rstrip(".") for name in names for at in _PART.finditer(name)}
    parts = {part.partition("_")[0] for name in names for part in name.split(".")}
    for id_, framework in catalog.frameworks.items():
        if not framework.imports or not around.isdisjoint(framework.imports):
            imported.add(id_)
        elif not parts.isdisjoint(framework.imports):
            borne.add(id_)
    return imported, imported | borne


def _under(name: str, root: str) -> bool:
    return name == root or name.startswith(f"{root}.")


@cache
def matches(name: str, row: str) -> bool:
    """Tell whether a qualified name is the one of a row: by its first and last part."""
    if row.endswith(".*"):
        return name.startswith(row[:-1])
    if name == row:
        return True
    first, _, rest = name.partition(".")
    begin, _, end = row.partition(".")
    return bool(rest) and first == begin and rest.rpartition(".")[2] == end.rpartition(".")[2]


def _any(name: str, rows: tuple[str, ...], relative: bool = False) -> bool:
    """Tell whether a name is one of those of a row; `relative` as in `Entry`."""
    if not name:
        return False
    end = f".{name.lstrip('.')}"
    return any(matches(name, row) or (relative and row.endswith(end)) for row in rows)


def _decorators(outline: Outline) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Yield function, decorator, and the decorator without its call."""
    for name, function in outline.functions.items():
        for decorator in function.decorator_list:
            yield name, decorator, decorator.func if isinstance(decorator, ast.Call) else decorator


def _decorator(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for name, decorator, plain in _decorators(outline):
        text = outline.qualified(plain)
        for row in rows:
            if _any(text, row.names, row.relative):
                yield Found(name, row, decorator, is_decorator=True)


def _decorator_method(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for name, decorator, plain in _decorators(outline):
        scope = outline.scope(name).parent
        where = scope.name if scope else ""
        for owner, attr in _splits(dotted(plain)):
            for row in rows:
                if (
                    attr in row.attrs
                    and _given(decorator, getattr(row, "args", ()))
                    and _receives(outline, owner, where, row, decorator)
                ):
                    yield Found(name, row, decorator, is_decorator=True)


def _splits(chain: str) -> Iterator[tuple[str, str]]:
    """Yield object and attribute: ("app.cli", "command"), then ("app", "cli.command")."""
    parts = chain.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:cut]), ".".join(parts[cut:])


def _given(call: ast.expr, wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return True
    return isinstance(call, ast.Call) and any(
        isinstance(arg, ast.Constant) and arg.value in wanted for arg in call.args
    )


def _receives(outline: Outline, owner: str, scope: str, row: Row, call: ast.expr) -> bool:
    """Tell whether `owner` is an instance of one of the row's receivers."""
    makers = outline.makers(owner, scope)
    if any(_any(maker, row.receivers, row.relative) for maker in makers):
        return True
    if any(not maker.startswith(".") and _of_a_framework(maker) for maker in makers):
        return False
    if not outline.is_imported(owner, scope):
        return False
    if row.web:
        path = call.args[0] if isinstance(call, ast.Call) and call.args else None
        return isinstance(path, ast.Constant) and str(path.value).startswith("/")
    # an instance of the framework's class, made in another file; a function or signal is none
    return any(name.rpartition(".")[2][:1].isupper() for name in row.receivers)


@cache
def _of_a_framework(name: str) -> bool:
    return any(_under(name, root) for f in frameworks().frameworks.values() for root in f.imports)


def _handed(call: ast.Call, row: Row) -> tuple[ast.expr, ...]:
    """Return the argument of `call` that is the callable, or all where any may be one."""
    if row.keyword == "*":
        return (*call.args, *(keyword.value for keyword in call.keywords))
    for keyword in call.keywords:
        if row.keyword and keyword.arg == row.keyword:
            return (keyword.value,)
    return tuple(call.args[row.position : row.position + 1]) if row.position >= 0 else ()


def _argument(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    injected = dict(_injected(outline))
    for scope, call in outline.calls:
        text = outline.qualified(call.func)
        for row in rows:
            if not _any(text, row.names, row.relative):
                continue
            given = _handed(call, row)
            if not given and not call.args and call in injected:
                given = (injected[call],)
            for value in _each(given):
                for name in outline.stands_for(value, scope):
                    yield Found(name, row, call if isinstance(row, Entry) else value)


def _each(given: tuple[ast.expr, ...]) -> Iterator[ast.expr]:
    for value in given:
        yield from value.elts if isinstance(value, ast.List | ast.Tuple) else (value,)


def _injected(outline: Outline) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Yield the calls that stand for what a parameter is annotated with: `x: Repo = Depends()`."""
    for function in outline.functions.values():
        arguments = function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        given = zip(plain[::-1], arguments.defaults[::-1], strict=False)
        for arg, default in (
            *given,
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ):
            if isinstance(default, ast.Call) and arg.annotation is not None:
                yield default, arg.annotation
        for arg in plain:
            match arg.annotation:
                case ast.Subscript(slice=ast.Tuple(elts=[of, ast.Call() as call, *_])):
                    yield call, of


def _registration(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope, call in outline.calls:
        for owner, attr in _splits(dotted(call.func)):
            for row in rows:
                if attr in row.attrs and _receives(outline, owner, scope, row, call):
                    for value in _handed(call, row):
                        for name in outline.stands_for(value, scope):
                            yield Found(name, row, call)


def _chain(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope, call in outline.calls:
        attr, inner = _chained(call)
        for row in rows:
            if attr not in row.attrs or inner is None:
                continue
            owner, _, method = dotted(inner.func).rpartition(".")
            made = [f"{maker}.{method}" for maker in outline.makers(owner, scope)] if owner else []
            if any(_any(text, row.names) for text in (outline.qualified(inner.func), *made)):
                for value in _handed(call, row):
                    for name in outline.stands_for(value, scope):
                        yield Found(name, row, call if isinstance(row, Entry) else value)


def _chained(call: ast.Call) -> tuple[str, ast.Call | None]:
    """Return what `first(…).more().last(…)` calls last, and the first call."""
    last = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    node: ast.expr = call.func
    first = None
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Call):
            first, node = node, node.func
        else:
            node = node.value
    return last, first


def _append(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for scope, call in outline.calls:
        for owner, attr in _splits(dotted(call.func)):
            for row in rows:
                appends = call.args and attr in {f"{a}.append" for a in row.attrs}
                if appends and _receives(outline, owner, scope, row, call):
                    for name in outline.stands_for(call.args[0], scope):
                        yield Found(name, row, call)


def _attribute(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for cls, node in outline.classes.items():
        for statement in node.body:
            if not isinstance(statement, ast.Assign):
                continue
            value = statement.value
            values = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            targets = {dotted(target) for target in statement.targets}
            for row in rows:
                if node.name in row.names and targets & set(row.attrs):
                    for part in values:
                        for name in outline.stands_for(part, cls):
                            yield Found(name, row, part)


def _base(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for cls in outline.classes:
        bases = set(outline.bases(cls))
        for row in rows:
            if any(
                _any(base, row.bases, row.relative) or _named_after(base, row) for base in bases
            ):
                yield from _methods(outline, cls, row)


def _named_after(base: str, row: Row) -> bool:
    """Tell whether a base of another file is named after the framework's own.

    `BaseResource` of `from shop.handlers import BaseResource` is a `Resource`.
    """
    name = base.rpartition(".")[2]
    return (
        "." in base
        and not _of_a_framework(base)
        and any(name.endswith(own.rpartition(".")[2]) for own in row.bases)
    )


def _methods(outline: Outline, cls: str, row: Row) -> Iterator[Found]:
    for method, name in outline.methods(cls).items():
        for wanted in row.methods:
            if method == wanted or (wanted.endswith("*") and method.startswith(wanted[:-1])):
                yield Found(name, row, outline.functions[name])


def _suffix(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for cls in outline.classes:
        for row in rows:
            if not any(base.endswith(row.bases) for base in outline.bases(cls)):
                continue
            for method, name in outline.methods(cls).items():
                takes = argument_names(outline.functions[name])
                if not method.startswith("_") and set(row.params) <= set(takes):
                    yield Found(name, row, outline.functions[name])


def _class(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for cls in outline.classes:
        methods = outline.methods(cls)
        takes = [set(argument_names(outline.functions[name])) for name in methods.values()]
        for row in rows:
            if any(set(row.params) <= params for params in takes):
                yield from _methods(outline, cls, row)


def _signature(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for name, function in outline.functions.items():
        if "." in name:
            continue
        takes = argument_names(function)
        for row in rows:
            if (row.params and takes == row.params) or (name in row.names and len(takes) == 2):
                yield Found(name, row, function)


def _annotation(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for name, function in outline.functions.items():
        for arg in parameters(function.args):
            text = outline.qualified(arg.annotation) if arg.annotation else ""
            for row in rows:
                if _any(text, row.names):
                    yield Found(name, row, function)


def _context(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    """Yield the functions that use what is there only while a request is served."""
    for name, function in outline.functions.items():
        for node in own_nodes(function):
            if not isinstance(node, ast.Name | ast.Attribute):
                continue
            text = outline.qualified(node) if outline.is_import(node, name) else ""
            row = next((row for row in rows if text in row.names), None) if text else None
            if row is not None:
                yield Found(name, row, node)
                break


def _named(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for name, function in outline.functions.items():
        for row in rows:
            if function.name in row.names:
                yield Found(name, row, function)


def _file(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for row in rows:
        if not any(_glob(pattern).fullmatch(path) for pattern in row.files):
            continue
        for name, function in outline.functions.items():
            takes = argument_names(function)
            if not row.params or ("." not in name and takes[:1] and takes[0] in row.params):
                yield Found(name, row, function)


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return re.compile(text.replace(r"\*", "[^/]*"))


def _module(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for row in rows:
        roots = frameworks().frameworks[row.framework].imports
        for node in own_nodes(outline.module):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                text = outline.qualified(node.value.func)
                called = outline.called(node.value.func, "")
                if any(_under(text, root) for root in roots) or any(
                    _speaks_to(outline, name, roots) for name in called
                ):
                    yield Found("", row, node)
                    break


def _speaks_to(outline: Outline, function: str, roots: tuple[str, ...]) -> bool:
    return any(
        isinstance(node, ast.Call)
        and any(_under(outline.qualified(node.func), root) for root in roots)
        for node in own_nodes(outline.functions[function])
    )


_FINDERS: tuple[tuple[str, Callable[[Outline, str, list[Row]], Iterator[Found]]], ...] = (
    ("decorator", _decorator),
    ("decorator-method", _decorator_method),
    ("argument", _argument),
    ("registration", _registration),
    ("chain", _chain),
    ("append", _append),
    ("attribute", _attribute),
    ("base", _base),
    ("suffix", _suffix),
    ("class", _class),
    ("signature", _signature),
    ("file", _file),
    ("annotation", _annotation),
    ("context", _context),
    ("named", _named),
    ("module", _module),
)
