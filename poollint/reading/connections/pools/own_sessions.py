"""Sessions that an object makes for itself when it is made, beside those of whoever calls it.

`class Audit: def __init__(self): self.db = Session()`, whose methods ask `self.db`: who makes one,
or has one made (`audit: Audit = Depends()`), and holds a session has two from then on. Not where
the object is there before, nor where it may be given a session.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from poollint.reading.connections.acquiring.advancing import begun
from poollint.reading.connections.orm.use.saving import saves
from poollint.reading.connections.pools.sources import Source, stepped, taken_from
from poollint.reading.naming.given.providing import Dependency, dependencies
from poollint.reading.naming.objects.instances import Instance, Member, lineage, project_class
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, of_ast

_ASKING = frozenset("execute scalar scalars exec query get flush refresh".split())
_LASTING = ("module", "class", "kept")  # what a factory is kept by that others have, too
Calls = Iterable[tuple[ast.AST, Sequence[ast.AST]]]


def asked_of_own(call: ast.Call, member: Member, inside: Calls) -> Source:
    """Return the source of the object's own session that a call of a method asks; () for none."""
    match call.func:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=attr), attr=asked):
            owner = member.names.scope(member.name).owner
            if owner is None or not (asked in _ASKING or asked == "commit"):
                return ()
            if asked == "commit" and saves(f"self.{attr}", inside, commits=False) is not call:
                return ()
            found = _made(Instance(member.names, owner.name), attr)
            return found if found[:1] and found[0] in _LASTING else ()
    return ()


def _made(of: Instance, attr: str) -> Source:
    """Return the source of the session that `__init__` makes for an attribute, () of others."""
    for names, cls in lineage(of):
        bound = [b for b in names.attributes(cls, attr) if b.how != ":" and not is_none(b.value)]
        if not bound:
            continue
        value, where = bound[0].value, bound[0].where
        if len(bound) > 1 or bound[0].how != "=" or where != f"{cls}.__init__":
            return ()
        step = begun(value, where, names) if isinstance(value, ast.Call) else None
        if step is not None:
            return stepped(step) if step.api.kind == "session" else ()
        shape = of_ast(value.func) if isinstance(value, ast.Call) else None
        api = names.api(shape, where)
        if api is None or api.kind != "session" or not isinstance(value, ast.Call):
            return ()
        return taken_from(api, shape, value, where, names)
    return ()


def made_here(callee: Shape, scope: str, names: Names) -> bool:
    """Tell whether the object whose method is called is made by who calls it, or for it."""
    match callee:
        case Attribute(of=Called(callee=made)):
            return project_class(made, scope, names) is not None
        case Attribute(of=Name(text=text)):
            bound = list(names.scope(scope).bound.get(text, ()))
            if [b.how for b in bound] == ["="]:
                made = of_ast(bound[0].value)
                return isinstance(made, Called) and _is_class(made.callee, scope, names)
            filled = (d for d in dependencies(Member(names, scope)) if d.parameter == text)
            return any(_is_made_anew(one, scope, names) for one in filled)
    return False


def _is_class(shape: Shape, scope: str, names: Names) -> bool:
    return project_class(shape, scope, names) is not None


def _is_made_anew(one: Dependency, scope: str, names: Names) -> bool:
    """Tell whether a framework makes an object for each call: `Depends(Audit)`, `Depends(make)`."""
    if one.named is not None and _is_class(*one.named):
        return True
    if one.provider is None:
        return one.named is None and _is_class(of_ast(one.said), scope, names)
    there, name = one.provider
    given = there.results(name) or ()
    if there.functions[name].decorator_list or len(given) != 1:
        return False
    made = of_ast(given[0])
    return isinstance(made, Called) and _is_class(made.callee, name, there)
