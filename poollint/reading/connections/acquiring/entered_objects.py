"""Objects of the project's classes that take a connection for the block they are entered for.

`with Transaction() as t:` with `self._conn = pool.getconn()` in `__enter__` (or in `__init__`,
where it is made for the block) and `pool.putconn(self._conn)` in `__exit__`: the block has the
connection, whatever name the object goes by. Sessions are told by `orm.objects.units_of_work`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.blocks import Block
from poollint.reading.connections.acquiring.handing import TAKING, handed
from poollint.reading.connections.acquiring.managing import of_itself
from poollint.reading.connections.ownership.ending import Ends, member_of, methods_of
from poollint.reading.connections.ownership.owning import always, kept_each_time
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    instance,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Awaited, Called, Shape, of_ast, waited_for
from poollint.syntax.nodes import walk

_EXITS = {"__enter__": "__exit__", "__aenter__": "__aexit__"}
_KINDS = TAKING.keys() - {"session"}
_STACKING = frozenset({"enter_context", "enter_async_context"})
Stored = tuple[Member, str, list[ast.expr]]
"""Where an attribute is given a value, its name, and the values: one, or one a branch."""


class Entered(NamedTuple):
    """What entering an object takes.

    block    the call that takes it, in the method that does
    enders   the methods of the object that may give it back, the one that leaves it included
    """

    block: Block
    enders: frozenset[str]


def entered_object(entered: Shape, asynchronous: bool, scope: str, names: Names) -> Entered | None:
    """Return what `with entered:` takes, where that is an object of the project; else None.

    `asynchronous` tells that it is an `async with`.
    """
    if not isinstance(entered, Called | Awaited):
        return None
    of = instance(entered, scope, names)
    if of is None:
        return None
    entry = "__aenter__" if asynchronous else "__enter__"
    found = _told(of, entry, entry)
    if found is None and isinstance(entered, Called):
        made = project_class(entered.callee, scope, names)
        found = _told(of, "__init__", entry) if made is not None else None
    return found


def _told(of: Instance, start: str, entry: str) -> Entered | None:
    """Return what a method of a class takes for the block that `entry` begins."""
    memory: dict[tuple[str, str, str], Entered | None]
    memory = of.names.memory.setdefault("entered objects", {})
    key = (of.cls, start, entry)
    if key not in memory:
        memory[key] = None  # an object that enters one of its own class
        memory[key] = _found(of, start, entry)
    return memory[key]


def _found(of: Instance, start: str, entry: str) -> Entered | None:
    begin, leave = method(of, start), method(of, _EXITS[entry])
    if begin is None or leave is None or method(of, entry) is None:
        return None
    for made, attribute, values in (*_stored_alone(of, begin), *_stored_either_way(begin)):
        block = _agreed([_block(value, made, attribute) for value in values])
        if block is None or not _alone(of, attribute, values):
            continue
        enders = enders_of(of, attribute, block.api, _stack(values[0]))
        if _EXITS[entry] in enders:
            return Entered(block, enders)
    return None


def _stored_alone(of: Instance, begin: Member) -> Iterator[Stored]:
    for made, attribute, value in _stored(of, begin):
        yield made, attribute, [value]


def _stored_either_way(begin: Member) -> Iterator[Stored]:
    """Yield what each branch of a test stores in the same attribute, one value a branch.

    A test that asks the object may come out otherwise for another object, which then has none of
    the pool's.
    """
    for statement in always(begin.names.functions[begin.name].body):
        match statement:
            case ast.If(test=test, body=one, orelse=[_, *_] as other) if not of_itself(test, begin):
                first, second = _set_in(one), _set_in(other)
                for attribute in first.keys() & second.keys():
                    yield begin, attribute, [first[attribute], second[attribute]]


def _set_in(branch: list[ast.stmt]) -> dict[str, ast.expr]:
    """Return what a branch stores in attributes whenever it runs."""
    found: dict[str, ast.expr] = {}
    for statement in always(branch):
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)], value=value
            ):
                found[attribute] = value
    return found


def _agreed(found: list[Block | None]) -> Block | None:
    """Return what is held in any case; None where a branch takes nothing, or of another pool.

    Where a pool lends on one branch, and the other connects for want of it, the pool's counts: it
    is the one that others wait for.
    """
    told = [block for block in found if block is not None]
    lent = [block for block in told if block.api.kind == "acquire"]
    if len(told) < len(found) or len({block.api.driver for block in told}) > 1:
        return None
    return told[0] if len(told) == 1 else lent[0] if len(lent) == 1 else None


def _stored(of: Instance, begin: Member) -> Iterator[tuple[Member, str, ast.expr]]:
    """Yield what a method stores in attributes each time it runs: a call, or a name for one.

    A method that it ends with counts, too: `return self.connect()`.
    """
    yield from kept_each_time(of, begin)
    body = begin.names.functions[begin.name].body
    for statement in always(body):
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)],
                value=ast.Name() as value,
            ):
                yield begin, attribute, value
            case ast.Assign(
                targets=[
                    ast.Attribute(value=ast.Name(id="self"), attr=attribute),
                    ast.Name(),
                ]
                | [ast.Name(), ast.Attribute(value=ast.Name(id="self"), attr=attribute)],
                value=value,
            ):
                yield begin, attribute, value
    match body[-1]:
        case (
            ast.Return(value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)))
            | ast.Return(
                value=ast.Await(
                    value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name))
                )
            )
        ):
            last = method(of, name)
            if last is not None and last != begin:
                yield from kept_each_time(of, last)


def _block(value: ast.expr, made: Member, attribute: str) -> Block | None:
    """Return what a call takes that stands in a method, None where it takes no connection."""
    names, scope = made
    bound = names.scope(scope).bound.get(value.id, ()) if isinstance(value, ast.Name) else ()
    told = bound[0].value if len(bound) == 1 and bound[0].how == "=" else None
    call, ways = _consumed(told or value)
    if not isinstance(call, ast.Call):
        return None
    callee = of_ast(call.func)
    api = names.api(callee, scope)
    if api is None:
        given = handed(callee, scope, names)
        api = given.api if given is not None and given.at < 0 else None
    if api is None or api.kind not in _KINDS:
        return None
    if _goes_into(attribute, names.classes[scope.rpartition(".")[0]]):
        ways |= {"with", "async-with"}
    return Block(api, callee, call, made) if ways & api.call else None


def _consumed(value: ast.expr) -> tuple[ast.expr | None, frozenset[str]]:
    """Return the call that a value comes from, and how that call is consumed there."""
    plain = waited_for(value)
    match plain:
        case ast.Call(func=ast.Attribute(attr=attr), args=[inner]) if attr in _STACKING:
            return inner, frozenset({"with", "async-with"})
    return plain, frozenset({"await" if isinstance(value, ast.Await) else "sync"})


def _goes_into(attribute: str, cls: ast.ClassDef) -> bool:
    """Tell whether a class enters what an attribute holds: `await self._taking.__aenter__()`."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in _EXITS
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == attribute
        for node in walk(cls)
    )


