"""Classes whose objects build a pool when they are made, and keep it to themselves.

Asked of many calls before a file is parsed in full, so it needs no tree of libcst.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from poollint.reading.connections.acquiring.lending import BORROWERS
from poollint.reading.connections.ownership.ending import Ends, member_of, methods_of
from poollint.reading.connections.ownership.owning import in_sight, kept_each_time
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    is_property,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_ast, waited_for
from poollint.reading.running.once.lasting import goes_on
from poollint.syntax.nodes import walk

_BUILT = frozenset({"pool", "engine"})
# What an object does for as long as the program runs, by the name of the method.
_WORKING = frozenset("run start serve listen consume loop main watch poll work".split())
LENT = frozenset({"create_all", "drop_all", "to_sql", "to_postgis", "print", "isinstance", "str"})
"""What takes an engine for the time of the call: the schema, data frames, printing."""
HOLDERS = frozenset(
    {"acquire", "connect", "borrow", "cursor", "raw", "session", "session-factory",
     "session-registry", "transaction"}
)  # fmt: skip
"""The kinds of what is made of an engine or a pool, and holds it."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A class whose objects build a pool when they are made, and keep it.

    ends   methods that may close it or hand it on, or that only end with the program
    lends  methods that give what is made of it
    """

    attribute: str
    call: ast.Call
    made: Member
    ends: frozenset[str]
    lends: frozenset[str]


def keeper(callee: Shape, scope: str, names: Names) -> Keeper | None:
    """Return the class whose objects a call makes, where each keeps a pool that it builds."""
    of = project_class(callee, scope, names) if names.outside.lends() else None
    if of is None:
        return None
    memory: dict[str, Keeper | None] = of.names.memory.setdefault("keeps a pool", {})
    if of.cls not in memory:
        start = method(of, "__init__")
        seen = start is not None and in_sight(of)
        memory[of.cls] = _kept(of, start) if seen and start is not None else None
    return memory[of.cls]


def _kept(of: Instance, start: Member) -> Keeper | None:
    for made, attribute, value in kept_each_time(of, start):
        call = waited_for(value)
        api = made.names.api(of_ast(call.func), made.name) if isinstance(call, ast.Call) else None
        if not isinstance(call, ast.Call) or api is None or api.kind not in _BUILT:
            continue
        given = (b for at in lineage(of) for b in at.names.attributes(at.cls, attribute))
        if sum(b.how != ":" and not is_none(b.value) for b in given) != 1:
            return None
        if _gives_away(start, attribute) or _gives_away(made, attribute):
            return None
        every = [member_of(at, name) for at in lineage(of) for name in methods_of(at)]
        lends = frozenset(m.name.rpartition(".")[2] for m in every if _lends(m))
        ends = Ends(of, attribute, api).names() | _endless(every)
        return Keeper(attribute, call, made, ends, lends)
    return None


def _endless(every: list[Member]) -> frozenset[str]:
    """Return the methods that only end with the program, and those that call such ones."""
    known = {member.name.rpartition(".")[2]: member for member in every}
    found = {n for n, m in known.items() if n in _WORKING or goes_on(m.names.functions[m.name], 0)}
    while more := {n for n, m in known.items() if n not in found and Ends.calls(m) & found}:
        found |= more
    return frozenset(found)


def _gives_away(member: Member, attribute: str) -> bool:
    """Tell whether a constructor hands the pool to who may keep or close it."""
    names, scope = member
    for node in own_nodes(names.functions[scope]):
        if not isinstance(node, ast.Call):
            continue
        given = [*node.args, *(k.value for k in node.keywords)]
        if not any(_is_its(inner, attribute) for value in given for inner in walk(value)):
            continue
        shape = of_ast(node.func)
        text = dotted(shape)
        known = names.api(shape, scope) is not None or text.rpartition(".")[2] in LENT
        if not known and names.qualified(shape, scope).partition(".")[0] not in BORROWERS:
            return True
    return False


def _is_its(node: ast.AST, attribute: str) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=attr):
            return attr == attribute
    return False


def _lends(member: Member) -> bool:
    """Tell whether a method may give something that was made of the pool, and not only rows."""
    names, scope = member
    node = names.functions[scope]
    values = names.results(scope)
    if node.decorator_list or is_property(member) or values is None:
        return True
    return any(_is_made_of_it(value, member) for value in values)


def _is_made_of_it(value: ast.expr, member: Member) -> bool:
    names, scope = member
    match waited_for(value):
        case ast.Call(func=func):
            api = names.api(of_ast(func), scope)
            return api is not None and api.kind in HOLDERS
        case ast.Name(id=name):
            bound = names.scope(scope).bound.get(name, ())
            return any(
                b.how not in ("=", "for", ":")
                or (b.how == "=" and b.value is not None and _is_made_of_it(b.value, member))
                for b in bound
            )
        case ast.Attribute(value=ast.Name(id="self")):
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return any(_is_made_of_it(part, member) for part in parts)
        case ast.Lambda() | ast.GeneratorExp():
            return True
    return False
