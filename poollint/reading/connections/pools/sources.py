"""Which pool a connection is taken from, whatever the pool is called where that is done.

Two names stand for one pool where both come down to the same source: what the application keeps,
a name of a module, an attribute of a class or of one object. An object is the same where the same
name of a module, or the same name of one function, stands for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.advancing import Advanced
from poollint.reading.connections.acquiring.blocks import cursor_of, first_of
from poollint.reading.connections.acquiring.entered_objects import entered_object
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.wrapped import wrapper
from poollint.reading.connections.pools import keyed
from poollint.reading.connections.pools.given_again import are_several, is_one
from poollint.reading.connections.pools.told import kept_argument, told
from poollint.reading.naming.given.providing import Dependency, dependencies, yielded
from poollint.reading.naming.objects.instances import (
    SAME,
    Member,
    function,
    instance,
    is_property,
    lineage,
    method,
)
from poollint.reading.naming.objects.managers import lent
from poollint.reading.naming.scopes.bindings import SELF, Binding
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Awaited,
    Called,
    Name,
    Shape,
    decorator_name,
    of_ast,
    waited_for,
)

Source = tuple[str, ...]
"""What it is kept by ("kept", "module", "class", "self", "local"), where, and the names there.

Of what is kept under a key, or by a function that remembers ("keyed"), the source of the key
follows.
"""

_NAMES = 3  # names that stand for names, to what the application keeps
_LEVELS = 8  # names that stand for names, functions that return what functions return
_SELF = "self"
_PARAMETER = 4  # how many strings tell of a name of a function, whose attributes the rest are
_ROOT = 3  # how many strings tell of the object of whose attributes the rest are


def source(shape: Shape, scope: str, names: Names, levels: int = _LEVELS) -> Source:
    """Return what a pool, engine or session factory comes down to, () where that is not sure."""
    kept = kept_place(shape, scope, names)
    if kept or not levels:
        return ("kept", kept) if kept else ()
    match shape:
        case Awaited(of=of):
            return source(of, scope, names, levels)
        case Name(text=text) if text in SELF:
            owner = names.scope(scope).owner
            return (_SELF, names.outside.path, owner.name) if owner else ()
        case Name(text=text):
            return _of_name(text, scope, names, levels)
        case Attribute(of=of, name=name):
            there = names.imported(shape, scope)
            if there is not None:
                return source(there[1], "", there[0], levels - 1)
            found = _of_attribute(of, name, scope, names, levels)
            base = found or source(of, scope, names, levels - 1)
            return found or ((*base, name) if base else ())
        case Called(callee=callee):
            return given(callee, scope, names, levels)
    return ()


def kept_place(shape: Shape, scope: str, names: Names, hops: int = _NAMES) -> str:
    """Return the place in which the application keeps what `shape` is, "" where not sure."""
    groups = names.kept(shape, scope)
    if groups:
        setting = {(found.outside.path, place) for found, place in groups[0]}
        told = [b for n, place in groups[0] for b in n.state[place] if _gives(b)]
        return setting.pop()[1] if len(setting) == len(told) == 1 else ""
    bound = [b for b in names.bound(shape, scope) if isinstance(shape, Name) or _gives(b)]
    bound = [b for b in bound if not (b.how == "=" and is_none(b.value))]
    if len(bound) != 1 or bound[0].how != "=" or not hops:
        return ""
    return kept_place(of_ast(bound[0].value), bound[0].where, names, hops - 1)


def _gives(binding: Binding) -> bool:
    """Tell whether a place gives an attribute a value: what annotates it does not, nor `None`."""
    return binding.how != ":" and not is_none(binding.value)


def taken_from(
    api: Api, callee: Shape, call: keyed.Told, scope: str, names: Names, levels: int = _LEVELS
) -> Source:
    """Return the source that a `call` takes a connection from.

    () where it takes one from no pool, or from what gives the same one to a whole thread.
    """
    types = names.catalog.types
    if any(types[kind].thread_bound for kind in api.receivers if kind in types):
        return ()
    if not api.receivers:
        told = first_of(call) if api.kind == "session" else None
        return keyed.of_value(told, scope, names, levels)
    if "__call__" in api.methods:
        told = first_of(call)
        if told is not None:
            return keyed.of_value(told, scope, names, levels)
        return _asked_for(call, scope, names, levels) or source(callee, scope, names, levels)
    return source(callee.of, scope, names, levels) if isinstance(callee, Attribute) else ()


def _asked_for(call: keyed.Told, scope: str, names: Names, levels: int) -> Source:
    """Return the source of what is called of what is kept by a key: `database("shop").sessions()`.

    () of all others.
    """
    match call.func if call is not None else None:
        case ast.Attribute(value=value, attr=name) if isinstance(waited_for(value), ast.Call):
            base = keyed.of_value(value, scope, names, levels - 1)
            return (*base, name) if base[:1] == (keyed.KEYED,) else ()
    return ()


def made_by(
    value: Shape, told: keyed.Told, scope: str, names: Names, levels: int = _LEVELS
) -> Source:
    """Return the source of the connection that a call gives, by however many functions.

    `told` is that call, where it is at hand.
    """
    call = value.of if isinstance(value, Awaited) else value
    if not isinstance(call, Called) or not levels:
        return ()
    api = names.api(call.callee, scope)
    if api is not None:
        taking = api.kind in TAKING
        return taken_from(api, call.callee, told, scope, names, levels) if taking else ()
    member = function(call.callee, scope, names)
    if member is None:
        return _of_object(value, told, scope, names, levels)
    values = lent(member) or _results(member)
    found = _agreed(_of_value(one, member, levels) for one in values)
    return seen(found, call.callee, scope, names, levels, told)


def _of_object(value: Shape, told: keyed.Told, scope: str, names: Names, levels: int) -> Source:
    """Return the source of what an object takes that is made to be entered.

    An attribute that only the body of a class sets is the class's, not that of one object. What
    the object is told first may be its pool, or what has that.
    """
    made = (entered_object(value, asynchronous, scope, names) for asynchronous in (False, True))
    of = next((one.block for one in made if one is not None), None)
    if of is None:
        return ()
    there, name = of.taker
    found = taken_from(of.api, of.callee, of.call, name, there, levels)
    if found[:1] != (_SELF,) or not found[_ROOT:]:
        return found
    _, path, cls, attribute, *more = found
    bound = there.attributes(cls, attribute)
    if bound and len(bound) == len(there.scope(cls).bound.get(attribute, ())):
        return ("class", path, cls, attribute, *more)
    first = first_of(told) if _is_first(there, cls, bound) else None
    base = keyed.of_value(first, scope, names, levels - 1)
    return (*base, *more) if base else ()


def _is_first(names: Names, cls: str, bound: Iterable[Binding]) -> bool:
    """Tell whether an attribute is nothing but what objects of a class are told first."""
    node = names.functions.get(f"{cls}.__init__")
    told = [b.value for b in bound if _gives(b)]
    if node is None or len(told) != 1:
        return False
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][1:2]
    if not isinstance(told[0], ast.Name) or plain != [told[0].id]:
        return False
    return [b.how for b in names.scope(f"{cls}.__init__").bound[told[0].id]] == [":"]


def provided(provider: Member, levels: int = _LEVELS) -> Source:
    """Return the source of the session that a generator lends, or a function makes for others."""
    values = yielded(provider) or _results(provider)
    return _agreed(_of_value(value, provider, levels) for value in values)


def stepped(step: Advanced) -> Source:
    """Return the source of what a generator's first step gives, () where an object has it."""
    found = provided(Member(step.names, step.generator))
    return () if found[:1] in ((_SELF,), ("local",)) else found


