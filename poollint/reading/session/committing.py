"""Which connections commit each statement by themselves, where a statement is run.

psycopg2 and psycopg 3 begin a transaction with the first statement, unless they are told not
to: `connect(…, autocommit=True)` (psycopg 3), `conn.autocommit = True`, `set_autocommit(True)`,
`set_session(autocommit=True)`, `set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)` (psycopg2).
Source: the manuals of psycopg2 2.9 and psycopg 3.3; run through PgBouncer in each pool mode.
"""

from __future__ import annotations

import libcst as cst

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Awaited,
    Called,
    Name,
    Shape,
    dotted,
    of_ast,
    of_cst,
)
from poollint.reading.paths.walk import Place, places

_SETTING = frozenset({"set_autocommit", "set_session", "set_isolation_level"})
# What begins a transaction with the first statement, and what ends it.
_BEGINNING = ("sqlalchemy.", "psycopg.", "psycopg2.")
_ENDING = frozenset({"commit", "rollback", "close", "begin", "end", *_SETTING})
_MAY_COMMIT = ("autocommit", "isolation_level")  # told to any connection of the file
_NOTHING = "nothing is said"


def connection_of(shape: Shape, scope: str, names: Names) -> Shape:
    """Return the connection that a cursor was made from, anything else as it is.

    `conn.cursor()`, and a name that is given one: once, so that it is the same everywhere.
    """
    bound = names.bound(shape, scope) if isinstance(shape, Name | Attribute) else ()
    made = of_ast(bound[0].value) if len(bound) == 1 else shape
    made = made.of if isinstance(made, Awaited) else made
    if isinstance(made, Called) and isinstance(made.callee, Attribute):
        return made.callee.of if made.callee.name == "cursor" else shape
    return shape


def commits_itself(place: Place, connection: Shape, names: Names) -> bool | None:
    """Tell whether a connection is set to autocommit at `place`, None where nobody says.

    What the function says last before, on the way to `place`, holds.
    """
    name = dotted(connection)
    inside = place
    for above in place.ancestors() if name else ():
        node = above.node
        if isinstance(node, cst.FunctionDef):
            break
        if isinstance(node, cst.For | cst.While) and _all(node, name):
            return None  # what is said further down holds for the next round
        if isinstance(node, cst.With):
            for item in node.items:
                if item.asname is not None and dotted(of_cst(item.asname.name)) == name:
                    return _as_made(item.item, above.scope, names)
        if isinstance(node, cst.BaseSuite | cst.Module):
            found = _said(node, inside, name, names)
            if found is not _NOTHING:
                return found if isinstance(found, bool) else None
        inside = above
    return None


def implied(place: Place, connection: Shape, names: Names) -> frozenset[int]:
    """Return the calls of a function that run in one transaction with the call at `place`, by id.

    SQLAlchemy and psycopg begin one with the first statement, and it goes on until it is ended.
    Nothing is returned where a connection is not of these, or may commit by itself.
    """
    name = dotted(connection)
    above = [p.node for p in place.ancestors() if isinstance(p.node, cst.FunctionDef)]
    kind = names.type(connection, place.scope) if name and above else ""
    if not kind.startswith(_BEGINNING) or any(names.told(word) for word in _MAY_COMMIT):
        return frozenset()
    if commits_itself(place, connection, names):
        return frozenset()
    found: set[int] = set()
    for inner in places(above[0]):
        shape = of_cst(inner.node.func) if isinstance(inner.node, cst.Call) else None
        if isinstance(shape, Attribute) and shape.name in _ENDING:
            if id(place.node) in found:
                break
            found = set()
        elif (
            isinstance(shape, Attribute)
            and dotted(connection_of(shape.of, place.scope, names)) == name
        ):
            found.add(id(inner.node))
    return frozenset(found) if id(place.node) in found else frozenset()


def _said(block: cst.BaseSuite | cst.Module, until: Place, name: str, names: Names) -> object:
    """Return what the statements of a block say last before one of them."""
    body = list(block.body)
    before = body[: body.index(until.node)] if until.node in body else []
    for statement in reversed(before):
        told = _all(statement, name)
        if told and not isinstance(statement, cst.SimpleStatementLine):
            return None
        if told:
            return told[-1]
        made = _making(statement, name)
        if made is not None:
            return _as_made(made, until.scope, names)
    return _NOTHING


def _all(node: cst.CSTNode, name: str) -> list[bool | None]:
    """Return what a node says of the autocommit of a connection; None where it is computed."""
    found = []
    for place in places(node):
        inner = place.node
        if isinstance(inner, cst.AssignTarget) and isinstance(inner.target, cst.Attribute):
            owner = inner.target
            above = place.above.node if place.above else None
            if (
                owner.attr.value in {"autocommit", "isolation_level"}
                and dotted(of_cst(owner.value)) == name
                and isinstance(above, cst.Assign)
            ):
                found.append(_value(above.value))
        elif isinstance(inner, cst.Call):
            found += _by_call(inner, name)
    return found


def _by_call(call: cst.Call, name: str) -> list[bool | None]:
    shape = of_cst(call.func)
    if not isinstance(shape, Attribute) or shape.name not in _SETTING or dotted(shape.of) != name:
        return []
    if shape.name == "set_session":
        return _keyword(call)
    return [_value(call.args[0].value)] if call.args else []


def _keyword(call: cst.Call) -> list[bool | None]:
    given = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
    return [_value(given["autocommit"])] if "autocommit" in given else []


def _value(node: cst.BaseExpression) -> bool | None:
    last = dotted(of_cst(node)).rpartition(".")[2]
    known = {"True": True, "False": False, "ISOLATION_LEVEL_AUTOCOMMIT": True}
    return known.get(last, False if last.startswith("ISOLATION_LEVEL_") else None)


def _making(statement: cst.CSTNode, name: str) -> cst.BaseExpression | None:
    """Return what a simple statement assigns to a name."""
    for line in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
        targets = line.targets if isinstance(line, cst.Assign) else ()
        if any(dotted(of_cst(target.target)) == name for target in targets):
            return line.value if isinstance(line, cst.Assign) else None
    return None


def _as_made(made: cst.BaseExpression, scope: str, names: Names) -> bool | None:
    """Return what the call says that makes a connection; a driver's own way where it is silent."""
    call = made.expression if isinstance(made, cst.Await) else made
    if not isinstance(call, cst.Call) or any(arg.star for arg in call.args):
        return None
    api = names.api(of_cst(call.func), scope)
    if api is None or api.kind != "connect":
        return None
    told = _keyword(call)
    return told[-1] if told else False
