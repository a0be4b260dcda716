"""Objects of the project's own that a connection is given to, and that stand for it from then on.

`return Pooled(pool.getconn(), pool)`: whoever gets the object gives the connection back by it, as
its class has a method for that. What its class may end is ended by whatever may end it.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from poollint.catalog.load import Api
from poollint.reading.connections.ownership.ending import Ends, closed_by, methods_of, release
from poollint.reading.naming.objects.instances import Instance, lineage, method, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

_EXITS = frozenset({"__exit__", "__aexit__"})


def wrapper(call: ast.expr, scope: str, names: Names) -> tuple[Instance, ast.expr, str] | None:
    """Return the class of an object that a call makes of one value, that value, and its attribute.

    None where it is no such call: its class has to keep the value in one place, and nowhere else.
    """
    if not isinstance(call, ast.Call) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    of = project_class(of_ast(call.func), scope, names)
    if of is None or _is_ended_by_itself(of):
        return None
    for value in (*call.args[:1], *(k.value for k in call.keywords if k.arg)):
        attribute = _kept_in(of, _parameter(of, call, value))
        if attribute:
            return of, value, attribute
    return None


def as_wrapped(of: Instance, attribute: str, api: Api) -> Api | None:
    """Return the taking call as if it gave the object; None where nothing in its class ends it."""
    ends = Ends(of, attribute, api).names()
    closing = closed_by(of, ends)
    if not closing or closing.startswith("await "):
        return None
    leave = _EXITS & {name for one in lineage(of) for name in methods_of(one)}
    exit_ = "release" if leave & ends else "transaction" if leave else ""
    return replace(
        api,
        released_by=tuple(sorted(ends)),
        exit=exit_,
        awaited_exit=exit_,
        release=release(attribute, closing, api),
        guard="",
        note="",
    )


def _is_ended_by_itself(of: Instance) -> bool:
    """Tell whether objects of a class end what they keep when nobody has them any more."""
    return any("__del__" in methods_of(one) for one in lineage(of))


def _parameter(of: Instance, call: ast.Call, value: ast.expr) -> str:
    """Return the parameter of a class's `__init__` that gets an argument, "" where unknown."""
    told = next((k.arg for k in call.keywords if k.value is value), None)
    made = method(of, "__init__")
    if told or made is None:
        return told or ""
    plain = made.names.functions[made.name].args
    own = [a.arg for a in (*plain.posonlyargs, *plain.args)][1:]
    return own[0] if own else ""


def _kept_in(of: Instance, parameter: str) -> str:
    """Return the one attribute in which objects of a class keep a parameter of `__init__`."""
    made = method(of, "__init__")
    if made is None or not parameter:
        return ""
    found = set()
    for node in walk(made.names.functions[made.name]):
        match node:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)],
                value=ast.Name(id=name),
            ) if name == parameter:
                found.add(attr)
            case ast.Call() if any(_is_self(a) for a in node.args):
                return ""  # the object is somebody else's, too
    return found.pop() if len(found) == 1 else ""


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"