def _alone(of: Instance, attribute: str, values: list[ast.expr]) -> bool:
    """Tell whether nothing else gives an attribute a value."""
    bound = [b for at in lineage(of) for b in at.names.attributes(at.cls, attribute)]
    return [b.value for b in bound if b.how != ":" and not is_none(b.value)] == values


def _stack(value: ast.expr) -> str:
    """Return the attribute that is the `ExitStack` which what a call takes is left to, or ""."""
    plain = value.value if isinstance(value, ast.Await) else value
    match plain:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=stack), attr=attr)):
            return stack if attr in _STACKING else ""
    return ""


def _unwinds(member: Member, stack: str) -> bool:
    """Tell whether a method leaves what a stack has entered."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in ("close", "aclose", *_EXITS.values())
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == stack
        for node in walk(member.names.functions[member.name])
    )


def enders_of(of: Instance, attribute: str, api: Api, stack: str = "") -> frozenset[str]:
    """Return the methods of a class that may give back what an attribute holds.

    Those that call such ones count, those that only hand it out do not. `stack` is the attribute
    that it is left to, if there is one.
    """
    ends = Ends(of, attribute, api)
    every = {n: member_of(at, n) for at in reversed(lineage(of)) for n in methods_of(at)}
    found = {n for n, member in every.items() if ends.in_body(member) or _unwinds(member, stack)}
    while True:
        calling = {n for n, member in every.items() if ends.calls(member) & found}
        if calling <= found:
            return frozenset(found)
        found |= calling
