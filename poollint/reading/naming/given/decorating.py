"""What a decorator of the project hands to the function that it decorates: `@with_session`.

`async def wrapper(*args, **kwargs): async with sessions() as session: return await
f(*args, session=session, **kwargs)`: whoever calls the function leaves the parameter out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.objects import instances
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import decorator_name, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_ADDING = frozenset({"update", "setdefault"})  # `kwargs.update(session=session)`


class Given(NamedTuple):
    """A parameter that a decorator fills.

    value    what it is given, in the function `wrapper`, which the decorator makes
    said     the decorator
    """

    parameter: str
    value: ast.expr
    wrapper: Member
    said: ast.expr


def given(of: Member) -> tuple[Given, ...]:
    """Return what the decorators of a function hand to it, of what their wrappers have."""
    memory: dict[str, tuple[Given, ...]] = of.names.memory.setdefault("given by decorators", {})
    if of.name not in memory:
        memory[of.name] = ()  # a decorator that decorates itself
        memory[of.name] = tuple(_given(of))
    return memory[of.name]


def _given(of: Member) -> Iterator[Given]:
    names, name = of
    node = names.functions[name]
    parent = names.scope(name).parent
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    known = {*plain, *(a.arg for a in node.args.kwonlyargs)}
    for decorator in node.decorator_list:
        for wrapper, call in calls(decorator, parent.name if parent else "", names):
            for at, value in _own(wrapper, call):
                parameter = plain[at] if isinstance(at, int) and at < len(plain) else at
                if isinstance(parameter, str) and parameter in known:
                    yield Given(parameter, value, wrapper, decorator)


def calls(decorator: ast.expr, scope: str, names: Names) -> Iterator[tuple[Member, ast.Call]]:
    """Yield the calls of a decorated function that the wrappers of its decorator make."""
    for told in decorating(decorator, scope, names):
        yield from _calls(told)


def decorating(decorator: ast.expr, scope: str, names: Names) -> Iterator[Member]:
    """Yield the functions of the project that are told what `decorator` decorates."""
    callee = decorator.func if isinstance(decorator, ast.Call) else decorator
    maker = instances.function(of_ast(callee), scope, names)
    if maker is not None:
        yield from _made(maker) if isinstance(decorator, ast.Call) else (maker,)


def hands(maker: Member) -> bool:
    """Tell whether a decorator, or what makes one, hands over what is of a known type."""
    return any(
        wrapper.names.type(of_ast(value), wrapper.name)
        for told in (maker, *_made(maker))
        for wrapper, call in _calls(told)
        for _, value in _own(wrapper, call)
    )


def _made(maker: Member) -> Iterator[Member]:
    """Yield the functions within that a function returns."""
    for value in maker.names.results(maker.name) or ():
        found = instances.function(of_ast(_itself(value)), maker.name, maker.names)
        if found is not None and found.name.startswith(f"{maker.name}.<locals>."):
            yield found


def _itself(value: ast.expr) -> ast.expr:
    """Return what is returned where it only gets another name or type on the way."""
    match value:
        case ast.Call(func=ast.Call(func=func), args=[inner]) if decorator_name(func) == "wraps":
            return inner
        case ast.Call(func=func, args=[inner, *_]) if decorator_name(func) == "update_wrapper":
            return inner
        case ast.Call(func=func, args=[_, inner]) if decorator_name(func) == "cast":
            return inner
    return value


def _calls(of: Member) -> Iterator[tuple[Member, ast.Call]]:
    """Yield the wrappers that a decorator makes, with their calls of what it decorates."""
    told = of.names.functions[of.name].args
    first = [a.arg for a in (*told.posonlyargs, *told.args)][of.bound :][:1]
    for wrapper in _made(of) if first else ():
        for node in own_nodes(wrapper.names.functions[wrapper.name]):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name == first[0]:
                    yield wrapper, node


def _own(wrapper: Member, call: ast.Call) -> Iterator[tuple[int | str, ast.expr]]:
    """Yield what a call hands on that the wrapper was not called with, by place or name."""
    node = wrapper.names.functions[wrapper.name]
    passed_on = {argument.arg for argument in parameters(node.args)}
    for at, value in _arguments(call, node):
        if not (isinstance(value, ast.Name) and value.id in passed_on):
            yield at, value


def _arguments(call: ast.Call, wrapper: FunctionDef) -> Iterator[tuple[int | str, ast.expr]]:
    """Yield the arguments of a call, by place or name; `**kwargs` are what is put into them."""
    for at, value in enumerate(call.args):
        if isinstance(value, ast.Starred):
            break
        yield at, value
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
        elif isinstance(keyword.value, ast.Dict):
            yield from _items(keyword.value)
        elif isinstance(keyword.value, ast.Name):
            yield from _put_into(keyword.value.id, wrapper)


def _put_into(name: str, wrapper: FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a function puts into a dictionary, by constant keys."""
    for node in own_nodes(wrapper):
        match node:
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id=of), slice=ast.Constant(value=str(key)))],
                value=value,
            ) if of == name:
                yield key, value
            case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=method)) if (
                of == name and method in _ADDING
            ):
                yield from ((k.arg, k.value) for k in node.keywords if k.arg)
                match node.args:
                    case [ast.Constant(value=str(key)), value]:
                        yield key, value
                    case [ast.Dict() as added]:
                        yield from _items(added)


def _items(node: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value
