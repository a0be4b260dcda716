"""What each scope of a module binds, collected in one walk over its `ast`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import NamedTuple
from weakref import WeakKeyDictionary

from poollint.reading.naming.given.application_state import assigned, own
from poollint.reading.naming.given.interfaces import PLACES, bases
from poollint.reading.naming.given.job_state import place as of_job
from poollint.reading.naming.given.request_state import place as of_request
from poollint.reading.naming.given.update_state import place as of_update
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import children

SELF = frozenset({"self", "cls"})
FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef
# What binds a name, and what holds nothing that does: most nodes are neither.
_BINDING = frozenset(
    {
        ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.With,
        ast.AsyncWith, ast.For, ast.AsyncFor, ast.AugAssign, ast.keyword, ast.ExceptHandler,
        ast.Global, ast.Nonlocal,
    }
)  # fmt: skip
_ALIAS: type[ast.AST] | None = getattr(ast, "TypeAlias", None)  # since Python 3.12
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Load, ast.Store, ast.Pass, ast.alias})


class Binding(NamedTuple):
    """One place that gives a name its value.

    how    "=" a value, ":" an annotation, "with" a context manager, "def", "import", "?" else
    value  the expression, None where there is none
    where  qualified name of the scope the expression is read in
    """

    how: str
    value: ast.expr | None
    where: str


class Part(NamedTuple):
    """What a name gets a part of: `model, store = made()`, or a loop an element: `for x in xs`.

    at, size  its place among the parts, and how many they are; -1 and 0 of an element
    where     qualified name of the scope in which `of` is read
    each      the parts are those of each element: `for name, make in table`
    """

    of: ast.expr
    at: int
    size: int
    where: str
    each: bool = False


@dataclass(slots=True)
class Scope:
    """The names one function, class or module binds."""

    name: str  # "" for the module, "Repo.fetch", "make.<locals>.inner"
    parent: Scope | None
    is_class: bool = False
    bound: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)  # `global` and `nonlocal`
    wraps: Scope | None = None  # the one class of the module whose methods it decorates

    @property
    def owner(self) -> Scope | None:
        """Return the class this is a method of (or nested in a method of), None outside.

        The `self` of a wrapper, which a decorator of methods makes, is that of the method.
        """
        scope: Scope | None = self
        while scope and not scope.is_class:
            if scope.wraps is not None:
                return scope.wraps
            scope = scope.parent
        return scope

    def holder(self, name: str) -> Scope | None:
        """Return the scope that binds `name` as seen from here, None where none does."""
        scope: Scope | None = self
        while scope:
            visible = scope is self or not scope.is_class
            if visible and name in scope.bound and name not in scope.elsewhere:
                return scope
            scope = scope.parent
        return None


@dataclass(slots=True)
class Bindings:
    """All that a module binds.

    imports     local name -> qualified name, wherever in the file it is imported; a relative
                import keeps its dots (".db.get_pool"); `imported_as` has all of a name, and
                `imported_in` what it is where it is bound: (scope, local name)
    functions   qualified name -> definition; `classes` likewise
    attributes  (class or variable, attribute) -> what is assigned to it
    keywords    names of keyword arguments that any call gives a value other than `False`
    stars       what `from x import *` takes all names from, as a prefix of theirs ("shop.db.")
    calls       last name of what is called -> the calls, each with the scope it stands in
    state       what applications keep ("state.pool") -> what is assigned to it, and what a class
                inherits from ("class.Mailer") -> that class
    filled      last name of a mapping -> each mapping and what is put into it under a key
    parts       (scope, name) -> what a name gets a part of, or an element
    """

    scopes: dict[str, Scope] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    imported_as: dict[str, list[str]] = field(default_factory=dict)
    imported_in: dict[tuple[str, str], str] = field(default_factory=dict)
    functions: dict[str, FunctionDef] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    attributes: dict[tuple[str, str], list[Binding]] = field(default_factory=dict)
    keywords: set[str] = field(default_factory=set)
    stars: list[str] = field(default_factory=list)
    calls: dict[str, list[tuple[ast.Call, str]]] = field(default_factory=dict)
    state: dict[str, list[Binding]] = field(default_factory=dict)
    filled: dict[str, list[tuple[ast.expr, Binding]]] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[Part]] = field(default_factory=dict)


_known: WeakKeyDictionary[ast.Module, Bindings] = WeakKeyDictionary()


def bindings(module: ast.Module) -> Bindings:
    """Collect what `module` binds; walked once for all who ask while the module is in use."""
    found = _known.get(module)
    if found is None:
        binder = _Binder(Bindings())
        scope = Scope("", None)
        binder.found.scopes[""] = scope
        binder.body(module.body, scope)
        binder.wrapped()
        found = _known[module] = binder.found
    return found


class _Binder:
    def __init__(self, found: Bindings) -> None:
        self.found = found
        self._decorated: dict[str, set[str]] = {}

    def wrapped(self) -> None:
        """Tell the decorators of the module whose methods they wrap, where that is one class."""
        for name, classes in self._decorated.items():
            if name in self.found.functions and len(classes) == 1:
                self.found.scopes[name].wraps = self.found.scopes[next(iter(classes))]

    def body(self, nodes: list[ast.stmt], scope: Scope) -> None:
        stack: list[ast.AST] = list(reversed(nodes))
        while stack:
            node = stack.pop()
            if isinstance(node, FunctionDef | ast.ClassDef):
                self._define(node, scope)
            elif not isinstance(node, ast.Lambda):
                if type(node) in _BINDING or type(node) is _ALIAS:
                    self._bind(node, scope)
                elif type(node) is ast.Call:
                    self._call(node, scope)
                inner = [n for n in children(node) if type(n) not in _LEAVES]
                stack.extend(reversed(inner))

    def _define(self, node: FunctionDef | ast.ClassDef, scope: Scope) -> None:
        inner = f"{scope.name}." if scope.is_class else f"{scope.name}.<locals>."
        name = f"{inner if scope.name else ''}{node.name}"
        scope.bound.setdefault(node.name, []).append(Binding("def", None, scope.name))
        child = Scope(name, scope, is_class=isinstance(node, ast.ClassDef))
        self.found.scopes[name] = child
        if isinstance(node, ast.ClassDef):
            self.found.classes[name] = node
            for base in bases(node):
                place = f"{PLACES}{base}"
                self.found.state.setdefault(place, []).append(Binding("?", None, name))
        else:
            self.found.functions[name] = node
            for decorator in node.decorator_list if scope.is_class else ():
                plain = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(plain, ast.Name):
                    self._decorated.setdefault(plain.id, set()).add(scope.name)
            for arg in parameters(node.args):
                child.bound.setdefault(arg.arg, []).append(Binding(":", arg.annotation, name))
        self.body(node.body, child)
        if isinstance(node, ast.ClassDef):
            for method in node.body:  # a bot's own methods are had from it as what it keeps is
                place = own(method.name, node) if isinstance(method, FunctionDef) else ""
                if place:
                    self.found.state.setdefault(place, []).append(Binding("def", None, name))

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    local = alias.asname or alias.name.partition(".")[0]
                    self._import(local, alias.name if alias.asname else local, scope)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                origin = "." * level + (f"{module}." if module else "")
                for alias in aliases:
                    self._import(alias.asname or alias.name, origin + alias.name, scope)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._target(target, "=", value, scope)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                self._target(target, ":", annotation, scope)
                if value is not None:
                    self._target(target, "=", value, scope)
            case ast.NamedExpr(target=target, value=value):
                self._target(target, "=", value, scope)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    if item.optional_vars is not None:
                        self._target(item.optional_vars, "with", item.context_expr, scope)
            case (
                ast.For(target=target) | ast.AsyncFor(target=target) | ast.AugAssign(target=target)
            ):
                self._target(target, "?", None, scope)
                if isinstance(node, ast.For):
                    self._element(target, node.iter, scope)
            case ast.keyword(arg=str(arg), value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    self.found.keywords.add(arg)
            case ast.ExceptHandler(name=str(name)):
                scope.bound.setdefault(name, []).append(Binding("?", None, scope.name))
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                scope.elsewhere.update(names)
            case object(name=ast.Name() as target, value=value) if type(node) is _ALIAS:
                self._target(target, "=", value, scope)

    def _call(self, node: ast.Call, scope: Scope) -> None:
        match node.func:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                self.found.calls.setdefault(name, []).append((node, scope.name))

    def _import(self, local: str, name: str, scope: Scope) -> None:
        if local == "*":
            self.found.stars.append(name.removesuffix("*"))
        else:
            scope.bound.setdefault(local, []).append(Binding("import", None, scope.name))
            self.found.imports.setdefault(local, name)
            self.found.imported_as.setdefault(local, []).append(name)
            self.found.imported_in.setdefault((scope.name, local), name)

    def _target(self, target: ast.expr, how: str, value: ast.expr | None, scope: Scope) -> None:
        match target:
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values = value.elts if isinstance(value, ast.Tuple) and how == "=" else []
                known = len(values) == len(parts)
                for at, part in enumerate(parts):
                    if known:
                        self._target(part, how, values[at], scope)
                    else:
                        self._target(part, "?", None, scope)
                        if how == "=" and value is not None:
                            self._part(part, Part(value, at, len(parts), scope.name), scope)
            case ast.Starred(value=inner):
                self._target(inner, "?", None, scope)
            case ast.Name(id=name):
                holder = self.found.scopes[""] if name in scope.elsewhere else scope
                holder.bound.setdefault(name, []).append(Binding(how, value, scope.name))
            case ast.Attribute(value=ast.Name(id=of), attr=attribute):
                owner = scope.owner
                key = (owner.name if owner and of in SELF else of, attribute)
                binding = Binding(how, value, scope.name)
                self.found.attributes.setdefault(key, []).append(binding)
            case ast.Subscript(value=ast.Name(id=word) | ast.Attribute(attr=word) as table):
                filling = (table, Binding(how, value, scope.name))
                self.found.filled.setdefault(word, []).append(filling)
        if isinstance(target, ast.Attribute | ast.Subscript):
            shape = of_ast(target)
            place = assigned(target) or of_request(shape) or of_job(shape) or of_update(target)
            place = place or self._own(target, scope)
            if place:
                self.found.state.setdefault(place, []).append(Binding(how, value, scope.name))

    def _element(self, target: ast.expr, of: ast.expr, scope: Scope) -> None:
        """Note what a loop goes through: elements, or a mapping's items, of which one is two."""
        match target, of:
            case ast.Tuple(elts=[_, value]), ast.Call(func=ast.Attribute(attr="items")):
                target = value
            case ast.Tuple(elts=parts), _:
                for at, one in enumerate(parts):
                    self._part(one, Part(of, at, len(parts), scope.name, each=True), scope)
        self._part(target, Part(of, -1, 0, scope.name), scope)

    def _part(self, target: ast.expr, part: Part, scope: Scope) -> None:
        if isinstance(target, ast.Name) and target.id not in scope.elsewhere:
            self.found.parts.setdefault((scope.name, target.id), []).append(part)

    def _own(self, target: ast.expr, scope: Scope) -> str:
        """Return the place that a method of a bot sets on itself."""
        match target:
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if scope.owner:
                return own(name, self.found.classes[scope.owner.name])
        return ""


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Return every parameter, in the order of the definition."""
    plain = [*arguments.posonlyargs, *arguments.args]
    starred = [arguments.vararg] if arguments.vararg else []
    keyword = [*arguments.kwonlyargs, *([arguments.kwarg] if arguments.kwarg else [])]
    return [*plain, *starred, *keyword]
