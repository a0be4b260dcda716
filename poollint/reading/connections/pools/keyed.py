"""Pools that are kept by what they are asked for: `engines[url]`, or a function that remembers.

Who asks twice for the same gets the same pool. Only what a function is told first is followed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from poollint.reading.connections.acquiring.blocks import told_first
from poollint.reading.connections.pools import sources
from poollint.reading.connections.pools.told import engine_node
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, Shape, decorator_name, of_ast, waited_for

if TYPE_CHECKING:
    from poollint.reading.connections.pools.sources import Source

First = Shape | ast.expr
"""What a function is told first, as its shape, or as the expression, where that is at hand."""

KEYED = "keyed"
"""What the source of such a pool begins with: then the file, what keeps it, and the key."""

_KEY = 3  # how many strings stand before the key
_NAMES = 3  # names that stand for names, to what is told as a key
_REMEMBERING = frozenset({"cache", "lru_cache", "cache_resource"})
_BUILT = frozenset({"pool", "engine", "session-factory"})
_ASKING = frozenset({"get", "setdefault"})


def of_value(node: ast.expr | None, scope: str, names: Names, levels: int) -> Source:
    """Return what a value comes down to, by what the calls in it are told, too."""
    call = waited_for(node)
    if not isinstance(call, ast.Call) or levels <= 0:
        asked = _asked(node)
        found = sources.source(of_ast(node), scope, names, levels)
        return _item(*asked, scope, names) if asked is not None and not found else found
    kept = sources.kept_place(of_ast(call), scope, names)
    if kept:
        return ("kept", kept)
    asked = _asked(call)
    if asked is not None:
        return _item(*asked, scope, names)
    engine = engine_node(call, scope, names) if scope in names.functions else None
    if engine is not None:
        return of_value(engine, scope, names, levels - 1)
    return sources.given(of_ast(call.func), scope, names, levels, told_first(call))


def put(text: str, scope: str, names: Names) -> Source:
    """Return what a name of a function stands for that the function puts under a key."""
    for node in own_nodes(names.functions[scope]) if scope in names.functions else ():
        if not isinstance(node, ast.Assign):
            continue
        told = [node.value, *node.targets]
        if any(isinstance(one, ast.Name) and one.id == text for one in told):
            for target in node.targets:
                asked = _asked(target)
                if asked is not None:
                    return _item(*asked, scope, names)
    return ()


def remembered(member: Member) -> Source:
    """Return the source of what a function builds once for whatever it is told, () for others."""
    node = member.names.functions[member.name]
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    more = arguments.vararg or arguments.kwarg or arguments.kwonlyargs
    if not isinstance(node, ast.FunctionDef) or member.bound or len(plain) > 1 or more:
        return ()
    if not any(decorator_name(d) in _REMEMBERING for d in node.decorator_list) or not _built(
        member
    ):
        return ()
    path = member.names.outside.path
    key = ("local", path, member.name, plain[0].arg) if plain else ()
    return (KEYED, path, member.name, *key)


def by_key(found: Source, callee: Shape, scope: str, names: Names, first: First) -> Source:
    """Return a source that a function tells of, as whoever calls it has it, who tells it `first`.

    () where it is not certain what is asked for.
    """
    key = found[_KEY:]
    if key[:1] == ("self",):
        return ()
    if key[:1] != ("local",):
        return found
    asked = _key(first, scope, names) if is_told_first(key, callee, scope, names) else ()
    return (*found[:_KEY], *asked) if asked else ()


def is_told_first(found: Source, callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a source is nothing but what the function `callee` is told first."""
    member = function(callee, scope, names)
    if member is None or found[:3] != ("local", member.names.outside.path, member.name):
        return False
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :][:1]
    return found[3:] == tuple(plain) and _is_one(Name(plain[0]), member.name, member.names)


def filling(found: Source, names: Names) -> Iterator[Binding]:
    """Yield what gives such a source its value; `names` are of the file that keeps it."""
    kept = found[2]
    if kept in names.functions:
        for value in names.results(kept) or ():
            yield Binding("=", value, kept)
    for of, binding in names.filled.get(kept.rpartition(".")[2], ()):
        if _kept_in(of, binding.where, names) != found[:_KEY]:
            continue
        put_there = binding.value
        own = put_there.id if isinstance(put_there, ast.Name) else ""
        inner = names.scope(binding.where).bound.get(own, ())
        yield from [b for b in inner if _asked(b.value) is None] or [binding]


def _built(member: Member) -> bool:
    given = [waited_for(value) for value in member.names.results(member.name) or ()]
    apis = [
        member.names.api(of_ast(value.func), member.name) if isinstance(value, ast.Call) else None
        for value in given
    ]
    return bool(apis) and all(api is not None and api.kind in _BUILT for api in apis)


def _asked(node: ast.expr | None) -> tuple[ast.expr, ast.expr] | None:
    """Return the mapping that is asked, and for what: `engines[url]`, `engines.get(url)`."""
    match node:
        case ast.Subscript(value=table, slice=key):
            return table, key
        case ast.Call(func=ast.Attribute(value=table, attr=attr), args=[key, *_]) if (
            attr in _ASKING
        ):
            return table, key
    return None


def _item(table: ast.expr, key: ast.expr, scope: str, names: Names) -> Source:
    kept = _kept_in(table, scope, names)
    if isinstance(key, ast.Constant):
        return (*kept, "=", repr(key.value)) if kept else ()
    asked = _key(key, scope, names) if kept else ()
    return (*kept, *asked) if asked else ()


def _kept_in(table: ast.expr, scope: str, names: Names) -> Source:
    """Return the beginning of the sources that a mapping of a module or class keeps."""
    found = sources.source(of_ast(table), scope, names, 1)
    return (KEYED, found[1], ".".join(found[2:])) if found[:1] in (("module",), ("class",)) else ()


def _key(of: First, scope: str, names: Names) -> Source:
    shape = of_ast(of) if isinstance(of, ast.expr) else of
    if isinstance(shape, Name) and not _is_one(shape, scope, names):
        return ()
    found = told(of, scope, names, _NAMES)
    name = "" if found else names.qualified(shape, scope)
    return found or (("import", name) if name and not name.startswith(".") else ())


def told(first: First, scope: str, names: Names, levels: int) -> Source:
    """Return what that comes down to which a function is told first."""
    if isinstance(first, ast.expr):
        return of_value(first, scope, names, levels)
    return sources.source(first, scope, names, levels)


def _is_one(name: Name, scope: str, names: Names) -> bool:
    """Tell whether a name of a function is given a value once."""
    holder = names.scope(scope).holder(name.text)
    return holder is None or not holder.name or len(holder.bound[name.text]) == 1
