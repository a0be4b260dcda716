"""Whether a function may leave a call out that takes a connection, because of what it is told.

`def save(row, conn=None): if conn is None: conn = pool.getconn()` takes none for whoever has one,
and `own = conn is None` says no more. Whoever calls `save(row)` has it take one: what has to be
left out for that is told. `if not rows: rows = self.fetch()` asks for no connection: what a call
has answered decides whether it takes one, and some time it does.
"""

from __future__ import annotations

import ast
import builtins
from typing import NamedTuple

from poollint.reading.connections.pools.varying import HELD, asked
from poollint.reading.naming.given.providing import defaults
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.shapes import Name
from poollint.syntax.nodes import walk


class Told(NamedTuple):
    """What a call is told: how many arguments without a word, the words, and whether more."""

    plain: int
    words: frozenset[str]
    more: bool


NOTHING = Told(0, frozenset(), more=False)


def told(call: ast.Call, nothing: frozenset[str] = frozenset()) -> Told:
    """Return what a call is told; the names in `nothing` hold nothing.

    One of them that stands before another argument counts all the same.
    """
    words = frozenset(k.arg for k in call.keywords if k.arg and not _is_in(k.value, nothing))
    more = any(k.arg is None for k in call.keywords)
    more = more or any(isinstance(a, ast.Starred) for a in call.args)
    plain = list(call.args)
    while plain and _is_in(plain[-1], nothing):
        plain.pop()
    return Told(len(plain), words, more)


def _is_in(value: ast.expr, names: frozenset[str]) -> bool:
    return isinstance(value, ast.Name) and value.id in names


def handed_on(values: list[ast.expr], member: Member) -> frozenset[str] | None:
    """Return the parameters that values are which are `None` unless a function is given them.

    None where one of the values is anything else.
    """
    function = member.names.functions[member.name]
    optional = {a.arg for a, default in defaults(function) if is_none(default)}
    names = {value.id for value in values if isinstance(value, ast.Name)}
    own = {
        n
        for n in names & optional
        if [b.how for b in member.names.bound(Name(n), member.name)] == [":"]
    }
    return frozenset(own) if all(_is_in(value, frozenset(own)) for value in values) else None


def gives(given: Told, member: Member, parameters: frozenset[str]) -> bool:
    """Tell whether a call of a function may give it any of some parameters."""
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
    named = {*plain[: given.plain], *given.words}
    return bool(parameters) and (given.more or not parameters.isdisjoint(named))


def left_out(call: ast.AST, above: list[ast.AST], member: Member) -> frozenset[str] | None:
    """Return the parameters that callers must leave out for a call to be made.

    None where it is left out for another reason that callers may know. `above` is what stands
    around it in the function `member`, the nearest first.
    """
    inner = call
    found: set[str] = set()
    for node in (*above, member.names.functions[member.name]):
        sure = _is_reached(inner, node, member) or asked(inner, node, member)
        unless = "" if sure else _unless_given(inner, node, member)
        left = _left_before(inner, node, member)
        if unless is None or left is None:
            return None
        found |= {unless, *left} - {""}
        inner = node
    return frozenset(found)


def _unless_given(inner: ast.AST, node: ast.AST, member: Member) -> str | None:
    """Return the parameter without which a branch is taken: `if rows is None`, `rows or`."""
    match node:
        case ast.If(test=test, body=body):
            asked = _missing(test) if any(inner is one for one in body) else _there(test)
        case ast.IfExp(test=test, body=one):
            asked = _missing(test) if inner is one else _there(test)
        case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=asked), second, *_]) if inner is second:
            pass
        case _:
            return None
    return asked if _is_optional(asked, node, member) else None


def _left_before(inner: ast.AST, node: ast.AST, member: Member) -> set[str] | None:
    """Return the parameters with which what is around a statement is left before it.

    `if conn is not None: return …`; None where it is left without one.
    """
    found: set[str] = set()
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        at = [n for n, one in enumerate(block) if one is inner] if isinstance(block, list) else []
        for one in block[: at[0]] if isinstance(block, list) and at else ():
            if isinstance(one, ast.If) and isinstance(one.body[-1], ast.Return):
                if _is_optional(_missing(one.test), one, member):
                    return None
                asked = _there(one.test)
                found |= {asked} if _is_optional(asked, one, member) else set()
    return found


def _missing(test: ast.expr) -> str:
    """Return the name that a test finds to hold nothing: `rows is None`, `not rows`."""
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[none]):
            return name if is_none(none) else ""
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return name
    return ""


def _there(test: ast.expr) -> str:
    """Return the name that a test finds to hold something: `rows is not None`, `rows`."""
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[none]):
            return name if is_none(none) else ""
        case ast.Name(id=name):
            return name
    return ""


def _is_optional(asked: str, node: ast.AST, member: Member) -> bool:
    """Tell whether a name is, at a node, a parameter that is `None` unless it is given."""
    function = member.names.functions[member.name]
    optional = any(a.arg == asked and is_none(default) for a, default in defaults(function))
    bound = member.names.bound(Name(asked), member.name) if optional else ()
    line = getattr(node, "lineno", 0)
    before = [
        b
        for b in bound
        if b.value is None or (b.value.lineno <= line and node not in walk(b.value))
    ]
    return optional and [b.how for b in before] == [":"]


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
    names = [node.id for node in walk(test) if isinstance(node, ast.Name)]
    own = member.names.scope(member.name).bound
    return bool(names) and all(
        not HELD.search(name) and name in own and _are_answers(own[name], test) for name in names
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
