"""Parameters that a call leaves to their defaults: `def init_db(engine=engine)`, called as it is.

A default is read once, where the function is defined: there it is known what it stands for.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from poollint.reading.naming.given.providing import defaults
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.shapes import Name, Shape, of_ast

LeftOut = Mapping[str, ast.expr]
"""The name of a parameter -> its default, an expression of the function's module."""


def left_out(call: ast.Call, member: Member) -> LeftOut:
    """Return the parameters of a module's function that `call` does not give, if named values.

    None of a method or an inner function, none of a call with `*` or `**`, and no parameter that
    the function gives another value.
    """
    names, name = member
    if "." in name or any(isinstance(a, ast.Starred) for a in call.args):
        return {}
    told = {keyword.arg for keyword in call.keywords}
    if None in told:
        return {}
    node = names.functions[name]
    plain = [*node.args.posonlyargs, *node.args.args]
    told |= {argument.arg for argument in plain[: len(call.args)]}
    bound = names.scope(name).bound
    return {
        argument.arg: default
        for argument, default in defaults(node)
        if isinstance(default, ast.Name | ast.Attribute) and argument.arg not in told
        and all(binding.how == ":" for binding in bound[argument.arg])
    }  # fmt: skip


def standing(shape: Shape, scope: str, left: LeftOut) -> tuple[Shape, str]:
    """Return what an expression of a function stands for, and the scope in which that is read."""
    if isinstance(shape, Name) and shape.text in left:
        return of_ast(left[shape.text]), ""
    return shape, scope
