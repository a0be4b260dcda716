"""What of a function of the project runs when a call leaves some of its parameters out.

`async def hide(message, delay=None): if delay: await sleep(delay)`: `hide(message)` does not sleep.
A parameter is known where the call gives it a constant, or leaves it to a default that is one, and
the function does not bind it again.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from types import EllipsisType

from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.instances import Member

Value = str | bytes | bool | int | float | complex | EllipsisType | None
Known = tuple[tuple[str, Value], ...]
"""Parameters of a function whose values are known, with these values; in their order."""

_ORDERED: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_BLOCKS = ("body", "orelse", "finalbody")


def supposed(call: ast.Call, member: Member, here: Known = ()) -> Known:
    """Return what is known of the parameters of `member` when it is called so.

    `here` is known where the call stands. Nothing is known of a call with `*` or `**`.
    """
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    if starred or any(keyword.arg is None for keyword in call.keywords):
        return ()
    node = member.names.functions[member.name]
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    values: dict[str, ast.expr | None] = {}
    first = len(plain) - len(arguments.defaults)
    values.update(zip((a.arg for a in plain[first:]), arguments.defaults, strict=True))
    values.update(zip((a.arg for a in arguments.kwonlyargs), arguments.kw_defaults, strict=True))
    defaults = {name: _constant(value, ()) for name, value in values.items()}
    given = dict(zip((a.arg for a in plain[member.bound :]), call.args, strict=False))
    given.update((keyword.arg or "", keyword.value) for keyword in call.keywords)
    told = {name: _constant(value, here) for name, value in given.items()}
    bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _binds(n)}
    known = {a.arg: (defaults | told).get(a.arg) for a in (*plain, *arguments.kwonlyargs)}
    return tuple(
        (name, found.value) for name, found in known.items() if found and name not in bound
    )


def runs(node: ast.AST, above: list[ast.AST], function: FunctionDef, known: Known) -> bool:
    """Tell whether a node of a function can be come to when so much is known.

    `above` is what is around it, the nearest first, without the function itself.
    """
    if not known:
        return True
    inner = node
    for outer in (*above, function):
        if _skipped(inner, outer, known):
            return False
        inner = outer
    return True


def _skipped(inner: ast.AST, outer: ast.AST, known: Known) -> bool:
    """Tell whether `outer` certainly does not come to `inner`, which stands right in it."""
    match outer:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            taken = _holds(test, known)
            if inner is not test and taken is _stands(inner, outer.orelse):
                return True
        case ast.BoolOp(op=op, values=values):
            before = values[: next(n for n, value in enumerate(values) if value is inner)]
            if any(_holds(value, known) is isinstance(op, ast.Or) for value in before):
                return True
    for name in _BLOCKS:
        block = getattr(outer, name, None)
        if isinstance(block, list) and _stands(inner, block):
            at = next(n for n, statement in enumerate(block) if statement is inner)
            return any(_left(statement, known) for statement in block[:at])
    return False


def _stands(inner: ast.AST, part: ast.AST | list[ast.stmt]) -> bool:
    return any(inner is one for one in (part if isinstance(part, list) else [part]))


def _left(statement: ast.stmt, known: Known) -> bool:
    """Tell whether nothing after a statement of a block is come to: `if not delay: return`."""
    if not isinstance(statement, ast.If):
        return False
    holds = _holds(statement.test, known)
    block = statement.body if holds else statement.orelse
    return holds is not None and bool(block) and isinstance(block[-1], _LEAVES)


def _holds(test: ast.expr, known: Known) -> bool | None:
    """Return what a condition comes to, None where that is not known."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            holds = _holds(operand, known)
            return None if holds is None else not holds
        case ast.BoolOp(op=op, values=values):
            each = [_holds(value, known) for value in values]
            ends = isinstance(op, ast.Or)
            return ends if ends in each else (None if None in each else not ends)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(_constant(left, known), op, _constant(right, known))
    found = _constant(test, known)
    return None if found is None else bool(found.value)


def _compared(left: ast.Constant | None, op: ast.cmpop, right: ast.Constant | None) -> bool | None:
    if left is None or right is None:
        return None
    one, other = left.value, right.value
    if isinstance(op, ast.Eq | ast.NotEq):
        return (one == other) is isinstance(op, ast.Eq)
    if isinstance(op, ast.Is | ast.IsNot):
        single = other is None or isinstance(other, bool)
        return (one is other) is isinstance(op, ast.Is) if single else None
    if isinstance(one, int | float) and isinstance(other, int | float) and type(op) in _ORDERED:
        return _ORDERED[type(op)](one, other)
    return None


def _constant(node: ast.expr | None, known: Known) -> ast.Constant | None:
    """Return a constant, or what is known of a parameter, as one."""
    if isinstance(node, ast.Constant):
        return node
    if isinstance(node, ast.Name):
        return next((ast.Constant(value) for name, value in known if name == node.id), None)
    return None


def _binds(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store | ast.Del)
