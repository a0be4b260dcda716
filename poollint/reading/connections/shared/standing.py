"""Connections that outlive the functions that use them: there is one of each for all calls.

A name or an attribute of a module, an attribute of an object that the module makes once, a name
of an enclosing function, what a function makes when it is first needed, or a cache keeps. What
is made anew each time is none of these, nor is what belongs to a thread or context.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from poollint.reading.connections.acquiring.handing import TAKING, handed
from poollint.reading.naming.given.application_state import word
from poollint.reading.naming.given.request_state import kept as kept_by_request
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    instance,
    is_singleton,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.beginning import made_once, maker_of
from poollint.reading.naming.scopes.bindings import SELF, Binding, FunctionDef
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Awaited,
    Called,
    Item,
    Name,
    Shape,
    decorator_name,
    dotted,
    of_ast,
)

_HOPS = 5  # names that stand for each other
_CACHES = frozenset("cache lru_cache cache_resource singleton memoize".split())
_TRANSPARENT = frozenset("staticmethod classmethod property cached_property".split())
_INJECTORS = frozenset({"Depends", "Security"})


class Made(NamedTuple):
    """A connection there is one of: the call that makes it, in the file of `names`.

    `kind` is the id of its type, `holder` the function whose name holds it, "" for none;
    `cached` tells that a cache keeps it; `maker` is the function that makes it each time it is
    called, by its last name: once, where nobody but the start of the program calls it.
    """

    names: Names
    node: ast.expr
    kind: str
    holder: str = ""
    cached: bool = False
    maker: str = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """Return where it is made."""
        return self.names.outside.path, self.node.lineno, self.node.col_offset


def standing(shape: Shape, scope: str, names: Names, hops: int = _HOPS) -> Made | None:
    """Return the connection that outlives the function `scope` and that `shape` names there."""
    memory: dict[tuple[Shape, str], Made | None] = names.memory.setdefault("standing", {})
    key = (shape, scope)
    if hops and key not in memory:
        memory[key] = None  # what leads to itself is nothing
        memory[key] = _standing(shape, scope, names, hops)
    return memory.get(key) if hops else None


def _standing(shape: Shape, scope: str, names: Names, hops: int) -> Made | None:
    match shape:
        case Awaited(of=of):
            return standing(of, scope, names, hops)
        case Name(text=text):
            return _named(text, scope, names, hops)
        case Attribute(of=of, name=name):
            there = names.imported(shape, scope)
            if there:
                return standing(there[1], "", there[0], hops - 1)
            owner = standing_object(of, scope, names)
            if owner is not None:
                return of_object(owner, name)
            return _of_variable(shape, scope, names) or _of_application(shape, scope, names)
        case Item():
            return _of_application(shape, scope, names)
        case Called(callee=callee) if names.api(callee, scope) is None:
            return _given(callee, scope, names, hops)
    return None


def _named(text: str, scope: str, names: Names, hops: int) -> Made | None:
    holder = names.scope(scope).holder(text)
    if holder is None or any(b.how == "import" for b in holder.bound[text]):
        there = names.imported(Name(text), scope)
        return standing(there[1], "", there[0], hops - 1) if there else None
    if holder.is_class:
        return None
    if holder.name and holder.name == scope:
        return _local(text, scope, names, hops)
    if holder.name:
        around = _stays(holder.bound[text], text, names, within=holder.name)
        return around._replace(holder=holder.name) if around else None
    return _stays(holder.bound[text], text, names)


def _local(text: str, scope: str, names: Names, hops: int) -> Made | None:
    """Return what a name of the function itself stands for, where it is another's."""
    told = [b for b in names.scope(scope).bound[text] if not is_none(b.value)]
    if len(told) == 1 and told[0].how == "=":
        return standing(of_ast(told[0].value), scope, names, hops - 1)
    node = names.functions.get(scope)
    if node is None or any(b.how != ":" for b in told):
        return None
    callee = _dependency(node, text)
    return _given(of_ast(callee), scope, names, hops, injected=True) if callee else None


def _dependency(node: FunctionDef, parameter: str) -> ast.expr | None:
    """Return what a framework calls for a parameter: `conn=Depends(get_conn)`."""
    plain = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(plain[::-1], node.args.defaults[::-1], strict=False)]
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d]
    for arg, default in pairs:
        match default:
            case ast.Call(args=[callee, *_]) if arg.arg == parameter:
                return callee if decorator_name(default) in _INJECTORS else None
    return None