def provided_by(one: Dependency) -> Source:
    """Return the source of what a framework hands to a parameter: `Depends(db.session)`."""
    found = provided(one.provider) if one.provider is not None else ()
    return seen(found, *one.named) if one.named is not None else found


def seen(
    found: Source, callee: Shape, scope: str, names: Names, levels: int = _LEVELS,
    call: keyed.Told = None,
) -> Source:  # fmt: skip
    """Return a source that a function tells of, as whoever asks it by `call` has it."""
    if found[:1] == ("local",):
        own, more = found[:_PARAMETER], found[_PARAMETER:]
        told = keyed.argument(own, callee, scope, names, call)
        base = keyed.of_value(told, scope, names, levels - 1)
        return (*base, *more) if base else ()
    if found[:1] == (keyed.KEYED,):
        return keyed.by_key(found, callee, scope, names, call)
    if found[:1] != (_SELF,):
        return found
    asked = waited_for(call.func.value) if call and isinstance(call.func, ast.Attribute) else None
    if isinstance(asked, ast.Call) and asked.args:  # `database("shop").sessions()`
        base = keyed.of_value(asked, scope, names, levels - 1)
        if base[:1] == (keyed.KEYED,):
            return (*base, *found[_ROOT:])
    of = callee.of if isinstance(callee, Attribute) else None
    return source(_below(of, found[_ROOT:]), scope, names, levels - 1)


