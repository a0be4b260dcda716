"""Objects that keep a session they are given: repositories, services, units of work.

`Orders(session).find(7)` does to the session what the method does to the attribute in which
`__init__` put it. What an object does that keeps it in any other way is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from poollint.reading.naming.instances import Instance, Member, method, project_class
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import of_ast

_LEVELS = 3  # services of services


class Keeper(NamedTuple):
    """An object of the project; `own` are its attributes that are the session."""

    of: Instance
    own: frozenset[str]
    inner: Mapping[str, Keeper]  # attributes that are keepers themselves


def keeper(
    call: ast.Call, held: Collection[str], scope: str, names: Names, levels: int = _LEVELS
) -> Keeper | None:
    """Return what `call` makes of the session that `held` names are; None where not known.

    `held` are names, or "self.x".
    """
    of = project_class(of_ast(call.func), scope, names)
    start = method(of, "__init__") if of is not None and levels else None
    if of is None or start is None:
        return None
    parameter = _parameter(start, call, held)
    node = start.names.functions[start.name]
    own = {parameter} | {
        f"self.{name}"
        for name, value in _put(node)
        if isinstance(value, ast.Name) and value.id == parameter
    }
    inner: dict[str, Keeper] = {}
    explained = len(own) - 1
    for name, value in _put(node):
        if isinstance(value, ast.Call) and any(text_of(a) in own for a in _given(value)):
            found = keeper(value, own, start.name, start.names, levels - 1)
            if found is None:
                return None
            inner[name] = found
            explained += any(text_of(a) == parameter for a in _given(value))
    mentions = sum(isinstance(n, ast.Name) and n.id == parameter for n in ast.walk(node))
    if not parameter or mentions != explained:
        return None
    return Keeper(of, frozenset(own - {parameter}), inner)


def keepers(
    function: ast.AST, held: Collection[str], scope: str, names: Names
) -> Iterator[tuple[str, Keeper | None]]:
    """Yield the objects that a function makes with the session, and what it calls them."""
    for name, value in _put(function, own=False):
        if isinstance(value, ast.Call) and any(text_of(a) in held for a in _given(value)):
            yield name, keeper(value, held, scope, names)


def _parameter(start: Member, call: ast.Call, held: Collection[str]) -> str:
    """Return the parameter of `__init__` that is given the session, "" where it is not one."""
    arguments = start.names.functions[start.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][1:]
    pairs = [*zip(plain, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
    found = [name for name, value in pairs if text_of(value) in held]
    return found[0] or "" if len(found) == 1 else ""


def _put(function: ast.AST, own: bool = True) -> Iterator[tuple[str, ast.expr]]:
    """Yield what is assigned to attributes of `self`, or to plain names, with their names."""
    for node in ast.walk(function):
        match node:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                text = text_of(target)
                if own and text.startswith("self."):
                    yield text.removeprefix("self."), value
                elif not own and isinstance(target, ast.Name):
                    yield text, value


def _given(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    yield from (keyword.value for keyword in call.keywords)


def text_of(node: ast.expr) -> str:
    """Return "name" or "self.name", "" for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return f"self.{name}"
    return ""
