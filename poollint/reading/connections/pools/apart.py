"""Whether two sources are certainly two pools: each is built by one call, and not by the same."""

from __future__ import annotations

import ast
from posixpath import normpath

import libcst as cst

from poollint.reading.connections.acquiring.advancing import advanced
from poollint.reading.connections.acquiring.blocks import block
from poollint.reading.connections.acquiring.taking import Taken
from poollint.reading.connections.pools.sources import Source, made_by, stepped, taken_from
from poollint.reading.naming.objects.instances import Instance, lineage
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Awaited, Called, of_ast, of_cst
from poollint.syntax.newer import expression

_BUILT = frozenset({"pool", "engine"})


def source_of(taken: Taken, scope: str, names: Names) -> Source:
    """Return the pool, engine or session factory that a call takes from, () where unknown."""
    shape = of_cst(taken.call.func)
    told = written(taken.call)
    if not taken.through:
        return taken_from(taken.api, shape, told, scope, names)
    step = advanced(taken.call, scope, names)
    if step is not None:
        return stepped(step)
    made = Called(shape)
    waited = Awaited(made) if block(made, scope, names) is None else made
    return made_by(made, told, scope, names) or made_by(waited, told, scope, names)


def written(call: cst.Call) -> ast.Call | None:
    """Return a call as `ast` sees it, for what it tells."""
    found = expression(cst.Module([]).code_for_node(call))
    return found if isinstance(found, ast.Call) else None


def are_two(one: Source, other: Source, names: Names) -> bool:
    """Tell whether two sources are two pools, as a file with `names` sees them."""
    built = (_call(one, names), _call(other, names))
    return None not in built and built[0] is not built[1]


def _call(found: Source, names: Names) -> ast.Call | None:
    """Return the only call that builds a pool, None where that is not sure."""
    if len(found) < 3:
        return None
    kind, path, scope, *more = found if found[0] != "module" else (*found[:2], "", *found[2:])
    own = normpath(path) == normpath(names.outside.path)
    file = None if own else names.outside.file(path)
    there = names if own else file[0] if file else None
    if there is None or len(more) != 1:
        return None
    bound = [b for b in _bound(kind, scope, more[0], there) if not is_none(b.value)]
    if len(bound) != 1 or bound[0].how != "=":
        return None
    value = bound[0].value
    call = value.value if isinstance(value, ast.Await) else value
    api = there.api(of_ast(call.func), bound[0].where) if isinstance(call, ast.Call) else None
    return call if isinstance(call, ast.Call) and api is not None and api.kind in _BUILT else None


def _bound(kind: str, scope: str, name: str, names: Names) -> list[Binding]:
    """Return what gives the name its value: of a module or function, or an attribute's."""
    if kind in ("module", "local"):
        return list(names.scope(scope).bound.get(name, ()))
    if kind not in ("self", "class") or scope not in names.classes:
        return []
    found = (there.attributes(cls, name) for there, cls in lineage(Instance(names, scope)))
    return list(next((bound for bound in found if bound), ()))
