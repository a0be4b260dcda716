"""Where a test looks for a value that is made when it is first needed, and where one is kept.

A place is an expression; two are the same where they read the same. `hasattr(state, "pool")` and
`setattr(state, "pool", pool)` are about `state.pool`; where the attribute's name is computed,
about `getattr(state, name)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.scopes.outline import own_nodes

_FILLING = frozenset({"append", "add", "insert", "update", "setdefault"})  # of a container


def not_there(test: ast.expr) -> ast.expr | None:
    """Return what `if test:` finds not to be there yet."""
    match test:
        case ast.Compare(left=kept, ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
            return place(kept)
        case ast.Compare(left=kept, ops=[ast.Eq()], comparators=[nothing]):
            return place(_counted(kept)) if _is_nothing(nothing) else None
        case ast.UnaryOp(op=ast.Not(), operand=ast.Compare() as there):
            return there_already(there)
        case ast.UnaryOp(op=ast.Not(), operand=kept):
            return _asked_for(_counted(kept))
        case ast.Compare(left=key, ops=[ast.NotIn()], comparators=[of]):
            return _entry(of, key)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return not_there(first)
    return None


def there_already(test: ast.expr) -> ast.expr | None:
    """Return what `if test:` finds to be there."""
    match test:
        case ast.BoolOp(op=ast.And(), values=[first, *_]):
            return there_already(first)
        case ast.Compare(left=kept, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return place(kept)
        case ast.Compare(left=key, ops=[ast.In()], comparators=[of]):
            return _entry(of, key)
    return _asked_for(test)


def place(value: ast.expr) -> ast.expr:
    """Return where a value is looked up: `self.pool` for `getattr(self, "pool", None)`."""
    match value:
        case ast.NamedExpr(value=inner):
            return place(inner)
        case ast.Call(func=ast.Name(id="getattr"), args=[of, name, *_]):
            return _attribute(of, name)
    return value


def kept_in(body: list[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield the places to which a block gives values, each with the value."""
    for node in _nodes(body):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target, value) for target in targets)
            case ast.AnnAssign(target=target, value=value):
                yield target, value
            case ast.Call(func=ast.Name(id="setattr"), args=[of, name, value]):
                yield _attribute(of, name), value
            case ast.Call(func=ast.Attribute(value=flag, attr="set"), args=[], keywords=[]):
                yield _is_set(flag), None  # an event


def filled_in(body: list[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield the containers into which a block puts values, each with the value."""
    for node in _nodes(body):
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr=attr)) if attr in _FILLING:
                yield of, node.args[-1] if node.args else None


def _nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        yield statement
        yield from own_nodes(statement)


def _asked_for(test: ast.expr) -> ast.expr | None:
    """Return what a test asks for: `self.pool`, `hasattr(self, "pool")`, `getattr(…)`."""
    match test:
        case ast.Call(func=ast.Name(id="hasattr"), args=[of, name]):
            return _attribute(of, name)
        case ast.Call(func=ast.Attribute(value=flag, attr="is_set"), args=[]):
            return _is_set(flag)
    found = place(test)
    computed = isinstance(found, ast.Call) and found is not test  # `getattr(state, name)`
    return found if computed or isinstance(found, ast.Name | ast.Attribute) else None


def _counted(value: ast.expr) -> ast.expr:
    """Return that whose entries `len(…)` counts, and anything else as it is."""
    match value:
        case ast.Call(func=ast.Name(id="len"), args=[kept]):
            return kept
    return value


def _is_nothing(value: ast.expr) -> bool:
    """Tell whether a value is none, or a container or number of nothing: `{}`, `[]`, `0`."""
    match value:
        case ast.Constant(value=None | 0) | ast.Dict(keys=[]) | ast.List(elts=[]):
            return True
    return False


def _attribute(of: ast.expr, name: ast.expr) -> ast.expr:
    """Return the attribute of an object that has a name, as it would be written."""
    match name:
        case ast.Constant(value=str(attr)):
            return ast.Attribute(of, attr)
    return ast.Call(ast.Name("getattr"), [of, name], [])


def _is_set(flag: ast.expr) -> ast.expr:
    return ast.Attribute(flag, "is_set")


def _entry(of: ast.expr, key: ast.expr) -> ast.expr:
    """Return what `key in of` asks for: an entry of a mapping, an attribute by `__dict__`."""
    match of:
        case ast.Attribute(value=owner, attr="__dict__"):
            return _attribute(owner, key)
        case ast.Call(func=ast.Name(id="vars"), args=[owner]):
            return _attribute(owner, key)
    return ast.Subscript(of, key)
