"""Sessions that a function was handed, after it lent them to one that does nobody knows what.

`found = await search(text, db)`: whatever that does, the session is still there, and what the
function itself asks of it next takes a connection. What the call gives may keep the session, so
nothing but values are read of it.
"""

from __future__ import annotations

import ast

import libcst as cst

from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.bodies import mentions
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_cst


def lent_to_function(node: cst.CSTNode, scope: str, names: Names) -> bool:
    """Tell whether a statement only calls a function of the project, and keeps but values of it."""
    match node:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            pass
        case cst.Expr(value=value):
            name = ""
        case _:
            return False
    call = value.expression if isinstance(value, cst.Await) else value
    if not isinstance(call, cst.Call):
        return False
    member = function(of_cst(call.func), scope, names)
    if member is None or member.bound:
        return False
    own = names.functions.get(scope)
    return own is not None and all(map(_is_read, mentions(own, name, within=True)))


def _is_read(above: list[ast.AST]) -> bool:
    """Tell whether a use of a name only reads a value; `above` is what is around it."""
    match above:
        case [ast.Attribute() as read, ast.Call(func=func), *_]:
            return func is not read
        case [ast.Attribute() | ast.Subscript() | ast.Return() | ast.For(), *_]:
            return True
        case [ast.If() | ast.Compare() | ast.UnaryOp() | ast.BoolOp() | ast.comprehension(), *_]:
            return True
    return False
