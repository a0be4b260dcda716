"""Objects that make a session of their own when they are entered: units of work.

`async with UnitOfWork() as uow:` with `self.session = sessions()` in `__aenter__`, or in
`__init__`: what is asked of `uow.session`, or of the repositories that got it, keeps a connection
until it commits, or the block is left. So does one that is made around a session of which nobody
else has a name: `async with UnitOfWork(sessions()) as uow:`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import normpath

from poollint.catalog.load import Api
from poollint.reading.connections.acquiring.advancing import advanced
from poollint.reading.connections.acquiring.handing import handed
from poollint.reading.connections.orm.objects.keeping import Keeper, View, keeper, kept_by
from poollint.reading.connections.orm.objects.putting import put, text_of
from poollint.reading.connections.waits.calls.alternatives import declares
from poollint.reading.naming.given.interfaces import PLACES, is_interface
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    instance,
    lineage,
    method,
)
from poollint.reading.naming.scopes.bindings import FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, of_ast

_ENTRIES = ("__aenter__", "__enter__")
_LEVELS = 3  # repositories of repositories
_UNNAMED = "a session without a name"


def units(node: ast.AST, scope: str, names: Names) -> Iterator[tuple[str, Keeper, ast.expr, Api]]:
    """Yield what the blocks of a function call such objects, what makes them, and the session."""
    if not isinstance(node, FunctionDef):
        return
    for inner in own_nodes(node):
        if not isinstance(inner, ast.With | ast.AsyncWith):
            continue
        for item in inner.items:
            named = item.optional_vars or item.context_expr
            if not isinstance(named, ast.Name):
                continue
            found = unit(item.context_expr, scope, names)
            if found is not None:
                yield named.id, found[0], item.context_expr, found[1]


def unit(value: ast.expr, scope: str, names: Names) -> tuple[Keeper, Api] | None:
    """Return what an object keeps that is entered, and what makes its session; None for others."""
    of = instance(of_ast(value), scope, names)
    if of is None:
        return None
    return unit_of_work(of) or _around_one(value, of, scope, names)


def _around_one(
    value: ast.expr, of: Instance, scope: str, names: Names
) -> tuple[Keeper, Api] | None:
    """Return what an object keeps that is made around a session, which its call makes, too."""
    if isinstance(value, ast.Name):
        bound = [one for one in names.bound(Name(value.id), scope) if one.how != ":"]
        value = bound[0].value if len(bound) == 1 and bound[0].value is not None else value
    if not isinstance(value, ast.Call) or not _gives_itself(of):
        return None
    given = [*value.args, *(keyword.value for keyword in value.keywords)]
    made = [(one, api) for one in given if (api := _session(one, scope, names)) is not None]
    if len(made) != 1:
        return None
    session, api = made[0]
    unnamed = ast.Name(id=_UNNAMED, ctx=ast.Load())
    call = ast.Call(
        value.func,
        [unnamed if one is session else one for one in value.args],
        [
            ast.keyword(one.arg, unnamed if one.value is session else one.value)
            for one in value.keywords
        ],
    )
    found = keeper(call, View(frozenset({_UNNAMED})), scope, names)
    return (found, api) if found is not None else None


def _session(value: ast.expr, scope: str, names: Names) -> Api | None:
    """Return what makes a session, where a value is such a call."""
    api = names.api(of_ast(value.func), scope) if isinstance(value, ast.Call) else None
    return api if api is not None and api.kind == "session" else None


def _gives_itself(of: Instance) -> bool:
    """Tell whether an object hands itself to its block."""
    entry = next((found for name in _ENTRIES if (found := method(of, name))), None)
    given = (entry.names.results(entry.name) or ()) if entry is not None else ()
    return bool(given) and all(isinstance(one, ast.Name) and one.id == "self" for one in given)


def unit_of_work(of: Instance) -> tuple[Keeper, Api] | None:
    """Return what objects of a class keep once they are entered, and what makes the session."""
    memory: dict[str, tuple[Keeper, Api] | None] = of.names.memory.setdefault("units of work", {})
    if of.cls not in memory:
        memory[of.cls] = None
        memory[of.cls] = _found(of)
    return memory[of.cls]


def _found(of: Instance) -> tuple[Keeper, Api] | None:
    return _of_its_own(of) or _implemented(of)


def _implemented(of: Instance) -> tuple[Keeper, Api] | None:
    """Return what objects of an abstract class keep: those of the one class that implements it.

    It stands beside, or in the one other file that has any.
    """
    names, cls = of
    abstract = is_interface(names.classes[cls])
    if not any(_declares(one) for one in (lineage(of) if abstract else [of])):
        return None
    others = names.outside.keeping(f"{PLACES}{cls}") if abstract else ()
    every = (Instance(one, other) for one in (names, *others) for other in one.classes)
    made = [unit_of_work(one) for one in every if one != of and _inherits(one, of)]
    return made[0] if len(made) == 1 else None


def _declares(of: Instance) -> bool:
    own = (f for f in of.names.functions if f.rpartition(".")[0] == of.cls)
    return any(declares(Member(of.names, name)) for name in own)


def _inherits(one: Instance, of: Instance) -> bool:
    """Tell whether a class inherits from another, which may be seen from its own file."""
    path = normpath(of.names.outside.path)
    return any(
        cls == of.cls and normpath(names.outside.path) == path for names, cls in lineage(one)
    )


def _of_its_own(of: Instance) -> tuple[Keeper, Api] | None:
    starts = _starts(of)
    made = _made(of)
    if len(made) != 1:
        return None
    _, (attribute, api, _) = made[0]
    own: set[str] = {f"self.{attribute}"}
    inner: dict[str, Keeper] = {}
    for start in starts:
        kept = kept_by(start, of, View(frozenset(own)), _LEVELS)
        if kept is None:
            return None
        own |= kept[0]
        inner |= kept[1]
    return Keeper(of, frozenset(own), inner), api


def made_in(of: Instance) -> tuple[Member, Api, ast.Call] | None:
    """Return where objects of a class make the one session that they keep, and how."""
    made = _made(of)
    if len(made) != 1:
        return None
    start, (_, api, call) = made[0]
    return start, api, call


def _made(of: Instance) -> list[tuple[Member, tuple[str, Api, ast.Call]]]:
    """Return the sessions that objects of a class make to be entered, each with where that is."""
    starts = _starts(of)
    parts = [part for start in starts for part in _parts(of, start) if part not in starts]
    return [(start, one) for start in (*starts, *parts) for one in begun(start)]


def _parts(of: Instance, start: Member) -> Iterator[Member]:
    """Yield the methods of its own that a method calls in any case: `await self._open()`."""
    for statement in start.names.functions[start.name].body:
        value = statement.value if isinstance(statement, ast.Expr) else None
        match value.value if isinstance(value, ast.Await) else value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                part = method(of, name)
                if part is not None:
                    yield part


def _starts(of: Instance) -> list[Member]:
    """Return what makes an object, and what enters it; nothing where it cannot be entered."""
    entries = next((found for name in _ENTRIES if (found := _entries(of, name))), [])
    first = method(of, "__init__") if entries else None
    return [first, *entries] if first is not None else entries


def _entries(of: Instance, name: str) -> list[Member]:
    """Return what runs when an object is entered: those it enters by `super()` before its own."""
    found: list[Member] = []
    for there, cls in lineage(of):
        node = there.functions.get(f"{cls}.{name}")
        if node is not None:
            found.insert(0, Member(there, f"{cls}.{name}"))
            above = Attribute(Called(Name("super")), name)
            if not any(
                isinstance(n, ast.Call) and of_ast(n.func) == above for n in own_nodes(node)
            ):
                break
    return found


def begun(start: Member) -> Iterator[tuple[str, Api, ast.Call]]:
    """Yield the attributes in which a method puts a session that it makes, and how."""
    for attribute, value in put(start.names.functions[start.name]):
        call = value.value if isinstance(value, ast.Await) else value
        api = _making(call, start)
        if api is not None and isinstance(call, ast.Call):
            yield attribute, api, call


def begun_unless_given(start: Member) -> Iterator[tuple[str, Api, ast.Call]]:
    """Yield the same of what a method is given, or else makes: `self.db = db or Session()`."""
    given = {a.arg for a in parameters(start.names.functions[start.name].args)}
    for attribute, value in put(start.names.functions[start.name]):
        match value:
            case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=name), ast.Call() as call]):
                api = _making(call, start) if name in given else None
                if api is not None:
                    yield attribute, api, call


def begun_when_asked(of: Instance, name: str) -> Iterator[tuple[str, Api, ast.Call]]:
    """Yield the same of what gives what it makes where it has none yet: a property, a method."""
    member = Member(of.names, f"{of.cls}.{name}")
    given = of.names.results(member.name) or ()
    told = {text_of(value) for value in given}
    if told:
        yield from (one for one in begun(member) if told == {f"self.{one[0]}"})


def _making(call: ast.expr, start: Member) -> Api | None:
    """Return how a call makes a session, None where it makes none; a function may do it."""
    if not isinstance(call, ast.Call):
        return None
    names, scope = start
    callee = of_ast(call.func)
    found = advanced(call, scope, names) or handed(callee, scope, names)
    alone = found is not None and getattr(found, "at", -1) < 0
    api = names.api(callee, scope) or (found.api if found is not None and alone else None)
    return api if api is not None and api.kind == "session" else None
