"""What a function does with connections that it does not own: the calls that reach the server.

A connection may come to it as an argument, on an object, or be one that outlives it
(`connections.shared.standing`). What it lends on is followed into the functions of the project.
What is done while a lock is held is left out: the others wait.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from poollint.reading.connections.acquiring.lending import BORROWERS
from poollint.reading.connections.shared.handed_over import Making, handed_over, making
from poollint.reading.connections.shared.standing import Made, of_object, standing, standing_object
from poollint.reading.connections.waits.calls.alternatives import (
    declares,
    fitting,
    implementations,
)
from poollint.reading.naming.objects.factories import made_by
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    instance,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bindings import SELF, FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import is_none
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

Key = tuple[str | int, ...]
_DEPTH = 4  # functions that hand it on to the next
_BUDGET = 300  # bodies that are looked into for one function
# What does not reach the server, or ends what there is.
_QUIET = frozenset(
    """close closed cancel terminate is_closed add_listener remove_listener notifies poll fileno
    add_termination_listener add_log_listener add add_all expunge expunge_all expire expire_all
    get_bind in_transaction is_active is_in_transaction get_backend_pid get_dsn_parameters
    set_session set_isolation_level set_client_encoding set_type_codec reset_type_codec
    add_notice_handler add_notify_handler register setinputsizes mogrify fetchone fetchall
    fetchmany get_settings get_server_pid get_server_version""".split()
)
_ENDING = frozenset("commit rollback begin begin_nested transaction flush".split())
_LOCK = re.compile(r"(?:^|_)[rR]?(?:lock|mutex|synchron\w*)s?(?:$|_|\d)", re.I)


class Held(NamedTuple):
    """A connection that a function uses: which one, of what type, and what it is called there."""

    key: Key
    kind: str
    text: str
    made: Made | None = None


class Object(NamedTuple):
    """An object of the project that may hold connections, and what it was made with.

    `lasting` tells that it outlives the functions that use it, `fresh` that each call of a
    function has one of its own.
    """

    key: Key
    of: Instance
    given: Mapping[str, Held | Object]
    lasting: bool = False
    fresh: bool = False


Environment = Mapping[str, Held | Object]


@dataclass(frozen=True, slots=True)
class Act:
    """A call that uses a connection.

    `node` stands in the file of `names`; `outer` is the node of the function asked about that
    leads there. `ends` tells that a transaction is begun or ended, `waits` that it is awaited.
    `kinds` tells of how many classes it may be that all implement what is called; 0 where it is
    told what is called.
    """

    held: Held
    names: Names
    node: ast.expr
    outer: ast.expr
    ends: bool
    waits: bool
    kinds: int = 0


class Acting:
    """Looks into one function, the root, and those it lends connections to."""

    def __init__(self, root: Member, lasting: bool = False) -> None:
        self._root = root
        self._lasting = lasting  # only what outlives the root counts
        self._left = _BUDGET

    def _own(self, shape: Shape, scope: str, names: Names) -> bool:
        """Tell whether a name is a function's own that is not the one asked about."""
        holder = names.scope(scope).holder(dotted(shape).partition(".")[0])
        asked = names is self._root.names and scope == self._root.name
        return not asked and holder is not None and holder.name == scope != ""

    def body(self, member: Member, env: Environment, depth: int = _DEPTH) -> Iterator[Act]:
        """Yield what a function does, its parameters and `self` meaning what `env` says.

        Of a member without a name what its module does when it is run.
        """
        node = member.names.functions.get(member.name, member.names.module)
        if not depth or self._left <= 0 or _takes_turns(node):
            return
        self._left -= 1
        for inner, waits in _nodes(node, member):
            yield from self.at(inner, member.name, member.names, env, waits, depth)

    def at(
        self, node: ast.AST, scope: str, names: Names, env: Environment, waits: bool, depth: int
    ) -> Iterator[Act]:
        """Yield what one node does by itself: a call, or a block on the connection."""
        if isinstance(node, ast.withitem):
            held = self.held(of_ast(node.context_expr), scope, names, env)
            kind = names.catalog.types.get(held.kind) if held else None
            if held and kind and "close" not in (kind.exit, kind.async_exit):
                yield Act(held, names, node.context_expr, node.context_expr, True, waits)
        elif isinstance(node, ast.Call):
            yield from self.call(node, scope, names, env, waits, depth)

    def call(
        self, node: ast.Call, scope: str, names: Names, env: Environment, waits: bool, depth: int
    ) -> Iterator[Act]:
        """Yield what a call does with the connections it is made on, or given."""
        func = node.func
        if isinstance(func, ast.Attribute):
            held = self.held(of_ast(func.value), scope, names, env)
            if held is not None:
                if func.attr not in _QUIET:
                    yield Act(held, names, node, node, func.attr in _ENDING, waits)
                return
        given = self.given(node.args, node.keywords, scope, names, env)
        shape = of_ast(func)
        called = self.callee(shape, scope, names, env)
        if called is None:
            root = (names.qualified(shape, scope) or dotted(shape)).partition(".")[0]
            api = names.api(shape, scope)
            if api is not None and api.kind == "release":
                return  # `pool.putconn(conn)`: from then on it is not used
            if root in BORROWERS or api is not None:
                for value in given.values():
                    if isinstance(value, Held):
                        yield Act(value, names, node, node, False, waits)
            return
        member, owner = called
        if given and declares(member):
            own = names.scope(scope).owner
            others = _implementing(member, own.name if own is not None else "")
            yield from self._of_each(others, given, node, waits, depth)
        inner = bound(member, given, owner)
        if inner:
            for act in self.body(member, inner, depth - 1):
                if waits or not _is_async(member):
                    yield replace(act, outer=node)

    def _of_each(
        self, members: list[Member], given: Mapping[str, Held | Object], node: ast.Call,
        waits: bool, depth: int,
    ) -> Iterator[Act]:  # fmt: skip
        """Yield what all of several methods do of which one is called."""
        ways: list[dict[Key, Act]] = []
        for member in members:
            if not waits and _is_async(member):
                return
            acts = self.body(member, bound(member, given, None), depth - 1)
            ways.append({act.held.key: act for act in acts if act.waits == waits})
        for key, act in ways[0].items() if ways else ():
            if all(key in way for way in ways):
                yield replace(act, outer=node, kinds=len(ways))

    def callee(
        self, shape: Shape, scope: str, names: Names, env: Environment
    ) -> tuple[Member, Object | None] | None:
        """Return the function of the project that a call runs, and the object it is a method of."""
        if isinstance(shape, Attribute):
            owner = self.object(shape.of, scope, names, env)
            member = method(owner.of, shape.name) if owner is not None else None
            if member is not None:
                return member, owner
        found = function(shape, scope, names)
        return (found, None) if found is not None else None

    def given(
        self, args: list[ast.expr], keywords: list[ast.keyword], scope: str, names: Names,
        env: Environment,
    ) -> dict[str, Held | Object]:  # fmt: skip
        """Return the connections and their holders among arguments, by position or keyword."""
        values = {str(at): a for at, a in enumerate(args) if not isinstance(a, ast.Starred)}
        values |= {k.arg: k.value for k in keywords if k.arg}
        found: dict[str, Held | Object] = {}
        for where, value in values.items():
            if isinstance(value, ast.Name | ast.Attribute | ast.Call):
                shape = of_ast(value)
                one = self.held(shape, scope, names, env)
                other = one or self.object(shape, scope, names, env)
                if other is not None:
                    found[where] = other
        return found

    def held(self, shape: Shape, scope: str, names: Names, env: Environment) -> Held | None:
        """Return the connection that an expression of a function is, None where it is none."""
        known = env.get(shape.text) if isinstance(shape, Name) else None
        if known is not None and _is_parameter(shape, scope, names):
            return known if isinstance(known, Held) else None
        if isinstance(shape, Attribute):
            owner = self.object(shape.of, scope, names, env)
            if owner is not None:
                return self._of_object(owner, shape.name)
        lasting = standing(shape, scope, names)
        if lasting is not None:
            kept = names.catalog.types[lasting.kind]
            return Held(lasting.place, kept.id, _text(shape), lasting) if kept.shared else None
        named = isinstance(shape, Name | Attribute) and not self._lasting
        if not named or self._own(shape, scope, names):
            return None
        kind = names.catalog.types.get(names.type(shape, scope))
        if kind is None or not kind.shared:
            return None
        return Held(_key(shape, scope, names), kind.id, dotted(shape))

    def _of_object(self, owner: Object, name: str) -> Held | None:
        for names, cls in lineage(owner.of):
            for binding in names.attributes(cls, name):
                if isinstance(binding.value, ast.Name) and binding.where.endswith("__init__"):
                    given = owner.given.get(binding.value.id)
                    if isinstance(given, Held):
                        return given._replace(text=f"self.{name}")
            type_ = names.catalog.types.get(names.type(Attribute(Name("self"), name), cls))
            if type_ is not None and type_.shared and not owner.fresh:
                made = of_object(Instance(names, cls), name) if owner.lasting else None
                key = made.place if made is not None else (*owner.key, name)
                return Held(key, type_.id, f"self.{name}", made)
        return None

    def object(self, shape: Shape, scope: str, names: Names, env: Environment) -> Object | None:
        """Return the object of the project that an expression is, as far as it can be told."""
        if isinstance(shape, Name):
            known = env.get(shape.text)
            if isinstance(known, Object):
                return known
            if shape.text in SELF:
                return None if shape.text in env else _itself(scope, names)
        if isinstance(shape, Awaited):
            return self.object(shape.of, scope, names, env)
        lasting = standing_object(shape, scope, names)
        if lasting is not None:
            return _made_once(lasting, making(shape, scope, names))
        if isinstance(shape, Attribute):
            owner = self.object(shape.of, scope, names, env)
            if owner is not None and owner.lasting:
                return self._part(owner, shape.name)
        if not self._lasting and _is_kept(shape, scope, names):
            kept = instance(shape, scope, names)  # as annotated, or as the class makes it
            return Object(_key(shape, scope, names), kept, {}) if kept is not None else None
        told = names.bound(shape, scope) if isinstance(shape, Name) else ()
        if len(told) != 1 or told[0].how != "=" or not isinstance(told[0].value, ast.Call):
            return None
        return self.construct(told[0].value, told[0].where, names, env, _key(shape, scope, names))

    def _part(self, owner: Object, name: str) -> Object | None:
        """Return the object that an object which outlives its users makes for itself, once."""
        for names, cls in lineage(owner.of):
            told = [b for b in names.attributes(cls, name) if b.how != ":" and not is_none(b.value)]
            if not told:
                continue
            value, where = told[0].value, told[0].where
            if len(told) > 1 or where != f"{cls}.__init__":
                return None
            given = owner.given.get(value.id) if isinstance(value, ast.Name) else None
            if not isinstance(value, ast.Call):
                return given if isinstance(given, Object) else None
            made = self.construct(value, where, names, owner.given, (*owner.key, name))
            return made._replace(lasting=True, fresh=False) if made is not None else None
        return None

    def construct(
        self, call: ast.Call, scope: str, names: Names, env: Environment, key: Key
    ) -> Object | None:
        """Return the object that a call of a class of the project makes."""
        shape = of_ast(call.func)
        known = project_class(shape, scope, names)
        made = known or made_by(shape, scope, names)
        init = method(made, "__init__") if made is not None else None
        if made is None or init is None:
            return None
        given = self.given(call.args, call.keywords, scope, names, env)
        parameters_ = bound(init, given, None) if known else _of_its_kind(init, given)
        fresh = names is not self._root.names or scope != self._root.name
        held = {name: value for name, value in parameters_.items() if isinstance(value, Held)}
        return Object(key, made, held, fresh=fresh)


