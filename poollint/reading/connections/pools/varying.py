"""What a function is told that decides whether it takes a connection, and may be this or that.

`def audit(kind): if kind == "login": with Session() as session: …` takes one for whoever calls it
with what nothing tells, `audit(event.kind)`; nothing is said of `audit("logout")`, nor of what the
caller has asked of the kind itself.
"""

from __future__ import annotations

import ast
import re

from poollint.reading.naming.given.providing import defaults
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import SELF
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.shapes import Attribute, Name, dotted, names_class, of_ast
from poollint.syntax.nodes import walk

# What a function asks of itself is whether it has a connection already.
HELD = re.compile(
    r"conn|sess|tran|txn|^tx|^db$|curs|^cur$|own|current|exist|active|held|lock", re.I
)


def asked(inner: ast.AST, node: ast.AST, member: Member) -> frozenset[str]:
    """Return the parameters that a test asks, if nothing else; it has `inner` in a branch.

    Of those that must be given: what a default says is known.
    """
    if not isinstance(node, ast.If | ast.IfExp | ast.Match):
        return frozenset()
    test = node.subject if isinstance(node, ast.Match) else node.test
    if inner is test or _asks_whether_there(test):
        return frozenset()
    to = [n for one in walk(test) if isinstance(one, ast.Compare) for n in _to(one)]
    told = {n.id for n in walk(test) if isinstance(n, ast.Name) and n not in to}
    own = member.names.scope(member.name).bound
    plain = not any(isinstance(n, ast.Name) and n.id in own for n in to)  # `key not in seen`
    return frozenset(told) if plain and told and told <= _required(member) else frozenset()


def decided(call: ast.AST, above: list[ast.AST], member: Member) -> frozenset[str]:
    """Return the parameters that decide whether a call is made; `above` is what is around it."""
    found: set[str] = set()
    inner = call
    for node in above:
        found |= asked(inner, node, member)
        inner = node
    return frozenset(found)


def passed_on(
    call: ast.Call | None, callee: Member, parameters: frozenset[str], caller: Member
) -> frozenset[str] | None:
    """Return the caller's own parameters that a call tells a function for some of its own.

    None where the caller knows what it tells: a constant, or what it has asked of itself.
    """
    if not parameters:
        return frozenset()
    if call is None or caller.name not in caller.names.functions:
        return None
    told = values(call, callee)
    own = caller.names.scope(caller.name).bound
    known = _tested(caller) | _each_of_a_few(caller)
    found: set[str] = set()
    for parameter in parameters:
        value = told.get(parameter)
        names = (
            {n.id for n in walk(value) if isinstance(n, ast.Name)} if value is not None else set()
        )
        if not names & own.keys() or names & known:
            return None
        if any(_is_constant(b.value) for n in names for b in own.get(n, ()) if b.how == "="):
            return None  # `kind = "mail"`
        found |= {n for n in names if any(b.how == ":" for b in own.get(n, ()))}
    return frozenset(found) if found <= _required(caller) else None


def _is_constant(value: ast.expr | None) -> bool:
    """Tell whether a value is one of a few: a literal, or a member of an enumeration."""
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            return _is_constant(body) and _is_constant(orelse)
        case ast.Tuple(elts=each) | ast.List(elts=each) | ast.Set(elts=each):
            return all(map(_is_constant, each))
    shape = of_ast(value)
    named = isinstance(shape, Attribute) and names_class(dotted(shape))
    return named or isinstance(value, ast.Constant)


def _to(test: ast.Compare) -> list[ast.AST]:
    """Return what a value is compared to: the members of an enumeration, constants."""
    return [n for right in test.comparators for n in walk(right)]


def _asks_whether_there(test: ast.AST) -> bool:
    """Tell whether a test asks for no more than whether there is a value: `x is None`, `not x`."""
    match test:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Compare(comparators=[right]):
            return is_none(right)
    return False


def _required(member: Member) -> set[str]:
    """Return the parameters that must be given, but for what the function may have by them."""
    node = member.names.functions[member.name]
    plain = [a.arg for a, default in defaults(node) if default is None]
    return {
        name
        for name in plain[member.bound :]
        if name not in SELF
        and not HELD.search(name)
        and [b.how for b in member.names.bound(Name(name), member.name)] == [":"]
    }


def values(call: ast.Call, callee: Member) -> dict[str, ast.expr]:
    """Return what a call gives each parameter of a function."""
    if any(isinstance(a, ast.Starred) for a in call.args):
        return {}
    arguments = callee.names.functions[callee.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][callee.bound :]
    words = {k.arg: k.value for k in call.keywords if k.arg is not None}
    return {**dict(zip(plain, call.args, strict=False)), **words}


def _each_of_a_few(caller: Member) -> set[str]:
    """Return the names of what loops of a function go through that is written there."""
    loops = (n for n in own_nodes(caller.names.functions[caller.name]) if isinstance(n, ast.For))
    return {n.target.id for n in loops if isinstance(n.target, ast.Name) and _is_constant(n.iter)}


def _tested(caller: Member) -> set[str]:
    """Return the names of which the tests of a function ask something."""
    body = caller.names.functions[caller.name]
    tests = [
        n.subject if isinstance(n, ast.Match) else n.test
        for n in walk(body)
        if isinstance(n, ast.If | ast.IfExp | ast.While | ast.Match | ast.Assert)
    ]
    return {n.id for test in tests for n in walk(test) if isinstance(n, ast.Name)}
