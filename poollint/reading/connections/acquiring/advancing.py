"""Sessions out of generators that nobody goes on with: `db = next(get_db())`.

The generator is gone as soon as it has yielded, so what it does afterwards (`finally: db.close()`)
is done before the session is used. A session that is closed can be used again: it takes a
connection anew, and whoever has the session is the only one who can give that back; else it comes
back with the garbage collector (run with SQLAlchemy 1.4.54 and 2.0.36, on SQLite with a
`QueuePool`). Of `await anext(get_db())` the event loop closes the generator in its next turns, and
of four sessions that were used so four connections stayed out (run with 2.0.36 and aiosqlite). A
generator that is kept goes on when it is told to.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, of_ast, of_cst


class Advanced(NamedTuple):
    """A session that a call has of a generator's first step.

    api        the call of the generator that makes it
    generator  the qualified name of that function
    waits      what gives it has to be awaited: `anext(…)`
    names      those of the file of that function
    """

    api: Api
    generator: str
    waits: bool
    names: Names


def advanced(call: ast.Call | cst.Call, scope: str, names: Names) -> Advanced | None:
    """Return the session that `next(generator())` gives."""
    made, waits = _dropped(call)
    found = function(made.callee, scope, names) if made is not None else None
    if found is None:
        return None
    if isinstance(found.names.functions[found.name], ast.AsyncFunctionDef) is not waits:
        return None
    api = _session(found)
    return Advanced(api, found.name, waits, found.names) if api is not None else None


def begun(call: ast.Call, scope: str, names: Names) -> Advanced | None:
    """Return the session that `next(generator())` gives, or `next(steps)` of a kept generator."""
    found = advanced(call, scope, names)
    match call:
        case ast.Call(func=ast.Name(id="next" | "anext"), args=[ast.Name(id=kept), *_]):
            bound = names.bound(Name(kept), scope)
            if len(bound) == 1 and bound[0].how == "=" and isinstance(bound[0].value, ast.Call):
                step = ast.Call(call.func, [bound[0].value], [])
                return advanced(step, bound[0].where, names)
    return found


def _dropped(call: ast.Call | cst.Call) -> tuple[Called | None, bool]:
    """Return the call that makes the generator which `call` advances, where no name keeps it.

    With it whether that has to be an asynchronous one.
    """
    if isinstance(call, ast.Call):
        callee, given = of_ast(call.func), [of_ast(a) for a in call.args]
    else:
        callee, given = of_cst(call.func), [of_cst(a.value) for a in call.args if not a.star]
    shape: Shape = None
    waits = False
    if isinstance(callee, Name) and callee.text in ("next", "anext") and given:
        shape, waits = given[0], callee.text == "anext"
    elif isinstance(callee, Attribute) and callee.name in ("__next__", "__anext__"):
        shape, waits = callee.of, callee.name == "__anext__"
    return (shape if isinstance(shape, Called) else None), waits


def _session(generator: Member) -> Api | None:
    """Return what makes the session that a generator yields, None where that is not certain."""
    names, name = generator
    node = names.functions[name]
    if node.decorator_list:
        return None
    yielded = [inner.value for inner in own_nodes(node) if isinstance(inner, ast.Yield)]
    if len(yielded) != 1 or not isinstance(yielded[0], ast.Name):
        return None
    told = [b for b in names.bound(Name(yielded[0].id), name) if b.how != ":"]
    if len(told) != 1 or told[0].where != name:
        return None
    return _makes(told[0], names)


def _makes(binding: Binding, names: Names) -> Api | None:
    if binding.how not in ("=", "with") or not isinstance(binding.value, ast.Call):
        return None
    api = names.api(of_ast(binding.value.func), binding.where)
    return api if api is not None and api.kind == "session" and "sync" in api.call else None
