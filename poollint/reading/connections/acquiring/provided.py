"""What a framework runs to take a connection for a function: generators that hand one out.

`def get_conn(): conn = pool.getconn(); yield conn; pool.putconn(conn)`: FastAPI runs it for a
parameter of the function, or for one of what the function depends on, `user = Depends(get_user)`
where that says `conn = Depends(get_conn)`. It goes on when the function has ended, whichever of
them it was run for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from poollint.catalog.load import Api
from poollint.facts.connections import Taking
from poollint.reading.connections.acquiring.blocks import taken_for
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.lending import Lent, Outcome
from poollint.reading.naming.given.providing import depended_on, dependencies, yielded
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, of_ast

OUT = frozenset({Taking.CONNECT, Taking.ACQUIRE})
"""What is out of its pool from the moment it is taken, unlike a session."""
# What pools call the method whose block has a connection; whose pool it is need not be told.
_METHODS = frozenset({"acquire", "connection", "getconn", "get_connection"})
_LEVELS = 5  # dependencies of dependencies
_LEFT = frozenset({Outcome.HELD, Outcome.TRANSFERRED})


def behind(of: Member, levels: int = _LEVELS) -> tuple[tuple[Member, Api], ...]:
    """Return what is taken for the dependencies of a function, with the generator that takes it.

    What one of them may give back itself is left out.
    """
    memory: dict[tuple[str, int], tuple[tuple[Member, Api], ...]]
    memory = of.names.memory.setdefault("taken behind", {})
    key = (of.name, levels)
    if key not in memory:
        memory[key] = ()  # a dependency that depends on itself
        memory[key] = tuple(_behind(of, levels)) if levels else ()
    return memory[key]


def hands_in(name: str, names: Names) -> bool:
    """Tell whether what depends on a name of a module has a connection taken for it."""
    return any(taking(one, "") or behind(one) for one in depended_on(name, names))


def _behind(of: Member, levels: int) -> Iterator[tuple[Member, Api]]:
    names, name = of
    for one in dependencies(of):
        if one.provider is None or one.early:
            continue
        api = taking(one.provider, names.type(Name(one.parameter), name))
        if api is None:
            yield from behind(one.provider, levels - 1)
        elif Lent(of, api, api.exit).parameter(one.parameter) in _LEFT:
            yield one.provider, api


def taking(provider: Member, kind: str, levels: int = _LEVELS) -> Api | None:
    """Return what takes the connection that a generator hands out, None where that is not sure.

    `kind` is the type that the parameter has. Where it could take none it may hand out `None`.
    """
    further = _left_to(provider) if levels else None
    if further is not None:
        return taking(further, kind, levels - 1)
    if len(yielded(provider)) != 1:
        return None
    found = taken_for(provider)
    if found is not None:
        return found.api if TAKING[found.api.kind] in OUT else None
    return _by_type(kind, provider.names) if _enters(provider) else None


def _left_to(provider: Member) -> Member | None:
    """Return the generator to which another one leaves it all: `yield from get_conn()`."""
    node = provider.names.functions[provider.name]
    given = [one for one in own_nodes(node) if isinstance(one, ast.Yield | ast.YieldFrom)]
    match given:
        case [ast.YieldFrom(value=ast.Call(func=func))] if not node.decorator_list:
            return function(of_ast(func), provider.name, provider.names)
    return None


def _enters(provider: Member) -> bool:
    """Tell whether a generator yields what the block of a pool's method has.

    `async with request.app.state.pool.acquire() as conn: yield conn`.
    """
    given = yielded(provider)[0]
    for node in own_nodes(provider.names.functions[provider.name]):
        if not isinstance(node, ast.With | ast.AsyncWith):
            continue
        for item in node.items:
            match item:
                case ast.withitem(ast.Call(func=ast.Attribute(attr=method)), ast.Name(id=name)):
                    if method in _METHODS and isinstance(given, ast.Name) and given.id == name:
                        return True
    return False


def _by_type(kind: str, names: Names) -> Api | None:
    """Return how a connection of that type is taken out of a pool."""
    known = [*names.catalog.methods.values(), *names.catalog.functions.values()]
    given = (a for a in known if kind and kind in (a.returns, a.yields) and a.kind in TAKING)
    found = sorted((a for a in given if TAKING[a.kind] in OUT), key=lambda a: a.kind)
    return replace(found[0], kind="acquire") if found else None
