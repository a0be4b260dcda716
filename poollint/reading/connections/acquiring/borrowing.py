"""What is made on a connection, or only lent one, and leaves it to somebody else to give back.

`Session(bind=conn)` takes nothing from the engine (run with SQLAlchemy 2.0); nor does a session of
Alembic's `op.get_bind()`, the connection that the migration runs on. `total(engine.connect())` has
nobody left who could give the connection back, where `total` does not.
"""

from __future__ import annotations

import ast
import re

import libcst as cst

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.lending import Lent, Outcome
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.bodies import mentions
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
from poollint.reading.paths.walk import Place

# Functions of pandas and its kin that read or write on a connection they are given, and keep none.
_FRAMES = frozenset({"pandas", "polars", "geopandas"})
_READING = re.compile(r"read_(?:sql\w*|database|postgis)")
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


def only_lent(place: Place, api: Api, exit_: str, scope: str, names: Names) -> bool:
    """Tell whether `f(connect())` is all that has the connection, and `f` keeps and ends nothing.

    `exit_` is what leaving a `with` on the connection does.
    """
    argument, call = _lending(place)
    if argument is None or call is None or argument.star:
        return False
    shape = of_cst(call.func)
    root, _, last = names.qualified(shape, scope).rpartition(".")
    if root.partition(".")[0] in _FRAMES and _READING.fullmatch(last):
        return True
    member = function(shape, scope, names)
    if member is None or member.names.functions[member.name].decorator_list:
        return False
    if any(_leads_back(value, member) for value in member.names.results(member.name) or ()):
        return False
    lent = Lent(member, api, exit_)
    keyword = argument.keyword.value if argument.keyword else ""
    return lent.at(-1 if keyword else call.args.index(argument), keyword) is Outcome.HELD


def _lending(place: Place) -> tuple[cst.Arg | None, cst.Call | None]:
    """Return the argument that a call is, perhaps awaited, and the call it is given to."""
    above = [a.node for a in place.ancestors() if not isinstance(a.node, cst.Await)][:2]
    match above:
        case [cst.Arg() as argument, cst.Call() as call]:
            return argument, call
    return None, None


def _leads_back(value: ast.expr, member: Member) -> bool:
    """Tell whether what a function returns may lead to a connection: `conn.cursor()`, a name."""
    value = value.value if isinstance(value, ast.Await) else value
    if isinstance(value, ast.Name):
        bound = member.names.scope(member.name).bound.get(value.id, ())
        return any(b.value is None or _leads_back(b.value, member) for b in bound if b.how == "=")
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            arguments = member.names.functions[member.name].args
            return name in {argument.arg for argument in parameters(arguments)}
    return False
