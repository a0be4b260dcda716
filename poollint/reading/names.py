"""What names mean in one module: imports, and the types of what the catalog knows.

Flow-insensitive: a name has the type that all its assignments agree on, and none otherwise.
What cannot be resolved is unknown ("" or None), and unknown never becomes a finding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from poollint.catalog.load import Api, Catalog
from poollint.reading.bindings import SELF, Binding, FunctionDef, Scope, bindings
from poollint.reading.shapes import (
    Attribute,
    Awaited,
    Called,
    Either,
    Name,
    Shape,
    dotted,
    of_ast,
)

AWAITABLE = "awaitable "  # before the type id of what `await` would give
_CONTAINERS = {"Optional", "Annotated", "Union", "ClassVar", "Final", "Awaitable"}


class Outside(Protocol):
    """What a module imports from other files of its project, by qualified name."""

    def type(self, name: str) -> str:
        """Return the type id of an imported value, "" where it is unknown."""

    def returns(self, name: str) -> str:
        """Return the type id of what calling an imported function gives, "" where unknown."""

    def handed(self, name: str) -> Any:
        """Return what calling an imported function hands over (`handing.Handed`), or None."""


class Alone:
    """The outside of a module that is read by itself: nothing is known of it."""

    def type(self, name: str) -> str:
        return ""

    def returns(self, name: str) -> str:
        return ""

    def handed(self, name: str) -> None:
        return None


class Names:
    """The names of one module, resolved on demand.

    `memory` is for what others find out about the module, each under a key of its own.
    """

    def __init__(
        self, module: ast.Module, catalog: Catalog, outside: Outside | None = None
    ) -> None:
        found = bindings(module)
        self.catalog = catalog
        self.outside = outside or Alone()
        self.stars = found.stars
        self.imports = found.imports
        self.functions = found.functions
        self.classes = found.classes
        self._scopes = found.scopes
        self._attributes = found.attributes
        self._keywords = found.keywords
        self._types: dict[tuple[str, str], str] = {}
        self.memory: dict[str, Any] = {}

    def told(self, keyword: str) -> bool:
        """Tell whether any call of the module gives `keyword` a value that is not `False`."""
        return keyword in self._keywords

    def scope(self, name: str) -> Scope:
        """Return the scope of a function by its qualified name; the module's if unknown."""
        return self._scopes.get(name, self._scopes[""])

    def qualified(self, shape: Shape, scope: str) -> str:
        """Return the qualified name a chain of names stands for, "" where it is not imported."""
        text = dotted(shape)
        first, _, rest = text.partition(".")
        if not text or first not in self.imports:
            return ""
        holder = self.scope(scope).holder(first)
        if holder is not None:
            imported = [binding.how == "import" for binding in holder.bound[first]]
            # `try: import x / except ImportError: x = None` at import is an import still
            if not any(imported) or (holder.name and not all(imported)):
                return ""
        return f"{self.imports[first]}.{rest}" if rest else self.imports[first]

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
        key = owner.name if owner else shape.of.text
        found = self._attributes.get((key, shape.name), [])
        return (*found, *(owner.bound.get(shape.name, []) if owner else ()))

    def api(self, callee: Shape, scope: str) -> Api | None:
        """Return what the catalog knows of calling `callee`, None where it does not."""
        name = self.qualified(callee, scope)
        if name in self.catalog.functions:
            return self.catalog.functions[name]
        if isinstance(callee, Attribute):
            of = self.type(callee.of, scope)
            found = self.catalog.methods.get((of, callee.name))
            if found or of:
                return found
        of = self.type(callee, scope)
        return self.catalog.methods.get((of, "__call__")) if of else None

    def type(self, shape: Shape, scope: str) -> str:
        """Return the catalog's type id of an expression, "" where it is unknown.

        A coroutine or awaitable has the type id with `AWAITABLE` before it.
        """
        match shape:
            case Awaited(of=of):
                inner = self.type(of, scope)
                return inner.removeprefix(AWAITABLE) if inner.startswith(AWAITABLE) else ""
            case Called(callee=callee):
                return self._of_call(callee, scope)
            case Either(options=options):
                return _agreed(t for t in (self.type(o, scope) for o in options))
            case Name(text=text):
                return self._of_name(text, scope)
            case Attribute():
                return self._of_attribute(shape, scope)
        return ""

    def _of_call(self, callee: Shape, scope: str) -> str:
        api = self.api(callee, scope)
        if api is not None:
            plain = "sync" in api.call or not api.call & {"await"}
            return api.returns if plain else _awaitable(api.returns)
        if isinstance(callee, Attribute) and callee.name == "wait_for":
            return ""
        local = self.function(callee, scope)
        if local:
            return self._of_function(local)
        name = self.qualified(callee, scope)
        if not name or name in self.catalog.type_of_name:
            return self.catalog.type_of_name.get(name, "")
        return self.outside.returns(name)

    def function(self, callee: Shape, scope: str) -> str:
        """Return the qualified name of the function of this module that `callee` is, or ""."""
        if isinstance(callee, Name):
            holder = self.scope(scope).holder(callee.text)
            if holder is None or [b.how for b in holder.bound[callee.text]] != ["def"]:
                return ""
            inner = "" if holder.is_class or not holder.name else "<locals>."
            prefix = f"{holder.name}.{inner}" if holder.name else ""
            return prefix + callee.text if prefix + callee.text in self.functions else ""
        if isinstance(callee, Attribute) and isinstance(callee.of, Name):
            owner = self.scope(scope).owner
            if callee.of.text in SELF and owner is not None:
                name = f"{owner.name}.{callee.name}"
            else:
                name = f"{callee.of.text}.{callee.name}"
                if callee.of.text not in self.classes:
                    return ""
            return name if name in self.functions else ""
        return ""

    def _of_function(self, name: str) -> str:
        """Return the type of what calling a function of this module gives."""
        key = (name, "()")
        if key in self._types:
            return self._types[key]
        self._types[key] = ""  # a recursive function has no type
        node = self.functions[name]
        found = self._annotated(node.returns, name) or _agreed(
            self.type(of_ast(value), name) for value in _returned(node)
        )
        generator = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in _own_nodes(node))
        if generator or any(_decorates(d) for d in node.decorator_list):
            found = ""
        if isinstance(node, ast.AsyncFunctionDef):
            found = _awaitable(found)
        self._types[key] = found
        return found

    def _of_name(self, text: str, scope: str) -> str:
        holder = self.scope(scope).holder(text)
        if holder is None or any(binding.how == "import" for binding in holder.bound[text]):
            return self._imported(self.imports.get(text, ""))
        return self._of_bindings((holder.name, text), holder.bound[text])

    def _imported(self, name: str) -> str:
        """Return the type of a value that is imported, "" where it is unknown."""
        return self._instance(name) or (self.outside.type(name) if name else "")

    def _instance(self, name: str) -> str:
        """Return the type of an instance a module offers (`django.db.connection`), or ""."""
        found = self.catalog.type_of_name.get(name, "")
        kind = self.catalog.types.get(found)
        lower = name.rpartition(".")[2].islower()
        return found if kind and kind.thread_bound and lower else ""

    def _of_attribute(self, shape: Attribute, scope: str) -> str:
        instance = self._imported(self.qualified(shape, scope))
        if instance or not isinstance(shape.of, Name):
            return instance
        owner = self.scope(scope).owner
        if shape.of.text not in SELF:
            owner = self._scopes.get(shape.of.text) if shape.of.text in self.classes else None
        if owner is None:
            return ""
        found = self._attributes.get((owner.name, shape.name), [])
        return self._of_bindings(
            (owner.name, f".{shape.name}"), [*found, *owner.bound.get(shape.name, [])]
        )

    def _of_bindings(self, key: tuple[str, str], found: list[Binding]) -> str:
        """Return the type on which all bindings agree; `None` as a value says nothing."""
        if key not in self._types:
            self._types[key] = ""  # while it is asked for itself, it is unknown
            told = [b for b in found if not (b.how == "=" and _is_none(b.value))]
            kinds = [(b.how, self._bound(b)) for b in told]
            annotated = [kind for how, kind in kinds if how == ":" and kind]
            assigned = [kind for how, kind in kinds if how != ":"]
            self._types[key] = annotated[0] if annotated else _agreed(assigned)
        return self._types[key]

    def _bound(self, binding: Binding) -> str:
        if binding.how == "=":
            return self.type(of_ast(binding.value), binding.where)
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
                return api.yields
        return self.type(shape, scope)

    def _annotated(self, node: ast.expr | None, scope: str) -> str:
        """Return the type an annotation names: plain, quoted, optional or annotated."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return ""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            sides = [n for n in (node.left, node.right) if not _is_none(n)]
            return _agreed(self._annotated(side, scope) for side in sides)
        if isinstance(node, ast.Subscript):
            head = dotted(of_ast(node.value)).rpartition(".")[2]
            if head in _CONTAINERS:
                inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                inner = inner[:1] if head == "Annotated" else inner
                return _agreed(self._annotated(n, scope) for n in inner if not _is_none(n))
            node = node.value  # `asyncpg.Pool[asyncpg.Record]`
        name = self.qualified(of_ast(node), scope)
        return self.catalog.type_of_name.get(name, "")


def _awaitable(kind: str) -> str:
    return AWAITABLE + kind if kind else ""


def _agreed(kinds: Iterable[str]) -> str:
    found = set(kinds)
    return found.pop() if len(found) == 1 else ""


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _own_nodes(node: FunctionDef) -> Iterator[ast.AST]:
    """Yield the nodes of a function, not of the functions and classes within."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        inner = stack.pop()
        yield inner
        if not isinstance(inner, FunctionDef | ast.ClassDef | ast.Lambda):
            stack.extend(ast.iter_child_nodes(inner))


def _returned(node: FunctionDef) -> Iterator[ast.expr]:
    for inner in _own_nodes(node):
        if isinstance(inner, ast.Return) and inner.value is not None:
            yield inner.value


def _decorates(node: ast.expr) -> bool:
    """Tell whether a decorator changes what the function returns."""
    callee = node.func if isinstance(node, ast.Call) else node
    name = dotted(of_ast(callee)).rpartition(".")[2]
    return name not in {"cache", "lru_cache", "staticmethod", "classmethod", "wraps", "override"}
