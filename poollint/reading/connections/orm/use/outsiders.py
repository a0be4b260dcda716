"""Values of other people's code, which knows nothing of the application's session.

The standard library, the builtins, and what other packages give, are called without a thought for
the session of a registry. What only hands on what it was given (`copy`, `functools.partial`,
`max`) may give an object of the project, and so may what a framework keeps for the application
(`flask.g`, the user who has logged in).
"""

from __future__ import annotations

import ast
import builtins
import sys
from typing import NamedTuple

from poollint.catalog.load import calls
from poollint.reading.connections.orm.registry.registries import registry
from poollint.reading.naming.objects.instances import Member, lineage, project_class
from poollint.reading.naming.scopes.answers import Answers
from poollint.reading.naming.scopes.bindings import SELF, Binding
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Awaited,
    Called,
    Item,
    Name,
    Shape,
    of_annotation,
    of_ast,
)

_HOPS = 6  # names that stand for names
_TEXTS = (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Compare)
_CONTAINERS = (
    ast.Dict, ast.List, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp,
)  # fmt: skip
_HANDING_ON = frozenset(
    """functools itertools operator contextlib copy collections heapq random queue asyncio typing
    weakref importlib inspect types pickle concurrent multiprocessing contextvars""".split()
)
_HANDING_ON_HERE = frozenset(
    """getattr next iter max min list tuple set dict frozenset sorted reversed filter map zip
    enumerate super vars locals globals type property __import__ eval exec""".split()
)
_RUNNING = frozenset({"eval", "exec"})
# Modules and builtins whose values may be objects of the project, which they were given.
_CARRIERS = {
    "flask.g": frozenset[str](),
    "flask.current_app": frozenset({"config", "logger"}),
    "flask_login.current_user": frozenset[str](),
    "flask_security.current_user": frozenset[str](),
    "flask_jwt_extended.current_user": frozenset[str](),
    "flask_jwt_extended.get_current_user": frozenset[str](),
    "flask_jwt_extended.get_jwt_identity": frozenset[str](),
}
"""What frameworks keep of the application's own, with those attributes that are not its own."""
_KEEPING = frozenset({"sqlalchemy", "sqlmodel", "flask", "flask_sqlalchemy", "celery"})
_ABSTRACT = frozenset({"typing", "typing_extensions", "collections", "abc"})


class Here(NamedTuple):
    """A function; `plain` are its parameters that are given no object of the project."""

    names: Names
    name: str
    plain: frozenset[str] = frozenset()


def foreign(shape: Shape, here: Here, hops: int = _HOPS) -> bool:
    """Tell whether a value comes from outside the project, and knows nothing of its session."""
    known: Answers[bool] = here.names.memory.setdefault("foreign", Answers(False))
    key = (shape, here.name, here.plain, hops)
    return known.same(key, lambda: _foreign(shape, here, hops))


def _foreign(shape: Shape, here: Here, hops: int) -> bool:
    names, scope, _ = here
    if _of_registry(shape, here):
        return False
    if names.under(calls()).type(shape, scope) or names.type(shape, scope):
        return True
    if not hops or _carried(shape, here):
        return False
    match shape:
        case Called(callee=callee) if _hands_on(callee, here):
            return False
        case Called(callee=of) | Awaited(of=of):
            return foreign(of, here, hops)
        case Item(of=of):
            return _holds_foreign(of, here, hops)
        case Attribute():
            return _attribute(shape, here, hops)
        case Name():
            return _name(shape, here, hops)
    return False


def of_python(shape: Shape, here: Here) -> bool:
    """Tell whether a value is of the standard library or a service's client, or a file's."""
    names, scope, plain = here
    if names.under(calls()).type(shape, scope):
        return True
    root = shape
    while isinstance(root, Attribute | Called | Awaited):
        root = root.callee if isinstance(root, Called) else root.of
    if not isinstance(root, Name) or not foreign(shape, here):
        return False
    qualified = names.qualified(root, scope)
    if qualified:
        return qualified.partition(".")[0] in sys.stdlib_module_names
    bound = [b for b in names.bound(root, scope) if b.how != ":"]
    if not bound:
        return root.text not in plain
    return all(
        isinstance(b.value, (*_TEXTS, *_CONTAINERS))
        or (b.where == scope and of_ast(b.value) != root and _of_python(b, here))
        for b in bound
    )


def plain(node: ast.expr, here: Here) -> bool:
    """Tell whether an argument is no object of the project, and leads to none."""
    if isinstance(node, _CONTAINERS):
        return False
    return isinstance(node, _TEXTS) or foreign(of_ast(node), here)


def _of_python(binding: Binding, here: Here) -> bool:
    match of_ast(binding.value):
        case Called(callee=Name() | Attribute() as callee):
            return of_python(callee, here)
    return False


def _attribute(shape: Attribute, here: Here, hops: int) -> bool:
    names, scope, _ = here
    if _column(shape, here, hops):
        return True
    of = shape.of
    if isinstance(of, Name) and of.text in SELF:
        return _all(names.bound(shape, scope), here, hops)
    qualified = names.qualified(shape, scope)
    there = names.outside.find(qualified) if qualified else None
    module = isinstance(of, Name) and not names.outside.find(names.qualified(of, scope))
    if there is not None and module:  # a value of a module of the project
        return foreign(there[1], Here(there[0], ""), hops - 1)
    return foreign(of, here, hops)


