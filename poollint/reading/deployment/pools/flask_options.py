"""What Flask's configuration says of the engines that Flask-SQLAlchemy makes.

The extension takes its options when the application is there: from a class, a module or a
mapping that may stand anywhere in the project. Where it states none, the engine has SQLAlchemy's
defaults.

Source: flask-sqlalchemy.readthedocs.io, config (`SQLALCHEMY_ENGINE_OPTIONS`; what it says wins
over `engine_options`); flask.palletsprojects.com, config.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from posixpath import commonpath, dirname
from typing import TYPE_CHECKING

from poollint.catalog.load import Param, drivers
from poollint.facts.code import Argument, Module, Pool
from poollint.model.figure import Figure
from poollint.reading.connections.pools.bags import items
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast
from poollint.reading.naming.values.numbers import number
from poollint.syntax.python import PythonTree

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

_DRIVER = "flask_sqlalchemy"
_KEY = "SQLALCHEMY_ENGINE_OPTIONS"
_ENGINE = "sqlalchemy.create_engine"
_SIZES = ("max_size", "overflow")
# What may set options of which no file tells, and keys that only old versions take.
_ELSEWHERE = re.compile(r"\.from_(?:prefixed_env|envvar)\(|SQLALCHEMY_(?:POOL_SIZE|MAX_OVERFLOW)")
# Much else is made from a file, or of JSON (`Order.from_json(...)`): of a configuration it is told.
_FILES = re.compile(r"\b(\w+)\s{0,9}\.from_(?:file|json)\(")
_CONFIGURATION = re.compile(r"conf|cfg|setting", re.I)
_NAMED = re.compile(r"\b(\w+)\s{0,9}=\s{0,9}[\w.]{1,99}\.config\b")
_TEST = re.compile(r"test", re.I)
_Held = tuple[str | None, ast.expr, str]  # a key that is None is not known


@dataclass(frozen=True, slots=True)
class _Options:
    """What one place states: an argument a size, `pooled` False where no connection is kept."""

    path: str
    arguments: tuple[Argument, ...]
    defaults: tuple[Figure, ...]
    pooled: bool = True


def sized(
    modules: Sequence[Module], exports: Exports, aside: Callable[[str], bool]
) -> tuple[Module, ...]:
    """Return the modules, their extensions' pools with the sizes that the configuration gives.

    `aside` tells of a path that what it holds does not run in a deployed process.
    """
    if not any(_is_open(p) for m in modules for f in m.functions for p in f.pools):
        return tuple(modules)
    stated = tuple(o for o in _stated(exports) if not aside(o.path))
    found = exports.files.passing("configures Flask where no file tells", _elsewhere)
    if not stated and any(not aside(path) for path in found):
        return tuple(modules)
    return tuple(_with(module, stated) for module in modules)


def _elsewhere(text: str) -> bool:
    if _ELSEWHERE.search(text):
        return True
    receivers = set(_FILES.findall(text))
    if any(_CONFIGURATION.search(name) for name in receivers):
        return True
    return bool(receivers) and not receivers.isdisjoint(_NAMED.findall(text))


def _is_open(pool: Pool) -> bool:
    """Tell whether an extension is not told itself what its pool may hold."""
    known = pool.argument("max_size") or any(d.name == "max_size" for d in pool.defaults)
    return pool.driver == _DRIVER and not known and pool.argument("engine_options") is None


def _with(module: Module, stated: tuple[_Options, ...]) -> Module:
    if not any(_is_open(p) for f in module.functions for p in f.pools):
        return module
    near = _nearest(stated, module.path) or [_Options("", (), tuple(_defaults(())))]
    functions = tuple(
        replace(f, pools=tuple(_told(p, near) if _is_open(p) else p for p in f.pools))
        for f in module.functions
    )
    return replace(module, functions=functions)


def _nearest(stated: tuple[_Options, ...], path: str) -> list[_Options]:
    """Return what is stated in the folder that is the nearest to a file, of one application."""

    def depth(options: _Options) -> int:
        shared = commonpath((dirname(options.path), dirname(path)))
        return shared.count("/") + bool(shared)

    most = max(map(depth, stated), default=0)
    return [options for options in stated if depth(options) == most]


def _told(pool: Pool, near: list[_Options]) -> Pool:
    """Return a pool with its sizes: of several configurations from the least to the most."""
    first, *others = near
    arguments, defaults = list(first.arguments), list(first.defaults)
    for role in _SIZES if others else ():
        figures = [_figure(options, role) for options in near]
        known = [figure for figure in figures if figure is not None]
        own = next((a for o in near for a in o.arguments if a.role == role), None)
        if own is None:
            continue
        most = max(known, key=lambda f: f.high or 0, default=None)
        figure = most and replace(most, low=min(f.low for f in known))
        alike = len({a.variable for o in near for a in o.arguments if a.role == role}) == 1
        arguments = [a for a in arguments if a.role != role]
        defaults = [d for d in defaults if d.name != role]
        arguments.append(
            replace(
                own,
                figure=figure if len(known) == len(near) else None,
                variable=own.variable if alike else "",
            )
        )
    pooled = pool.pooled and any(options.pooled for options in near)
    return replace(pool, arguments=(*pool.arguments, *arguments),
                   defaults=(*pool.defaults, *defaults), pooled=pooled)  # fmt: skip


def _figure(options: _Options, role: str) -> Figure | None:
    argument = next((a for a in options.arguments if a.role == role), None)
    if argument is not None:
        return argument.figure
    return next((figure for figure in options.defaults if figure.name == role), None)


def _params() -> tuple[Param, ...]:
    return tuple(p for p in drivers().params[_ENGINE] if p.role in _SIZES)


def _defaults(told: Iterable[Argument]) -> Iterator[Figure]:
    roles = {argument.role for argument in told}
    for param in _params():
        if param.role not in roles and param.default is not None:
            yield Figure.defaulted(param.default, param.role, "SQLAlchemy default")


# --- What is stated --------------------------------------------------------------------------


def _stated(exports: Exports) -> Iterator[_Options]:
    for path in exports.files.passing(f"holds {_KEY}", lambda text: _KEY in text):
        names, tree = exports.names(path), exports.files.tree(path)
        if names is None or tree is None:
            continue
        reader = _Reader(names, tree)
        groups: list[list[_Held]] = []
        for value, key, scope in _places(tree.module, ""):
            if key is None:  # what is set in it later counts too
                groups.append([(k, v, scope) for k, v in reader.items(value, scope)])
            else:
                groups = groups or [[]]
                groups[-1].append((key, value, scope))
        yield from map(reader.options, groups)


class _Reader:
    """Reads the options that one file states."""

    def __init__(self, names: Names, tree: PythonTree) -> None:
        self._names = names
        self._tree = tree

    def items(self, value: ast.expr, scope: str) -> list[tuple[str | None, ast.expr]]:
        """Return keys and values of a dictionary, or of the one that a name stands for."""
        found = items(value)
        if found is None:
            told = self._names.bound(of_ast(value), scope)
            values = [b.value for b in told if b.how == "=" and b.value is not None]
            found = items(values[0]) if len(values) == 1 else None
        return [(None, value)] if found is None else found

    def options(self, held: list[_Held]) -> _Options:
        """Return what is told by pairs of keys and values; a key that is not known may be any."""
        known = {key: (value, scope) for key, value, scope in held if key is not None}
        told = [self._argument(p, *known[p.name]) for p in _params() if p.name in known]
        for param in _params() if any(key is None for key, _, _ in held) else ():
            if param.name not in known:
                at = next(value for key, value, _ in held if key is None)
                told.append(Argument(param.role, param.name, self._tree.span(at)))
        cls = dotted(of_ast(known["poolclass"][0])) if "poolclass" in known else ""
        arguments = tuple(told)
        path = self._tree.source.path
        return _Options(path, arguments, tuple(_defaults(arguments)), "NullPool" not in cls)

    def _argument(self, param: Param, value: ast.expr, scope: str) -> Argument:
        span = self._tree.span(value)
        found = number(value, scope, self._names, lambda _: span, self._tree.span)
        shown = found.low if found.low == found.high else f"{found.low} to {found.high}"
        figure = found.figure(param.role, f"{_KEY}({param.name}={shown})")
        boundless = figure is not None and figure.exact and figure.low in param.boundless
        return Argument(
            param.role, param.name, span, figure, found.variable, boundless, formula=found.formula
        )


def _places(node: ast.AST, scope: str) -> Iterator[tuple[ast.expr, str | None, str]]:
    """Yield the values of the setting, or of one key in it, and the scope that each stands in."""
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if isinstance(child, ast.ClassDef) and _TEST.search(child.name):
                continue
            inner = f"{scope}.{child.name}" if scope else child.name
        yield from _places(child, inner)
        yield from ((value, key, scope) for value, key in _set(child))


def _set(node: ast.AST) -> Iterator[tuple[ast.expr, str | None]]:
    match node:
        case ast.Assign(targets=[target], value=value):
            if _is_named(target):
                yield value, None
            elif isinstance(target, ast.Subscript) and _is_named(target.value):
                yield value, _constant(target.slice)
        case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_named(target):
            yield value, None
        case ast.keyword(arg=name, value=value) if name == _KEY:
            yield value, None
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            yield from ((value, None) for key, value in pairs if key and _constant(key) == _KEY)
        case ast.Call(func=ast.Attribute(attr="setdefault"), args=[key, value]):
            if _constant(key) == _KEY:
                yield value, None


def _is_named(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == _KEY
        case ast.Subscript(slice=key):
            return _constant(key) == _KEY
    return False


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
