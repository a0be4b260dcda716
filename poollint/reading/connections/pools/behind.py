"""The pool behind a source: the call that builds it, in whatever file, and what that is told."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from posixpath import normpath

from poollint.facts.code import Pool
from poollint.model.source import Unreadable
from poollint.reading.connections.pools.building import pools
from poollint.reading.connections.pools.keyed import KEYED, filling, object_of
from poollint.reading.connections.pools.sources import Source, source
from poollint.reading.connections.pools.told import engine_of
from poollint.reading.naming.objects.instances import Instance, instance, lineage, project_class
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, Shape, of_ast
from poollint.syntax.python import PythonTree

_LEVELS = 4  # a session factory, its engine, and names between them
_BUILT = frozenset({"pool", "engine"})
_HOLDING = frozenset({"self", "module", "class", KEYED})  # what may be an attribute of an object


def behind(found: Source, names: Names, tree: PythonTree, levels: int = _LEVELS) -> Pool | None:
    """Return the pool that a source comes down to, as a file with `names` and `tree` sees it.

    None where it is not certain which call builds it.
    """
    told = bound_by(found, names, tree)
    bound = [b for b in told[2] if not (b.how == "=" and is_none(b.value))] if told else []
    if told is None or len(bound) != 1 or bound[0].how != "=" or not levels:
        return None
    there, at, _ = told
    value = bound[0].value
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return None
    api = there.api(of_ast(call.func), bound[0].where)
    if api is None:
        return None
    if api.kind in _BUILT:
        return built(call, there, at)
    if api.kind != "session-factory":
        return None
    return _of_factory(call, bound[0].where, there, at, levels)


def engine_behind(found: Source, names: Names, tree: PythonTree, levels: int = _LEVELS) -> Source:
    """Return the engine that a factory of sessions is told, as `found` leads to it; or `found`.

    Sessions of a factory, and connections of its engine, are of one pool.
    """
    told = bound_by(found, names, tree) if levels else None
    bound = [b for b in told[2] if not (b.how == "=" and is_none(b.value))] if told else []
    if told is None or len(bound) != 1 or bound[0].how != "=":
        return found
    there, at, _ = told
    engine = source(engine_of(bound[0].value, bound[0].where, there), bound[0].where, there)
    if engine[:1] == ("self",):  # of the object that has the factory, too
        engine = (*found[:-1], *engine[3:]) if found[0] in _HOLDING else ()
    known = engine[:1] in (("self",), ("module",), ("class",), ("kept",), (KEYED,))
    return engine_behind(engine, there, at, levels - 1) if known else found


def _of_factory(
    call: ast.Call, scope: str, names: Names, tree: PythonTree, levels: int
) -> Pool | None:
    """Return the pool of the engine that a factory of sessions is told."""
    binds = [k.value for k in call.keywords if k.arg in ("bind", "engine")] or call.args[:1]
    if not binds:
        return None
    if isinstance(binds[0], ast.Call):
        api = names.api(of_ast(binds[0].func), scope)
        return built(binds[0], names, tree) if api is not None and api.kind in _BUILT else None
    return behind(source(of_ast(binds[0]), scope, names), names, tree, levels - 1)


def bound_by(
    found: Source, names: Names, tree: PythonTree
) -> tuple[Names, PythonTree, Iterable[Binding]] | None:
    """Return what gives a source its value, with the names and the tree of the file it is in."""
    if found[:1] == ("kept",):
        return _kept(found[1], names, tree)
    if len(found) < 3:
        return None
    kind, path, *rest = found
    file = _file(path, names, tree)
    if file is None:
        return None
    there, at = file
    if kind == KEYED:
        kept, chain = object_of(found, there)
        own = (there, at, tuple(filling(found, there)))
        return _attribute(kept, chain, names, tree) if chain else own
    scope, name, *more = ("", *rest) if kind in ("module", "class") else rest
    if kind == "self":
        return _attribute(Instance(there, scope), [name, *more], names, tree)
    if not more:
        return there, at, there.scope(scope).bound.get(name, ())
    shape: Shape = Name(name)
    of = project_class(shape, scope, there) if kind == "class" else instance(shape, scope, there)
    return _attribute(of, more, names, tree)


def _attribute(
    of: Instance | None, chain: list[str], names: Names, tree: PythonTree
) -> tuple[Names, PythonTree, Iterable[Binding]] | None:
    """Return what sets an attribute of the objects of a class."""
    if of is None or len(chain) != 1 or of.cls not in of.names.classes:
        return None
    for there, cls in lineage(of):
        bound = there.attributes(cls, chain[0])
        if bound:
            file = _file(there.outside.path, names, tree)
            return (*file, bound) if file is not None else None
    return None


def _kept(
    place: str, names: Names, tree: PythonTree
) -> tuple[Names, PythonTree, Iterable[Binding]] | None:
    setting = [names] if place in names.state else list(names.outside.keeping(place))
    file = _file(setting[0].outside.path, names, tree) if len(setting) == 1 else None
    return (*file, file[0].state[place]) if file is not None else None


def _file(path: str, names: Names, tree: PythonTree) -> tuple[Names, PythonTree] | None:
    if normpath(path) == normpath(names.outside.path):
        return names, tree
    return names.outside.file(path)


def built(call: ast.Call, names: Names, tree: PythonTree) -> Pool | None:
    """Return the pool that a call of the file with `names` and `tree` builds."""
    memory: dict[int, Pool | None] = names.memory.setdefault("built", {})
    if id(call) not in memory:
        memory[id(call)] = _read(call, names, tree)
    return memory[id(call)]


def _read(call: ast.Call, names: Names, tree: PythonTree) -> Pool | None:
    at = tree.span(call)
    for prefix, group in tree.statements():
        if group[0].lineno <= call.lineno <= (group[-1].end_lineno or call.lineno):
            unit = tree.unit(prefix, group)
            found = () if isinstance(unit, Unreadable) else pools(unit, names)
            return next((pool for pool in found if pool.span == at), None)
    return None


def never_empty(pool: Pool) -> bool:
    """Tell whether nobody ever waits for a connection of a pool: it makes as many as are asked."""
    return not pool.queued or pool.boundless("overflow") or pool.boundless("max_size")


def size(pool: Pool) -> int:
    """Return how many connections a pool lends at once, 0 where no file says so."""
    most, overflow = pool.figure("max_size"), pool.figure("overflow")
    if most is None or most.high is None:
        return 0
    if overflow is None:
        return 0 if pool.argument("overflow") else most.high
    return 0 if overflow.high is None or overflow.high < 0 else most.high + overflow.high
