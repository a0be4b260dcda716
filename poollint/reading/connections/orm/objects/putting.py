"""What a function puts in attributes of its object, and in names of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.syntax.nodes import walk


def put(function: ast.AST, own: bool = True) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is assigned to attributes of `self`, or to plain names, with their names."""
    for node in walk(function):
        match node:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                text = text_of(target)
                if own and text.startswith("self."):
                    yield text.removeprefix("self."), value
                elif not own and isinstance(target, ast.Name):
                    yield text, value
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=text)) if not own:
                yield text, value


def text_of(node: ast.expr) -> str:
    """Return "name" or "self.name", "" for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return f"self.{name}"
    return ""
