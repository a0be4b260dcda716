"""Calls of drivers that leave something in the session, or go on in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import libcst as cst

from poollint.catalog.session import Call, sessions
from poollint.facts.code import Effect, Statement
from poollint.reading.naming.objects.origin import Origins
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Shape, dotted, of_ast, of_cst
from poollint.reading.naming.values.strings import argument
from poollint.reading.paths.walk import Place, of_unit
from poollint.reading.session import tortoise
from poollint.reading.session.alembic import ALEMBIC
from poollint.reading.session.arguments import values
from poollint.reading.session.django import ANY, DEFAULT
from poollint.reading.session.undoing import begins, is_transaction, method
from poollint.syntax.newer import expression
from poollint.syntax.python import Unit

_DEPTH = 30  # links of a chain


def may_call(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether calling `shape` may be one of these that the types of objects do not tell."""
    if any(
        names.qualified(shape, scope) in row.functions for row in _rows().get(method(shape), ())
    ):
        return True
    if not isinstance(shape, Attribute) or shape.name not in _chained():
        return False
    return any(
        shape.name in row.methods and row.chain in _chain(shape, scope, names)
        for row in sessions().calls
        if row.chain
    )


def may_leave(call: ast.Call, scope: str, names: Names) -> bool:
    """Tell whether a call may be one of these by its name, or begin a transaction."""
    shape = of_ast(call.func)
    api = names.api(shape, scope)
    return method(shape) in _rows() or (api is not None and api.kind == "transaction")


def called(unit: Unit, names: Names) -> Iterator[Statement]:
    """Yield the calls of a unit that leave something in the session, in text order."""
    begins = "autocommit" in unit.source.text
    for place in of_unit(unit):
        if begins and isinstance(place.node, cst.With | cst.Assign):
            yield from _begun(unit, place, names)
        if isinstance(place.node, cst.Call):
            shape = of_cst(place.node.func)
            api = names.api(shape, place.scope)
            if api is not None and api.kind == "transaction":
                row = Call("transaction", f"{method(shape)}()", package=api.driver)
                yield _statement(row, unit, place, place.node, names)
            for row in _rows().get(method(shape), ()):
                if _is(row, unit, place, place.node, names):
                    yield _statement(row, unit, place, place.node, names)


def _begun(unit: Unit, place: Place, names: Names) -> Iterator[Statement]:
    """Yield what begins transactions on a connection that commits by itself otherwise.

    A block on the connection, where leaving it ends a transaction, and `autocommit = False`.
    """
    found: list[tuple[cst.BaseExpression, str]] = []
    match place.node:
        case cst.With(items=items):
            every = ((item.item, dotted(of_cst(item.item))) for item in items)
            # What is made here is told of where it is made.
            found = [
                (on, f"with {name}:") for on, name in every if name and _ends(on, place, names)
            ]
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Attribute(value=on, attr=cst.Name("autocommit")))],
            value=cst.Name("False"),
        ) if names.type(of_cst(on), place.scope):
            found = [(on, f"{dotted(of_cst(on))}.autocommit = False")]
    for on, text in found:
        row = Call("transaction", text)
        yield _at(row, unit, place, on, expression(unit.code(on)), names)


def _ends(connection: cst.BaseExpression, place: Place, names: Names) -> bool:
    """Tell whether leaving a block on a connection ends a transaction."""
    kind = names.catalog.types.get(names.type(of_cst(connection), place.scope))
    return kind is not None and kind.role == "connection" and kind.exit == "transaction"


@cache
def _rows() -> dict[str, tuple[Call, ...]]:
    """Return the calls that are known, by the last name of what is called."""
    found: dict[str, tuple[Call, ...]] = {}
    for row in sessions().calls:
        for name in {*row.methods, *(f.rpartition(".")[2] for f in row.functions)}:
            found[name] = (*found.get(name, ()), row)
    return found


@cache
def _chained() -> frozenset[str]:
    return frozenset(name for row in sessions().calls if row.chain for name in row.methods)


def _is(row: Call, unit: Unit, place: Place, call: cst.Call, names: Names) -> bool:
    shape, scope = of_cst(call.func), place.scope
    if row.chain:
        if not isinstance(shape, Attribute) or shape.name not in row.methods:
            return False
        inside = any(is_transaction(above, names) for above in place.ancestors())
        return (
            row.chain in _chain(shape, scope, names)
            and not inside
            and not _decorated(scope, names)
            and not _migrates(unit)
            and not _elsewhere(shape)
        )
    if row.apart and (_decorated(scope, names) or _in_transaction(place, names)):
        return False
    if row.functions and names.qualified(shape, scope) not in row.functions:
        return False
    if row.receivers and not (
        isinstance(shape, Attribute)
        and shape.name in row.methods
        and names.type(shape.of, scope) in row.receivers
    ):
        return False
    return _told(row, unit, call, scope, names)


