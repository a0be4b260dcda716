"""Functions that another function defines for itself, and what it takes back at its end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.scopes.bodies import mentions, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_ast


def called_only(scope: str, names: Names) -> Iterator[str]:
    """Yield the plain functions defined in a function that does nothing but call them."""
    around = names.functions.get(scope)
    if around is None:
        return
    for name, bound in names.scope(scope).bound.items():
        node = names.functions.get(f"{scope}.<locals>.{name}")
        if not isinstance(node, ast.FunctionDef) or len(bound) > 1 or node.decorator_list:
            continue
        uses = list(mentions(around, name))
        if uses and all(_is_callee(above, name) for above in uses):
            yield name


def _is_callee(above: list[ast.AST], name: str) -> bool:
    match above:
        case [ast.Call(func=ast.Name(id=called), args=args), *_] if called == name:
            return not any(isinstance(a, ast.Name) and a.id == name for a in args)
    return False


def reset_by(scope: str, names: Names) -> Iterator[str]:
    """Yield what a function resets before it ends: context variables (`current.reset(token)`)."""
    node = names.functions.get(scope)
    for inner in own_nodes(node) if node else ():
        match inner:
            case ast.Call(func=ast.Attribute(value=value, attr="reset"), args=[_]):
                yield dotted(of_ast(value))