def _name(shape: Name, here: Here, hops: int) -> bool:
    names, scope, given = here
    if shape.text in SELF:
        return False
    qualified = names.qualified(shape, scope)
    if qualified:
        there = names.outside.find(qualified)
        if there is not None:
            return there[1] != shape and foreign(there[1], Here(there[0], ""), hops - 1)
        return not qualified.startswith(".")
    holder = names.scope(scope).holder(shape.text)
    if holder is None:
        return hasattr(builtins, shape.text) and shape.text not in _RUNNING
    bound = names.bound(shape, scope)
    handed = any(b.how == ":" and b.value is None for b in bound)
    if handed and not (holder.name == scope and shape.text in given):
        return False
    if all(b.how == ":" for b in bound):
        return handed or _annotated(bound, here)
    return _all(bound, here, hops)


def _all(bound: tuple[Binding, ...], here: Here, hops: int) -> bool:
    """Tell whether all values that a name is given are of others."""
    given = [b for b in bound if b.how != ":"]
    return bool(given) and all(_bound(b, here, hops) for b in given)


def _bound(binding: Binding, here: Here, hops: int) -> bool:
    value, there = binding.value, Here(here.names, binding.where)
    if binding.where == here.name:
        there = here
    if binding.how in ("=", "with"):
        if isinstance(value, (*_TEXTS, *_CONTAINERS)):
            return True
        return foreign(of_ast(value), there, hops - 1)
    return False


def _holds_foreign(of: Shape, here: Here, hops: int) -> bool:
    """Tell whether what is in a value is of others: not where this file filled it."""
    bound = here.names.bound(of, here.name)
    if any(isinstance(b.value, _CONTAINERS) for b in bound):
        return False
    return foreign(of, here, hops)


def _annotated(bound: tuple[Binding, ...], here: Here) -> bool:
    """Tell whether a parameter is said to be of a class of others that keeps nothing."""
    kinds = [of_annotation(b.value) for b in bound if b.value is not None]
    return bool(kinds) and all(_class(kind, here) for kind in kinds)


def _class(kind: Shape, here: Here) -> bool:
    names, scope, _ = here
    qualified = names.qualified(kind, scope)
    if not qualified:
        known = isinstance(kind, Name) and names.scope(scope).holder(kind.text) is None
        return known and isinstance(kind, Name) and kind.text in {"str", "bytes", "int", "float"}
    root = qualified.partition(".")[0]
    if qualified.startswith(".") or root in _KEEPING | _ABSTRACT:
        return False
    return names.outside.find(qualified) is None


def _carried(shape: Shape, here: Here) -> bool:
    """Tell whether a value is what a framework keeps of the application's own."""
    chain: list[str] = []
    while isinstance(shape, Attribute | Called | Item | Awaited):
        if isinstance(shape, Attribute | Name):
            own = _CARRIERS.get(here.names.qualified(shape, here.name))
            if own is not None:
                break
        if isinstance(shape, Attribute):
            chain.insert(0, shape.name)
        shape = shape.callee if isinstance(shape, Called) else shape.of
    own = _CARRIERS.get(here.names.qualified(shape, here.name))
    return own is not None and bool(chain) and chain[0] not in own


def _of_registry(shape: Shape, here: Here) -> bool:
    """Tell whether a value is the session itself, or a method of it: `done = db.session.commit`."""
    while isinstance(shape, Attribute | Called | Item | Awaited):
        if registry(shape, here.name, here.names):
            return True
        shape = shape.callee if isinstance(shape, Called) else shape.of
    return registry(shape, here.name, here.names)


def _hands_on(callee: Shape, here: Here) -> bool:
    """Tell whether what a call gives may be what it was given."""
    names, scope, _ = here
    qualified = names.qualified(callee, scope)
    if qualified:
        return qualified.partition(".")[0] in _HANDING_ON
    if isinstance(callee, Name) and names.scope(scope).holder(callee.text) is None:
        return callee.text in _HANDING_ON_HERE
    return False


def _column(shape: Attribute, here: Here, hops: int) -> bool:
    """Tell whether `Order.id` is something that the class is given, and no method."""
    cls = project_class(shape.of, here.name, here.names)
    if cls is None:
        return False
    found = [(at, b) for at, of in lineage(cls) for b in at.attributes(of, shape.name)]
    return bool(found) and all(
        b.how == ":" or (b.how == "=" and foreign(of_ast(b.value), Here(at, b.where), hops - 1))
        for at, b in found
    )


def given_plain(call: ast.Call, member: Member, here: Here) -> frozenset[str]:
    """Return the parameters of a function that a call gives no object of the project.

    One that it leaves out has its default, and counts where that is a constant.
    """
    names, name = member
    arguments = names.functions[name].args
    if any(isinstance(a, ast.Starred) for a in call.args) or any(not k.arg for k in call.keywords):
        return frozenset()
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    rest = positional[1:] if member.bound else positional
    told: dict[str, ast.expr] = dict(zip(rest, call.args, strict=False))
    told |= {k.arg: k.value for k in call.keywords if k.arg}
    found = {key for key, value in told.items() if plain(value, here)}
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    left = {k for k, v in defaults.items() if k not in told and isinstance(v, ast.Constant)}
    return frozenset(found | left)
