"""Connections of a pool whose server session the function ends each time it has one.

`async with pool.acquire() as conn:` and then `await conn.close()`: the pool opens a new session
for whoever comes next (tests/lab/test_releases.py).
"""

from __future__ import annotations

import libcst as cst

from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.paths.walk import Place, places

_CLOSING = {
    "asyncpg": frozenset({"close", "terminate"}),
    "psycopg_pool": frozenset({"close"}),
    "psycopg2": frozenset({"close"}),
}
# What stands around a call that is not made each time.
_SOMETIMES = frozenset(
    """If IfExp BooleanOperation ExceptHandler ExceptStarHandler Match For While Lambda FunctionDef
    CompFor Else""".split()
)


def discarded(function: cst.FunctionDef, one: Taken) -> cst.Call | None:
    """Return the call that ends the session each time, None where there is none."""
    methods = _CLOSING.get(one.api.driver, frozenset())
    if one.api.kind != "acquire" or one.through or not (methods and one.names):
        return None
    if one.api.driver == "psycopg_pool" and "close" in one.api.released_by:
        return None  # `close_returns=True`
    for place in places(function):
        ends = isinstance(place.node, cst.Call) and _ends(place.node, one, methods)
        if ends and _each_time(place, function):
            return cst.ensure_type(place.node, cst.Call)
    return None


def _ends(call: cst.Call, one: Taken, methods: frozenset[str]) -> bool:
    match call.func:
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method)):
            if name in one.names and method in methods:
                return True
    match call:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="putconn")), args=args):
            given = any(isinstance(a.value, cst.Name) and a.value.value in one.names for a in args)
            return given and any(_closes(argument) for argument in args)
    return False


def _closes(argument: cst.Arg) -> bool:
    match argument:
        case cst.Arg(keyword=cst.Name(value="close"), value=cst.Name(value="True")):
            return True
    return False


def _each_time(place: Place, function: cst.FunctionDef) -> bool:
    for above in place.ancestors():
        if above.node is function:
            return True
        if type(above.node).__name__ in _SOMETIMES:
            return False
    return True
