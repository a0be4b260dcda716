"""Objects of the project's own classes: of which class one is, and what that class has.

`db = Database()`, `self.repo: Repo`, `from .db import db`, `get_database().pool`: the class may
stand in another file, and inherit from one in a third. Flow-insensitive, as all names are: what
two places tell differently is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.bindings import SELF, Binding
from poollint.reading.naming.bodies import is_none, own_nodes
from poollint.reading.naming.shapes import (
    NOTHING,
    Attribute,
    Awaited,
    Called,
    Either,
    Item,
    Name,
    Shape,
    decorator_name,
    dotted,
    of_annotation,
    of_ast,
)

if TYPE_CHECKING:
    from poollint.reading.naming.names import Names

_LINEAGE = 16  # classes that one may inherit from
_ITSELF = frozenset({"__enter__", "__aenter__"})
SAME = frozenset(
    """cache lru_cache cache_resource staticmethod classmethod wraps override property
    cached_property""".split()
)
"""Decorators under which a function, once called or read, still gives what it returns."""


class Instance(NamedTuple):
    """An object of a class of the project, or the class itself: `names` are of its file."""

    names: Names
    cls: str


class Member(NamedTuple):
    """A function or method of the project: `names` are of its file."""

    names: Names
    name: str

    @property
    def bound(self) -> bool:
        """Tell whether calling it fills its first parameter by itself."""
        parent = self.names.scope(self.name).parent
        node = self.names.functions[self.name]
        static = any(dotted(of_ast(d)) == "staticmethod" for d in node.decorator_list)
        return parent is not None and parent.is_class and not static


def instance(shape: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of the project that a value is an object of; None where not known."""
    return names.objects.same(("of", shape, scope), lambda: _instance(shape, scope, names))


def _instance(shape: Shape, scope: str, names: Names) -> Instance | None:
    match shape:
        case Awaited(of=of):
            return instance(of, scope, names)
        case Called(callee=callee):
            return _made(callee, scope, names)
        case Either(options=options):
            return _agreed(instance(o, scope, names) for o in options if o != NOTHING)
        case Name(text=text) if text in SELF:
            owner = names.scope(scope).owner
            return Instance(names, owner.name) if owner else None
        case Name(text=text):
            holder = names.scope(scope).holder(text)
            if holder is not None and all(b.how != "import" for b in holder.bound[text]):
                found = of_bindings(names, (holder.name, text), holder.bound[text])
                bare = [(b.how, b.value) for b in holder.bound[text]] == [(":", None)]
                return _handed_in(names, holder.name, text) if bare else found
        case Item():
            return _kept(shape, scope, names)
        case Attribute(of=of, name=name):
            known = _kept(shape, scope, names)
            if known is not None:
                return known
            found = holding(of, scope, names)
            if found is not None:
                return _attribute(found, name)
    there = names.imported(shape, scope)
    return instance(there[1], "", there[0]) if there else None


def _handed_in(names: Names, function: str, parameter: str) -> Instance | None:
    """Return the class of what a framework hands to a bare parameter: `orders=Depends(f)`."""

    def find() -> Instance | None:
        source = names.provider(function, parameter)
        if source is None:
            return None
        there, name = source
        given = [n.value for n in own_nodes(there.functions[name]) if isinstance(n, ast.Yield)]
        return _given(source) or _agreed(instance(of_ast(v), name, there) for v in given)

    return names.objects.once((function, f"{parameter}~"), find)


