"""What a context manager of the project takes for the block it is entered for.

`@contextmanager def session_scope(): … yield session`; the manager may stand in another file,
enter another one for what it yields, and be had from a function: `with await connection():`. It
may be made of a generator where it is entered, or under a name of its own: `at_hand =
contextmanager(get_session)`.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.handing import TAKING, consumed, handed
from poollint.reading.connections.acquiring.lending import GIVING_BACK
from poollint.reading.naming.given.providing import yielded
from poollint.reading.naming.objects.instances import SAME, Member, function
from poollint.reading.naming.objects.managers import is_manager, lent
from poollint.reading.naming.objects.renamed import renamed
from poollint.reading.naming.scopes.bindings import Binding, parameters
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    MANAGERS,
    Awaited,
    Called,
    Name,
    Shape,
    decorator_name,
    dotted,
    of_ast,
    waited_for,
)

_LEVELS = 4  # managers that enter managers, functions that return what functions return


class Block(NamedTuple):
    """What is held within the block: the call that takes it, and what that is called on.

    `callee` is what is called, and `call` where, as the function `taker` has it.
    """

    api: Api
    callee: Shape
    call: ast.Call
    taker: Member


def block(entered: Shape, scope: str, names: Names, levels: int = _LEVELS) -> Block | None:
    """Return what entering a value takes, where a manager of the project takes it; else None."""
    call = entered.of if isinstance(entered, Awaited) else entered
    if not isinstance(call, Called) or not levels:
        return None
    member = function(call.callee, scope, names)
    if member is None and (several := renamed(call.callee, scope, names)):
        ways = [(Called(shape), where) for shape, where in several]
        awaited = call is not entered
        found = [block(Awaited(way) if awaited else way, at, names, levels - 1) for way, at in ways]
        return _alike(found)
    if member is None:
        made = _wrapped(call.callee, scope, names)
        return _managed(made, levels) if made is not None and call is entered else None
    if is_manager(member):
        return None if isinstance(entered, Awaited) else _managed(member, levels)
    node = member.names.functions[member.name]
    if isinstance(node, ast.AsyncFunctionDef) is not isinstance(entered, Awaited):
        return None
    return _returned(member, levels)


def _wrapped(shape: Shape, scope: str, names: Names) -> Member | None:
    """Return the generator that `contextmanager(generator)` is made of, there or under a name."""
    if isinstance(shape, Called):
        managed = dotted(shape.callee).rpartition(".")[2] in MANAGERS
        found = function(shape.class_, scope, names) if managed else None
        return found if found is not None and yielded(found) else None
    there, named = names.imported(shape, scope) or (names, shape)
    bound = there.bound(named, scope if there is names else "")
    if len(bound) != 1 or bound[0].how != "=":
        return None
    match bound[0].value:
        case ast.Call(func=made, args=[given], keywords=[]) if decorator_name(made) in MANAGERS:
            found = function(of_ast(given), bound[0].where, there)
            return found if found is not None and yielded(found) else None
    return None


def offers(member: Member) -> bool:
    """Tell whether a function of the project gives, or is, such a context manager."""
    if not member.names.outside.lends():
        return False
    if not is_manager(member):
        return _returned(member, _LEVELS) is not None
    return _managed(member, _LEVELS) is not None or unless_given(member) is not None


def unless_given(member: Member) -> tuple[str, Block] | None:
    """Return the parameter that a manager hands on if it is given one, and what it takes if not.

    `def scope(existing=None)`: it yields `existing` here, and what it takes itself there.
    """
    node = member.names.functions[member.name]
    values = [v for v in lent(member) if isinstance(v, ast.Name)]
    optional = {a.arg for a in parameters(node.args)}
    given = {v.id for v in values} & optional
    own = {v.id for v in values} - optional
    if len(given) != 1 or len(own) != 1 or len(values) != len(lent(member)):
        return None
    found = taken_as(own.pop(), member)
    return (given.pop(), found) if found is not None else None


def taken_for(provider: Member) -> Block | None:
    """Return what a generator takes for what it yields, as FastAPI's `Depends` has it."""
    return _managed(provider, _LEVELS)


