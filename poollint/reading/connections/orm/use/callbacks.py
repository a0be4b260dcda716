"""Functions that one defines and hands on, and that end the transaction of its session.

`await ask(script, on_progress=noted)`, where `noted` commits: whoever is handed it may call it
before it waits, and then holds no connection.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

import libcst as cst

from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.walk import Place, places
from poollint.syntax.nodes import walk

_WITHIN = ".<locals>."


def ends_in(
    call: cst.Call, scope: str, names: Names, held: Collection[str], gives: Collection[str]
) -> bool:
    """Tell whether `call`, in the function `scope`, is handed one that ends what `held` names are.

    `gives` are the methods that end it.
    """
    return any(
        isinstance(place.node, cst.Name) and ends(place.node.value, scope, names, held, gives)
        for argument in call.args
        for place in places(argument.value, scope)
    )


def is_handed(place: Place) -> bool:
    """Tell whether a name is an argument of a call by itself."""
    above = place.above
    return above is not None and isinstance(above.node, cst.Arg) and above.node.value is place.node


def ends(
    name: str, scope: str, names: Names, held: Collection[str], gives: Collection[str]
) -> bool:
    """Tell whether a function that `scope` defines calls `session.commit()` or the like."""
    node = names.functions.get(f"{scope}{_WITHIN}{name}")
    if node is None or not {p.arg for p in parameters(node.args)}.isdisjoint(held):
        return False
    return any(_gives(inner, held, gives) for inner in walk(node))


def _gives(node: ast.AST, held: Collection[str], gives: Collection[str]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=attr)):
            return of in held and attr in gives
    return False
