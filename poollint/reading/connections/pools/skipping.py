"""Whether a function may leave a call out that takes a connection, because of what it is told.

`def save(row, conn=None): if conn is None: conn = pool.getconn()` takes none for whoever has one,
and `own = conn is None` says no more. `if not rows: rows = self.fetch()` asks for no connection:
what a call has answered decides whether it takes one, and some time it does.
"""

from __future__ import annotations

import ast
import builtins
import re

from poollint.reading.naming.bindings import Binding
from poollint.reading.naming.instances import Member

# What a function asks of itself is whether it has a connection already.
_HELD = re.compile(
    r"conn|sess|tran|txn|^tx|^db$|curs|^cur$|own|current|exist|active|held|lock", re.I
)


def may_skip(call: ast.AST, above: list[ast.AST], member: Member) -> bool:
    """Tell whether a call is left out where something holds that callers may know.

    `above` is what stands around it in the function `member`, the nearest first.
    """
    inner = call
    for node in above:
        if not _is_reached(inner, node, member):
            return True
        inner = node
    return False


def _is_reached(inner: ast.AST, node: ast.AST, member: Member) -> bool:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            return inner is test or _is_answered(test, member)
        case ast.BoolOp(values=[first, *_]):
            return inner is first
        case ast.Match(subject=subject):
            return inner is subject or _is_answered(subject, member)
    return True


def _is_answered(test: ast.expr, member: Member) -> bool:
    """Tell whether a test asks for nothing but what calls of the function have answered."""
    names = [node.id for node in ast.walk(test) if isinstance(node, ast.Name)]
    own = member.names.scope(member.name).bound
    return bool(names) and all(
        not _HELD.search(name) and name in own and _are_answers(own[name], test) for name in names
    )


def _are_answers(bound: list[Binding], test: ast.expr) -> bool:
    """Tell whether all that a name may be when it is asked for are answers of calls.

    What it is given after the test does not matter: `if not rows: rows = [dict(r) for r in …]`.
    """
    before = [b for b in bound if b.value is None or b.value.lineno <= test.lineno]
    return bool(before) and all(_is_answer(b) for b in before)


def _is_answer(binding: Binding) -> bool:
    value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
    if isinstance(value, ast.Subscript):
        return binding.how == "="
    if binding.how != "=" or not isinstance(value, ast.Call):
        return False
    match value.func:
        case ast.Name(id=name):
            return not hasattr(builtins, name)
        case ast.Attribute(attr="get"):
            return bool(value.args)  # without, it is what a context variable holds
    return isinstance(value.func, ast.Attribute)
