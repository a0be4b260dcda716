"""What stands for the session of a request, or of a registry, under another name.

`g.db` and `request.state.db`, a getter that returns it, a name for what the getter gives,
werkzeug's `LocalProxy` of a getter, and `current.get()` of a context variable with a session.
"""

from __future__ import annotations

import ast

from poollint.reading.naming.given.request_state import kept
from poollint.reading.naming.objects.instances import SAME, function
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Item,
    Name,
    Shape,
    decorator_name,
    dotted,
    of_ast,
)

_SESSIONS = frozenset({"sqlalchemy.session", "sqlalchemy.async_session"})
_PROXIES = frozenset({"werkzeug.local.LocalProxy", "werkzeug.LocalProxy"})
VARIABLE = "ContextVar["

Meant = tuple[Names, str, Shape]
"""An expression, with the names of its file and the scope that it is read in."""


def of_request(shape: Shape, scope: str, names: Names) -> tuple[Meant, ...]:
    """Return what makes the session that a request keeps: `g.db`; nothing of anything else."""
    if not isinstance(shape, Attribute | Item) or names.type(shape, scope) not in _SESSIONS:
        return ()
    found = [
        (there, bound.where, of_ast(bound.value))
        for group in kept(names, shape, scope)
        for there, place in group
        for bound in there.state[place]
        if not is_none(bound.value)
    ]
    return tuple(found)


def of_variable(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call gets a session that a context variable holds: `current.get()`."""
    match shape:
        case Called(callee=Attribute(of=of, name="get")):
            there, named = names.imported(of, scope) or (names, of)
            bound = there.bound(named, scope if there is names else "")
            return any(_holds_session(one, there) for one in bound)
    return False


def _holds_session(bound: Binding, names: Names) -> bool:
    """Tell whether a name is `ContextVar[Session]`, by its annotation or by what makes it."""
    node = bound.value
    if bound.how == "=" and isinstance(node, ast.Call):
        node = node.func
    match node:
        case ast.Subscript(value=of, slice=inner) if decorator_name(of) == "ContextVar":
            told = Binding(":", inner, bound.where)
            return names.of_bindings(("", f"in {id(node)}"), (told,)) in _SESSIONS
    return False


def stands_for(shape: Shape, scope: str, names: Names) -> tuple[Meant, ...]:
    """Return all that an expression may stand for; nothing where that is not told."""
    if isinstance(shape, Called):
        return _returned(shape.callee, scope, names)
    if not dotted(shape):
        return ()
    there = names.imported(shape, scope)
    if there is not None:
        return ((there[0], "", there[1]),) if (there[0], there[1]) != (names, shape) else ()
    bound = names.bound(shape, scope) if isinstance(shape, Name) else ()
    told = [b for b in bound if not (b.how == "=" and is_none(b.value))]
    if len(told) != 1 or told[0].how != "=":
        return ()
    where, value = told[0].where, told[0].value
    match value:
        case ast.Call(func=func, args=[ast.Lambda(body=body)]) if _is_proxy(func, where, names):
            return ((names, where, of_ast(body)),)
        case ast.Call(func=func, args=[getter, *_]) if _is_proxy(func, where, names):
            return _returned(of_ast(getter), where, names)
    return ((names, where, of_ast(value)),)


def _is_proxy(func: ast.expr, scope: str, names: Names) -> bool:
    return names.qualified(of_ast(func), scope) in _PROXIES


def _returned(callee: Shape, scope: str, names: Names) -> tuple[Meant, ...]:
    """Return all that a function of the project returns."""
    member = function(callee, scope, names)
    if member is None:
        return ()
    decorators = member.names.functions[member.name].decorator_list
    given = member.names.results(member.name) or ()
    if not {decorator_name(decorator) for decorator in decorators} <= SAME:
        return ()
    return tuple((member.names, member.name, of_ast(value)) for value in given)