def _of_name(text: str, scope: str, names: Names, levels: int) -> Source:
    holder = names.scope(scope).holder(text)
    if holder is None:
        return ()
    bound = [b for b in holder.bound[text] if b.how != ":" and not is_none(b.value)]
    if bound and all(b.how == "import" for b in bound):
        there = names.imported(Name(text), scope)
        return source(there[1], "", there[0], levels - 1) if there else ()
    further = keyed.put(text, holder.name, names) if holder.name else ()
    if not further and is_one(bound):
        further = keyed.of_value(bound[0].value, bound[0].where, names, levels - 1)
    if further:
        return further
    path = names.outside.path
    if holder.is_class:
        return ("class", path, holder.name, text)
    filled = () if bound else _filled(text, holder.name, names, levels)
    if filled:
        return filled
    kept = kept_argument(text, holder.name, names)
    if kept:
        return (_SELF, path, *kept)
    if not holder.name:
        return _of_module(text, names)
    return () if are_several(bound) else ("local", path, holder.name, text)


def _filled(text: str, function: str, names: Names, levels: int) -> Source:
    """Return what a framework fills a parameter with, which is the same for all: a pool."""
    by_all = dependencies(Member(names, function)) if function in names.functions else ()
    one = next((d for d in by_all if d.parameter == text), None)
    provider = one.provider if one is not None else None
    if provider is None or yielded(provider) or not levels:
        return ()
    found = keyed.remembered(provider) or _agreed(_returned(provider, levels))
    return found if found[:1] in (("kept",), ("module",), ("class",), (keyed.KEYED,)) else ()


def _of_attribute(of: Shape, name: str, scope: str, names: Names, levels: int) -> Source:
    """Return what an attribute stands for, of whatever object: a pool that is kept elsewhere.

    `self.pool = get_pool()`, where all that gives it a value is this; of `self.users`, made as
    `Users(self.pool)`, what the object was told.
    """
    holder = instance(of, scope, names)
    asked = method(holder, name) if holder is not None else None
    if asked is not None:
        found = _agreed(_returned(asked, levels)) if is_property(asked) else ()
        return _seen_by(found, of, scope, names, levels)
    bound = [
        (there, b)
        for there, cls in (lineage(holder) if holder is not None else ())
        for b in there.attributes(cls, name)
        if _gives(b)
    ]
    if holder is None or len(bound) != 1 or bound[0][1].how != "=":
        return ()
    there, binding = bound[0]
    given = told(of, scope, names, holder, binding, there)
    if given is not None:
        file, value, where, owner = given
        return _seen_by(source(value, where, file, levels - 1), owner, scope, names, levels)
    found = source(of_ast(binding.value), binding.where, there, levels - 1)
    if found[:1] == (_SELF,) and found[_ROOT:] == (name,):
        return ()  # it is kept here as it was told
    return _seen_by(found, of, scope, names, levels)


