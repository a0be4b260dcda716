"""Which row of calls.toml a call is: by its name, or by what it is a method of.

A client need not have one type to be known. A class may inherit from one (`class Api(Session)`),
an attribute may be one of several clients, and a name may stand for a part of one
(`completions = client.chat.completions`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.catalog.load import Api
from poollint.reading.naming.objects.instances import Instance, instance, lineage
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    NOTHING,
    Attribute,
    Called,
    Either,
    Name,
    Shape,
    of_ast,
)

_BUILTINS = frozenset({"input", "breakpoint"})
_PARTIAL = "functools.partial"
_HOPS = 3  # names that stand for names


def row_of(shape: Shape, scope: str, names: Names, hops: int = _HOPS) -> Api | None:
    """Return the row of a call, None where the catalog does not know it.

    `names` look up in calls.toml.
    """
    found = names.catalog
    name = names.qualified(shape, scope)
    if isinstance(shape, Name) and shape.text in _BUILTINS:
        name = "" if names.scope(scope).holder(shape.text) else f"builtins.{shape.text}"
    if name in found.functions and names.outside.find(name) is None:  # no file has its name
        return found.functions[name]
    called = found.methods.get((names.type(shape, scope), "__call__"))
    if called is not None:
        return called
    chain: list[str] = []
    of = shape
    while isinstance(of, Attribute):
        chain.insert(0, of.name)
        of = of.of
        kinds = _kinds(of, chain[0], scope, names)
        if kinds:
            rows = [_method(kind, ".".join(chain), names) for kind in kinds]
            return next((row for row in rows if row is not None), None)
    meant = _meant(shape, scope, names) if hops else None
    return row_of(*meant, hops - 1) if meant else None


def _method(kind: str, name: str, names: Names) -> Api | None:
    """Return the row of a method, by its name or by a pattern that is made for it."""
    first, _, last = name.rpartition(".")
    patterns = [name, f"{first}.*" if first else "*"]
    if first and "." not in first:
        patterns.append(f"*.{last}")
    methods = names.catalog.methods
    rows = (methods.get((kind, pattern)) for pattern in (*patterns, "**"))
    return next((row for row in rows if row is not None), None)


def _kinds(of: Shape, attribute: str, scope: str, names: Names) -> tuple[str, ...]:
    """Return the types a value may be of, of which `attribute` is asked; none where unknown."""
    kind = names.type(of, scope)
    if kind:
        return (kind,)
    cls = _parent(scope, names) if of == Called(Name("super")) else instance(of, scope, names)
    if cls is not None:
        return tuple(_inherited(cls, attribute, itself=of != Called(Name("super"))))
    values = [b for b in names.bound(of, scope) if b.how != ":" and not is_none(b.value)]
    kinds = [kind for binding in values for kind in _of_binding(binding, names)]
    return tuple(dict.fromkeys(kinds)) if all(kinds) else ()


def _of_binding(binding: Binding, names: Names) -> Iterator[str]:
    """Yield the types that one value may have, "" for one that is not known."""
    shape = of_ast(binding.value) if binding.how == "=" else None
    options = shape.options if isinstance(shape, Either) else (shape,)
    for option in options:
        if option != NOTHING and (len(options) == 1 or not _is_given(option, binding, names)):
            yield names.type(option, binding.where)


def _is_given(option: Shape, binding: Binding, names: Names) -> bool:
    """Tell whether an option is a bare parameter: `given or Client()` is like a `Client`."""
    found = names.bound(option, binding.where) if isinstance(option, Name) else ()
    bound = [one for one in found if one is not binding]  # `given = given or Client()`
    return bool(bound) and all(b.how == ":" and b.value is None for b in bound)


def _parent(scope: str, names: Names) -> Instance | None:
    owner = names.scope(scope).owner
    return Instance(names, owner.name) if owner else None


def _inherited(of: Instance, attribute: str, itself: bool) -> Iterator[str]:
    """Yield the types of the catalog that a class inherits from, unless it has the method."""
    for at, (names, cls) in enumerate(lineage(of)):
        if f"{cls}.{attribute}" in names.functions and (at or itself):
            return
        for base in names.classes[cls].bases:
            plain = base.value if isinstance(base, ast.Subscript) else base  # `Context["Bot"]`
            kind = names.catalog.type_named(names.qualified(of_ast(plain), ""))
            if kind:
                yield kind


def _meant(shape: Shape, scope: str, names: Names) -> tuple[Shape, str, Names] | None:
    """Return a chain that begins with a name, or an attribute of `self`, with what that stands for.

    It stands for another chain where it is given its value once: `get = requests.get`,
    `self.chat = client.chat`, `get = partial(requests.get, timeout=3)`.
    """
    chain: list[str] = []
    of = shape
    while True:
        bound = names.bound(of, scope)
        told = [b for b in bound if b.how != ":" and not is_none(b.value)]
        if len(told) == 1 and told[0].how == "=":
            meant = _stands_for(told[0], names)
            return (_extended(meant, chain), told[0].where, names) if meant else None
        foreign = all(b.how == "import" for b in bound)
        there = names.imported(of, scope) if foreign else None
        if there is not None and there[1] != of:
            return _extended(there[1], chain), "", there[0]
        if not isinstance(of, Attribute):
            return None
        chain.insert(0, of.name)
        of = of.of


def _stands_for(binding: Binding, names: Names) -> Shape:
    match binding.value:
        case ast.Attribute():
            return of_ast(binding.value)
        case ast.Call(func=func, args=[of, *_]):
            if names.qualified(of_ast(func), binding.where) == _PARTIAL:
                return of_ast(of)
    return None


def _extended(shape: Shape, chain: list[str]) -> Shape:
    for name in chain:
        shape = Attribute(shape, name)
    return shape
