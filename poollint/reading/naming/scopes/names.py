"""What names mean in one module: imports, and the types of what the catalog knows.

Flow-insensitive: a name has the type that all its assignments agree on, and none otherwise.
What cannot be resolved is unknown ("" or None), and unknown never becomes a finding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from copy import copy
from functools import cache

from poollint.catalog.lending import methods
from poollint.catalog.load import Api, Catalog
from poollint.reading.naming.files.outside import Outside, Under
from poollint.reading.naming.given.application_state import nearest, place
from poollint.reading.naming.given.applications import APPLICATION, BOT, is_kind
from poollint.reading.naming.given.job_state import kept as kept_by_job
from poollint.reading.naming.given.parameters import Parameters
from poollint.reading.naming.given.providing import yielded
from poollint.reading.naming.given.request_state import kept as kept_by_request
from poollint.reading.naming.objects import instances
from poollint.reading.naming.objects.by_method import by_method
from poollint.reading.naming.objects.by_use import making
from poollint.reading.naming.objects.managers import lent
from poollint.reading.naming.objects.parts import part
from poollint.reading.naming.objects.tables import kept as kept_in_table
from poollint.reading.naming.scopes.aliases import alias
from poollint.reading.naming.scopes.answers import Answers, agreed
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.lookup import Lookup
from poollint.reading.naming.scopes.narrowing import narrowed
from poollint.reading.naming.scopes.shapes import (
    NOTHING,
    Attribute,
    Awaited,
    Called,
    Either,
    Item,
    Joined,
    Name,
    Shape,
    dotted,
    of_annotation,
    of_ast,
    says_nothing,
)

Kept = tuple["Names", str]
_HOPS = 4  # annotations that stand for annotations
AWAITABLE = "awaitable "  # before the type id of what `await` would give

_KEEPING = {"app": APPLICATION, "bot": BOT}


class Names(Lookup):
    """The names of one module, and the types of what they mean, resolved on demand."""

    def __init__(
        self, module: ast.Module, catalog: Catalog, outside: Outside | None = None
    ) -> None:
        super().__init__(module, catalog, outside)
        self._begin()

    def _begin(self) -> None:
        self._types: Answers[str] = Answers("")
        self._apis: Answers[Api | None] = Answers(None)
        self.parameters = Parameters(self)
        # asked by `instances`
        self.objects: Answers[instances.Instance | None] = Answers(None)
        self.members: Answers[instances.Member | None] = Answers(None)
        self.lineages: Answers[tuple[instances.Instance, ...]] = Answers(())

    def under(self, catalog: Catalog) -> Names:
        """Return the same names, with what they mean looked up in another catalog."""
        known: dict[int, Names] = self.memory.setdefault("under", {})
        if id(catalog) not in known:
            other = known[id(catalog)] = copy(self)
            other.catalog = catalog
            other.outside = Under(self.outside, catalog)
            other.memory = {}
            other._begin()
        return known[id(catalog)]

    def api(self, callee: Shape, scope: str) -> Api | None:
        """Return what the catalog knows of calling `callee`, None where it does not."""
        return self._apis.same((callee, scope), lambda: self._api(callee, scope))

    def _api(self, callee: Shape, scope: str) -> Api | None:
        name = self.qualified(callee, scope)
        if name in self.catalog.functions:
            return self.catalog.functions[name]
        if self._is_no_method(callee):
            return by_method(callee, scope, self)
        of: Shape = callee
        chain = ""
        while isinstance(of, Attribute):
            chain = f"{of.name}.{chain}" if chain else of.name
            of = of.of
            kind = self.type(of, scope)
            found = self.catalog.methods.get((kind, chain))
            if found or (kind and "." not in chain):
                return found or self.catalog.methods.get((kind, "*"))
            if kind:
                break
        kind = self.type(callee, scope)
        if not kind:
            return by_method(callee, scope, self) or making(callee, scope, self)
        return self.catalog.methods.get((kind, "__call__"))

    def _is_no_method(self, callee: Shape) -> bool:
        """Tell whether nothing in the project has a method of that name, whatever it is of."""
        if self.outside.lends():
            return False
        known = methods(self.catalog)
        return known is not None and not (isinstance(callee, Attribute) and callee.name in known)

    def type(self, shape: Shape, scope: str) -> str:
        """Return the catalog's type id of an expression, "" where it is unknown.

        A coroutine or awaitable has the type id with `AWAITABLE` before it.
        """
        return self._types.same((shape, scope), lambda: self._type(shape, scope))

    def _type(self, shape: Shape, scope: str) -> str:
        match shape:
            case Awaited(of=of):
                inner = self.type(of, scope)
                if inner.startswith(AWAITABLE):
                    return inner.removeprefix(AWAITABLE)
                return inner if self._either_way(of, scope) else ""
            case Called(callee=callee, class_=class_):
                found = "" if self._stays(shape, scope) else self._of_call(callee, scope)
                return self._making(class_, scope, found) if class_ and found else found
            case Either(options=options):
                return agreed(self.type(o, scope) for o in options if o != NOTHING)
            case Joined(left=left, right=right):
                found = self._of_call(Attribute(left, "__or__"), scope)
                return found or self._of_call(Attribute(right, "__ror__"), scope)
            case Name(text=text):
                return self._of_name(text, scope)
            case Attribute():
                return self._of_kept(shape, scope) or self._of_attribute(shape, scope)
            case Item():
                return self._of_kept(shape, scope) or self._of_table(shape, scope)
        return ""

    def _either_way(self, shape: Shape, scope: str) -> bool:
        """Tell whether a call gives the same with `await` and without, as `create_pool` does."""
        api = self.api(shape.callee, scope) if isinstance(shape, Called) else None
        return api is not None and {"await", "sync"} <= api.call

    def _stays(self, shape: Shape, scope: str) -> bool:
        """Tell whether a call makes a client that is told to ask nobody."""
        if not isinstance(shape, Called) or not shape.told:
            return False
        api = self.api(shape.callee, scope)
        return api is not None and not shape.told.isdisjoint(api.unless)

    def _of_call(self, callee: Shape, scope: str) -> str:
        api = self.api(callee, scope)
        if api is not None:
            plain = "sync" in api.call or not api.call & {"await"}
            return api.returns if plain else _awaitable(api.returns)
        found = instances.function(callee, scope, self)
        if found is not None:
            return found.names.of_function(found.name)
        name = self.qualified(callee, scope)
        if not name:
            return self._of_table(Called(callee), scope)
        there = self.outside.find(name)
        kind = self.catalog.type_named(name)
        return kind or (there[0].type(Called(there[1]), "") if there else "")

    def _of_table(self, shape: Shape, scope: str) -> str:
        """Return the type of what is asked of a mapping by its key."""
        found = kept_in_table(shape, scope, self)
        return found.names.of_bindings(found.key, found.values) if found else ""

    def _making(self, cls: Shape, scope: str, factory: str) -> str:
        """Return the type of a factory that is told the class of what it makes."""
        made = self.catalog.type_of_name.get(self.qualified(cls, scope), "")
        kinds = self.catalog.types
        for (of, method), api in self.catalog.methods.items() if made else ():
            if method == "__call__" and api.returns == made and api.driver == kinds[of].driver:
                return of if kinds[of].role == kinds[factory].role else factory
        return factory

    def of_function(self, name: str) -> str:
        """Return the type of what calling a function of this module gives."""
        return self._types.once((name, "()"), lambda: self._of_function(name))

    def _of_function(self, name: str) -> str:
        node = self.functions[name]
        given = self.results(name)
        found = ""
        decorated = any(_decorates(d) for d in node.decorator_list)
        shapes = [of_ast(value) for value in given or ()]
        if not decorated and given is not None and not any(self._stays(s, name) for s in shapes):
            # what gives `None` where it fails gives what it gives where it does not
            found = self._annotated(node.returns, name) or agreed(
                self.type(s, name)
                for s, value in zip(shapes, given, strict=True)
                if not is_none(value)
            )
        if isinstance(node, ast.AsyncFunctionDef):
            found = _awaitable(found)
        return found

    def _of_name(self, text: str, scope: str) -> str:
        holder = self.scope(scope).holder(text)
        if holder is None or any(binding.how == "import" for binding in holder.bound[text]):
            meant = self.import_in(text, holder.name if holder is not None else "")
            return self._imported(meant or self._starred(text, scope))
        of_part = part(text, holder, self)
        if of_part is not None:
            return of_part.names.of_bindings(of_part.key, of_part.values)
        found = self.of_bindings((holder.name, text), holder.bound[text])
        if found or [b.how for b in holder.bound[text]] != [":"]:
            return found
        # whatever the annotation says, a framework hands over what the provider gives
        bare = says_nothing(holder.bound[text][0].value)
        given = self.parameters.provided(holder.name, text)
        return given if given or not bare else self.parameters.type(holder.name, text)

    def of_provider(self, name: str) -> str:
        """Return the type of what a function of this module returns, awaited, or yields."""
        values = yielded(instances.Member(self, name))
        if not values:
            return self.of_function(name).removeprefix(AWAITABLE)
        return agreed(self.type(of_ast(value), name) for value in values)

    def of_manager(self, name: str) -> str:
        """Return the type of what a context manager of this module hands to its block."""

        def find() -> str:
            values = lent(instances.Member(self, name))
            return agreed(self.type(of_ast(value), name) for value in values)

        return self._types.once((name, "with"), find)

    def _imported(self, name: str) -> str:
        """Return the type of a value that is imported, "" where it is unknown."""
        found = self._offered(name)
        there = self.outside.find(name) if name and not found else None
        return there[0].type(there[1], "") if there else found

    def _offered(self, name: str) -> str:
        """Return the type of an instance a module offers (`django.db.connection`), or ""."""
        found = self.catalog.type_of_name.get(name, "")
        kind = self.catalog.types.get(found)
        lower = name.rpartition(".")[2].islower()
        return found if kind and kind.thread_bound and lower else ""

    def kept(self, shape: Shape, scope: str) -> tuple[tuple[Kept, ...], ...]:
        """Return the files that set what an application keeps and `shape` reads, and its place.

        All of them first, then those that stand nearest above this module: where several
        applications keep different things in one place, those tell.
        """
        found = place(shape)
        if not found:
            return kept_by_job(self, shape, scope)
        here = (self,) if found in self.state else ()
        setting = (*here, *self.outside.keeping(found))
        kind = _KEEPING.get(found.partition(".")[0])
        if not setting or (
            kind and isinstance(shape, Attribute) and not is_kind(kind, shape.of, scope, self)
        ):
            return ()
        above = nearest(self.outside.path, [names.outside.path for names in setting])
        every = tuple((names, found) for names in setting)
        return (every, tuple(kept for kept in every if kept[0].outside.path in above))

    def _of_kept(self, shape: Attribute | Item, scope: str) -> str:
        for group in (*self.kept(shape, scope), *kept_by_request(self, shape, scope)):
            found = agreed(n.of_bindings(("", f"~{at}"), n.state[at]) for n, at in group)
            if found:
                return found
        return ""

    def _of_attribute(self, shape: Attribute, scope: str) -> str:
        if shape.name in _read(self.catalog):  # most are none, and long chains are asked in vain
            read = self.catalog.methods.get((self.type(shape.of, scope), shape.name))
            if read is not None and "attribute" in read.call:
                return read.returns
        found = self._imported(self.qualified(shape, scope)) or self._put_into(shape, scope)
        holder = None if found else instances.holding(shape.of, scope, self)
        if holder is None:
            return found
        kinds = []
        for names, cls in instances.lineage(holder):
            if f"{cls}.{shape.name}" in names.functions:
                member = instances.Member(names, f"{cls}.{shape.name}")
                return names.of_function(member.name) if instances.is_property(member) else ""
            bound = names.attributes(cls, shape.name)
            if any(not is_none(b.value) for b in bound):
                kinds.append(names.of_bindings((cls, f".{shape.name}"), bound))
        return agreed(kinds)

    def _put_into(self, shape: Attribute, scope: str) -> str:
        """Return the type of what this file puts into a module that it imports, "" if nothing.

        `db.pool = SimpleConnectionPool(…)`, where the module itself has `pool = None`.
        """
        of = shape.of
        if not isinstance(of, Name) or of.text not in self.imports or of.text in self.classes:
            return ""
        bound = self.bound(shape, scope) if self.qualified(of, scope) else ()
        return self.of_bindings((f"{of.text} import", shape.name), bound)

    def of_bindings(self, key: tuple[str, str], found: Iterable[Binding]) -> str:
        """Return the type on which all bindings agree.

        `None` as a value says nothing, nor does what is looked up in a cache of the module where
        another binding tells what it keeps.
        """

        def find() -> str:
            some = [b for b in found if b.how != "=" or not is_none(b.value)]
            told = [b for b in some if not self._looks_up(b)] or some
            if any(b.how == "=" and self._stays(of_ast(b.value), b.where) for b in told):
                return ""  # whatever it is annotated with
            kinds = [(b.how, self._bound(b)) for b in told]
            annotated = [kind for how, kind in kinds if how == ":" and kind]
            assigned = [kind for how, kind in kinds if how != ":"]
            return annotated[0] if annotated else agreed(assigned)

        return self._types.once(key, find)

    def _looks_up(self, binding: Binding) -> bool:
        """Tell whether a value is looked up in a mapping that the module only begins empty."""
        match binding.value:
            case ast.Call(func=ast.Attribute(value=of, attr="get")) | ast.Subscript(value=of):
                filled = self.bound(of_ast(of), binding.where)
                values = [b.value for b in filled if b.how == "="]
                return bool(values) and all(_is_empty(value) for value in values)
        return False

    def _bound(self, binding: Binding) -> str:
        if binding.how == "=":
            found = self.type(of_ast(binding.value), binding.where)
            return found or narrowed(binding.value, binding.where, self)
        if binding.how == ":":
            return self._annotated(binding.value, binding.where)
        if binding.how == "with":
            return self._entered(of_ast(binding.value), binding.where)
        return ""

    def _entered(self, shape: Shape, scope: str) -> str:
        """Return the type that `with shape as x` binds."""
        if isinstance(shape, Called):
            api = self.api(shape.callee, scope)
            if api is not None:
                return "" if self._stays(shape, scope) else api.yields
            member = instances.function(shape.callee, scope, self)
            if member is not None and lent(member):
                return member.names.of_manager(member.name)
        return self.type(shape, scope) or instances.of_entering(shape, scope, self)

    def _annotated(self, node: ast.expr | None, scope: str, hops: int = _HOPS) -> str:
        """Return the type an annotation names."""
        shape = of_annotation(node)
        options = shape.options if isinstance(shape, Either) else (shape,)
        return agreed(self.of_class(option, scope, hops) for option in options)

    def annotated(self, name: str) -> str:
        """Return the type of what is annotated with a name of the module, "" where unknown."""
        return self.of_class(Name(name), "")

    def of_class(self, shape: Shape, scope: str, hops: int = _HOPS) -> str:
        """Return the type of the objects of a class, by its name or one that stands for it."""
        found = self.catalog.type_named(self.qualified(shape, scope))
        meant = None if found or shape is None or not hops else alias(shape, scope, self)
        if meant is None:
            return found
        node, names = meant
        return names._annotated(node, "", hops - 1)  # of the same class


@cache
def _read(catalog: Catalog) -> frozenset[str]:
    """Return the attributes that the catalog knows of objects, by their names."""
    methods = catalog.methods.items()
    return frozenset(name for (_, name), api in methods if "attribute" in api.call)


def _awaitable(kind: str) -> str:
    return AWAITABLE + kind if kind else ""


def _is_empty(node: ast.expr | None) -> bool:
    """Tell whether an expression makes an empty mapping."""
    match node:
        case ast.Dict(keys=[]):
            return True
        case ast.Call(func=func, args=[], keywords=[]):
            return dotted(of_ast(func)).rpartition(".")[2] in {"dict", "WeakValueDictionary"}
    return False


def _decorates(node: ast.expr) -> bool:
    """Tell whether a decorator changes what the function returns."""
    callee = node.func if isinstance(node, ast.Call) else node
    name = dotted(of_ast(callee)).rpartition(".")[2]
    return name not in instances.SAME