def _stays(bound: Iterable[Binding], text: str, names: Names, within: str = "") -> Made | None:
    """Return the connection that all of these bindings make, each of them once."""
    told = [b for b in bound if not is_none(b.value) and b.how != ":"]
    made = None
    for binding in told:
        found = makes(binding, names) or _passed_on(binding, names)
        if found is None or (made is not None and found.kind != made.kind):
            return None
        if binding.where != within and not made_once(binding.where, text, names):
            return None
        made = made or found._replace(maker=maker_of(binding.where, within, text, names))
    return made


def _passed_on(binding: Binding, names: Names) -> Made | None:
    """Return the connection that a binding only gives another name."""
    if binding.how != "=" or is_none(binding.value):
        return None
    return standing(of_ast(binding.value), binding.where, names, 2)


def makes(binding: Binding, names: Names) -> Made | None:
    """Return the connection that a binding makes, None for anything else."""
    if binding.how not in ("=", "with") or binding.value is None:
        return None
    call = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
    if not isinstance(call, ast.Call):
        return None
    shape = of_ast(call.func)
    api = names.api(shape, binding.where)
    given = handed(shape, binding.where, names) if api is None else None
    if api is None and given is not None and given.at < 0:
        api = given.api
    if api is None or api.kind not in {*TAKING, "cursor"}:
        return None
    kind = api.yields if binding.how == "with" else api.returns
    return Made(names, call, kind) if kind in names.catalog.types else None


def _given(
    callee: Shape, scope: str, names: Names, hops: int, injected: bool = False
) -> Made | None:
    """Return the one connection that a function returns each time it is called."""
    member = function(callee, scope, names)
    if member is None:
        return None
    node = member.names.functions[member.name]
    decorators = {decorator_name(decorator) for decorator in node.decorator_list}
    cached = bool(decorators & _CACHES)
    if decorators - _CACHES - _TRANSPARENT:
        return None
    values = member.names.results(member.name)
    if values is None and injected:
        values = tuple(
            n.value for n in own_nodes(node) if isinstance(n, ast.Yield) and n.value is not None
        )
    found = None
    for value in values or ():
        if is_none(value):
            continue
        one = _kept(value, member) if cached else None
        one = one or standing(of_ast(value), member.name, member.names, hops - 1)
        if one is None or (found is not None and one.place != found.place):
            return None
        found = one
    return found


def _kept(value: ast.expr, member: Member) -> Made | None:
    """Return the connection that a cached function makes, where it makes one for all."""
    names, name = member
    node = names.functions[name]
    if node.args.args and not (node.args.args[0].arg in SELF and len(node.args.args) == 1):
        return None  # one for each of its arguments
    if isinstance(value, ast.Name):
        told = [b for b in names.bound(Name(value.id), name) if not is_none(b.value)]
        made = makes(told[0], names) if len(told) == 1 else None
    else:
        made = makes(Binding("=", value, name), names)
    return made._replace(cached=True) if made else None


def standing_object(shape: Shape, scope: str, names: Names, hops: int = _HOPS) -> Instance | None:
    """Return the class of an object that outlives the function `scope`, or the class named.

    Only one that keeps a connection counts.
    """
    if not hops or shape == Name("self"):
        return None
    memory: dict[tuple[Shape, str], Instance | None] = names.memory.setdefault("lasting", {})
    key = (shape, scope)
    if key not in memory:
        memory[key] = None  # what leads to itself is nothing
        memory[key] = _object(shape, scope, names, hops)
    return memory[key]


def _object(shape: Shape, scope: str, names: Names, hops: int) -> Instance | None:
    match shape:
        case Awaited(of=of):
            return standing_object(of, scope, names, hops)
        case Name(text="cls"):
            itself = instance(shape, scope, names)
            return itself if itself is not None and _keeps(itself) else None
        case Name(text=text):
            holder = names.scope(scope).holder(text)
            if holder is None or any(b.how == "import" for b in holder.bound[text]):
                there = names.imported(shape, scope)
                return standing_object(there[1], "", there[0], hops - 1) if there else None
            told = [b for b in holder.bound[text] if not is_none(b.value) and b.how != ":"]
            if not holder.name and all(b.how == "=" for b in told) and told:
                found = instance(shape, scope, names)
                keeps = found is not None and _keeps(found)
                once = keeps and all(not b.where or made_once(b.where, text, names) for b in told)
                return found if once else None
            if holder.name == scope and len(told) == 1 and told[0].how == "=":
                return standing_object(of_ast(told[0].value), scope, names, hops - 1)
            named = project_class(shape, scope, names)
            return named if named is not None and _keeps(named) else None
        case Attribute():
            there = names.imported(shape, scope)
            if there:
                return standing_object(there[1], "", there[0], hops - 1)
            inside = standing_object(shape.of, scope, names, hops - 1)
            part = instance(shape, scope, names) if inside else None
            if part is not None and _keeps(part):
                return part
            return None if inside else _object_of_request(shape, scope, names, hops)
        case Called(callee=callee):
            return _object_given(callee, scope, names, hops)
    return None


