"""Which expressions are the application of a web framework: its object, or a stand-in for it.

`current_app` of Flask and Quart, `request.app`, and objects of the classes of applications, those
of the project that inherit from one among them. What several places tell differently is none.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from poollint.reading.naming.answers import Answers
from poollint.reading.naming.bindings import Binding
from poollint.reading.naming.bodies import is_none
from poollint.reading.naming.instances import Instance, holding, lineage
from poollint.reading.naming.shapes import (
    Attribute,
    Called,
    Either,
    Name,
    Shape,
    of_annotation,
    of_ast,
)

if TYPE_CHECKING:
    from poollint.reading.naming.names import Names

CURRENT = frozenset({"flask.current_app", "quart.current_app"})
CLASSES = frozenset(
    """aiohttp.web.Application aiohttp.web_app.Application fastapi.FastAPI
    fastapi.applications.FastAPI flask.Flask flask.app.Flask quart.Quart quart.app.Quart
    sanic.Sanic sanic.app.Sanic starlette.applications.Starlette litestar.Litestar
    quart_trio.QuartTrio""".split()
)
_REQUESTS = frozenset({"request", "req", "ws", "websocket", "socket"})


def is_application(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a value is known to be the application of a web framework."""
    answers: Answers[bool] = names.memory.setdefault("applications", Answers(False))
    return answers.once((shape, scope), lambda: _is_application(shape, scope, names))


def _is_application(shape: Shape, scope: str, names: Names) -> bool:
    match shape:
        case Called(callee=callee):
            if names.qualified(callee, scope) in CLASSES:
                return True
        case Attribute(of=Name(text=of) | Attribute(name=of), name="app") if of in _REQUESTS:
            return True
        case Name(text=text) if names.qualified(shape, scope):
            if CURRENT & set(names.imported_as(text)):
                return True
        case Attribute() if names.qualified(shape, scope) in CURRENT:
            return True
    found = holding(shape, scope, names)
    if found is not None:
        return _inherits(found)
    there = names.imported(shape, scope)
    if there is not None:
        return is_application(there[1], "", there[0])
    told = [b for b in names.bound(shape, scope) if not (b.how == "=" and is_none(b.value))]
    return bool(told) and all(_binds(binding, names) for binding in told)


def _binds(binding: Binding, names: Names) -> bool:
    if binding.how == "=":
        return is_application(of_ast(binding.value), binding.where, names)
    return binding.how == ":" and _is_annotated(binding.value, binding.where, names)


def _is_annotated(node: ast.expr | None, scope: str, names: Names) -> bool:
    shape = of_annotation(node)
    options = shape.options if isinstance(shape, Either) else (shape,)
    return all(is_application(Called(option), scope, names) for option in options)


def _inherits(of: Instance) -> bool:
    return any(
        names.qualified(of_ast(base), "") in CLASSES
        for names, cls in lineage(of)
        for base in names.classes[cls].bases
    )
