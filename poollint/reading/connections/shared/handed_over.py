"""Connections that an object keeps which a module makes once, and is given by whoever makes it.

`storage = Storage(psycopg.connect())`, or in a function that the program runs as it begins: the
object's methods use the one connection, whoever calls them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.connections.shared.standing import Made, makes, standing
from poollint.reading.naming.objects.instances import Instance, function, lineage, method
from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Awaited, Called, Name, Shape, of_ast

_HOPS = 5  # names that stand for each other


class Making(NamedTuple):
    """The call that makes an object there is one of, in the function `scope` of a file."""

    call: ast.Call
    scope: str
    names: Names


def handed_over(of: Instance, shape: Shape, scope: str, names: Names) -> dict[str, Made]:
    """Return the connections that the object of class `of` which `shape` is was made with.

    By the parameter of its `__init__` that an attribute keeps, and nothing else is put in its
    place; none where not one call makes it.
    """
    memory: dict[tuple[Shape, str], dict[str, Made]] = names.memory.setdefault("handed over", {})
    key = (shape, scope)
    if key not in memory:
        making = _making(shape, scope, names, _HOPS)
        memory[key] = dict(_given(of, making)) if making is not None else {}
    return memory[key]


def _making(shape: Shape, scope: str, names: Names, hops: int) -> Making | None:
    """Return the one call that makes what a name of a module, or a function, gives."""
    if not hops:
        return None
    match shape:
        case Awaited(of=of):
            return _making(of, scope, names, hops)
        case Name(text=text):
            holder = names.scope(scope).holder(text)
            if holder is not None and all(b.how != "import" for b in holder.bound[text]):
                return _made_by(holder.bound[text], names, hops)
        case Called(callee=callee):
            member = function(callee, scope, names)
            given = member.names.results(member.name) if member is not None else None
            if member is not None and given is not None and len(given) == 1:
                return _making(of_ast(given[0]), member.name, member.names, hops - 1)
            return None
    there = names.imported(shape, scope)
    return _making(there[1], "", there[0], hops - 1) if there else None


def _made_by(bound: list[Binding], names: Names, hops: int) -> Making | None:
    told = [b for b in bound if not is_none(b.value) and b.how != ":"]
    if len(told) != 1 or told[0].how != "=" or told[0].value is None:
        return None
    value, where = told[0].value, told[0].where
    call = value.value if isinstance(value, ast.Await) else value
    if isinstance(call, ast.Call) and function(of_ast(call.func), where, names) is None:
        return Making(call, where, names)
    return _making(of_ast(value), where, names, hops - 1)


def _given(of: Instance, making: Making) -> Iterator[tuple[str, Made]]:
    init = method(of, "__init__")
    if init is None:
        return
    arguments = init.names.functions[init.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][1:]
    every = {a.arg for a in parameters(arguments)}
    if any(isinstance(a, ast.Starred) for a in making.call.args):
        return
    values = [*zip(plain, making.call.args, strict=False)]
    values += [(k.arg, k.value) for k in making.call.keywords if k.arg in every]
    for name, value in values:
        made = _connection(value, making)
        if made is not None and _keeps(of, init.name, name):
            yield name, made


def _connection(value: ast.expr, making: Making) -> Made | None:
    """Return the connection that an argument is: made in its place, or before in the function."""
    names, scope = making.names, making.scope
    if isinstance(value, ast.Name) and scope:
        told = [b for b in names.bound(Name(value.id), scope) if not is_none(b.value)]
        if len(told) == 1 and told[0].where == scope:
            return makes(told[0], names)
    return makes(Binding("=", value, scope), names) or standing(of_ast(value), scope, names)


def _keeps(of: Instance, init: str, parameter: str) -> bool:
    """Tell whether an attribute is what `__init__` is given as a parameter, and nothing else."""
    for names, cls in lineage(of):
        for name in dict.fromkeys(names.attributes_of(cls)):
            bound = [
                b for b in names.attributes(cls, name) if b.how != ":" and not is_none(b.value)
            ]
            given = [b for b in bound if isinstance(b.value, ast.Name) and b.value.id == parameter]
            if given and given == bound and all(b.where == init for b in bound):
                return True
    return False
