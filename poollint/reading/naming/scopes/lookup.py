"""What binds a name in one module: which import, definition or assignment is meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from poollint.catalog.load import Catalog
from poollint.reading.naming.files.outside import Alone, Outside
from poollint.reading.naming.scopes.bindings import SELF, Binding, Scope, bindings
from poollint.reading.naming.scopes.bodies import is_none, results
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, dotted, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names


class Lookup:
    """The bindings of one module.

    `memory` is for what others find out about the module, each under a key of its own.
    """

    def __init__(
        self, module: ast.Module, catalog: Catalog, outside: Outside | None = None
    ) -> None:
        found = bindings(module)
        self.module = module
        self.catalog = catalog
        self.outside = outside or Alone()
        self.stars = found.stars
        self.imports = found.imports
        self.functions = found.functions
        self.classes = found.classes
        self._scopes = found.scopes
        self._attributes = found.attributes
        self._keywords = found.keywords
        self._calls = found.calls
        self.state = found.state
        self.filled = found.filled
        self.parts = found.parts
        self._imported_as = found.imported_as
        self._imported_in = found.imported_in
        self._beyond: dict[str, str] = {}
        self.memory: dict[str, Any] = {}

    def told(self, keyword: str) -> bool:
        """Tell whether any call of the module gives `keyword` a value that is not `False`."""
        return keyword in self._keywords

    def calls(self, name: str) -> Sequence[tuple[ast.Call, str]]:
        """Return the calls of what has this last name, each with the scope it stands in."""
        return self._calls.get(name, ())

    def scope(self, name: str) -> Scope:
        """Return the scope of a function by its qualified name; the module's if unknown."""
        return self._scopes.get(name, self._scopes[""])

    def qualified(self, shape: Shape, scope: str) -> str:
        """Return the qualified name a chain of names stands for, "" where it is not imported."""
        text = dotted(shape)
        first, _, rest = text.partition(".")
        if first in SELF and rest and self._modules_kept:
            return self._of_kept_module(rest, scope)
        if not text or first not in self.imports:
            starred = self._starred(first, scope)
            return f"{starred}.{rest}" if starred and rest else starred
        holder = self.scope(scope).holder(first)
        if holder is not None:
            imported = [binding.how == "import" for binding in holder.bound[first]]
            # `try: import x / except ImportError: x = None` at import is an import still
            if not any(imported) or (holder.name and not all(imported)):
                return ""
        meant = self.import_in(first, holder.name if holder is not None else "")
        if meant not in self._beyond:
            self._beyond[meant] = self.outside.beyond(meant)
        name = self._beyond[meant] or meant
        return f"{name}.{rest}" if rest else name

    @cached_property
    def _modules_kept(self) -> frozenset[str]:
        """The attributes of objects that are given what is imported: `self.driver = psycopg2`."""
        return frozenset(
            name
            for (_, name), bound in self._attributes.items()
            if any(isinstance(b.value, ast.Name) and b.value.id in self.imports for b in bound)
        )

    def _of_kept_module(self, chain: str, scope: str) -> str:
        """Return what the catalog calls a function of a module that objects of a class keep."""
        attribute, _, rest = chain.partition(".")
        owner = self.scope(scope).owner if attribute in self._modules_kept else None
        found = set()
        for binding in self.attributes(owner.name, attribute) if owner is not None else ():
            if binding.how == "=" and not is_none(binding.value):
                kept = isinstance(binding.value, ast.Name)
                found.add(self.qualified(of_ast(binding.value), binding.where) if kept else "")
        name = f"{found.pop()}.{rest}" if len(found) == 1 else ""
        return name if name in self.catalog.functions else ""

    def import_in(self, name: str, scope: str) -> str:
        """Return what a name is imported as that a scope binds, "" for one that is not imported.

        Two functions may import different things under one name.
        """
        return self._imported_in.get((scope, name), "") or self.imports.get(name, "")

    def _starred(self, name: str, scope: str) -> str:
        """Return what `from module import *` makes of a name that nothing else binds."""
        if not self.stars or not name or name.startswith("_") or self.scope(scope).holder(name):
            return ""
        for package in self.stars:
            found = package + name
            known = found in self.catalog.functions or found in self.catalog.type_of_name
            if known or self.outside.find(found):
                return found
        return ""

    def imported(self, shape: Shape, scope: str) -> tuple[Names, Shape] | None:
        """Return what an imported name stands for in the file of the project that defines it."""
        name = self.qualified(shape, scope)
        return self.outside.find(name) if name else None

    def imported_as(self, name: str) -> tuple[str, ...]:
        """Return all that a name is imported as, wherever in the file; nothing where none is."""
        return tuple(self._imported_as.get(name, ()))

    def attributes(self, cls: str, name: str) -> tuple[Binding, ...]:
        """Return every place that gives an attribute of a class's objects its value."""
        return (*self._attributes.get((cls, name), ()), *self.scope(cls).bound.get(name, ()))

    def attributes_of(self, cls: str) -> Iterator[str]:
        """Yield the names of the attributes that a class or its methods give a value."""
        yield from (name for of, name in self._attributes if of == cls)
        yield from self.scope(cls).bound

    def bound(self, shape: Shape, scope: str) -> tuple[Binding, ...]:
        """Return every place that gives a name, `self.x` or `Class.x` its value."""
        if isinstance(shape, Name):
            holder = self.scope(scope).holder(shape.text)
            return tuple(holder.bound[shape.text]) if holder else ()
        if not isinstance(shape, Attribute) or not isinstance(shape.of, Name):
            return ()
        owner = self._scopes.get(shape.of.text) if shape.of.text in self.classes else None
        if shape.of.text in SELF:
            owner = self.scope(scope).owner
        if owner:
            return self.attributes(owner.name, shape.name)
        return tuple(self._attributes.get((shape.of.text, shape.name), ()))

    def defined(self, shape: Shape, scope: str) -> str:
        """Return the qualified name of the function or class of this module that is named."""
        if not isinstance(shape, Name):
            return ""
        holder = self.scope(scope).holder(shape.text)
        if holder is None or [b.how for b in holder.bound[shape.text]] != ["def"]:
            return ""
        inner = "" if holder.is_class or not holder.name else "<locals>."
        return f"{holder.name}.{inner}{shape.text}" if holder.name else shape.text

    def function(self, callee: Shape, scope: str) -> str:
        """Return the qualified name of the function of this module that `callee` is, or ""."""
        name = self.defined(callee, scope)
        if isinstance(callee, Attribute) and isinstance(callee.of, Name):
            owner = self.scope(scope).owner
            if callee.of.text in SELF and owner is not None:
                name = f"{owner.name}.{callee.name}"
            elif callee.of.text in self.classes:
                name = f"{callee.of.text}.{callee.name}"
        return name if name in self.functions else ""

    def results(self, name: str) -> tuple[ast.expr, ...] | None:
        """Return what a function of this module returns; None of a generator."""
        known: dict[str, tuple[ast.expr, ...] | None] = self.memory.setdefault("results", {})
        if name not in known:
            known[name] = results(self.functions[name])
        return known[name]
