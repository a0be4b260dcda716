"""What the middleware of aiogram hands to a handler: `async def start(message, db: Connection)`.

`async with self.pool.acquire() as conn: data["db"] = conn; return await handler(event, data)`: the
handler runs while the block has the connection (`naming.given.update_state`). So it does between
`conn = await self.pool.acquire()` and the `finally` that gives it back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from poollint.reading.naming.given.decorating import Given
from poollint.reading.naming.given.update_state import DATA
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import Binding, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_EVENTS = frozenset(
    """message edited_message channel_post callback_query inline_query chosen_inline_result
    my_chat_member chat_member chat_join_request poll poll_answer pre_checkout_query
    shipping_query message_reaction""".split()
)
# Of a connection, or told one.
_GIVING_BACK = frozenset({"release", "putconn", "close", "terminate"})


def given_by_middleware(of: Member) -> Iterator[Given]:
    """Yield the parameters of a handler that a middleware fills, each that has such a key.

    Only what it has taken, and not yet given back, where it calls the handler.
    """
    names, name = of
    node = names.functions[name]
    if not any(_is_event(decorator) for decorator in node.decorator_list):
        return
    for argument in parameters(node.args):
        found = f"update.{argument.arg}"
        setting = [*([names] if found in names.state else []), *names.outside.keeping(found)]
        told = [(there, b) for there in setting for b in there.state[found]]
        if not all(_is_around(there, binding) for there, binding in told):
            continue
        for there, binding in told[:1]:
            if isinstance(binding.value, ast.Name):
                wrapper = Member(there, binding.where)
                yield Given(argument.arg, binding.value, wrapper, _said(argument))


def _said(argument: ast.arg) -> ast.expr:
    """Return the annotation of a parameter, its name where it has none."""
    bare = ast.Name(argument.arg, ast.Load())
    return argument.annotation or ast.copy_location(bare, argument)


def _is_event(decorator: ast.expr) -> bool:
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(callee, ast.Attribute) and callee.attr in _EVENTS


def _is_around(names: Names, binding: Binding) -> bool:
    """Tell whether what has a value puts it into `data` and calls the handler then."""
    node, value = names.functions.get(binding.where), binding.value
    if node is None or not isinstance(value, ast.Name):
        return False
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg != "self"]
    if len(plain) != 3 or plain[2] != DATA:
        return False
    for block in own_nodes(node):
        if isinstance(block, ast.With | ast.AsyncWith) and _enters(block, value, plain[0]):
            return True
        if isinstance(block, ast.Try) and _ends_with(block, node, value, plain[0]):
            return True
    return False


def _enters(block: ast.With | ast.AsyncWith, value: ast.Name, handler: str) -> bool:
    """Tell whether a block has a value, puts it into `data` and calls the handler."""
    if not any(_named(item) == value.id for item in block.items):
        return False
    inside = list(walk(block))
    return value in inside and any(_calls(handler, inside))


def _named(item: ast.withitem) -> str:
    return item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""


def _ends_with(block: ast.Try, node: FunctionDef, value: ast.Name, handler: str) -> bool:
    """Tell whether a block calls a handler, and nothing before its `finally` ends a value."""
    called = [call.lineno for call in _calls(handler, _within(block.body))]
    ends = [n.lineno for n in own_nodes(node) if _gives_back(n, value.id)]
    return (
        bool(called and ends)
        and value.lineno < min(called) < min(ends)
        and any(_gives_back(n, value.id) for n in _within(block.finalbody))
        and _is_taken(node.body, block, value)
    )


def _within(body: list[ast.stmt]) -> list[ast.AST]:
    return [node for statement in body for node in walk(statement)]


def _calls(handler: str, inside: list[ast.AST]) -> Iterator[ast.Call]:
    """Yield the calls of a handler."""
    for node in inside:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name == handler:
                yield node


def _gives_back(node: ast.AST, name: str) -> TypeGuard[ast.Call]:
    """Tell whether a call gives a connection back, or closes it."""
    match node:
        case ast.Call(func=ast.Attribute(value=of, attr=attr), args=args) if attr in _GIVING_BACK:
            return any(isinstance(one, ast.Name) and one.id == name for one in (of, *args))
    return False


def _is_taken(body: list[ast.stmt], block: ast.Try, value: ast.Name) -> bool:
    """Tell whether a value is given a name in any case before it is put into `data`.

    Above the block, or in it, where `conn = None` may stand above.
    """
    above = [s for s in body if s.lineno < block.lineno] if block in body else []
    return any(_takes(s, value.id) for s in (*above, *block.body) if s.lineno < value.lineno)


def _takes(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.Await() | ast.Call()):
            return target == name
    return False
