"""The names of the cursors of a connection."""

from __future__ import annotations

import libcst as cst

from poollint.reading.paths.walk import places


def cursors_of(function: cst.FunctionDef, names: frozenset[str]) -> frozenset[str]:
    """Return what a function calls the cursors of a connection that it calls `names`.

    By `=` or `with`: `cur = conn.cursor()`, `with closing(conn.cursor()) as cur`.
    """
    found: set[str] = set()
    for place in places(function):
        match place.node:
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call() as call
            ) if _is_cursor(call, names):
                found.add(name)
            case cst.WithItem(
                item=cst.Call() as call, asname=cst.AsName(name=cst.Name(value=name))
            ) if _is_cursor(_closed(call), names):
                found.add(name)
    return frozenset(found)


def _closed(call: cst.Call) -> cst.Call:
    """Return what `closing(…)` is given, any other call as it is."""
    match call:
        case cst.Call(
            func=cst.Name(value="closing") | cst.Attribute(attr=cst.Name(value="closing")),
            args=[cst.Arg(value=cst.Call() as inner)],
        ):
            return inner
    return call


def _is_cursor(call: cst.Call, names: frozenset[str]) -> bool:
    match call.func:
        case cst.Attribute(value=cst.Name(value=of), attr=cst.Name(value="cursor")):
            return of in names
    return False
