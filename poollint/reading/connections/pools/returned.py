"""Functions of the project that build a pool each time, and give it to whoever calls them.

Asked of many calls before a file is parsed in full, so it needs no tree of libcst.
"""

from __future__ import annotations

import ast

from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast, waited_for

_BUILT = frozenset({"pool", "engine"})


def returns_pool(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call has a function of the project build a pool for it."""
    member = function(callee, scope, names)
    if member is None:
        return False
    memory: dict[str, bool] = member.names.memory.setdefault("returns a pool", {})
    if member.name not in memory:
        memory[member.name] = returned(member) is not None
    return memory[member.name]


def returned(member: Member) -> ast.Call | None:
    """Return the call that builds what a function returns, and nothing else gets."""
    names, scope = member
    node = names.functions[scope]
    given = names.results(scope) or ()
    if node.decorator_list or len(given) != 1:
        return None
    value = waited_for(given[0])
    if isinstance(value, ast.Name):
        found = names.scope(scope).bound.get(value.id, ())
        if len(found) != 1 or found[0].how != "=" or not _only_returned(value.id, member):
            return None
        value = waited_for(found[0].value)
    api = names.api(of_ast(value.func), scope) if isinstance(value, ast.Call) else None
    return value if isinstance(value, ast.Call) and api and api.kind in _BUILT else None


def _only_returned(text: str, member: Member) -> bool:
    """Tell whether a function only returns what it has under a name, or asks it something."""
    names, scope = member
    asked = set()
    mentioned: list[ast.Name] = []
    for node in own_nodes(names.functions[scope]):
        match node:
            case ast.Attribute(value=ast.Name() as of) | ast.Return(value=ast.Name() as of):
                asked.add(id(of))
            case ast.Name(id=name, ctx=ast.Load()) if name == text:
                mentioned.append(node)
    own = names.scope(scope)
    inner = any(names.scope(other).parent is own for other in names.functions)
    return own.holder(text) is own and not inner and all(id(n) in asked for n in mentioned)
