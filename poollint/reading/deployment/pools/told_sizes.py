"""Sizes of pools that a function, or a class, is told by whoever calls it.

`async def open_pool(dsn, max_size=10)` builds a pool as large as its callers say; where they say
nothing, as its parameter does. A size counts only where every call in the project is understood.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from posixpath import normpath
from typing import TYPE_CHECKING

from poollint.facts.code import Argument, Module, Pool
from poollint.model.figure import Basis
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.naming.values.arithmetic import Number, words_of
from poollint.reading.naming.values.numbers import number
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

_SIZES = ("max_size", "overflow", "min_size")
_INIT = "__init__"
MAX_CALLS = 50


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter: of which function of which file, where it stands, and what it is without it.

    `called` is what callers write: the name of the function, or of the class it makes.
    """

    path: str
    called: str
    name: str
    position: int
    default: ast.expr | None


def sized(
    modules: Sequence[Module], exports: Exports, aside: Callable[[str], bool]
) -> tuple[Module, ...]:
    """Return the modules, their pools with the sizes that callers give.

    `aside` tells of a path that what it holds does not run in a deployed process.
    """
    return tuple(_with(module, exports, aside) for module in modules)


def _with(module: Module, exports: Exports, aside: Callable[[str], bool]) -> Module:
    if not any(_open(pool) for f in module.functions for pool in f.pools):
        return module
    tree, names = exports.files.tree(module.path), exports.names(module.path)
    if tree is None or names is None:
        return module
    reader = _Reader(normpath(module.path), tree, names, exports, aside)
    functions = tuple(
        replace(f, pools=tuple(reader.told(pool) for pool in f.pools)) for f in module.functions
    )
    return replace(module, functions=functions)


