"""Objects of the project's own classes: of which class one is, and what that class has.

`db = Database()`, `self.repo: Repo`, `from .db import db`, `get_database().pool`: the class may
stand in another file, and inherit from one in a third. Flow-insensitive, as all names are: what
two places tell differently is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.objects.factories import made_by
from poollint.reading.naming.objects.handed_up import kept_for, named_by
from poollint.reading.naming.objects.managers import lent
from poollint.reading.naming.objects.own_class import gives_its_own
from poollint.reading.naming.objects.parts import part
from poollint.reading.naming.objects.renamed import renamed
from poollint.reading.naming.objects.tables import kept
from poollint.reading.naming.scopes.aliases import alias
from poollint.reading.naming.scopes.bindings import SELF, Binding
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.shapes import (
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
    says_nothing,
)

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_LINEAGE = 16  # classes that one may inherit from
_HOPS = 4  # annotations that stand for annotations
_ITSELF = frozenset({"__enter__", "__aenter__"})
# What a class of rows is queried by, and what then gives one (Flask-SQLAlchemy, Django).
_QUERIES = frozenset({"query", "objects"})
_ROWS = frozenset(
    """one one_or_none first get first_or_404 get_or_404 one_or_404 create last latest earliest
    aget acreate afirst alast alatest aearliest""".split()
)
SAME = frozenset(
    """cache lru_cache cache_resource staticmethod classmethod wraps override property
    cached_property abstractmethod""".split()
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
        """Tell whether calling it fills its first parameter by itself.

        One that says what it is given there (`def of(conn: Connection)`) is called on the class.
        """
        parent = self.names.scope(self.name).parent
        node = self.names.functions[self.name]
        first = (*node.args.posonlyargs, *node.args.args)[:1]
        if first and first[0].annotation is not None and first[0].arg not in SELF:
            return False
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
                of_part = part(text, holder, names)
                if of_part is not None:
                    return of_bindings(of_part.names, of_part.key, of_part.values)
                found = of_bindings(names, (holder.name, text), holder.bound[text])
                if [b.how for b in holder.bound[text]] != [":"]:
                    return found
                bare = says_nothing(holder.bound[text][0].value)
                made = names.parameters.provided_class(holder.name, text)
                return made or (_handed_in(names, holder.name, text) if bare else found)
        case Item():
            return _kept(shape, scope, names) or _of_table(shape, scope, names)
        case Attribute(of=of, name=name):
            known = _kept(shape, scope, names)
            if known is not None:
                return known
            found = holding(of, scope, names)
            if found is not None:
                return attribute(found, name)
    there = names.imported(shape, scope)
    return instance(there[1], "", there[0]) if there else None


def _handed_in(names: Names, function: str, parameter: str) -> Instance | None:
    """Return the class of what a bare parameter is given.

    A framework hands it over (`orders=Depends(f)`), or all calls in the module do.
    """

    def find() -> Instance | None:
        source = names.parameters.provider(function, parameter)
        if source is None:
            told = [g for g in names.parameters.given(function, parameter) if not is_none(g[1])]
            return _agreed(instance(of_ast(value), at, n) for n, value, at in told)
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
    if isinstance(shape, Item):  # `Rows[Order]`
        of = project_class(shape.of, scope, names) if shape.named else None
        return of if of is not None and _is_generic(of) else None
    if isinstance(shape, Attribute) and isinstance(shape.of, Name) and shape.of.text in SELF:
        owner = instance(shape.of, scope, names)
        return named_by(owner, shape.name) if owner is not None else None
    there = names.imported(shape, scope)
    return project_class(there[1], "", there[0]) if there else None


def _is_generic(of: Instance) -> bool:
    """Tell whether a class may be told of what its objects are: `class Rows(Generic[Row])`."""
    bases = (base for names, cls in lineage(of) for base in names.classes[cls].bases)
    return any(isinstance(base, ast.Subscript) for base in bases)


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
        own = _own_method(callee, scope, names)
        if own is not None:
            return own
    meant = renamed(callee, scope, names)
    if len(meant) == 1:  # `first = second`, `second = first`
        return names.members.once(("as", callee, scope), lambda: function(*meant[0], names))
    there = names.imported(callee, scope)
    return function(there[1], "", there[0]) if there else None


def _own_method(callee: Attribute, scope: str, names: Names) -> Member | None:
    """Return the method that the one bot of the project has under a name: `bot.acquire()`."""
    for group in names.kept(callee, scope):
        told = [(n, b) for n, at in group for b in n.state[at]]
        if len(told) == 1 and told[0][1].how == "def":
            there, binding = told[0]
            return Member(there, f"{binding.where}.{callee.name}")
    return None


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
    found = project_class(callee, scope, names) or _row(callee, scope, names)
    if found is not None:
        return found
    member = function(callee, scope, names)
    if member is not None:
        return called_on(callee, scope, names, member) or _given(member)
    return made_by(callee, scope, names) or _of_table(Called(callee), scope, names)


def _row(callee: Shape, scope: str, names: Names) -> Instance | None:
    """Return the model of the row that a query of it gives: `Order.query.filter_by(…).first()`."""
    if not isinstance(callee, Attribute) or callee.name not in _ROWS:
        return None
    of = callee.of
    while isinstance(of, Attribute | Called):
        if isinstance(of, Attribute) and of.name in _QUERIES:
            return project_class(of.of, scope, names)
        of = of.of if isinstance(of, Attribute) else of.callee
    return None


def called_on(callee: Shape, scope: str, names: Names, member: Member) -> Instance | None:
    """Return the class on which a method is called that gives an object of it; None for others."""
    if not isinstance(callee, Attribute) or not gives_its_own(member):
        return None
    return holding(callee.of, scope, names)


def _of_table(shape: Shape, scope: str, names: Names) -> Instance | None:
    """Return the class of what is asked of a mapping by its key."""
    found = kept(shape, scope, names)
    return of_bindings(found.names, found.key, found.values) if found else None


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


def project_class_of(
    node: ast.expr | None, scope: str, names: Names, hops: int = _HOPS
) -> Instance | None:
    """Return the class of the project that an annotation names, or a name that stands for it."""
    shape = of_annotation(node)
    options = shape.options if isinstance(shape, Either) else (shape,)
    found = _agreed(project_class(option, scope, names) for option in options)
    meant = alias(shape, scope, names) if found is None and shape is not None and hops else None
    return project_class_of(meant[0], "", meant[1], hops - 1) if meant is not None else found


def attribute(of: Instance, name: str) -> Instance | None:
    """Return the class of an attribute of objects of a class, or of what a property gives.

    A class above that only declares it says nothing of one that a class below gives a value; what
    the body of the one below says is what its objects have, whatever that of the one above does.
    """
    found: list[Instance | None] = []
    settled = False
    for at in lineage(of):
        names, cls = at
        if f"{cls}.{name}" in names.functions:
            member = Member(names, f"{cls}.{name}")
            return _given(member) if is_property(member) else None
        bound = names.attributes(cls, name)
        gives = any(b.how != ":" and not is_none(b.value) for b in bound)
        in_body = all(b.where == cls for b in bound)
        if not bound or (found and (not gives or (settled and in_body))):
            continue
        found.append(kept_for(of, at, bound) or of_bindings(names, (cls, f".{name}"), bound))
        settled |= gives and in_body
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
        every = [b for b in bound if not (b.how == "=" and is_none(b.value))]
        told = [b for b in every if not _may_replace(b, key[1], names)] or every
        annotated = [project_class_of(b.value, b.where, names) for b in told if b.how == ":"]
        known = next((found for found in annotated if found is not None), None)
        return known or _agreed(_bound(b, names, key[1]) for b in told if b.how != ":")

    return names.objects.once(key, find)


def _may_replace(binding: Binding, attribute: str, names: Names) -> bool:
    """Tell whether a method puts another in the place of what is kept, if it is given one.

    `def use(self, mail=None): if mail: self.mail = mail`: without an annotation, one of its kind.
    """
    node = names.functions.get(binding.where)
    if node is None or node.name == "__init__" or binding.how != "=":
        return False
    if not isinstance(binding.value, ast.Name) or attribute != f".{binding.value.id}":
        return False
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    first = len(plain) - len(arguments.defaults)
    given = [*zip(plain[first:], arguments.defaults, strict=True)]
    given += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d]
    return any(
        a.arg == binding.value.id and a.annotation is None and is_none(default)
        for a, default in given
    )


def of_entering(shape: Shape, scope: str, names: Names) -> str:
    """Return the type of what an object of the project hands to its block, "" where unknown."""
    of = instance(shape, scope, names)
    entries = [method(of, name) for name in _ITSELF] if of is not None else []
    kinds = {m.names.of_function(m.name).rpartition(" ")[2] for m in entries if m is not None}
    return kinds.pop() if len(kinds) == 1 else ""


def _bound(binding: Binding, names: Names, name: str) -> Instance | None:
    shape = _unless_given(of_ast(binding.value), name)
    if binding.how == "with" and isinstance(shape, Called):
        member = function(shape.callee, binding.where, names)
        values = lent(member) if member is not None else ()
        if member is not None and values:
            return _agreed(instance(of_ast(v), member.name, member.names) for v in values)
    found = instance(shape, binding.where, names) if binding.how in ("=", "with") else None
    if found is None or binding.how == "=":
        return found
    entered = [member for name in _ITSELF if (member := method(found, name))]
    return _agreed(_given(member) for member in entered)


def _unless_given(shape: Shape, name: str) -> Shape:
    """Return what a name gets that keeps what it has: `client = client or Client()` like one."""
    if not isinstance(shape, Either):
        return shape
    others = tuple(option for option in shape.options if option not in (Name(name), NOTHING))
    return others[0] if len(others) == 1 else Either(others)


def _agreed(found: Iterable[Instance | None]) -> Instance | None:
    one = None
    for kind in found:
        if kind is None or (one is not None and kind != one):
            return None  # nothing further is asked for
        one = kind
    return one
