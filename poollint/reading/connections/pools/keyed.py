"""Pools that are kept by what they are asked for: `engines[url]`, or a function that remembers.

Who asks twice for the same gets the same pool, whichever argument of a function says for what.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from poollint.reading.connections.pools import sources
from poollint.reading.connections.pools.told import engine_node
from poollint.reading.naming.given.providing import defaults
from poollint.reading.naming.objects.instances import Instance, Member, function, instance
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Called,
    Name,
    Shape,
    decorator_name,
    of_ast,
    waited_for,
)
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.connections.pools.sources import Source

Told = ast.Call | None
"""The call by which a function is told something, None where it is not at hand."""

KEYED = "keyed"
"""What the source of such a pool begins with: then the file, what keeps it, and the key."""

_KEY = 3  # how many strings stand before the key
_PLAIN_KEYS = frozenset({"=", "import"})  # what a key begins with that is of `_PLAIN_KEY` strings
_PLAIN_KEY = 2
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
    return sources.given(of_ast(call.func), scope, names, levels, call)


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
    """Return the source of what a function makes once for whatever it is told, () for others.

    What it makes is a pool, or an object of the project, whose attributes follow the key.
    """
    node = member.names.functions[member.name]
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    more = arguments.vararg or arguments.kwarg or arguments.kwonlyargs
    if not isinstance(node, ast.FunctionDef) or member.bound or len(plain) > 1 or more:
        return ()
    if not any(decorator_name(d) in _REMEMBERING for d in node.decorator_list):
        return ()
    if not _built(member) and not _is_object(member):
        return ()
    path = member.names.outside.path
    key = ("local", path, member.name, plain[0].arg) if plain else ()
    return (KEYED, path, member.name, *key)


def by_key(found: Source, callee: Shape, scope: str, names: Names, call: Told) -> Source:
    """Return a source that a function tells of, as whoever asks it by `call` has it.

    () where it is not certain what is asked for.
    """
    key = found[_KEY:]
    if key[:1] == ("self",):
        return ()
    if key[:1] != ("local",):
        return found
    by_name = call is not None and call.keywords
    if by_name and found[1:_KEY] == key[1:_KEY]:
        return ()  # a function that remembers takes `f(url=url)` for another question than `f(url)`
    given = argument(key, callee, scope, names, call)
    if given is None or _anew(callee, scope, names, call, key[-1]):
        return ()
    asked = _key(given, scope, names)
    return (*found[:_KEY], *asked) if asked else ()


def _anew(callee: Shape, scope: str, names: Names, call: Told, key: str) -> bool:
    """Tell whether a function may build another for a `key`, for what else it is asked with.

    `if url not in engines or afresh:` does, where it is told `afresh`.
    """
    member = function(callee, scope, names)
    if call is None or member is None:
        return True
    node = member.names.functions[member.name]
    tests = [inner.test for inner in own_nodes(node) if isinstance(inner, ast.If)]
    asked = {n.id for test in tests for n in walk(test) if isinstance(n, ast.Name)} - {key}
    given = list(defaults(node))[member.bound :]
    told = {*[a.arg for a, _ in given][: len(call.args)], *(k.arg for k in call.keywords)}
    return any(a.arg in asked and (a.arg in told or not _is_off(default)) for a, default in given)


def _is_off(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def argument(found: Source, callee: Shape, scope: str, names: Names, call: Told) -> ast.expr | None:
    """Return what a call tells the function `callee` where a source is nothing but that."""
    member = function(callee, scope, names)
    if call is None or member is None:
        return None
    *own, name = found
    if own != ["local", member.names.outside.path, member.name]:
        return None
    if not _is_one(Name(name), member.name, member.names):
        return None
    told = [keyword.value for keyword in call.keywords if keyword.arg == name]
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][member.bound :]
    before = call.args[: plain.index(name) + 1] if name in plain else []
    if told or any(isinstance(one, ast.Starred) for one in before):
        return told[0] if told else None
    return before[-1] if before and len(before) > plain.index(name) else None


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


def _is_object(member: Member) -> bool:
    """Tell whether a function gives an object of a class of the project, whichever of its."""
    given = member.names.results(member.name) or ()
    return bool(given) and all(
        instance(of_ast(value), member.name, member.names) is not None for value in given
    )


def object_of(found: Source, names: Names) -> tuple[Instance | None, list[str]]:
    """Return the object that is kept under a key, and of which attributes a source is.

    None, and none, of a source that is a pool itself; `names` are of the file that keeps it.
    """
    node = names.functions.get(found[2])
    takes = node is None or bool(node.args.posonlyargs or node.args.args)
    if takes and found[_KEY] not in _PLAIN_KEYS:
        return None, []  # where its key ends is not certain
    chain = list(found[_KEY + _PLAIN_KEY * takes :])
    if not chain:
        return None, []
    kept = (
        _filled_with(found, names) if node is None else instance(Called(Name(found[2])), "", names)
    )
    return kept, chain if kept is not None else []


def _filled_with(found: Source, names: Names) -> Instance | None:
    """Return the one sort of object that a mapping keeps, whatever the key; None for others."""
    of = {instance(of_ast(b.value), b.where, names) for b in filling(found[:_KEY], names)}
    return of.pop() if len(of) == 1 else None


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
    asked = _key(key, scope, names) if kept else ()
    return (*kept, *asked) if asked else ()


def _kept_in(table: ast.expr, scope: str, names: Names) -> Source:
    """Return the beginning of the sources that a mapping of a module or class keeps."""
    found = sources.source(of_ast(table), scope, names, 1)
    return (KEYED, found[1], ".".join(found[2:])) if found[:1] in (("module",), ("class",)) else ()


def _key(of: ast.expr, scope: str, names: Names) -> Source:
    if isinstance(of, ast.Constant):
        return ("=", repr(of.value))
    shape = of_ast(of)
    if isinstance(shape, Name) and not _is_one(shape, scope, names):
        return ()
    found = of_value(of, scope, names, _NAMES)
    name = "" if found else names.qualified(shape, scope)
    return found or (("import", name) if name and not name.startswith(".") else ())


def _is_one(name: Name, scope: str, names: Names) -> bool:
    """Tell whether a name of a function is given a value once."""
    holder = names.scope(scope).holder(name.text)
    return holder is None or not holder.name or len(holder.bound[name.text]) == 1
