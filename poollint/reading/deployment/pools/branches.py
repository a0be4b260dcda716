"""Which pools a module builds whatever happens, and which only in one of several branches.

Of the branches of a statement a process takes one; what stands beside each other it runs all of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from poollint.facts.code import Module
from poollint.model.source import Span
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports

_BRANCHES = (ast.If, ast.IfExp, ast.Try, ast.Match, ast.BoolOp, ast.For, ast.While)


def unconditional(exports: Exports, modules: Iterable[Module]) -> frozenset[Span]:
    """Return the places of the pools that are built when their module is imported, in any case."""
    return frozenset(place for module in modules for place in _of_module(exports, module))


def _of_module(exports: Exports, module: Module) -> Iterator[Span]:
    places = [p.span for f in module.functions if not f.name for p in f.pools]
    tree = exports.files.tree(module.path) if len(places) > 1 else None
    if tree is None:
        return
    found = (node for node in walk(tree.module) if isinstance(node, _BRANCHES))
    branches = [tree.span(node) for node in found]
    for place in places:
        if not any(b.start <= place.start < b.end for b in branches):
            yield place
