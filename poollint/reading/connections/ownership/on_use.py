"""Objects of the project's own classes that connect when they are first used.

`Orders(dsn).count()`, where `count` reads the property `conn`, which connects where there is no
connection yet: for each object that is made, one connection. Only an object that a function makes
and has for itself counts; one that is kept elsewhere is made once, as far as can be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.facts.connections import Acquisition, Taking
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.ownership.objects import alone
from poollint.reading.connections.ownership.owning import Owner, connecting
from poollint.reading.naming.objects.instances import (
    Instance,
    function,
    instance,
    method,
    project_class,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Name,
    Shape,
    dotted,
    of_ast,
    of_cst,
)
from poollint.reading.paths.walk import places
from poollint.syntax.nodes import children, walk
from poollint.syntax.python import Unit

_LEVELS = 3  # methods that call methods
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def connects_on_use(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call is that of a method by which an object connects when it has not yet."""
    if not isinstance(callee, Attribute):
        return False
    of = instance(callee.of, scope, names)
    return of is not None and on_use(of, callee.name) is not None


def on_use(of: Instance, name: str, levels: int = _LEVELS) -> Owner | None:
    """Return what an object keeps once a method is called or a property read; None unknown."""
    known: dict[tuple[str, str, int], Owner | None] = of.names.memory.setdefault("on use", {})
    key = (of.cls, name, levels)
    if key not in known:
        known[key] = None
        one = connecting(of, name)
        known[key] = one if one and _asks_first(one) else _deeper(of, name, levels)
    return known[key]


def _asks_first(one: Owner) -> bool:
    """Tell whether what connects looks first whether the object has a connection."""
    asked = f"self.{one.attribute}"
    return any(
        isinstance(node, ast.If) and asked in ast.unparse(node.test)
        for node in walk(one.made.names.functions[one.made.name])
    )


def _deeper(of: Instance, name: str, levels: int) -> Owner | None:
    start = method(of, name) if levels else None
    if start is None or name == "__init__":
        return None
    for node in _evaluated(start.names.functions[start.name].body):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=attr) if attr != name:
                found = on_use(of, attr, levels - 1)
                if found is not None:
                    return found
    return None


def _evaluated(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the expressions that are evaluated whenever a body runs, unless something raises."""
    for statement in body:
        inner: list[ast.AST] = []
        match statement:
            case ast.Try(body=tried):
                yield from _evaluated(tried)
            case ast.With(items=items, body=held) | ast.AsyncWith(items=items, body=held):
                inner = [item.context_expr for item in items]
                yield from _nodes(inner)
                yield from _evaluated(held)
                continue
            case ast.If(test=test) | ast.While(test=test):
                inner = [test]
            case ast.For(iter=values) | ast.AsyncFor(iter=values):
                inner = [values]
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case _:
                inner = [statement]
        yield from _nodes(inner)
        leaves = isinstance(statement, ast.If) and _may_leave(statement)
        if leaves or isinstance(statement, ast.Return | ast.Raise):
            return


def _may_leave(statement: ast.If) -> bool:
    return any(isinstance(n, ast.Return | ast.Raise) for n in walk(statement))


def _nodes(found: list[ast.AST]) -> Iterator[ast.AST]:
    stack = list(found)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _INNER):
            stack += children(node)


def used(unit: Unit, node: cst.FunctionDef, scope: str, names: Names) -> Iterator[Acquisition]:
    """Yield the connections that objects take which a function makes, uses and has for itself."""
    seen: set[str] = set()
    for place in places(node):
        call = place.node
        if place.scope != node.name.value or not isinstance(call, cst.Call):
            continue
        shape = of_cst(call.func)
        if not isinstance(shape, Attribute):
            continue
        of = _made(shape.of, scope, names)
        one = on_use(of, shape.name) if of is not None else None
        if one is None or TAKING[one.api.kind] is not Taking.CONNECT:
            continue
        local = dotted(shape.of)
        if local in seen or (local and not alone(place, local)):
            continue
        seen |= {local} - {""}
        yield Acquisition(
            span=unit.span(call),
            taking=Taking.CONNECT,
            driver=one.api.driver,
            call=dotted(shape) or shape.name,
            target=local,
            release="",
            guard="",
            through=one.made.name,
            first_use=True,
        )


def _made(shape: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of an object that the function makes, or has made for it alone."""
    made: Shape = shape
    if isinstance(shape, Name):
        here = names.scope(scope)
        bound = here.bound.get(shape.text, []) if here.holder(shape.text) is here else []
        made = of_ast(bound[0].value) if len(bound) == 1 and bound[0].how == "=" else None
    if not isinstance(made, Called):
        return None
    return project_class(made.callee, scope, names) or _of_factory(made.callee, scope, names)


def _of_factory(callee: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of what a plain function makes anew each time (`return Orders(dsn)`)."""
    found = function(callee, scope, names)
    if found is None or found.names.functions[found.name].decorator_list:
        return None
    given = found.names.results(found.name) or ()
    if len(given) != 1 or not isinstance(given[0], ast.Call):
        return None
    return project_class(of_ast(given[0].func), found.name, found.names)
