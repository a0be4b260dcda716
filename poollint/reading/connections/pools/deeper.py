"""Which functions take a connection of their own, and from which pool.

`await request.app.storage.find(7)` leads into another file, where the pool has another name. What
is taken only under a condition does not count, nor does a session that is asked nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.advancing import begun
from poollint.reading.connections.acquiring.blocks import block
from poollint.reading.connections.acquiring.entered_objects import entered_object
from poollint.reading.connections.acquiring.entering import by_name
from poollint.reading.connections.acquiring.handing import TAKING, handed
from poollint.reading.connections.acquiring.iterating import of_generator
from poollint.reading.connections.orm.objects.keeping import View
from poollint.reading.connections.orm.objects.widening import widened
from poollint.reading.connections.orm.use.saving import commits_at_the_end, saves
from poollint.reading.connections.pools import keyed
from poollint.reading.connections.pools.handed_work import (
    BRANCHES,
    Work,
    asks,
    held_by,
    work_with,
)
from poollint.reading.connections.pools.of_units import asked_in_block
from poollint.reading.connections.pools.own_sessions import asked_of_own, made_here
from poollint.reading.connections.pools.skipping import (
    NOTHING,
    Told,
    gives,
    handed_on,
    left_out,
    told,
)
from poollint.reading.connections.pools.sources import (
    Source,
    made_by,
    provided,
    seen,
    stepped,
    taken_from,
)
from poollint.reading.connections.pools.varying import decided, passed_on
from poollint.reading.connections.waits.reach.consuming import consumed_in, own_calls
from poollint.reading.connections.waits.reach.wrapping import runs_under
from poollint.reading.naming.objects.instances import Member, function, instance
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Awaited,
    Called,
    Name,
    Shape,
    decorator_name,
    dotted,
    of_ast,
)
from poollint.reading.running.once.debugging import in_debug
from poollint.reading.running.once.first_call import only_at_first

_LEVELS = 3  # functions that call functions
_PLAIN = frozenset({"staticmethod", "classmethod", "override", "wraps"})
# Decorators that tell a framework of a function, and give the function itself.
_REGISTERING = frozenset(
    """route get post put delete patch head options api_route websocket errorhandler
    exception_handler before_request after_request on_event""".split()
)
# Names under which a connection is lent; who is given one takes none.
CONNECTIONS = frozenset(
    "conn con connection c db session sess s cursor cur tx transaction trans txn".split()
)
_Calls = list[tuple[ast.AST, list[ast.AST]]]


class Taking(NamedTuple):
    """A connection that a function takes, and gives back before it ends.

    source  the pool, as whoever calls the function has it
    call    the call that takes it, in the function `by`
    seldom  it is taken only until an answer is kept
    without the parameters that have to be left out
    decided the parameters that decide whether it is taken
    own     it is by a session that its object has made for itself
    work    what has to ask the session, of all that the function is handed
    """

    source: Source
    call: ast.Call
    by: Member
    seldom: bool = False
    without: frozenset[str] = frozenset()
    decided: frozenset[str] = frozenset()
    own: bool = False
    work: Work | None = None


def taken_within(
    callee: Shape, scope: str, names: Names, waited: bool, given: Told = NOTHING,
    call: keyed.Told = None,
) -> tuple[Taking, ...]:  # fmt: skip
    """Return what calling `callee` takes for itself that is `given` something, and `waited` for.

    `call` is where it is called.
    """
    member = function(callee, scope, names)
    if member is None:
        return ()
    node = member.names.functions[member.name]
    if isinstance(node, ast.AsyncFunctionDef) and not waited:
        return ()
    inside = tuple(t for t in _within(member, _LEVELS) if not gives(given, member, t.without))
    if any(one.own for one in inside) and not made_here(callee, scope, names):
        inside = tuple(one for one in inside if not one.own)
    here = Member(names, scope)
    inside = tuple(t for t in inside if passed_on(call, member, t.decided, here) is not None)
    inside = tuple(t for t in inside if not t.work or asks(t.work, call, member, here))
    return tuple(_seen(inside, callee, scope, names, call))


def _seen(
    found: tuple[Taking, ...], callee: Shape, scope: str, names: Names, call: keyed.Told
) -> Iterator[Taking]:
    for one in found:
        source = seen(one.source, callee, scope, names, call=call)
        if source:
            yield one._replace(source=source)


def _within(member: Member, levels: int) -> tuple[Taking, ...]:
    memory: dict[tuple[str, int], tuple[Taking, ...]] = member.names.memory.setdefault("within", {})
    key = (member.name, levels)
    if key not in memory:
        memory[key] = ()  # while it is asked for itself
        memory[key] = tuple(_found(member, levels))
    return memory[key]


def _is_run(node: FunctionDef, member: Member) -> bool:
    """Tell whether calling a function runs its body, under all its decorators."""
    return all(
        decorator_name(decorator) in _PLAIN | _REGISTERING or runs_under(decorator, member)
        for decorator in node.decorator_list
    )


def _found(member: Member, levels: int) -> Iterator[Taking]:
    names, name = member
    node = names.functions[name]
    inside = list(own_calls(node))
    if not _is_run(node, member) or any(not isinstance(n, ast.Call) for n, _ in inside):
        return
    for call, above in inside:
        without = left_out(call, above, member)
        if not isinstance(call, ast.Call) or without is None or in_debug(call.lineno, member):
            continue
        lent = handed_on(_connections(call, member), member)
        if lent is None:
            continue
        shape = of_ast(call.func)
        api = names.api(shape, name)
        how = consumed_in(call, above)
        seldom = only_at_first(call, above, member)
        by = decided(call, above, member)
        itself = asked_of_own(call, member, inside)
        if itself:
            yield Taking(itself, call, member, seldom, without, by, own=True)
            continue
        if api is None:
            made = (
                *_made(call, above, member, inside),
                *_iterated(call, above, member, inside),
            ) if not lent else ()  # fmt: skip
            own = [one._replace(seldom=seldom, without=without, decided=by) for one in made]
            yield from own
            inner = function(shape, name, names) if levels and not own else None
            there = inner.names.functions[inner.name] if inner else None
            if inner and (isinstance(there, ast.FunctionDef) or "await" in how):
                deeper = _within(inner, levels - 1)
                given = told(call, lent)
                deeper = tuple(t for t in deeper if not gives(given, inner, t.without))
                if not (dotted(shape).startswith("self.") or made_here(shape, name, names)):
                    deeper = tuple(t for t in deeper if not t.own)
                for one in _seen(deeper, shape, name, names, call):
                    further = passed_on(call, inner, one.decided, member)
                    if one.work and not asks(one.work, call, inner, member):
                        continue
                    if further is not None:
                        first, told_of = one.seldom or seldom, without | lent
                        deep = one._replace(seldom=first, without=told_of, decided=by | further)
                        yield deep._replace(work=None)
        elif lent:
            continue
        elif api.kind in (*TAKING, "query") and ("sync" in api.call or api.call & how):
            source = taken_from(api, shape, call, name, names)
            if source:
                one = Taking(source, call, member, seldom, without, by)
                yield from _used(one, api, above, inside)


def _made(call: ast.Call, above: list[ast.AST], member: Member, inside: _Calls) -> Iterator[Taking]:
    """Yield what a function of the project, or a context manager, takes for this one."""
    names, name = member
    shape: Shape = Called(of_ast(call.func))
    if above and isinstance(above[0], ast.Await):
        shape, above = Awaited(shape), above[1:]
    later = _entered_later(above[0], member) if above else []
    if later and block(shape, name, names) is not None:
        above = later
    entry = above[1] if len(above) > 1 and isinstance(above[0], ast.withitem) else None
    found = block(shape, name, names) if entry is not None else None
    step = begun(call, name, names) if found is None else None
    if step is not None and stepped(step) and _holds(step.api, above, member, inside):
        yield Taking(stepped(step), call, member)
        return
    if found is None and isinstance(entry, ast.With | ast.AsyncWith):
        of = entered_object(shape, isinstance(entry, ast.AsyncWith), name, names)
        found = of.block if of is not None else None
    given = handed(of_ast(call.func), name, names) if found is None else None
    api = found.api if found is not None else given.api if given is not None else None
    if api is None and entry is not None:
        yield from _unit(call, above[0], member, inside)
    if api is None or (given is not None and given.at >= 0):
        return
    source = made_by(shape, call, name, names)
    manager = function(of_ast(call.func), name, names) if entry is not None else None
    if source:
        yield from _used(Taking(source, call, member), api, above, inside, manager)


def _entered_later(statement: ast.AST, member: Member) -> list[ast.AST]:
    """Return the item, and the block, that enters by its name what a statement has made."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=text)]):
            for node in own_nodes(member.names.functions[member.name]):
                for item in node.items if isinstance(node, ast.With | ast.AsyncWith) else ():
                    entry = item.context_expr
                    if isinstance(entry, ast.Name) and entry.id == text:
                        return [item, node] if by_name(entry, member.name, member.names) else []
    return []