def _implementing(declared: Member, of: str) -> list[Member]:
    """Return the methods that implement what an interface declares, none of a class `of`.

    Whatever hands on to all of them may be one itself.
    """
    found = implementations(declared) or fitting(declared)
    members = [function(*option) for option in found]
    return [one for one in members if one is not None and one.name.rpartition(".")[0] != of]


def _of_its_kind(init: Member, given: Mapping[str, Held | Object]) -> dict[str, Held | Object]:
    """Return the parameter of `__init__` that a factory hands on what it is given, by its type."""
    held = [value for value in given.values() if isinstance(value, Held)]
    arguments = parameters(init.names.functions[init.name].args)
    kinds = [(a.arg, init.names.type(Name(a.arg), init.name)) for a in arguments]
    fit = [name for name, kind in kinds if held and kind == held[0].kind]
    return {fit[0]: held[0]._replace(text=fit[0])} if len(fit) == len(held) == 1 else {}


def bound(
    member: Member, given: Mapping[str, Held | Object], owner: Object | None
) -> dict[str, Held | Object]:
    """Return what the parameters of a function mean for what it is given."""
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    shift = 1 if member.bound else 0
    found: dict[str, Held | Object] = {}
    for where, value in given.items():
        if where.isdigit():
            if int(where) + shift < len(plain):
                found[plain[int(where) + shift]] = value
        elif where in {a.arg for a in parameters(arguments)}:
            found[where] = value
    if owner is not None and shift and plain:
        found[plain[0]] = owner
    return {
        name: value._replace(text=name) if isinstance(value, Held) else value
        for name, value in found.items()
    }


