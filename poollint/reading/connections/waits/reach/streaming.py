"""Responses that are streamed: the generator that makes one runs after its function has ended.

`return StreamingResponse(tokens(), media_type="text/event-stream")`: what `tokens` waits for is
waited for then, and what the framework handed to the function is open until it is done.
"""

from __future__ import annotations

import ast

import libcst as cst

from poollint.catalog.load import calls
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.bodies import mentions, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Awaited,
    Called,
    Name,
    Shape,
    dotted,
    of_ast,
    of_cst,
)
from poollint.syntax.nodes import walk

STREAM = "events"
"""The kind of the calls that make a streamed response."""

# Names of parameters that are lent a connection or a session.
_LENT = frozenset("db session conn connection uow cursor cur s".split())
_YIELDS = frozenset({ast.Yield, ast.YieldFrom})
_CONTENT = "content"
_EVENTS = "text/event-stream"


def generates(member: Member) -> bool:
    """Tell whether a function of the project is a generator: asked at each call of it."""
    memory: dict[str, bool] = member.names.memory.setdefault("generates", {})
    if member.name not in memory:
        own = own_nodes(member.names.functions[member.name])
        memory[member.name] = any(type(node) in _YIELDS for node in own)
    return memory[member.name]


def generator(call: cst.Call, scope: str, names: Names) -> Member | None:
    """Return the generator that a streamed response is made of, None where it is not known."""
    given = next((a.value for a in call.args if not a.keyword and not a.star), None)
    named = next((a.value for a in call.args if a.keyword and a.keyword.value == _CONTENT), None)
    made = _called(of_cst(given or named), scope, names)
    member = function(made, scope, names) if made is not None else None
    if member is None or generates(member):
        return member
    return _given_by(member)


def _given_by(member: Member) -> Member | None:
    """Return the generator that a function returns, which is given nothing: `return tokens(q)`.

    None where it may be handed what its caller has, which is then for it to answer for.
    """
    names, name = member
    given = names.results(name) or ()
    lent = {argument.arg for argument in parameters(names.functions[name].args)}
    match [*given]:
        case [ast.Call(func=func)] if lent.isdisjoint(_LENT):
            found = function(of_ast(func), name, names)
            return found if found is not None and generates(found) else None
    return None


def _called(shape: Shape, scope: str, names: Names) -> Shape:
    """Return what is called to make a value: `f` of `f()`, and of a name for it."""
    if isinstance(shape, Name):
        bound = [b for b in names.bound(shape, scope) if b.how != ":"]
        if len(bound) == 1 and bound[0].how == "=":
            shape = of_ast(bound[0].value)
    shape = shape.of if isinstance(shape, Awaited) else shape
    return shape.callee if isinstance(shape, Called) else None


def only_streamed(nested: str, scope: str, names: Names) -> bool:
    """Tell whether a function does nothing but stream what a generator within it makes."""
    around = names.functions.get(scope)
    member = f"{scope}.<locals>.{nested}"
    if around is None or member not in names.functions or not generates(Member(names, member)):
        return False
    uses = list(mentions(around, nested))
    return bool(uses) and all(_is_streamed(above, scope, names) for above in uses)


def _is_streamed(above: list[ast.AST], scope: str, names: Names) -> bool:
    match above:
        case [ast.Call(), ast.Call(func=func), *_] | [
            ast.Call(), ast.keyword(), ast.Call(func=func)
        ]:  # fmt: skip
            api = calls().functions.get(names.qualified(of_ast(func), scope))
            return api is not None and api.kind == STREAM
    return False


def events(call: cst.Call, member: Member) -> ast.expr | None:
    """Return what a stream of events waits for, of which no more is known: what it goes through.

    A stream of events sends each when it comes; any other may send what is there already.
    """
    told = [a.value for a in call.args if a.keyword and a.keyword.value == "media_type"]
    said = [value.raw_value for value in told if isinstance(value, cst.SimpleString)]
    if _EVENTS not in said and dotted(of_cst(call.func)).rpartition(".")[2] == "StreamingResponse":
        return None
    own = own_nodes(member.names.functions[member.name])
    loops = (_waiting(node) for node in own if isinstance(node, ast.AsyncFor | ast.While))
    return next((found for found in loops if found is not None), None)


def _waiting(loop: ast.AsyncFor | ast.While) -> ast.expr | None:
    """Return what a loop of a stream waits for each time: what it awaits if it has no end."""
    if isinstance(loop, ast.AsyncFor):
        return loop.iter
    endless = isinstance(loop.test, ast.Constant) and bool(loop.test.value)
    awaited = (node for node in walk(loop) if isinstance(node, ast.Await))
    return next(awaited, None) if endless else None