def _keeps(of: Instance) -> bool:
    """Tell whether objects of a class hold a connection, or another object that does."""
    memory: dict[str, bool] = of.names.memory.setdefault("keeps", {})
    if of.cls not in memory:
        memory[of.cls] = False  # what holds itself is nothing
        memory[of.cls] = any(
            _is_kept(name, Instance(names, cls))
            for names, cls in lineage(of)
            for name in dict.fromkeys(names.attributes_of(cls))
        )
    return memory[of.cls]


def _is_kept(name: str, of: Instance) -> bool:
    names, cls = of
    kind = names.catalog.types.get(names.type(Attribute(Name("self"), name), cls))
    if kind is not None:
        return bool(kind.shared)
    part = instance(Attribute(Name("self"), name), cls, names)
    return part is not None and _keeps(part)


def _object_given(callee: Shape, scope: str, names: Names, hops: int) -> Instance | None:
    made = project_class(callee, scope, names)
    if made is not None:
        # `__new__` that gives the same object each time has `__init__` run again on it
        fresh = not is_singleton(made) or method(made, "__new__") is not None
        return None if fresh or not _keeps(made) else made
    member = function(callee, scope, names)
    if member is None:
        return None
    node = member.names.functions[member.name]
    if {decorator_name(decorator) for decorator in node.decorator_list} & _CACHES:
        kept = instance(Called(callee), scope, names) if not node.args.args else None
        return kept if kept is not None and _keeps(kept) else None
    found = None
    for value in member.names.results(member.name) or ():
        one = standing_object(of_ast(value), member.name, member.names, hops - 1)
        if one is None or (found is not None and one != found):
            return None
        found = one
    return found


def of_object(of: Instance, name: str) -> Made | None:
    """Return the connection that an attribute of an object holds for as long as there is one."""
    for names, cls in lineage(of):
        if any("local" in dotted(of_ast(base)) for base in names.classes[cls].bases):
            return None  # an object of `threading.local` has attributes of its own in each thread
        if f"{cls}.{name}" in names.functions:
            return _given(Attribute(Name(cls), name), "", names, _HOPS)
        bound = names.attributes(cls, name)
        if any(not is_none(b.value) and b.how != ":" for b in bound):
            return _stays(bound, name, names, within=cls)
    return None


def _of_application(shape: Attribute | Item, scope: str, names: Names) -> Made | None:
    """Return what an application keeps for its handlers: `request.app.state.conn`."""
    for group in names.kept(shape, scope):
        found = {_stays(there.state[at], word(at), there) for there, at in group}
        if len(found) == 1:
            return found.pop()
    return None


def _object_of_request(shape: Attribute, scope: str, names: Names, hops: int) -> Instance | None:
    """Return the object that outlives requests, and is put where each looks for it: `g.db = db`."""
    for group in (*names.kept(shape, scope), *kept_by_request(names, shape, scope)):
        found = {
            standing_object(of_ast(b.value), b.where, there, hops - 1)
            for there, at in group
            for b in there.state[at]
            if not is_none(b.value)
        }
        if len(found) == 1:
            return found.pop()
    return None


def _of_variable(shape: Attribute, scope: str, names: Names) -> Made | None:
    """Return what is kept on an object of a library: `bot.conn = await connect()`."""
    if not isinstance(shape.of, Name) or shape.of.text in SELF:
        return None
    holder = names.scope(scope).holder(shape.of.text)
    if holder is None or holder.name:
        return None
    made = (b.value for b in holder.bound[shape.of.text])
    if not any(isinstance(v, ast.Call) and dotted(of_ast(v.func))[:1] for v in made):
        return None
    if any("local" in dotted(of_ast(b.value.func)).lower() for b in holder.bound[shape.of.text]
           if isinstance(b.value, ast.Call)):  # fmt: skip
        return None
    return _stays(names.bound(shape, scope), shape.name, names)