def _made_once(of: Instance, call: Making | None, levels: int = _DEPTH) -> Object:
    """Return an object that outlives its users, with what the one call that makes it gives it."""
    given: dict[str, Held | Object] = {}
    told = handed_over(of, call) if call is not None and levels else {}
    for parameter, one in told.items():
        if isinstance(one, Made):
            if of.names.catalog.types[one.kind].shared:
                given[parameter] = Held(one.place, one.kind, parameter, one)
            continue
        inner = project_class(of_ast(one.call.func), one.scope, one.names)
        if inner is not None:
            given[parameter] = _made_once(inner, one, levels - 1)
    return Object((of.names.outside.path, of.cls), of, given, lasting=True)


def _itself(scope: str, names: Names) -> Object | None:
    owner = names.scope(scope).owner
    if owner is None:
        return None
    return Object((names.outside.path, owner.name, "self"), Instance(names, owner.name), {})


def _text(shape: Shape) -> str:
    if isinstance(shape, Awaited):
        return _text(shape.of)
    return f"{dotted(shape.callee)}()" if isinstance(shape, Called) else dotted(shape)


def _key(shape: Shape, scope: str, names: Names) -> Key:
    text = dotted(shape)
    holder = names.scope(scope).holder(text.partition(".")[0])
    return names.outside.path, holder.name if holder else "", text


