"""Which pool the session of a unit of work is of: that of its factory.

The factory is a name of a module, or what `__init__` is told, or takes if it is told nothing:
`def __init__(self, sessions=async_session): self.sessions = sessions`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

import libcst as cst

from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.objects.keeping import View
from poollint.reading.connections.orm.objects.units_of_work import made_in, unit
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.pools.keyed import of_value
from poollint.reading.connections.pools.sources import Source, taken_from
from poollint.reading.naming.given.providing import defaults
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast

_LEVELS = 4  # names that stand for names, to the factory
_KEPT = 4  # how many strings tell of an attribute of an object


def pool_of_unit(value: ast.expr, scope: str, names: Names) -> Source:
    """Return the factory of the session of an object that a block enters, () unknown."""
    found = unit(value, scope, names)
    made = made_in(found[0].of) if found is not None else None
    if found is None or made is None:
        return ()
    start, api, call = made
    source = taken_from(api, of_ast(call.func), call, start.name, start.names)
    if source[:1] != ("self",):
        return source
    if len(source) != _KEPT:
        return ()
    return _told(value, found[0].of, source[-1], scope, names)


def asked_in_block(
    call: ast.Call, target: str, member: Member, inside: Iterable[ast.Call]
) -> Source:
    """Return the factory of what a block enters by `call`, which one of the calls asks for it.

    () where the object is no unit of work, or nothing is asked of what the block calls `target`.
    """
    names, scope = member
    found = unit(call, scope, names)
    if found is None:
        return ()
    kept, api = found
    taken = Taken(cst.Call(cst.Name("session")), api, Form.BOUND, frozenset(), False)
    session, view = Session(taken, scope, names), View(keepers={target: kept})
    asked = any(session.takes(one, view) for one in inside)
    return pool_of_unit(call, scope, names) if asked else ()


def _told(value: ast.expr, of: Instance, attribute: str, scope: str, names: Names) -> Source:
    """Return what an attribute keeps that `__init__` is told, by `value` or by its default."""
    start = method(of, "__init__")
    bound = [b for there, cls in lineage(of) for b in there.attributes(cls, attribute)]
    kept = [b.value for b in bound if b.how != ":" and not is_none(b.value)]
    match kept:
        case [ast.Name(id=name)] if start is not None:
            pass
        case _:
            return ()
    node = start.names.functions[start.name]
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][1:]
    shown = isinstance(value, ast.Call) and project_class(of_ast(value.func), scope, names) == of
    if shown and isinstance(value, ast.Call) and (value.args or value.keywords):
        given = {k.arg: k.value for k in value.keywords}
        given |= dict(zip(plain, value.args, strict=False))
        return of_value(given[name], scope, names, _LEVELS) if name in given else ()
    default = next((d for a, d in defaults(node) if a.arg == name), None)
    return of_value(default, "", start.names, _LEVELS) if default is not None else ()
