"""Sessions that are made on a connection, which is somebody else's to give back.

`Session(bind=conn)` takes nothing from the engine (run with SQLAlchemy 2.0); nor does a session of
Alembic's `op.get_bind()`, the connection that the migration runs on.
"""

from __future__ import annotations

import ast

import libcst as cst

from poollint.reading.naming.bodies import mentions
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, Called, Name, Shape, dotted, of_ast, of_cst
from poollint.reading.paths.walk import Place

_OF_BIND = frozenset({"get_bind", "connection", "invalidate"})


def on_a_connection(call: cst.Call, scope: str, names: Names) -> bool:
    """Tell whether the session that `call` makes is one of a connection, not of an engine."""
    given = next((a.value for a in call.args if a.keyword and a.keyword.value == "bind"), None)
    if given is None and call.args and not (call.args[0].keyword or call.args[0].star):
        given = call.args[0].value
    if given is not None:
        return _is_connection(of_cst(given), scope, names)
    return any(
        _made_on_one(binding.value, binding.where, names)
        for binding in names.bound(of_cst(call.func), scope)
    )


def _made_on_one(factory: ast.expr | None, scope: str, names: Names) -> bool:
    """Tell whether `sessionmaker(…)` is told of a connection."""
    if not isinstance(factory, ast.Call):
        return False
    first = [a for a in factory.args[:1] if not isinstance(a, ast.Starred)]
    given = [*(k.value for k in factory.keywords if k.arg == "bind"), *first]
    return bool(given) and _is_connection(of_ast(given[0]), scope, names)


def _is_connection(shape: Shape, scope: str, names: Names) -> bool:
    if isinstance(shape, Called) and isinstance(shape.callee, Attribute):
        of = names.qualified(shape.callee.of, scope) or dotted(shape.callee.of)
        if shape.callee.name == "get_bind" and of.rpartition(".")[2] == "op":
            return True
    if isinstance(shape, Name):
        made = {of_ast(b.value) for b in names.bound(shape, scope) if b.how == "="}
        if made and all(isinstance(m, Called) and _is_connection(m, scope, names) for m in made):
            return True
    kind = names.catalog.types.get(names.type(shape, scope))
    return kind is not None and kind.role == "connection"


def lost_to_a_session(place: Place, scope: str, names: Names) -> bool:
    """Tell whether `Session(bind=engine.connect())` leaves nobody who can give that back.

    A session does not close the connection it is made on (run with SQLAlchemy 1.4.54, 2.0.36).
    What hands the session on, or asks it for its `bind`, may do so.
    """
    above = [p.node for p in place.ancestors()][:3]
    match above:
        case [cst.Arg(keyword=keyword), cst.Call(func=func), up]:
            if keyword is not None and keyword.value != "bind":
                return False
        case _:
            return False
    api = names.api(of_cst(func), scope)
    if api is None or api.kind != "session":
        return False
    match up:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            pass
        case cst.WithItem(asname=cst.AsName(name=cst.Name(value=name))):
            pass
        case _:
            return False
    node = names.functions.get(scope)
    return node is not None and all(_only_asks(above) for above in mentions(node, name))


def _only_asks(above: list[ast.AST]) -> bool:
    """Tell whether a use of a session is a call of a method that is not about its connection."""
    match above:
        case [ast.Attribute(attr=attr) as func, ast.Call(func=called), *_]:
            return func is called and attr not in _OF_BIND
    return False