def _unit(call: ast.Call, item: ast.AST, member: Member, inside: _Calls) -> Iterator[Taking]:
    """Yield what a block takes by the unit of work that it enters, where it asks something."""
    target = item.optional_vars if isinstance(item, ast.withitem) else None
    if not isinstance(target, ast.Name):
        return
    sure = (
        c for c, around in inside
        if isinstance(c, ast.Call) and not any(isinstance(a, BRANCHES) for a in around)
    )  # fmt: skip
    source = asked_in_block(call, target.id, member, sure)
    if source:
        yield Taking(source, call, member)


def _iterated(
    call: ast.Call, above: list[ast.AST], member: Member, inside: _Calls
) -> Iterator[Taking]:
    """Yield what a loop has of a generator of the project: `async for session in sessions():`."""
    loop = above[0] if above else None
    if not isinstance(loop, ast.For | ast.AsyncFor) or loop.iter is not call:
        return
    names, name = member
    generator = function(of_ast(call.func), name, names)
    waits = isinstance(loop, ast.AsyncFor)
    api = of_generator(Called(of_ast(call.func)), waits, name, names) if generator else None
    if generator is None or api is None:
        return
    source = seen(provided(generator), of_ast(call.func), name, names, call=call)
    if source and _holds(api, above, member, inside):
        yield Taking(source, call, member)


