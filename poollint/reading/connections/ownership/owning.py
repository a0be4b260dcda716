"""Objects of the project's own classes that connect, and keep the connection to themselves.

`db = Database()`, or `db.connect()`: whoever makes the object has to end the connection, by the
method that the class has for it, or by way of the attribute that holds it. Only what is certain
counts: all of a class is in sight, no object of it hands itself or its methods to others, and the
connection is taken whenever the method runs. Whatever may end it counts as ending it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.advancing import advanced
from poollint.reading.connections.acquiring.handing import TAKING, handed
from poollint.reading.connections.ownership.asking_again import asks_again
from poollint.reading.connections.ownership.ending import (
    ASKED,
    Ends,
    closed_by,
    member_of,
    methods_of,
    release,
)
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    function,
    instance,
    is_property,
    is_singleton,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Shape, dotted, of_ast
from poollint.syntax.nodes import walk

_LEVELS = 3  # objects of objects, and methods that call the one that connects
_PLAIN_BASES = frozenset(
    """object ABC Generic Protocol AbstractContextManager AbstractAsyncContextManager""".split()
)
_EXITS = frozenset({"__exit__", "__aexit__"})
_ENTRIES = frozenset({"__enter__", "__aenter__"})


class Owner(NamedTuple):
    """A connection that an object keeps.

    of         the class; `attribute` is what holds the connection
    api        the taking call, as if the object itself were the connection: its `released_by` are
               the methods that may end the connection
    taking     the taking call itself
    made       the method of the object that connects
    closed_by  the method that is there to end it, "" where there is none
    """

    of: Instance
    attribute: str
    api: Api
    taking: Api
    made: Member
    closed_by: str = ""


def owner(callee: Shape, scope: str, names: Names, levels: int = _LEVELS) -> Owner | None:
    """Return what an object keeps that is made by calling `callee`; None where not known."""
    of = project_class(callee, scope, names) if names.outside.lends() else None
    if of is None or not levels or not in_sight(of):
        return None
    return _known(of, "__init__", levels)


def takes(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call makes an object that connects, or has one connect."""
    if owner(callee, scope, names) is not None:
        return True
    if not isinstance(callee, Attribute):
        return False
    of = instance(callee.of, scope, names)
    return of is not None and connecting(of, callee.name) is not None


def connecting(of: Instance, name: str) -> Owner | None:
    """Return what an object keeps once its method `name` is called, and not since it was made."""
    if not in_sight(of) or _known(of, "__init__", _LEVELS) is not None:
        return None
    return _known(of, name, _LEVELS)


def _known(of: Instance, name: str, levels: int) -> Owner | None:
    memory: dict[tuple[str, str, int], Owner | None] = of.names.memory.setdefault("owners", {})
    key = (of.cls, name, levels)
    if key not in memory:
        memory[key] = None  # an object of objects of its own class
        start = method(of, name)
        memory[key] = _owner(of, start, levels) if start is not None else None
    return memory[key]


def _owner(of: Instance, start: Member, levels: int) -> Owner | None:
    for made, attribute, value in kept_each_time(of, start, levels):
        call = value.value if isinstance(value, ast.Await) else value
        api = _api(call, made, levels) if isinstance(call, ast.Call) else None
        if api is None or not _only(of, attribute, api, levels):
            continue
        every = Ends(of, attribute, api).names()
        ends = frozenset(n for n in every if not asks_again(of, n, attribute, api))
        found = closed_by(of, ends)
        as_one = told(of, api, ends, found, release(attribute, found, api))
        return Owner(of, attribute, as_one, api, made, found)
    return None


def told(of: Instance, api: Api, ends: frozenset[str], closing: str, words: str) -> Api:
    """Return the taking call `api` as if the object were what it takes."""
    leave = _EXITS & {name for at in lineage(of) for name in methods_of(at)}
    exit_ = "release" if leave & ends else "transaction" if leave else ""
    return replace(
        api,
        released_by=tuple(sorted(ends)),
        given_back_to=(),
        exit=exit_,
        awaited_exit=exit_,
        release=words,
        guard="{call}" if leave & ends else "closing({call})" if closing == "close" else "",
        note="",
    )


def kept_each_time(
    of: Instance, start: Member, levels: int = _LEVELS
) -> Iterator[tuple[Member, str, ast.expr]]:
    """Yield what a method keeps each time it runs: the attribute, and the call that makes it.

    The call is awaited where the method awaits it.
    """
    for node in always(start.names.functions[start.name].body):
        match node:
            case (
                ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=v)
                | ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=attr), value=v)
            ):
                call = v.value if isinstance(v, ast.Await) else v
                if v is not None and isinstance(call, ast.Call):
                    yield start, attr, v
            case (
                ast.Expr(value=ast.Call() as call)
                | ast.Expr(value=ast.Await(value=ast.Call() as call))
            ):
                further = _own_method(call, of, start) if levels else None
                if further is not None and further != start:
                    yield from kept_each_time(of, further, levels - 1)


