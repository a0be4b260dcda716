"""What the middleware of aiogram hands to a handler: `async def start(message, db: Connection)`.

`async with self.pool.acquire() as conn: data["db"] = conn; return await handler(event, data)`: the
handler runs while the block has the connection (`naming.given.update_state`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from poollint.reading.naming.given.decorating import Given
from poollint.reading.naming.given.update_state import DATA
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_EVENTS = frozenset(
    """message edited_message channel_post callback_query inline_query chosen_inline_result
    my_chat_member chat_member chat_join_request poll poll_answer pre_checkout_query
    shipping_query message_reaction""".split()
)


def given_by_middleware(of: Member) -> Iterator[Given]:
    """Yield the parameters of a handler that a middleware fills, each that has such a key.

    Only what a block has, in which the middleware calls the handler.
    """
    names, name = of
    node = names.functions[name]
    if not any(_is_event(decorator) for decorator in node.decorator_list):
        return
    for argument in parameters(node.args):
        found = f"update.{argument.arg}"
        if argument.annotation is None:
            continue
        setting = [*([names] if found in names.state else []), *names.outside.keeping(found)]
        told = [(there, b) for there in setting for b in there.state[found]]
        if not all(_is_around(there, binding) for there, binding in told):
            continue
        for there, binding in told[:1]:
            if isinstance(binding.value, ast.Name):
                wrapper = Member(there, binding.where)
                yield Given(argument.arg, binding.value, wrapper, argument.annotation)


def _is_event(decorator: ast.expr) -> bool:
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(callee, ast.Attribute) and callee.attr in _EVENTS


def _is_around(names: Names, binding: Binding) -> bool:
    """Tell whether the block that has a value puts it into `data` and calls the handler then."""
    node, value = names.functions.get(binding.where), binding.value
    if node is None or not isinstance(value, ast.Name):
        return False
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg != "self"]
    if len(plain) != 3 or plain[2] != DATA:
        return False
    for block in own_nodes(node):
        if not isinstance(block, ast.With | ast.AsyncWith):
            continue
        if not any(_named(item) == value.id for item in block.items):
            continue
        inside = list(walk(block))
        calls = (n.func for n in inside if isinstance(n, ast.Call))
        called = {func.id for func in calls if isinstance(func, ast.Name)}
        if value in inside and plain[0] in called:
            return True
    return False


def _named(item: ast.withitem) -> str:
    return item.optional_vars.id if isinstance(item.optional_vars, ast.Name) else ""