def _used(
    one: Taking, api: Api, above: list[ast.AST], inside: _Calls, manager: Member | None = None
) -> Iterator[Taking]:
    """Yield what holds a connection, at least where the work asks that is handed to it."""
    if _holds(api, above, one.by, inside, manager):
        yield one
        return
    name, within = _session_of(above, inside)
    sure = ((c, around) for c, around in within if not any(isinstance(a, BRANCHES) for a in around))
    work = work_with(name, api, one.by, sure) if name else None
    if work is not None:
        yield one._replace(work=work)


def _session_of(above: list[ast.AST], inside: _Calls) -> tuple[str, _Calls]:
    """Return the name that what is taken gets, and the calls, in no branch that it is in too."""
    same = {id(a) for a in above}
    above = [a for a in above[:2] if not isinstance(a, ast.Await)]
    target: ast.expr | None = None
    if above and isinstance(above[0], ast.withitem):
        target = above[0].optional_vars
    elif above and isinstance(above[0], ast.Assign) and len(above[0].targets) == 1:
        target = above[0].targets[0]
    elif above and isinstance(above[0], ast.For | ast.AsyncFor):
        target = above[0].target
    within = [(call, [a for a in around if id(a) not in same]) for call, around in inside]
    return (target.id if isinstance(target, ast.Name) else ""), within


def _holds(
    api: Api, above: list[ast.AST], member: Member, inside: _Calls, manager: Member | None = None
) -> bool:
    """Tell whether what is taken certainly holds a connection: a session does from a statement.

    `manager` is the context manager of the project that hands it out.
    """
    if api.kind != "session":
        return True
    name, within = _session_of(above, inside)
    if not name:
        return False
    session = held_by(name, api, member.name, member.names)
    view = widened(View(frozenset({name})), member)
    for call, around in within:
        sure = not any(isinstance(a, BRANCHES) for a in around)
        if sure and isinstance(call, ast.Call) and session.takes(call, view):
            return True
    commits = "begin" in api.methods or (manager is not None and commits_at_the_end(manager))
    return saves(name, within, commits) is not None


def is_object(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a value is an object of the project, and no connection."""
    return instance(shape, scope, names) is not None and not names.type(shape, scope)


def _connections(call: ast.Call, by: Member) -> list[ast.expr]:
    """Return what a call is given that may be a connection, by its name or the argument's."""
    given = [("", a) for a in call.args] + [(k.arg or "", k.value) for k in call.keywords]
    return [
        value
        for word, value in given
        if not CONNECTIONS.isdisjoint(
            {word.lower(), dotted(of_ast(value)).rpartition(".")[2].lower()}
        )
        and not is_object(of_ast(value), by.name, by.names)
    ]


def chain(text: str) -> Shape:
    """Return the shape of a chain of names as written ("app.db")."""
    shape: Shape = None
    for part in text.split("."):
        shape = Attribute(shape, part) if shape is not None else Name(part)
    return shape
