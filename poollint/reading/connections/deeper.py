"""Which functions take a connection of their own from the pool that the application keeps.

`await request.app.storage.find(7)` leads into another file, where the pool has another name:
`self.db`, which `__init__` was given as `app.db`. It is the same pool where both names come down
to one place that one file of the project sets once.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.handing import TAKING
from poollint.reading.connections.waiting import consumed_in, own_calls
from poollint.reading.naming.bodies import is_none
from poollint.reading.naming.instances import Member, function
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, Name, Shape, dotted, of_ast

_LEVELS = 3  # functions that call functions
_NAMES = 3  # names that stand for names
# Names under which a connection is lent; who is given one takes none.
CONNECTIONS = frozenset(
    "conn con connection c db session sess s cursor cur tx transaction trans txn".split()
)


def kept_place(shape: Shape, scope: str, names: Names, hops: int = _NAMES) -> str:
    """Return the place in which the application keeps what `shape` is, "" where not sure."""
    groups = names.kept(shape, scope)
    if groups:
        setting = {(found.outside.path, place) for found, place in groups[0]}
        told = [b for n, place in groups[0] for b in n.state[place] if not is_none(b.value)]
        return setting.pop()[1] if len(setting) == len(told) == 1 else ""
    bound = [b for b in names.bound(shape, scope) if not (b.how == "=" and is_none(b.value))]
    if len(bound) != 1 or bound[0].how != "=" or not hops:
        return ""
    return kept_place(of_ast(bound[0].value), bound[0].where, names, hops - 1)


def taken_within(callee: Shape, scope: str, names: Names, waited: bool) -> frozenset[str]:
    """Return the places of the pools that calling `callee` takes from, and gives back to.

    `waited` tells whether the call is awaited.
    """
    member = function(callee, scope, names)
    if member is None:
        return frozenset()
    node = member.names.functions[member.name]
    if isinstance(node, ast.AsyncFunctionDef) and not waited:
        return frozenset()
    return _within(member, _LEVELS)


def _within(member: Member, levels: int) -> frozenset[str]:
    memory: dict[tuple[str, int], frozenset[str]] = member.names.memory.setdefault("within", {})
    key = (member.name, levels)
    if key not in memory:
        memory[key] = frozenset()  # while it is asked for itself
        memory[key] = _found(member, levels)
    return memory[key]


def _found(member: Member, levels: int) -> frozenset[str]:
    names, name = member
    node = names.functions[name]
    inside = list(own_calls(node))
    if node.decorator_list or any(not isinstance(n, ast.Call) for n, _ in inside):
        return frozenset()
    found: set[str] = set()
    for call, above in inside:
        if not isinstance(call, ast.Call) or _may_skip(above) or _lends(call):
            continue
        shape = of_ast(call.func)
        how = consumed_in(call, above)
        api = names.api(shape, name)
        if api is None:
            inner = function(shape, name, names) if levels else None
            there = inner.names.functions[inner.name] if inner else None
            if inner and (isinstance(there, ast.FunctionDef) or "await" in how):
                found |= _within(inner, levels - 1)
        elif api.receivers and isinstance(shape, Attribute) and "__call__" not in api.methods:
            takes = api.kind == "query" or (api.kind in TAKING and api.kind != "session")
            if takes and ("sync" in api.call or api.call & how):
                found.add(kept_place(shape.of, name, names))
    return frozenset(found - {""})


def _may_skip(above: list[ast.AST]) -> bool:
    return any(isinstance(a, ast.If | ast.IfExp | ast.BoolOp | ast.Match) for a in above)


def _lends(call: ast.Call) -> bool:
    """Tell whether a call is given what may be a connection."""
    told = [k.arg or "" for k in call.keywords]
    values = [dotted(of_ast(a)) for a in (*call.args, *(k.value for k in call.keywords))]
    return any(text.rpartition(".")[2].lower() in CONNECTIONS for text in (*told, *values))


def chain(text: str) -> Shape:
    """Return the shape of a chain of names as written ("app.db")."""
    shape: Shape = None
    for part in text.split("."):
        shape = Attribute(shape, part) if shape is not None else Name(part)
    return shape