def _in_transaction(place: Place, names: Names) -> bool:
    """Tell whether a block around is a transaction, or what the same `with` enters before."""
    inside: cst.CSTNode = place.node
    for above in place.ancestors():
        node = above.node
        if isinstance(node, cst.With) and isinstance(inside, cst.WithItem):
            before = node.items[: list(node.items).index(inside)]
            if begins(before, above.scope, names):
                return True
        elif is_transaction(above, names):
            return True
        inside = node
    return False


def _told(row: Call, unit: Unit, call: cst.Call, scope: str, names: Names) -> bool:
    """Tell whether a call is given what it does nothing without, and not what stops it."""
    if not row.when and not row.unless_told:
        return True
    node = expression(unit.code(call))
    keywords = node.keywords if isinstance(node, ast.Call) else []

    def given(name: str, wanted: str) -> bool:
        return any(k.arg == name and wanted in values(k.value, scope, names) for k in keywords)

    return not (row.when and not given(*row.when)) and not (
        row.unless_told and given(*row.unless_told)
    )


def _statement(row: Call, unit: Unit, place: Place, call: cst.Call, names: Names) -> Statement:
    node = expression(unit.code(call))
    on = None
    of_object = not row.chain and not row.functions
    if of_object and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        on = node.func.value
    shown = row if row.text else replace(row, text=method(of_cst(call.func)))
    return _at(shown, unit, place, call, on, names)


def _at(
    row: Call,
    unit: Unit,
    place: Place,
    node: cst.CSTNode,
    connection: ast.expr | None,
    names: Names,
) -> Statement:
    """Return what a row of the catalog says, found at `node`, on `connection`."""
    span = unit.span(node)
    origin = None
    if connection is not None:
        origin = Origins(unit, names).of(connection, place.scope, span)
    return Statement(
        effect=Effect(row.effect),
        text=row.text,
        subject=row.subject,
        span=span,
        function=place.scope if place.scope in names.functions else "",
        url=origin.url if origin else None,
        variable=origin.variable if origin else "",
        help=row.help,
        failure=row.failure,
        unless=row.unless,
        alias=_ALIASES[row.package](row, expression(unit.code(node)))
        if row.package in _ALIASES
        else "",
    )


def alias(row: Call, node: ast.expr | None) -> str:
    """Return the database that a call of Django is told; a router may choose where it is not."""
    first = 0 if row.effect == "transaction" else -1  # of a lock it is the key
    using = argument(node, first, "using") if isinstance(node, ast.Call) else None
    if row.chain or using is None:
        return ANY if row.chain else DEFAULT
    return using.value if isinstance(using, ast.Constant) and isinstance(using.value, str) else ""


_ALIASES: dict[str, Callable[[Call, ast.expr | None], str]] = {
    "django": alias,
    "alembic": lambda row, node: ALEMBIC,
    tortoise.PACKAGE: lambda row, node: tortoise.named(node),
}


def _chain(shape: Shape, scope: str, names: Names) -> set[str]:
    """Return the names in a chain of attributes and calls, what its first name is made of too."""
    found: set[str] = set()
    for _ in range(_DEPTH):
        match shape:
            case Attribute(of=of, name=name):
                found.add(name)
                shape = of
            case Called(callee=callee):
                shape = callee
            case _:
                break
    made = [b for b in names.bound(shape, scope) if b.how == "=" and b.where == scope]
    for binding in made:
        inner = of_ast(binding.value)
        if inner != shape and isinstance(inner, Attribute | Called):
            found |= _names_in(inner)
    return found


def _names_in(shape: Shape) -> set[str]:
    found: set[str] = set()
    while isinstance(shape, Attribute | Called):
        if isinstance(shape, Attribute):
            found.add(shape.name)
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    return found


def _migrates(unit: Unit) -> bool:
    """Tell whether a file is a migration of Django, which runs in one transaction by default."""
    text = unit.source.text
    in_one = not re.search(r"\batomic\s*=\s*False\b", text)
    return "/migrations/" in f"/{unit.source.path}" and "Migration" in text and in_one


def _elsewhere(shape: Attribute) -> bool:
    """Tell whether a query is sent to a database of its own: `using("direct")`."""
    return "using" in _names_in(shape)


def _decorated(scope: str, names: Names) -> bool:
    """Tell whether a function, or one around it, is a transaction as a whole."""
    while scope:
        function = names.functions.get(scope)
        for node in function.decorator_list if function is not None else ():
            shape = of_ast(node.func if isinstance(node, ast.Call) else node)
            if names.qualified(shape, scope).endswith("atomic"):
                return True
        scope = scope.rpartition(".")[0].removesuffix(".<locals>")
    return False