def _open(pool: Pool) -> list[Argument]:
    """Return the sizes of a pool of which its own function does not tell the number."""
    return [
        a
        for a in pool.arguments
        if a.role in _SIZES and pool.function
        if a.figure is None and not (a.variable or a.boundless)
    ]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what the pools of one file are told."""

    path: str
    tree: PythonTree
    names: Names
    exports: Exports
    aside: Callable[[str], bool]

    def told(self, pool: Pool) -> Pool:
        """Return a pool with the sizes that the callers of its function give."""
        for argument in _open(pool):
            value = self._given(pool, argument)
            parameter = self._parameter(value, pool.function) if value is not None else None
            found = self._of_callers(parameter) if parameter else None
            figure = found and found.figure(argument.role, "")
            if found is None or not (figure or found.variable):
                continue
            if figure:
                shown = found.low if found.low == found.high else f"{found.low} to {found.high}"
                call = pool.call.rpartition(".")[2]
                figure = replace(figure, hint=f"{call}({argument.name}={shown})")
            known = replace(argument, figure=figure, variable=found.variable, formula=found.formula)
            every = tuple(known if a is argument else a for a in pool.arguments)
            pool = replace(pool, arguments=every)
        return pool

    def _given(self, pool: Pool, argument: Argument) -> ast.expr | None:
        """Return the value that a pool's call gives an argument by name."""
        for node in walk(self.tree.module):
            if not isinstance(node, ast.Call) or node.lineno != pool.span.start.line:
                continue
            if self.tree.span(node).start == pool.span.start:
                return next((k.value for k in node.keywords if k.arg == argument.name), None)
        return None

    def _parameter(self, value: ast.expr, scope: str) -> _Parameter | None:
        """Return the parameter that a value is: of the function, or of what makes its object."""
        match value:
            case ast.Name(id=name):
                return self._of(scope, name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if "." in scope:
                cls = scope.rpartition(".")[0]
                kept = self._kept(cls, name)
                return self._of(f"{cls}.{_INIT}", kept.id) if isinstance(kept, ast.Name) else None
        return None

    def _kept(self, cls: str, name: str) -> ast.expr | None:
        """Return the only value that an object of a class is ever given under a name."""
        found: list[tuple[str, ast.expr | None]] = []
        for scope, node in self.names.functions.items():
            inside = walk(node) if scope.rpartition(".")[0] == cls else ()
            kept = (i for i in inside if isinstance(i, ast.Attribute) and i.attr == name)
            found += [(scope, _assigned(node, i)) for i in kept if not isinstance(i.ctx, ast.Load)]
        if len(found) != 1 or found[0][0] != f"{cls}.{_INIT}":
            return None
        return found[0][1]

    def _of(self, scope: str, name: str) -> _Parameter | None:
        node = self.names.functions.get(scope)
        cls, _, own = scope.rpartition(".")
        if node is None or (cls and own != _INIT) or node.decorator_list:
            return None
        if sum(_is_set(inner, name) for inner in walk(node)):
            return None  # it is given another value on the way
        plain = [*node.args.posonlyargs, *node.args.args][1 if cls else 0 :]
        defaults = [None] * (len(plain) - len(node.args.defaults)) + list(node.args.defaults)
        for at, (arg, default) in enumerate(zip(plain, defaults[-len(plain) :], strict=False)):
            if arg.arg == name:
                return _Parameter(self.path, cls or own, name, at, default)
        for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if arg.arg == name:
                return _Parameter(self.path, cls or own, name, -1, default)
        return None

    def _of_callers(self, parameter: _Parameter) -> Number | None:
        """Return what all callers give, None where one of them is not understood, or none calls."""
        found: list[Number] = []
        for path in self.exports.files.with_word(parameter.called.rpartition(".")[2]):
            if self.aside(path):
                continue
            tree, names = self.exports.files.tree(path), self.exports.names(path)
            if tree is None or names is None or _hands_on(tree.module, parameter.called):
                return None
            for call, scope in names.calls(parameter.called.rpartition(".")[2]):
                meant = self._meant(call, scope, path, names, parameter)
                if meant is False:
                    continue
                value = self._value(call, parameter) if meant else None
                own = value is parameter.default
                at = (self.tree, self.names, "") if own else (tree, names, scope)
                given = _number(value, *at) if value is not None else None
                if given is None or len(found) > MAX_CALLS:
                    return None
                found.append(given)
        return _together(found)

    def _meant(
        self, call: ast.Call, scope: str, path: str, names: Names, parameter: _Parameter
    ) -> bool | None:
        """Tell whether a call is one of the function; None where that is not known."""
        name = names.qualified(of_ast(call.func), scope)
        if normpath(path) == self.path and isinstance(call.func, ast.Name):
            return True
        found = self.exports.origin(path, name) if name else None
        if found is None:
            return None
        return (normpath(found[0]), found[1]) == (self.path, parameter.called)

    def _value(self, call: ast.Call, parameter: _Parameter) -> ast.expr | None:
        """Return what a call gives a parameter, its default where it gives nothing."""
        if any(k.arg is None for k in call.keywords):
            return None
        if any(isinstance(value, ast.Starred) for value in call.args):
            return None
        named = next((k.value for k in call.keywords if k.arg == parameter.name), None)
        if named is None and 0 <= parameter.position < len(call.args):
            return call.args[parameter.position]
        return named or parameter.default


def _number(value: ast.expr, tree: PythonTree, names: Names, scope: str) -> Number | None:
    found = number(value, scope, names, tree.span, tree.span)
    return found if found.low is not None or found.variable else None


def _together(found: list[Number]) -> Number | None:
    """Return several numbers as one: from the least to the most."""
    if not found or len({(n.low, n.high, n.variable, n.formula) for n in found}) == 1:
        return found[0] if found else None
    lows = [n.low for n in found if n.low is not None and not words_of(n)]
    highs = [n.high for n in found if n.high is not None and not words_of(n)]
    if len(lows) < len(found) or len(highs) < len(found):
        return None
    return Number(min(lows), max(highs), Basis.DERIVED, found[0].span)


def _hands_on(module: ast.Module, called: str) -> bool:
    """Tell whether a file gives what is called so to others, or derives from it."""
    for node in walk(module):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "cast")):
                continue
            case ast.Call(args=given, keywords=named):
                handed = [*given, *(k.value for k in named)]
            case ast.ClassDef(bases=handed):
                pass
            case _:
                continue
        if any(_last(value) == called.rpartition(".")[2] for value in handed):
            return True
    return False


def _last(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _assigned(function: ast.AST, target: ast.Attribute) -> ast.expr | None:
    """Return what is assigned to an attribute, None where that is not one plain value."""
    for node in walk(function):
        match node:
            case ast.Assign(targets=[one], value=value) if one is target:
                return value
            case ast.AnnAssign(target=one, value=ast.expr() as value) if one is target:
                return value
    return None


def _is_set(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