def _seen_by(found: Source, of: Shape, scope: str, names: Names, levels: int) -> Source:
    """Return the source of what an object has, as whoever knows it as `of` has it."""
    if found[:1] != (_SELF,):
        if found[:1] == (keyed.KEYED,):
            return keyed.by_key(found, None, scope, names, None)
        return found if found[:1] in (("kept",), ("module",), ("class",)) else ()
    return source(_below(of, found[_ROOT:]), scope, names, levels - 1)


def _below(shape: Shape, chain: Iterable[str]) -> Shape:
    """Return an attribute of attributes of a value."""
    for name in chain:
        shape = Attribute(shape, name) if shape is not None else None
    return shape


def _of_module(text: str, names: Names) -> Source:
    kind = "class" if text in names.classes else "module"
    return (kind, names.outside.path, text)


def given(callee: Shape, scope: str, names: Names, levels: int, call: keyed.Told = None) -> Source:
    """Return the source that a function of the project returns, as it is for who asks by `call`."""
    member = function(callee, scope, names)
    if member is None:
        return ()
    found = keyed.remembered(member) or _agreed(_returned(member, levels))
    return seen(found, callee, scope, names, levels, call)


def _returned(member: Member, levels: int) -> Iterator[Source]:
    """Yield what each value comes down to that a function returns."""
    for value in _results(member):
        yield keyed.of_value(value, member.name, member.names, levels - 1)


def _results(member: Member) -> list[ast.expr]:
    node = member.names.functions[member.name]
    given = member.names.results(member.name) or ()
    if not {decorator_name(d) for d in node.decorator_list} <= SAME:
        return []
    return [value for value in given if not is_none(value)]


def _of_value(value: ast.expr, member: Member, levels: int) -> Source:
    """Return the source of a connection that a function returns or yields."""
    names, scope = member
    if isinstance(value, ast.Name):
        bound = names.scope(scope).bound.get(value.id, ())
        loop = _loop(value.id, member) if [b.how for b in bound] == ["?"] else None
        generator = function(of_ast(loop.func), scope, names) if loop is not None else None
        if loop is not None and generator is not None and levels and yielded(generator):
            found = provided(generator, levels - 1)
            return seen(found, of_ast(loop.func), scope, names, levels - 1, loop)
        return _agreed(
            _of_binding(b, member, levels) for b in bound if b.how != ":" and not is_none(b.value)
        )
    call = waited_for(value)
    if not isinstance(call, ast.Call):
        return ()
    found = made_by(of_ast(value), call, scope, names, levels - 1)
    wrapped = wrapper(call, scope, names) if not found and levels else None
    return _of_value(wrapped[1], member, levels - 1) if wrapped is not None else found


def _loop(text: str, member: Member) -> ast.Call | None:
    """Return the call that the one loop of a function goes through whose name is this."""
    for node in own_nodes(member.names.functions[member.name]):
        match node:
            case (
                ast.For(target=ast.Name(id=name), iter=ast.Call() as through)
                | ast.AsyncFor(target=ast.Name(id=name), iter=ast.Call() as through)
            ) if name == text:
                return through
    return None


def _of_binding(binding: Binding, member: Member, levels: int) -> Source:
    value = binding.value
    call = waited_for(value)
    if binding.how not in ("=", "with") or not isinstance(call, ast.Call):
        return ()
    conn = cursor_of(value, member.name, member.names)
    if conn and levels:
        return _of_value(ast.Name(conn), member, levels - 1)
    return made_by(of_ast(value), call, member.name, member.names, levels - 1)


def _agreed(found: Iterable[Source]) -> Source:
    """Return what all of them are, () where they differ or one is unknown."""
    told = set(found)
    return told.pop() if len(told) == 1 else ()
