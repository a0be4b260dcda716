"""Objects that a loop makes or enters anew: what they leave open ends with them.

`while True: with Shop() as shop: shop.orders()`, `time.sleep(5)`: whoever sleeps after the block
has no transaction open; who sleeps within it has.
"""

from __future__ import annotations

import ast
import re

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.syntax.nodes import walk

Entry = ast.With | ast.AsyncWith
"""A block that enters something."""

_GONE = r"\.\w*(close|release|disconnect|reset|shutdown|__a?exit__)\w*\("


def has_gone(call: ast.expr, wait: ast.expr, loop: ast.AST) -> bool:
    """Tell whether an object may be gone, of which a method was called, when a loop waits.

    Where the loop made it, or may end it.
    """
    name = receiver(call)
    if not name:
        return False
    if re.search(rf"\b{re.escape(name)}{_GONE}", ast.unparse(loop)):
        return True
    for node in walk(loop):
        match node:
            case ast.Assign(targets=targets):
                if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                    return True
            case ast.With() | ast.AsyncWith():
                if name in entered_as(node) and not any(inner is wait for inner in walk(node)):
                    return True
    return False


def receiver(call: ast.expr) -> str:
    """Return the name whose method is called, "" for any other call."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name not in ("self", "cls"):
            return name
    return ""


def entered_as(block: Entry) -> set[str]:
    """Return the names that a block gives what it enters."""
    given = (item.optional_vars for item in block.items)
    return {name.id for name in given if isinstance(name, ast.Name)}


def blocks_of(node: FunctionDef | ast.Module) -> list[Entry]:
    """Return the blocks of a function that are entered under a name."""
    every = (n for n in own_nodes(node) if isinstance(n, Entry))
    return [block for block in every if entered_as(block)]
