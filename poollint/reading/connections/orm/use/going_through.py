"""What a loop, a comprehension or `list(…)` goes through: a lazy query sends its statement there.

A generator expression goes through nothing where it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import libcst as cst

from poollint.reading.paths.walk import places

_COLLECTING = frozenset("list tuple set frozenset sorted".split())


def gone_through(node: ast.AST) -> ast.expr | None:
    """Return what a node goes through itself, where it stands; None where it is no such node."""
    match node:
        case ast.For(iter=through):
            return through
        case ast.ListComp(generators=[first, *_]) | ast.SetComp(generators=[first, *_]):
            return None if first.is_async else first.iter
        case ast.DictComp(generators=[first, *_]):
            return None if first.is_async else first.iter
        case ast.Call(func=ast.Name(id=name), args=[through]) if name in _COLLECTING:
            return through
    return None


def iterated(function: cst.FunctionDef) -> Mapping[int, Sequence[cst.BaseExpression]]:
    """Return what is gone through within each part of a function, by the id of that part."""
    found: dict[int, list[cst.BaseExpression]] = {}
    for place in places(function):
        match place.node:
            case cst.For(iter=through, asynchronous=None):
                found.setdefault(id(through), []).append(through)
                continue
            case cst.ListComp(for_in=loop) | cst.SetComp(for_in=loop) | cst.DictComp(for_in=loop):
                if loop.asynchronous is not None:
                    continue
                through = loop.iter
            case cst.Call(func=cst.Name(value=name), args=[first, *rest]) if (
                name in _COLLECTING and all(one.keyword for one in rest)
            ):
                through = first.value
            case _:
                continue
        above = [p.node for p in place.ancestors()]
        if any(isinstance(node, cst.Lambda) for node in above):
            continue
        for node in (place.node, *above):
            if isinstance(node, cst.BaseCompoundStatement):
                break
            found.setdefault(id(node), []).append(through)
    return found