def _managed(member: Member, levels: int) -> Block | None:
    """Return what a context manager takes for what it yields."""
    memory: dict[str, Block | None] = member.names.memory.setdefault("blocks", {})
    if member.name not in memory:
        memory[member.name] = None  # while it is asked for itself
        memory[member.name] = _yielded(member, levels)
    return memory[member.name]


def _yielded(member: Member, levels: int) -> Block | None:
    """Return the call that takes what a generator yields, where it yields one name, or `None`."""
    node = member.names.functions[member.name]
    given = {
        n.value.id if isinstance(n.value, ast.Name) else None
        for n in own_nodes(node)
        if isinstance(n, ast.Yield) and not is_none(n.value)  # where it could take none
    }
    name = given.pop() if len(given) == 1 else None
    return taken_as(name, member, levels) if name is not None else None


def taken_as(name: str, member: Member, levels: int = _LEVELS) -> Block | None:
    """Return the call that takes what a function has under a name."""
    bound = [b for b in member.names.bound(Name(name), member.name) if not is_none(b.value)]
    return _agreed([_bound(b, member, levels) for b in bound if b.how != ":"])


def _bound(binding: Binding, member: Member, levels: int) -> Block | None:
    value = binding.value
    if isinstance(value, ast.Name) and binding.how == "=" and levels:
        return taken_as(value.id, member, levels - 1)  # under another name
    call = waited_for(value)
    if not isinstance(call, ast.Call):
        return None
    callee = of_ast(call.func)
    api = member.names.api(callee, member.name)
    conn = cursor_of(value, member.name, member.names)
    if conn and levels:
        return taken_as(conn, member, levels - 1)
    if api is not None:
        return Block(api, callee, call, member) if api.kind in TAKING else None
    if binding.how == "with":
        found = block(of_ast(value), member.name, member.names, levels - 1)
        return found or _from(value, member, left=True)
    return _from(value, member) if binding.how == "=" else None


def cursor_of(value: ast.expr | None, scope: str, names: Names) -> str:
    """Return the connection, by its name, that a cursor is made of: `conn.cursor()`."""
    call = waited_for(value)
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=conn), attr="cursor")):
            api = names.api(of_ast(call.func), scope)
            return conn if api is None or api.kind == "cursor" else ""
    return ""


def _from(value: ast.expr | None, member: Member, left: bool = False) -> Block | None:
    """Return what a function takes for its caller; if it is `left` by a block, gives back then."""
    awaited = isinstance(value, ast.Await)
    call = waited_for(value)
    callee = of_ast(call.func) if isinstance(call, ast.Call) else None
    given = handed(callee, member.name, member.names)
    if given is None or given.at >= 0 or not isinstance(call, ast.Call):
        return None
    exit_ = given.api.awaited_exit if awaited else given.api.exit
    if exit_ not in GIVING_BACK if left else not consumed(given.api, awaited):
        return None
    return Block(given.api, callee, call, member)


def first_of(call: ast.Call | None) -> ast.expr | None:
    """Return what a call is told first, or as what it is to bind to.

    Of a factory that is made where it is called, `sessionmaker(engine)()`, the factory.
    """
    if call is None:
        return None
    told = told_first(call)
    return call.func if told is None and isinstance(call.func, ast.Call) else told


def told_first(call: ast.Call) -> ast.expr | None:
    """Return the expression that a call is told first, or as what it is to bind to."""
    told = [k.value for k in call.keywords if k.arg in ("bind", "engine")]
    return (*told, *call.args)[0] if told or call.args else None


def _returned(member: Member, levels: int) -> Block | None:
    """Return what entering the managers takes that a function returns."""
    given = member.names.results(member.name)
    decorators = member.names.functions[member.name].decorator_list
    if not given or not {decorator_name(d) for d in decorators} <= SAME:
        return None
    return _agreed([block(of_ast(v), member.name, member.names, levels - 1) for v in given])


def _alike(found: list[Block | None]) -> Block | None:
    """Return what the first of several takes, None where one takes nothing, or something else."""
    told = {one.api if one else None for one in found}
    return found[0] if len(told) == 1 else None


def _agreed(found: list[Block | None]) -> Block | None:
    """Return what all of them take, None where they differ or one is unknown."""
    told = {(one.api, one.callee, one.taker.name) if one else None for one in found}
    return found[0] if len(told) == 1 else None
