"""Which expressions are the application of a web framework or a bot: its object, or a stand-in.

`current_app` of Flask and Quart, `request.app`, `ctx.bot`, and objects of the classes of
applications and bots, those of the project that inherit from one among them. A parameter of no
known type is the bot it is named after. What several places tell differently is none.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.objects.instances import Instance, holding, lineage, project_class_of
from poollint.reading.naming.scopes.answers import Answers
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Either,
    Name,
    Shape,
    of_annotation,
    of_ast,
)

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names


class Kind(NamedTuple):
    """One kind of object that keeps things for handlers.

    classes    its classes, and what stands for the one in use, by qualified name
    holders    names of what handlers are given, which hold it as `held`
    parameter  what a parameter without a type is called where it is this; "" never
    """

    classes: frozenset[str]
    current: frozenset[str]
    holders: frozenset[str]
    held: frozenset[str]
    parameter: str = ""


APPLICATION = Kind(
    classes=frozenset(
        """aiohttp.web.Application aiohttp.web_app.Application fastapi.FastAPI
        fastapi.applications.FastAPI flask.Flask flask.app.Flask quart.Quart quart.app.Quart
        sanic.Sanic sanic.app.Sanic starlette.applications.Starlette litestar.Litestar
        quart_trio.QuartTrio""".split()
    ),
    current=frozenset({"flask.current_app", "quart.current_app"}),
    holders=frozenset({"request", "req", "ws", "websocket", "socket"}),
    held=frozenset({"app"}),
)
_DISCORD = (
    "Client",
    "AutoShardedClient",
    "Bot",
    "AutoShardedBot",
    "ext.commands.Bot",
    "ext.commands.AutoShardedBot",
    "ext.commands.InteractionBot",
    "ext.commands.AutoShardedInteractionBot",
)
BOT = Kind(
    classes=frozenset(
        [
            *(
                f"{library}.{cls}"
                for library in ("discord", "disnake", "nextcord")
                for cls in _DISCORD
            ),
            *"aiogram.Bot hikari.GatewayBot lightbulb.BotApp twitchio.ext.commands.Bot".split(),
        ]
    ),
    current=frozenset(),
    holders=frozenset({"ctx", "context", "interaction", "inter", "itx"}),
    held=frozenset({"bot", "client"}),
    parameter="bot",
)


def is_kind(kind: Kind, shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a value is known to be an application, or a bot."""
    answers: Answers[bool] = names.memory.setdefault(f"kept by {kind.parameter}", Answers(False))
    return answers.once((shape, scope), lambda: _is_kind(kind, shape, scope, names))


def _is_kind(kind: Kind, shape: Shape, scope: str, names: Names) -> bool:
    match shape:
        case Called(callee=callee):
            if names.qualified(callee, scope) in kind.classes:
                return True
        case Attribute(of=Name(text=of) | Attribute(name=of), name=name):
            if name in kind.held and of in kind.holders:
                return True
            if names.qualified(shape, scope) in kind.current:
                return True
        case Name(text=text) if names.qualified(shape, scope):
            if kind.current & set(names.imported_as(text)):
                return True
    found = holding(shape, scope, names)
    if found is not None:
        return _inherits(kind, found)
    there = names.imported(shape, scope)
    if there is not None:
        return is_kind(kind, there[1], "", there[0])
    told = [b for b in names.bound(shape, scope) if not (b.how == "=" and is_none(b.value))]
    return bool(told) and all(_binds(kind, binding, shape, names) for binding in told)


def _binds(kind: Kind, binding: Binding, shape: Shape, names: Names) -> bool:
    if binding.how == "=":
        return is_kind(kind, of_ast(binding.value), binding.where, names)
    if binding.how == ":" and binding.value is None:
        return isinstance(shape, Name) and shape.text == kind.parameter
    return binding.how == ":" and _is_annotated(kind, binding.value, binding.where, names)


def _is_annotated(kind: Kind, node: ast.expr | None, scope: str, names: Names) -> bool:
    found = project_class_of(node, scope, names)
    if found is not None:
        return _inherits(kind, found)
    shape = of_annotation(node)
    options = shape.options if isinstance(shape, Either) else (shape,)
    return all(is_kind(kind, Called(option), scope, names) for option in options)


def _inherits(kind: Kind, of: Instance) -> bool:
    return any(
        names.qualified(of_ast(base), "") in kind.classes
        for names, cls in lineage(of)
        for base in names.classes[cls].bases
    )
