"""Connections that an object keeps which a module makes once, and is given by whoever makes it.

`storage = Storage(psycopg.connect())`, or in a function that the program runs as it begins: the
object's methods use the one connection, whoever calls them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.connections.shared.standing import Made, makes, standing
from poollint.reading.naming.objects.instances import (
    Instance,
    function,
    lineage,
    method,
    project_class,
)
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


def handed_over(of: Instance, how: Making) -> dict[str, Made | Making]:
    """Return the connections, and objects, that an object of class `of` is made with.

    By the parameter of its `__init__` that an attribute keeps, and nothing else is put in its
    place. What a parameter is given unless told otherwise is made once, too.
    """
    return dict(_given(of, how))


def object_given(shape: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of an object that a module makes once, of a connection that it has.

    Its own file need not say that what it is given is one: `service = Service(conn)`.
    """
    how = making(shape, scope, names)
    if how is None or how.scope:
        return None
    of = project_class(of_ast(how.call.func), "", how.names)
    given = handed_over(of, how).values() if of is not None else ()
    types = how.names.catalog.types
    return of if any(isinstance(g, Made) and types[g.kind].shared for g in given) else None


def making(shape: Shape, scope: str, names: Names, hops: int = _HOPS) -> Making | None:
    """Return the one call that makes what a name of a module, or a function, gives."""
    if not hops:
        return None
    match shape:
        case Awaited(of=of):
            return making(of, scope, names, hops)
        case Name(text=text):
            holder = names.scope(scope).holder(text)
            if holder is not None and all(b.how != "import" for b in holder.bound[text]):
                return _made_by(holder.bound[text], names, hops)
        case Called(callee=callee):
            member = function(callee, scope, names)
            given = member.names.results(member.name) if member is not None else None
            if member is not None and given is not None and len(given) == 1:
                return making(of_ast(given[0]), member.name, member.names, hops - 1)
            return None
    there = names.imported(shape, scope)
    return making(there[1], "", there[0], hops - 1) if there else None


def _made_by(bound: list[Binding], names: Names, hops: int) -> Making | None:
    told = [b for b in bound if not is_none(b.value) and b.how != ":"]
    if len(told) != 1 or told[0].how != "=" or told[0].value is None:
        return None
    value, where = told[0].value, told[0].where
    call = value.value if isinstance(value, ast.Await) else value
    if isinstance(call, ast.Call) and function(of_ast(call.func), where, names) is None:
        return Making(call, where, names)
    return making(of_ast(value), where, names, hops - 1)


def _given(of: Instance, how: Making) -> Iterator[tuple[str, Made | Making]]:
    init = method(of, "__init__")
    if init is None or any(isinstance(a, ast.Starred) for a in how.call.args):
        return
    if any(k.arg is None for k in how.call.keywords):
        return
    arguments = init.names.functions[init.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][1:]
    every = {a.arg for a in parameters(arguments)}
    values = [*zip(plain, how.call.args, strict=False)]
    values += [(k.arg, k.value) for k in how.call.keywords if k.arg in every]
    for name, value in values:
        made = _connection(value, how) or _object(value, how)
        if made is not None and _keeps(of, init.name, name):
            yield name, made
    told = {name for name, _ in values}
    itself = Making(how.call, "", init.names)
    for name, default in _defaults(arguments):
        one = _object(default, itself) if isinstance(default, ast.Call) else None
        if one is not None and name not in told and _keeps(of, init.name, name):
            yield name, one


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    yield from zip(plain[::-1], arguments.defaults[::-1], strict=False)
    only = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    yield from ((a.arg, default) for a, default in only if default is not None)


def _object(value: ast.expr, around: Making) -> Making | None:
    """Return the call that makes an argument which is an object of the project."""
    if isinstance(value, ast.Call):
        made = project_class(of_ast(value.func), around.scope, around.names)
        return Making(value, around.scope, around.names) if made is not None else None
    return making(of_ast(value), around.scope, around.names)


def _connection(value: ast.expr, around: Making) -> Made | None:
    """Return the connection that an argument is: made in its place, or before in the function."""
    names, scope = around.names, around.scope
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
