"""Whether a function leaves a connection as it is that it is lent.

Where it does, what it takes besides is a second one. What it hands on may be ended there, unless
those functions only ask, too: `commit()` gives back what a session holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name, of_ast
from poollint.syntax.nodes import walk

# Methods of connections and sessions after which what they hold is held as before.
_ASKING = frozenset(
    """add add_all cursor delete exec execute executemany fetch fetch_all fetch_one fetchone
    fetchrow fetchval flush get merge query refresh scalar scalars stream stream_scalars""".split()
)
_LEVELS = 2  # functions to which one hands it on


def keeps(call: ast.Call, held: frozenset[str], member: Member, levels: int = _LEVELS) -> bool:
    """Tell whether the function `member` only asks of what a call lends it that is `held`."""
    node = member.names.functions[member.name]
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][member.bound :]
    words = {*plain, *(a.arg for a in node.args.kwonlyargs)}
    spare = [""] * len(call.args)
    told = [*zip([*plain, *spare], call.args, strict=False)]
    told += [(keyword.arg or "", keyword.value) for keyword in call.keywords]
    lent = [(name, value) for name, value in told if not held.isdisjoint(_named(value))]
    return all(
        isinstance(value, ast.Name) and name in words and _only_asked(name, node, member, levels)
        for name, value in lent
    )


def _named(value: ast.expr) -> set[str]:
    return {node.id for node in walk(value) if isinstance(node, ast.Name)}


def _only_asked(name: str, node: FunctionDef, member: Member, levels: int) -> bool:
    """Tell whether nothing is done with a parameter but to ask it, or hand it to who does."""
    names: Names = member.names
    if [b.how for b in names.bound(Name(name), member.name)] != [":"]:
        return False
    asked = {id(found) for inner in walk(node) for found in _asked(inner)}
    asked |= {id(found) for found in _handed_on(name, node, member, levels)}
    return all(id(n) in asked for n in walk(node) if isinstance(n, ast.Name) and n.id == name)


def _handed_on(name: str, node: FunctionDef, member: Member, levels: int) -> Iterator[ast.expr]:
    """Yield where a parameter is handed to functions that leave it as it is."""
    for call in walk(node) if levels else ():
        if not isinstance(call, ast.Call):
            continue
        lent = [v for v in (*call.args, *(k.value for k in call.keywords)) if _is(v, name)]
        inner = function(of_ast(call.func), member.name, member.names) if lent else None
        if inner is not None and keeps(call, frozenset({name}), inner, levels - 1):
            yield from lent


def _is(value: ast.expr, name: str) -> bool:
    return isinstance(value, ast.Name) and value.id == name


def _asked(node: ast.AST) -> tuple[ast.expr, ...]:
    """Return the name that a node asks, or whether there is anything by it."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name() as found, attr=attr)) if attr in _ASKING:
            return (found,)
        case ast.Compare(left=ast.Name() as found, comparators=[none]) if is_none(none):
            return (found,)
        case ast.If(test=ast.Name() as found):
            return (found,)
    return ()
