"""Where code may set connections to autocommit: each statement is then a transaction of its own.

`connect(…, autocommit=True)` (psycopg 3, pg8000 by its attribute), `conn.autocommit = True`,
`conn.set_session(autocommit=True)`, `conn.set_isolation_level(0)` (psycopg2), and whatever puts
one of these together. Who asks for it expects that others may; to switch it off, or to be called
so, sets nothing.
"""

from __future__ import annotations

import ast
import re

from poollint.syntax.nodes import walk

_WORDS = frozenset({"autocommit", "isolation_level"})
_WORD = re.compile(r"autocommit|isolation_level", re.I)
_NAMED = re.compile(r"auto_?commit", re.I)
_LEVELS = re.compile(r"ISOLATION_LEVEL_(?!AUTOCOMMIT)\w+$|IsolationLevel\.\w+$")


def sets_autocommit(tree: ast.AST) -> bool:
    """Tell whether something in a function, a class or a module may set it."""
    nodes = list(walk(tree))
    said = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return any(id(node) not in said and _sets(node, own) for node in nodes)


def _sets(node: ast.AST, own: set[str]) -> bool:
    match node:
        case ast.Assign(targets=targets, value=value):
            return any(_is_place(target) for target in targets) and not _is_off(value)
        case ast.keyword(arg=word, value=value) if word in _WORDS:
            return not _is_off(value)
        case ast.Constant(value=str(text)):
            return _WORD.search(text) is not None
        case ast.Attribute(attr=word, ctx=ast.Load()) if word in _WORDS:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name) if name.endswith("_AUTOCOMMIT"):
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return _is_told(node, name, own)
    return False


def _is_told(call: ast.Call, name: str, own: set[str]) -> bool:
    """Tell whether a call of a function by this name may set it; one of its own is seen itself."""
    if name == "set_isolation_level":
        return not (call.args and _LEVELS.search(ast.unparse(call.args[0])))
    if name == "set_session":
        return bool(call.args) or any(keyword.arg is None for keyword in call.keywords)
    return _NAMED.search(name) is not None and name not in own


def _is_place(target: ast.expr) -> bool:
    match target:
        case ast.Attribute(attr=name):
            return name in _WORDS
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return any(_is_place(part) for part in parts)
    return False


def _is_off(value: ast.expr) -> bool:
    """Tell whether a value leaves transactions as they are: `False`, another isolation level."""
    if isinstance(value, ast.Constant):
        if isinstance(value.value, str):
            return _WORD.search(value.value) is None
        return value.value is None or value.value is False
    return _LEVELS.search(ast.unparse(value)) is not None
