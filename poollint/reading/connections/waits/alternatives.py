"""What a value may be that has no one type: of which calls `value.method()` may be one.

`if key: c = Mail() else: c = Post()`, `{"mail": Mail(), "post": Post()}[key]`, `given or Mail()`,
a getter that gives one or the other. None is left out: where one of them is not known, nothing is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.reading.naming.bindings import Binding
from poollint.reading.naming.bodies import is_none
from poollint.reading.naming.instances import SAME, function
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import (
    NOTHING,
    Attribute,
    Called,
    Either,
    Item,
    Name,
    Shape,
    decorator_name,
    of_ast,
)

_MOST = 8  # values; with more it is a table of something else


class Option(NamedTuple):
    """What an expression may be, as a scope of a file with `names` has it."""

    shape: Shape
    scope: str
    names: Names


def alternatives(callee: Shape, scope: str, names: Names) -> tuple[Option, ...]:
    """Return what calling `callee` may call instead, none where that is not certain.

    One step: what it returns may stand for several things itself.
    """
    if not isinstance(callee, Attribute):
        return ()
    found = _values(callee.of, scope, names)
    if not found:
        further = alternatives(callee.of, scope, names)
        found = () if any(o.shape == callee.of for o in further) else further
    if len(found) > _MOST:
        return ()
    return tuple(Option(Attribute(o.shape, callee.name), o.scope, o.names) for o in found)


def _values(of: Shape, scope: str, names: Names) -> tuple[Option, ...]:
    """Return what an expression may be, none where one of them is not told."""
    match of:
        case Either(options=options):
            told = [o for o in options if o != NOTHING and not _is_given(o, scope, names)]
            return tuple(Option(o, scope, names) for o in told)
        case Item(of=table) | Called(callee=Attribute(of=table, name="get")):
            found = _of_table(table, scope, names)
            return found or (_given(of, scope, names) if isinstance(of, Called) else ())
        case Called():
            return _given(of, scope, names)
        case Name() | Attribute():
            return _of_bindings(names.bound(of, scope), names)
    return ()


def _of_bindings(bound: tuple[Binding, ...], names: Names) -> tuple[Option, ...]:
    told = [b for b in bound if not (b.how == "=" and is_none(b.value))]
    if not told or any(b.how != "=" or b.value is None for b in told):
        return ()
    return tuple(Option(of_ast(b.value), b.where, names) for b in told)


def _is_given(option: Shape, scope: str, names: Names) -> bool:
    """Tell whether an option is a bare parameter: `given or Client()` is like a `Client`."""
    bound = names.bound(option, scope) if isinstance(option, Name) else ()
    return bool(bound) and all(b.how == ":" and b.value is None for b in bound)


def _given(of: Called, scope: str, names: Names) -> tuple[Option, ...]:
    """Return what a function of the project may give, whose annotation does not tell."""
    member = function(of.callee, scope, names)
    node = member.names.functions[member.name] if member is not None else None
    if member is None or not isinstance(node, ast.FunctionDef) or node.returns is not None:
        return ()
    if any(decorator_name(decorator) not in SAME for decorator in node.decorator_list):
        return ()
    given = member.names.results(member.name) or ()
    told = [value for value in given if not is_none(value)]
    return tuple(Option(of_ast(value), member.name, member.names) for value in told)


def _of_table(table: Shape, scope: str, names: Names) -> tuple[Option, ...]:
    """Return the values of a mapping that is written down once, and not added to."""
    bound = [b for b in names.bound(table, scope) if b.how != ":"]
    if len(bound) != 1 or bound[0].how != "=" or table in _filled(names):
        return ()
    match bound[0].value:
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return tuple(Option(of_ast(value), bound[0].where, names) for value in values)
    return ()


def _filled(names: Names) -> frozenset[Shape]:
    """Return what is given values by key somewhere in the module, or more of them at once."""
    if "filled" not in names.memory:
        names.memory["filled"] = frozenset(_filled_in(names.module))
    found: frozenset[Shape] = names.memory["filled"]
    return found


def _filled_in(module: ast.Module) -> Iterator[Shape]:
    for node in ast.walk(module):
        match node:
            case ast.Subscript(value=of, ctx=ast.Store()):
                yield of_ast(of)
            case ast.Call(func=ast.Attribute(value=of, attr="update" | "setdefault")):
                yield of_ast(of)
