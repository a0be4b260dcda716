"""What the parts of one module are called, as far as frameworks care.

Which class an object is made of, which functions an expression stands for, and which functions
a function calls: by name within the module, unknown where names do not tell.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from poollint.reading.naming.scopes.bindings import (
    SELF,
    Binding,
    FunctionDef,
    Scope,
    bindings,
    parameters,
)
from poollint.syntax.nodes import children, walk

_LEAF = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.Pass)
_VERBS = ("dispatch", "get", "post", "put", "delete", "patch", "options", "head", "trace")


Elsewhere = Callable[[ast.expr, str], tuple[str, ...]]


def nowhere(node: ast.expr, scope: str) -> tuple[str, ...]:
    return ()


class Outline:
    """One module; `imports` (local name -> qualified name) adds to what the module imports.

    `elsewhere` tells, as `called` does, which functions of other files run when a value is
    called; their names are of its own making. `made` has the classes of objects that it imports
    from other files: {"dp": "aiogram.Dispatcher"}.
    """

    def __init__(
        self,
        module: ast.Module,
        imports: Mapping[str, str],
        elsewhere: Elsewhere = nowhere,
        made: Mapping[str, str] | None = None,
    ) -> None:
        found = bindings(module)
        self.elsewhere = elsewhere
        self.module = module
        self.functions = found.functions
        self.classes = found.classes
        self.imports = {**found.imports, **imports}
        self.made = made or {}
        self._scopes = found.scopes
        self._attributes = found.attributes

    @cached_property
    def calls(self) -> tuple[tuple[str, ast.Call], ...]:
        """Every call of the module, each with the name of the scope it stands in."""
        found = []
        stack: list[tuple[str, ast.AST]] = [("", self.module)]
        while stack:
            scope, node = stack.pop()
            for child in children(node):
                if isinstance(child, _LEAF):
                    continue
                inner = scope
                if isinstance(child, FunctionDef | ast.ClassDef):
                    joint = "." if self.scope(scope).is_class else ".<locals>."
                    inner = f"{scope}{joint}{child.name}" if scope else child.name
                elif isinstance(child, ast.Call):
                    found.append((scope, child))
                stack.append((inner, child))
        return tuple(found)

    def scope(self, name: str) -> Scope:
        """Return the scope of a function or class by its qualified name."""
        return self._scopes.get(name, self._scopes[""])

    def qualified(self, node: ast.expr | None) -> str:
        """Return the qualified name that a chain of names stands for, "" where it is none.

        A string is read as the annotation it may be; of `X | None` and `Annotated[X, …]`, X.
        """
        match node:
            case ast.Constant(value=str(text)) if text.replace(".", "").isidentifier():
                return self._absolute(text)
            case ast.BinOp(left=left, op=ast.BitOr()):
                return self.qualified(left)
            case ast.Subscript(value=value, slice=inner):
                if dotted(value).rpartition(".")[2] not in ("Optional", "Annotated"):
                    return self.qualified(value)
                return self.qualified(inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        return self._absolute(dotted(node))

    def _absolute(self, text: str) -> str:
        first, _, rest = text.partition(".")
        origin = self.imports.get(first, first)
        return f"{origin}.{rest}" if rest else origin

    def makers(self, text: str, scope: str, depth: int = 4) -> tuple[str, ...]:
        """Return what the object named by the chain `text` may be: each a qualified name.

        The class it is an instance of, its own qualified name where it is imported, or the
        decorator that makes something else of a function (`click.group`). A decorator that is
        a method of such an object makes what that is; so for `depth` objects in a row.
        """
        if self.made and (maker := self._made_elsewhere(text, scope)):
            return (maker,)
        first, _, rest = text.partition(".")
        if first in SELF and rest:
            owner = self.scope(scope).owner
            first, _, rest = rest.partition(".")
            bound = self._attributes.get((owner.name, first), []) if owner else []
        else:
            holder = self.scope(scope).holder(first)
            bound = holder.bound[first] if holder else []
        found = []
        for binding in bound:
            if binding.how == "import":
                found.append(self.imports.get(first, ""))
            elif binding.how in ("=", "with") and isinstance(binding.value, ast.Call):
                made = self.qualified(binding.value.func) or self._built(binding.value)
                found.append(made)
            elif binding.how == ":":
                found.append(self.qualified(binding.value))
            elif binding.how == "def" and depth:
                found += self._decorated(first, binding.where, depth)
        return tuple(f"{name}.{rest}" if rest else name for name in found if name)

    def _made_elsewhere(self, text: str, scope: str) -> str:
        """Return what an imported object is, or its attribute, by what makes it in its file."""
        first = text.partition(".")[0]
        holder = self.scope(scope).holder(first)
        if holder is not None and any(b.how != "import" for b in holder.bound[first]):
            return ""
        for chain, maker in self.made.items():
            if text == chain or text.startswith(f"{chain}."):
                return maker + text.removeprefix(chain)
        return ""

    def _built(self, call: ast.Call) -> str:
        """Return the class of `AppBuilder().token(t).build()`, or of `App.builder()….build()`."""
        steps = [call]
        while isinstance(func := steps[-1].func, ast.Attribute) and isinstance(
            func.value, ast.Call
        ):
            steps.append(func.value)
        first = call.func
        if len(steps) < 2 or not isinstance(first, ast.Attribute) or first.attr != "build":
            return ""
        root = self.qualified(steps[-1].func)
        for word in (".builder", "Builder"):
            if root.endswith(word):
                return root.removesuffix(word)
        return ""

    def _decorated(self, name: str, scope: str, depth: int) -> Iterator[str]:
        """Yield what the decorators of a function may make of it."""
        joint = "." if self.scope(scope).is_class else ".<locals>."
        function = self.functions.get(f"{scope}{joint}{name}" if scope else name)
        for decorator in function.decorator_list if function else ():
            plain = decorator.func if isinstance(decorator, ast.Call) else decorator
            yield self.qualified(plain)
            if isinstance(plain, ast.Attribute):
                yield from self.makers(dotted(plain.value), scope, depth - 1)

    def is_imported(self, text: str, scope: str) -> bool:
        """Tell whether the object named by `text` comes from another file, or is made there.

        One whose class is known is none of these.
        """
        if self.made and self._made_elsewhere(text, scope):
            return False
        holder = self.scope(scope).holder(text.partition(".")[0])
        return holder is not None and all(
            binding.how == "import"
            or (isinstance(binding.value, ast.Call) and dotted(binding.value.func)[:1].islower())
            for binding in holder.bound[text.partition(".")[0]]
        )

    def is_import(self, node: ast.expr, scope: str) -> bool:
        """Tell whether a chain of names begins with a name that is imported, and only that."""
        holder = self.scope(scope).holder(dotted(node).partition(".")[0])
        first = dotted(node).partition(".")[0]
        return holder is not None and all(b.how == "import" for b in holder.bound[first])

    def methods(self, cls: str) -> dict[str, str]:
        """Return the methods of a class, those of its bases in this module included."""
        found: dict[str, str] = {}
        for name in reversed(self.lineage(cls)):
            node = self.classes[name]
            for statement in node.body:
                if isinstance(statement, FunctionDef):
                    found[statement.name] = f"{name}.{statement.name}"
        return found

    def lineage(self, cls: str) -> tuple[str, ...]:
        """Return a class and its bases in this module, nearest first."""
        found: list[str] = []
        todo = [cls]
        while todo:
            name = todo.pop(0)
            if name in self.classes and name not in found:
                found.append(name)
                todo += [self.local(base, name) for base in self.classes[name].bases]
        return tuple(found)

    def bases(self, cls: str) -> Iterator[str]:
        """Yield the qualified names of the bases of a class, its bases' bases included."""
        for name in self.lineage(cls):
            yield from (self.qualified(base) for base in self.classes[name].bases)

    def local(self, node: ast.expr, scope: str) -> str:
        """Return the function or class of this module that a name stands for, or ""."""
        if not isinstance(node, ast.Name):
            return ""
        holder = self.scope(scope).holder(node.id)
        if holder is None or {binding.how for binding in holder.bound[node.id]} != {"def"}:
            return ""
        inner = "." if holder.is_class else ".<locals>."
        return f"{holder.name}{inner}{node.id}" if holder.name else node.id

    def class_of(self, node: ast.expr, scope: str) -> str:
        """Return the class of this module that a value is an instance of (or is), or ""."""
        match node:
            case ast.Call(func=ast.Name(id="super")):
                return self._owner(scope, base=True)
            case ast.Call(func=func):
                found = self.local(func, scope)
                return found if found in self.classes else ""
            case ast.Name(id=name) if name in SELF:
                return self._owner(scope)
            case ast.Name(id=name):
                found = self.local(node, scope)
                if found:
                    return found if found in self.classes else ""
                holder = self.scope(scope).holder(name)
                return self._of_bindings(holder.bound[name]) if holder else ""
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in SELF:
                return self._of_bindings(self._attributes.get((self._owner(scope), attr), []))
        return ""

    def _of_bindings(self, bound: Sequence[Binding]) -> str:
        found = set()
        for how, value, where in bound:
            if how == "=" and isinstance(value, ast.Call):
                found.add(self.class_of(value, where))
            elif how == ":" and value is not None:
                found.add(self.local(value, where))
        only = found.pop() if len(found) == 1 else ""
        return only if only in self.classes else ""

    def _owner(self, scope: str, base: bool = False) -> str:
        owner = self.scope(scope).owner
        if owner is None or not base:
            return owner.name if owner else ""
        return next(iter(self.lineage(owner.name)[1:]), "")

    def called(self, func: ast.expr, scope: str) -> tuple[str, ...]:
        """Return the functions of this module that run when `func` is called."""
        found = self.local(func, scope)
        if found in self.functions:
            return (found,)
        if found in self.classes:
            node, methods = self.classes[found], self.methods(found)
            # a class that makes its instances itself is a singleton, as far as we can tell
            single = "__new__" in methods or any(k.arg == "metaclass" for k in node.keywords)
            return () if single or "__init__" not in methods else (methods["__init__"],)
        if isinstance(func, ast.Attribute):
            methods = self.methods(self.class_of(func.value, scope))
            return (methods[func.attr],) if func.attr in methods else ()
        of = self.class_of(func, scope) if isinstance(func, ast.Name | ast.Call) else ""
        call = self.methods(of).get("__call__")
        return (call,) if call else ()

    def stands_for(self, node: ast.expr | None, scope: str) -> tuple[str, ...]:
        """Return the functions of this module that run when the value of `node` is called."""
        match node:
            case ast.Call(func=ast.Attribute(value=view, attr="as_view")):
                methods = self.methods(self.local(view, scope))
                return tuple(methods[verb] for verb in _VERBS if verb in methods)
            case ast.Call(func=func, args=[first, *_]) if dotted(func).endswith("partial"):
                return self.stands_for(first, scope)
            case ast.Call(func=func):
                made = [f for name in self.called(func, scope) for f in self.returned(name)]
                return tuple(made) or self.called(node, scope)
            case ast.Lambda(body=ast.Call(func=func)):
                return self.called(func, scope)
            case ast.Name() | ast.Attribute():
                return self.called(node, scope) or self.elsewhere(node, scope)
        return ()

    def returned(self, function: str) -> tuple[str, ...]:
        """Return the nested functions that `function` returns, as a decorator does."""
        prefix = f"{function}.<locals>."
        values = (n.value for n in own_nodes(self.functions[function]) if isinstance(n, ast.Return))
        names = {
            part.id
            for value in values
            if value is not None
            for part in walk(value)
            if isinstance(part, ast.Name)
        }
        return tuple(prefix + name for name in sorted(names) if prefix + name in self.functions)


def dotted(node: ast.expr | None) -> str:
    """Return a chain of names as text ("app.cli.command"), "" for anything else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


@lru_cache(maxsize=2048)  # functions of one file; several look through all of them in turn
def own_nodes(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes inside a function or module, nested functions and classes left out."""
    found = []
    stack = children(node)[::-1]
    while stack:
        inner = stack.pop()
        found.append(inner)
        if not isinstance(inner, FunctionDef | ast.ClassDef):
            stack += children(inner)[::-1]
    return tuple(found)


def argument_names(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """Return the names of the parameters, `self` and `cls` left out."""
    return tuple(a.arg for a in parameters(function.args) if a.arg not in SELF)
