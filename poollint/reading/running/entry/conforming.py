"""What frameworks call in one module for what it is: a method of a class, a name, a signature.

One function for each shape of frameworks.toml. A place that is not sure is no entry point.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from poollint.catalog.frameworks import frameworks
from poollint.reading.naming.scopes.bindings import FunctionDef, parameters
from poollint.reading.naming.scopes.outline import Outline, argument_names, own_nodes
from poollint.reading.running.entry.entries import Finder, Found, Row, any_of, of_a_framework, under
from poollint.reading.running.once.each_time import run_each_time
from poollint.syntax.nodes import walk


def _base(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    for cls in outline.classes:
        bases = set(outline.bases(cls))
        for row in rows:
            if any(
                any_of(base, row.bases, row.relative) or _named_after(base, row) for base in bases
            ):
                yield from _methods(outline, cls, row)


def _named_after(base: str, row: Row) -> bool:
    """Tell whether a base of another file is named after the framework's own.

    `BaseResource` of `from shop.handlers import BaseResource` is a `Resource`.
    """
    name = base.rpartition(".")[2]
    return (
        "." in base
        and not of_a_framework(base)
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
                if any_of(text, row.names):
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


def _calling(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    """Yield the functions that read the command line, by a function of the module too."""
    roots = {name.partition(".")[0] for name in outline.imports.values()}
    for row in rows:
        if roots.isdisjoint(row.names):
            continue  # parsers of requests have methods of these names
        own = {scope for scope, call in outline.calls if _reads_line(call, row.attrs)}
        asked = {
            scope
            for scope, call in outline.calls
            if any(name in own and "arg" in name for name in outline.called(call.func, scope))
        }
        for name in sorted(own | {name for name in asked if "." not in name}):
            if name in outline.functions:
                yield Found(name, row, outline.functions[name])


def _reads_line(call: ast.Call, attrs: tuple[str, ...]) -> bool:
    """Tell whether a call parses the arguments of the process: a test gives a list of its own."""
    return _attr(call) in attrs and not any(isinstance(value, ast.List) for value in call.args)


def _namespace(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    """Yield the functions that are given what the parsers of their module are told to read."""
    requests = any("reqparse" in name.split(".") for name in outline.imports.values())
    for row in () if requests else rows:
        read = {n for _, c in outline.calls if _attr(c) in row.attrs for n in _stored(c)}
        for name, function in outline.functions.items() if read else ():
            takes = argument_names(function)
            if "." not in name and len(takes) == 1 and read & _asked_of(takes[0], function):
                yield Found(name, row, function)


def _attr(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _stored(call: ast.Call) -> Iterator[str]:
    """Yield what `add_argument("-b", "--batch-size")` may call what it reads."""
    told = [k.value for k in call.keywords if k.arg == "dest"] or call.args
    for value in told:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value.lstrip("-").replace("-", "_")


def _asked_of(parameter: str, function: FunctionDef) -> set[str]:
    return {
        node.attr
        for node in own_nodes(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == parameter
    }


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
    """Yield the script whose own statements speak to the framework, not only when one fails.

    What stands under no test shows it best, and else where the framework is imported.
    """
    body = sorted(run_each_time(outline, ""), key=lambda node: node not in outline.module.body)
    for row in rows:
        roots = frameworks().frameworks[row.framework].imports
        for node in body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                text = outline.qualified(node.value.func)
                called = outline.called(node.value.func, "")
                if any(under(text, root) for root in roots) or any(
                    _speaks_to(outline, name, roots) for name in called
                ):
                    sure = node in outline.module.body
                    yield Found("", row, node if sure else _imported(outline, roots) or node)
                    break


def _script(outline: Outline, path: str, rows: list[Row]) -> Iterator[Found]:
    """Yield the functions of other files that a script runs: `if __name__ == "__main__": main()`.

    Those of its own file are known as its own.
    """
    started: list[ast.stmt] = []
    for node in outline.module.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            started += node.body
        elif isinstance(node, ast.Expr):
            started.append(node)
    calls = [n for one in started for n in walk(one) if isinstance(n, ast.Call)]
    for row in rows:
        for call in calls:
            if not outline.called(call.func, ""):
                for name in outline.elsewhere(call.func, ""):
                    yield Found(name, row, call)


def _imported(outline: Outline, roots: tuple[str, ...]) -> ast.stmt | None:
    """Return the statement of a module that imports a framework."""
    for node in outline.module.body:
        match node:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
            case ast.ImportFrom(module=str(module)):
                names = [module]
            case _:
                continue
        if any(under(name, root) for name in names for root in roots):
            return node
    return None


def _speaks_to(outline: Outline, function: str, roots: tuple[str, ...]) -> bool:
    return any(
        isinstance(node, ast.Call)
        and any(under(outline.qualified(node.func), root) for root in roots)
        for node in run_each_time(outline, function)
    )


FINDERS: tuple[tuple[str, Finder], ...] = (
    ("base", _base),
    ("suffix", _suffix),
    ("class", _class),
    ("signature", _signature),
    ("file", _file),
    ("annotation", _annotation),
    ("context", _context),
    ("calling", _calling),
    ("namespace", _namespace),
    ("named", _named),
    ("module", _module),
    ("script", _script),
)
