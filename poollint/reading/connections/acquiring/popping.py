"""Connections that a function takes off the context of the request: Flask's `g.pop("db", None)`.

What was put there is nobody's any more, once it is taken off: the function that does so, most
often one that is called at the end of the request, is the only one that can give it back.
"""

from __future__ import annotations

import ast

import libcst as cst

from poollint.reading.connections.acquiring.handing import TAKING, Handed, handed
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, dotted, of_ast, of_cst

_CONTEXTS = frozenset({"flask.g", "quart.g"})


def popped(call: ast.Call | cst.Call, scope: str, names: Names) -> Handed | None:
    """Return what a call takes off the context, as `Handed` by the function that put it there.

    All that the module puts under that name must be taken by calls of the same sort.
    """
    shape = of_ast(call.func) if isinstance(call, ast.Call) else of_cst(call.func)
    if not isinstance(shape, Attribute) or shape.name != "pop":
        return None
    key = _key(call)
    if not key or names.qualified(shape.of, scope) not in _CONTEXTS:
        return None
    found: list[Handed] = []
    for put in names.bound(Attribute(shape.of, key), scope):
        value = put.value.value if isinstance(put.value, ast.Await) else put.value
        one = _taken(value, put.where, names) if put.how == "=" else None
        if one is None:
            return None
        found.append(one)
    return found[0] if found and len({one.api for one in found}) == 1 else None


def _taken(value: ast.expr | None, scope: str, names: Names) -> Handed | None:
    """Return what a call that stands in `scope` takes, None where it takes nothing."""
    if not isinstance(value, ast.Call):
        return None
    shape = of_ast(value.func)
    api = names.api(shape, scope)
    if api is None:
        given = handed(shape, scope, names)
        return given if given is not None and given.at < 0 else None
    if api.kind not in TAKING:
        return None
    return Handed(api, scope, dotted(shape).rpartition(".")[0])


def _key(call: ast.Call | cst.Call) -> str:
    """Return the constant that is asked for, "" where it is none."""
    first = call.args[0] if call.args else None
    match first:
        case ast.Constant(value=str(key)):
            return key
        case cst.Arg(keyword=None, value=cst.SimpleString() as text):
            value = text.evaluated_value
            return value if isinstance(value, str) else ""
    return ""
