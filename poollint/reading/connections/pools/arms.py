"""What a call is told in one branch or another, read as one expression: `a if … else b`.

`settings["poolclass"] = NullPool` in one branch and `settings.update(pool_size=20)` in the other:
of what is set in some branch only, the other branch has it not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

_TEST = ast.Constant(True)  # what is asked does not matter here: only what it may come to
_NOT_GIVEN = ast.Constant(None)
_SETTING = frozenset({"update", "setdefault"})


def either(values: list[ast.expr]) -> ast.expr:
    """Return the one expression that stands for what may be any of several."""
    told = list({ast.dump(value): value for value in values}.values())
    found = told[0]
    for other in told[1:]:
        found = ast.copy_location(ast.IfExp(_TEST, found, other), found)
    return found


def or_nothing(value: ast.expr) -> ast.expr:
    """Return what stands for a value that is given in some branch only."""
    return ast.copy_location(ast.IfExp(_TEST, value, _NOT_GIVEN), value)


def always(body: ast.AST) -> frozenset[int]:
    """Return the ids of the nodes that a function, or a module, runs whatever is tested."""
    statements = getattr(body, "body", ())
    plain = [s for s in statements if isinstance(s, ast.Assign | ast.AnnAssign | ast.Expr)]
    return frozenset(id(node) for statement in plain for node in ast.walk(statement))


def options(node: ast.expr | None) -> Iterator[ast.expr]:
    """Yield what a value may be, or hold: the arms of `a if c else b`, a dictionary's values."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*options(body), *options(orelse))
        case ast.Dict(values=values):
            yield from values
        case ast.expr():
            yield node


def set_by(node: ast.AST, bag: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a statement or a call sets in the settings of a name."""
    match node:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=at)]):
            if name == bag:
                yield _key(at), node.value
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)):
            if name == bag and attr in _SETTING:
                keyed = len(node.args) == 2
                yield from ((_key(node.args[0]), node.args[1]),) if keyed else ()
                yield from (pair for arg in node.args if not keyed for pair in _pairs(arg))
                yield from ((k.arg or "", k.value) for k in node.keywords)


def _key(node: ast.expr) -> str:
    """Return the key of an entry, "" where it is computed."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _pairs(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a dictionary that is put into another holds, "" for what is not known."""
    if not isinstance(node, ast.Dict):
        yield "", node
        return
    for key, value in zip(node.keys, node.values, strict=True):
        yield _key(key) if key else "", value