def _kept(shape: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of what an application keeps."""
    for group in names.kept(shape, scope):
        found = _agreed(of_bindings(n, ("", f"~{at}"), n.state[at]) for n, at in group)
        if found is not None:
            return found
    return None


def project_class(shape: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of the project that an expression names."""
    return names.objects.same(("class", shape, scope), lambda: _class(shape, scope, names))


def _class(shape: Shape, scope: str, names: Names) -> Instance | None:
    if isinstance(shape, Name) and shape.text == "cls":
        return instance(shape, scope, names)
    local = names.defined(shape, scope)
    if local:
        return Instance(names, local) if local in names.classes else None
    there = names.imported(shape, scope)
    return project_class(there[1], "", there[0]) if there else None


def holding(shape: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class whose attributes `shape.x` are: an object's, or the class named."""
    return instance(shape, scope, names) or project_class(shape, scope, names)


def function(callee: Shape, scope: str, names: Names) -> Member | None:
    """Return the function of the project that `callee` is, a method of an object included."""
    return names.members.same((callee, scope), lambda: _function(callee, scope, names))


def _function(callee: Shape, scope: str, names: Names) -> Member | None:
    local = names.function(callee, scope)
    if local:
        return Member(names, local)
    if isinstance(callee, Attribute):
        found = holding(callee.of, scope, names)
        if found is not None:
            return method(found, callee.name)
    there = names.imported(callee, scope)
    return function(there[1], "", there[0]) if there else None


def method(of: Instance, name: str) -> Member | None:
    """Return the method that objects of a class have under a name."""
    for names, cls in lineage(of):
        if f"{cls}.{name}" in names.functions:
            return Member(names, f"{cls}.{name}")
    return None


def is_singleton(of: Instance) -> bool:
    """Tell whether a class sees itself to it which instances there are."""
    return any(
        f"{cls}.__new__" in names.functions
        or any(keyword.arg == "metaclass" for keyword in names.classes[cls].keywords)
        for names, cls in lineage(of)
    )


def lineage(of: Instance) -> tuple[Instance, ...]:
    """Return a class and those it inherits from, nearest first; of the project only."""
    return of.names.lineages.once(of.cls, lambda: _lineage(of)) or (of,)


def _lineage(of: Instance) -> tuple[Instance, ...]:
    found = [of]
    for at in found:
        if len(found) < _LINEAGE:
            found += [base for base in _bases(at) if base not in found]
    return tuple(found)


def _bases(of: Instance) -> Iterator[Instance]:
    parent = of.names.scope(of.cls).parent
    for base in of.names.classes[of.cls].bases:
        plain = base.value if isinstance(base, ast.Subscript) else base
        found = project_class(of_ast(plain), parent.name if parent else "", of.names)
        if found is not None:
            yield found


def _made(callee: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of what a call gives."""
    if callee == Name("super"):
        owner = instance(Name("self"), scope, names)
        return lineage(owner)[1] if owner and len(lineage(owner)) > 1 else None
    found = project_class(callee, scope, names)
    if found is not None:
        return found
    member = function(callee, scope, names)
    return _given(member) if member is not None else None


def _given(member: Member) -> Instance | None:
    """Return the class of what a function returns: what it is annotated with, or gives."""
    names, name = member
    return names.objects.once(("()", name), lambda: _returned(name, names))


def _returned(name: str, names: Names) -> Instance | None:
    node = names.functions[name]
    decorators = {decorator_name(decorator) for decorator in node.decorator_list}
    given = names.results(name)
    if given is None or not decorators <= SAME:
        return None
    return project_class_of(node.returns, name, names) or _agreed(
        instance(of_ast(value), name, names) for value in given
    )


def project_class_of(node: ast.expr | None, scope: str, names: Names) -> Instance | None:
    """Return the class of the project that an annotation names."""
    shape = of_annotation(node)
    options = shape.options if isinstance(shape, Either) else (shape,)
    return _agreed(project_class(option, scope, names) for option in options)


def _attribute(of: Instance, name: str) -> Instance | None:
    """Return the class of an attribute of objects of a class, or of what a property gives."""
    found = []
    for names, cls in lineage(of):
        if f"{cls}.{name}" in names.functions:
            member = Member(names, f"{cls}.{name}")
            return _given(member) if is_property(member) else None
        bound = names.attributes(cls, name)
        if bound:
            found.append(of_bindings(names, (cls, f".{name}"), bound))
    return _agreed(found)


def is_property(member: Member) -> bool:
    """Tell whether a method is read as an attribute."""
    decorators = member.names.functions[member.name].decorator_list
    return any(decorator_name(d) in {"property", "cached_property"} for d in decorators)


def of_bindings(names: Names, key: tuple[str, str], bound: Iterable[Binding]) -> Instance | None:
    """Return the class of the project on which all bindings agree, None where they do not.

    `None` as a value says nothing. `key` is theirs, for the memory.
    """

    def find() -> Instance | None:
        told = [b for b in bound if not (b.how == "=" and is_none(b.value))]
        annotated = [project_class_of(b.value, b.where, names) for b in told if b.how == ":"]
        known = next((found for found in annotated if found is not None), None)
        return known or _agreed(_bound(b, names) for b in told if b.how != ":")

    return names.objects.once(key, find)


def _bound(binding: Binding, names: Names) -> Instance | None:
    shape = of_ast(binding.value)
    found = instance(shape, binding.where, names) if binding.how in ("=", "with") else None
    if found is None or binding.how == "=":
        return found
    entered = [member for name in _ITSELF if (member := method(found, name))]
    return _agreed(_given(member) for member in entered)


def _agreed(found: Iterable[Instance | None]) -> Instance | None:
    one = None
    for kind in found:
        if kind is None or (one is not None and kind != one):
            return None  # nothing further is asked for
        one = kind
    return one