def always(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run whenever a body does, unless something raises.

    `if self.conn is None:` counts too: whatever connects when it is first needed has connected
    then.
    """
    for statement in body:
        match statement:
            case ast.Try(body=inner, orelse=more):
                yield from always([*inner, *more])
            case ast.With(body=inner) | ast.AsyncWith(body=inner):
                yield from always(inner)
            case ast.If(test=test, body=inner, orelse=[]) if attribute := _missing(test):
                for one in always(inner):
                    if attribute in _attributes_set(one):
                        yield one
            case ast.Return() | ast.Raise():
                return
            case _:
                yield statement


def _missing(test: ast.expr) -> str:
    """Return the attribute of which a test asks whether there is nothing in it yet."""
    match test:
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _missing(first)
        case (
            ast.UnaryOp(op=ast.Not(), operand=ast.Attribute(value=ast.Name(id="self"), attr=attr))
            | ast.Compare(
                left=ast.Attribute(value=ast.Name(id="self"), attr=attr),
                ops=[ast.Is()],
                comparators=[ast.Constant(value=None)],
            )
        ):
            return attr
    return ""


def _attributes_set(statement: ast.stmt) -> set[str]:
    return {
        node.attr
        for node in walk(statement)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


def _own_method(call: ast.Call, of: Instance, at: Member) -> Member | None:
    """Return the method that `self.name()` or `super().name()` calls."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return method(of, name)
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            return function(of_ast(call.func), at.name, at.names)
    return None


def _api(call: ast.Call, made: Member, levels: int) -> Api | None:
    """Return what a call takes, None where that is nothing, or not its own."""
    shape, names = of_ast(call.func), made.names
    api = names.api(shape, made.name)
    if api is not None:
        return api if api.kind in TAKING else None
    step = advanced(call, made.name, names)
    if step is not None:
        return step.api if not step.waits else None
    given = handed(shape, made.name, names)
    if given is not None:
        return given.api if given.at < 0 else None
    inner = owner(shape, made.name, names, levels - 1)
    return inner.api if inner is not None else None


def _only(of: Instance, attribute: str, api: Api, levels: int) -> bool:
    """Tell whether nothing but such calls gives the attribute a value."""
    for at in lineage(of):
        for binding in at.names.attributes(at.cls, attribute):
            value = binding.value.value if isinstance(binding.value, ast.Await) else binding.value
            if binding.how == ":" or is_none(value):
                continue
            if binding.how != "=" or not isinstance(value, ast.Call) or binding.where == at.cls:
                return False
            found = _api(value, Member(at.names, binding.where), levels)
            if found is None or found.driver != api.driver or found.kind != api.kind:
                return False
    return True


def in_sight(of: Instance) -> bool:
    """Tell whether all of a class is known, and its objects are nobody's but who makes them."""
    memory: dict[str, bool] = of.names.memory.setdefault("in sight", {})
    if of.cls not in memory:
        memory[of.cls] = not is_singleton(of) and all(_plain(at, of) for at in lineage(of))
    return memory[of.cls]


def _plain(at: Instance, of: Instance) -> bool:
    node, names = at.names.classes[at.cls], at.names
    parent = names.scope(at.cls).parent
    for base in node.bases:
        plain = base.value if isinstance(base, ast.Subscript) else base
        known = project_class(of_ast(plain), parent.name if parent else "", names) in lineage(of)
        if not known and dotted(of_ast(plain)).rpartition(".")[2] not in _PLAIN_BASES:
            return False
    if node.decorator_list or {"__del__", "__getattr__"} & set(methods_of(at)):
        return False
    methods = {n for o in lineage(of) for n in methods_of(o) if not is_property(member_of(o, n))}
    return not any(_escapes(member_of(at, name), methods) for name in methods_of(at))


def _escapes(member: Member, methods: set[str]) -> bool:
    """Tell whether a method hands out the object itself, or a method of it to call later."""
    node = member.names.functions[member.name]
    fine: set[int] = set()
    for inner in walk(node):
        match inner:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self")) as func):
                fine |= {id(func), id(func.value)}
            case ast.Call(func=ast.Name(id=name), args=args) if name in ASKED:
                fine |= {id(arg) for arg in args}
            case ast.Return(value=ast.Name() as value) if node.name in _ENTRIES:
                fine.add(id(value))
            case ast.Attribute(value=ast.Name(id="self") as value, attr=attr):
                if attr not in methods:
                    fine |= {id(inner), id(value)}
    return any(
        isinstance(inner, ast.Name) and inner.id == "self" and id(inner) not in fine
        for inner in walk(node)
    )