def _is_parameter(shape: Shape, scope: str, names: Names) -> bool:
    holder = names.scope(scope).holder(shape.text) if isinstance(shape, Name) else None
    return holder is not None and all(b.how == ":" for b in holder.bound[dotted(shape)])


def _is_kept(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether an expression gives the same object each time: an attribute, a parameter."""
    if isinstance(shape, Attribute):
        owner = instance(shape.of, scope, names)
        return owner is not None and method(owner, shape.name) is None  # no property
    return _is_parameter(shape, scope, names)


def _is_async(member: Member) -> bool:
    return isinstance(member.names.functions[member.name], ast.AsyncFunctionDef)


def _takes_turns(node: FunctionDef | ast.Module) -> bool:
    decorators = node.decorator_list if isinstance(node, FunctionDef) else ()
    return any(_LOCK.search(decorator_name(d)) for d in decorators)


def _nodes(node: FunctionDef | ast.Module, member: Member) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the nodes of a function outside of locks, and whether they are awaited.

    In the order of the text; what is defined within is left out.
    """
    stack: list[tuple[ast.AST, bool]] = [(statement, False) for statement in reversed(node.body)]
    while stack:
        inner, waits = stack.pop()
        yield inner, waits
        if isinstance(inner, FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(inner, ast.With | ast.AsyncWith):
            if any(locks(item.context_expr, member.name, member.names) for item in inner.items):
                continue
            entered = isinstance(inner, ast.AsyncWith)
            below: list[tuple[ast.AST, bool]] = [(n, entered) for n in inner.items] + [
                (n, waits) for n in inner.body
            ]
        else:
            deeper = waits or isinstance(inner, ast.Await | ast.AsyncFor)
            below = [(n, deeper) for n in ast.iter_child_nodes(inner)]
            if isinstance(inner, ast.AsyncFor):
                below = [(inner.iter, True), *((n, waits) for n in (*inner.body, *inner.orelse))]
            elif isinstance(inner, ast.stmt):
                below = [(n, waits) for n in ast.iter_child_nodes(inner)]
        stack.extend(reversed(below))


def locks(item: ast.expr, scope: str, names: Names) -> bool:
    """Tell whether a block is entered by one at a time, by what it is made of or its name.

    A semaphore of more than one place is no lock.
    """
    shape = of_ast(item)
    plain = shape.callee if isinstance(shape, Called) else shape
    word = plain.name if isinstance(plain, Attribute) else dotted(plain)
    word = plain.key if isinstance(plain, Item) else word
    for binding in names.bound(plain, scope):
        if isinstance(binding.value, ast.Call):
            made = dotted(of_ast(binding.value.func)).rpartition(".")[2]
            if made.endswith("Semaphore"):
                return _places(binding.value) == 1
            if _LOCK.search(made) or made == "Condition":
                return True
    return bool(_LOCK.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word)))


def _places(semaphore: ast.Call) -> int:
    """Return how many a semaphore lets in, 0 where it is not said."""
    match semaphore:
        case ast.Call(args=[], keywords=[]):
            return 1
        case ast.Call(args=[ast.Constant(value=int(places)), *_]):
            return places
    return 0
