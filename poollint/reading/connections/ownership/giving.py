"""Functions that make an object that connects, and leave it to whoever calls them.

`def database(): return Database(dsn)`: what the object keeps is the caller's to end, as if the
caller had made it. A function that keeps the object, or hands it to anybody else, gives none.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.acquiring.lending import BORROWERS
from poollint.reading.connections.ownership.owning import Owner, owner
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import parameters
from poollint.reading.naming.scopes.bodies import is_none, mentions
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, decorator_name, dotted, of_ast

_LEVELS = 3  # functions that give what functions give
_PLAIN = frozenset({"staticmethod", "classmethod", "override", "retry", "on_exception"})
_ASKING = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.If, ast.IfExp, ast.While, ast.Assert)


def given_owner(
    callee: Shape, scope: str, names: Names, levels: int = _LEVELS
) -> tuple[Owner, Member] | None:
    """Return what an object keeps that calling a function gives, with that function."""
    if not names.outside.lends():
        return None
    member = function(callee, scope, names) if levels else None
    if member is None:
        return None
    memory: dict[str, Owner | None] = member.names.memory.setdefault("given owners", {})
    if member.name not in memory:
        memory[member.name] = None  # a function that gives what it gives itself
        memory[member.name] = _given(member, levels)
    found = memory[member.name]
    return (found, member) if found is not None else None


def gives(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether a call gives such an object: asked of each, so it is quick."""
    return given_owner(callee, scope, names) is not None


def _given(member: Member, levels: int) -> Owner | None:
    names, name = member
    node = names.functions[name]
    values = names.results(name)
    plain = {decorator_name(decorator) for decorator in node.decorator_list} <= _PLAIN
    if not values or not plain or isinstance(node, ast.AsyncFunctionDef):
        return None
    found = [_fresh(value, member, levels) for value in values if not is_none(value)]
    one = found[0] if found else None
    return one if one is not None and all(o is not None and o.of == one.of for o in found) else None


def _fresh(value: ast.expr, member: Member, levels: int) -> Owner | None:
    """Return what an object keeps that is made for the value, where nobody else has it."""
    if not isinstance(value, ast.Name):
        return _made(value, member, levels)
    names, name = member
    scope = names.scope(name)
    own = {argument.arg for argument in parameters(names.functions[name].args)}
    if scope.holder(value.id) is not scope or value.id in own:
        return None
    bound = [b for b in scope.bound[value.id] if b.how != ":" and not is_none(b.value)]
    made = [_made(b.value, member, levels) if b.how == "=" else None for b in bound]
    alone = all(_leaves(above) for above in mentions(names.functions[name], value.id))
    return made[0] if len(made) == 1 and alone else None


def _made(value: ast.expr | None, member: Member, levels: int) -> Owner | None:
    if not isinstance(value, ast.Call):
        return None
    shape = of_ast(value.func)
    found = owner(shape, member.name, member.names)
    if found is not None:
        return found
    further = given_owner(shape, member.name, member.names, levels - 1)
    return further[0] if further is not None else None


def _leaves(above: list[ast.AST]) -> bool:
    """Tell whether a use of an object gives it to nobody; `above`: what is around it."""
    match above:
        case [ast.Attribute() as func, ast.Call(func=called), *_]:
            return func is called
        case [ast.Return(), *_]:
            return True
        case [ast.Call(func=func), *_]:
            return dotted(of_ast(func)).partition(".")[0] in BORROWERS
    return bool(above) and isinstance(above[0], _ASKING)
