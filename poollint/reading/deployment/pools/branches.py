"""Which pools a module builds whatever happens, and which only in one of several branches.

Of the branches of a statement a process takes one; what stands beside each other it runs all of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from poollint.facts.code import Function, Module
from poollint.model.source import Span
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_AT_IMPORT = "called where its module is imported"
_BRANCHES = (ast.If, ast.IfExp, ast.Try, ast.Match, ast.BoolOp, ast.For, ast.While)


def unconditional(exports: Exports, modules: Iterable[Module]) -> frozenset[Span]:
    """Return the places of the pools that a module, or a function, builds in any case.

    It is built when a module is imported, or together with all others of a function that is
    called: of one with branches that build some of them a process may take either.
    """
    return frozenset(place for module in modules for place in _of_module(exports, module))


def begun(exports: Exports, module: Module) -> Module:
    """Return a module, with what it calls once itself when it is imported told to run once.

    `engine = make_engine()` builds the pool of that function. Of one that builds different pools,
    in branches of its own, it is not known which that is.
    """
    making = {f.name: f for f in module.functions if _makes_one(f)}
    tree = exports.files.tree(module.path) if making else None
    if tree is None:
        return module
    calls = [node.func.id for node in _run(tree.module) if isinstance(node, ast.Call)
             and isinstance(node.func, ast.Name)]  # fmt: skip
    once = {name for name in making if calls.count(name) == 1}
    functions = (replace(f, once=_AT_IMPORT) if f.name in once else f for f in module.functions)
    return replace(module, functions=tuple(functions)) if once else module


def _makes_one(function: Function) -> bool:
    """Tell whether a function of a module builds one pool, whichever of its branches it takes."""
    kinds = {(pool.call, pool.variable, pool.several) for pool in function.pools}
    alone = len(kinds) == 1 and not any(p.once or p.several or p.aside for p in function.pools)
    return alone and not (function.once or function.recurrence) and "." not in function.name


def _run(module: ast.Module) -> Iterator[ast.AST]:
    """Yield what a module runs whenever it is imported: no function, and no branch of a test."""
    waiting: list[ast.AST] = [node for node in module.body if not isinstance(node, ast.If)]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def _of_module(exports: Exports, module: Module) -> Iterator[Span]:
    told = [f for f in module.functions if len(f.pools) > 1 or (f.pools and not f.name)]
    tree = exports.files.tree(module.path) if told else None
    if tree is None:
        return
    nodes = list(walk(tree.module))
    branches = [tree.span(node) for node in nodes if isinstance(node, _BRANCHES)]
    homes = [tree.span(node) for node in nodes if isinstance(node, _FUNCTIONS)]
    for function in told:
        places = [pool.span for pool in function.pools]
        if not function.name:
            yield from (place for place in places if not _around(place, branches))
        elif not any(_within_home(place, branches, homes) for place in places):
            yield from places


def _around(place: Span, spans: Iterable[Span]) -> list[Span]:
    return [span for span in spans if span.start <= place.start < span.end]


def _within_home(place: Span, branches: Iterable[Span], homes: Iterable[Span]) -> bool:
    """Tell whether a place is in a branch of the function that it stands in."""
    begins = max((home.start for home in _around(place, homes)), default=place.start)
    return any(branch.start > begins for branch in _around(place, branches))
