"""Which expressions are the session of a registry, or a query of it.

`db.session` of Flask-SQLAlchemy, a name for a `scoped_session`, and `Model.query` of the classes
that have it: those of `db.Model`, and those given a `query_property()`.
"""

from __future__ import annotations

import ast
from functools import cache

from poollint.catalog.lending import EXTENSION, makers
from poollint.catalog.load import Catalog
from poollint.reading.connections.orm.provided.stand_ins import (
    VARIABLE,
    of_request,
    of_variable,
    stands_for,
)
from poollint.reading.naming.given.request_state import KINDS
from poollint.reading.naming.objects.instances import (
    Instance,
    instance,
    is_property,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.answers import Answers
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Item,
    Name,
    Shape,
    dotted,
    of_ast,
)
from poollint.syntax.nodes import walk

_REGISTRIES = frozenset({"sqlalchemy.session_registry", "sqlalchemy.async_session_registry"})
# What a class that inherits from the extension has itself, where it makes sessions its own way.
_OWN_WAY = (
    "session", "create_session", "create_scoped_session", "_make_scoped_session",
    "_make_session_factory",
)  # fmt: skip
_SHORT = frozenset({"get_or_404", "first_or_404", "one_or_404", "paginate"})
_HOPS = 3  # a registry, its factory, what that is made of
_OF_TASKS = "after_return"  # where Celery's tasks close what they keep
_SESSION = "sqlalchemy.session"


def possible(names: Names) -> bool:
    """Tell whether any file of the project can have a registry: a quick look, for most have none.

    What no text names is not found by following calls either, only later.
    """
    outside = names.outside
    if not outside.holds(makers(names.catalog)):
        return False  # whose variables and requests keep something else
    return outside.holds((*_words(names.catalog), _OF_TASKS)) or outside.keeps(KINDS)


@cache
def _words(catalog: Catalog) -> tuple[str, ...]:
    """Return words of which a file that has a registry, or makes one, holds at least one."""
    giving = {of for (of, _), api in catalog.methods.items() if api.returns in _REGISTRIES}
    types = _REGISTRIES | giving | {EXTENSION}
    named = {name for name, of in catalog.type_of_name.items() if of in types}
    made = {name for name, api in catalog.functions.items() if api.returns in types}
    parts = (name.split(".") for name in named | made)
    return tuple(sorted({VARIABLE, *(p[-1] if p[0] == "sqlalchemy" else p[0] for p in parts)}))


def registry(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether an expression is a registry whose session stays in a transaction."""
    known: Answers[bool] = names.memory.setdefault("are registries", Answers(False))
    return known.same((shape, scope), lambda: _registry(shape, scope, names))


def _registry(shape: Shape, scope: str, names: Names) -> bool:
    if isinstance(shape, Attribute) and shape.name == "session" and extends(shape.of, scope, names):
        return True
    if not isinstance(shape, Attribute | Name | Called | Item):
        return False
    if isinstance(shape, Attribute | Name) and names.type(shape, scope) in _REGISTRIES:
        return not _autocommits(shape, scope, names, _HOPS)
    answers: Answers[bool] = names.memory.setdefault("registries", Answers(False))
    return answers.once((shape, scope), lambda: _stands_for_one(shape, scope, names))


def _stands_for_one(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a value is the session that a request keeps, or another name for a registry."""
    made = of_request(shape, scope, names)
    if made:
        callees = ((n, at, s.callee) for n, at, s in made if isinstance(s, Called))
        return not any(_autocommits(callee, at, n, _HOPS) for n, at, callee in callees)
    if of_variable(shape, scope, names) or _of_task(shape, scope, names):
        return True
    told = stands_for(shape, scope, names)
    return bool(told) and all(registry(meant, at, there) for there, at, meant in told)


def _of_task(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a value is the session that a task of Celery keeps until it has ended.

    `@app.task(base=DatabaseTask, bind=True)`: a property of that class makes it when it is first
    asked for, and `after_return` closes it.
    """
    if not isinstance(shape, Attribute) or shape.of != Name("self"):
        return False
    node = names.functions.get(scope)
    told = (_base_of(decorator) for decorator in node.decorator_list) if node is not None else ()
    base = next((found for found in told if found is not None), None)
    cls = project_class(of_ast(base), "", names) if base is not None else None
    if cls is None or method(cls, _OF_TASKS) is None:
        return False
    found = method(cls, shape.name)
    if found is None or not is_property(found):
        return False
    return found.names.of_function(found.name) == _SESSION


def _base_of(decorator: ast.expr) -> ast.expr | None:
    """Return the class of tasks that a decorator names, of tasks that are given themselves."""
    told = {k.arg: k.value for k in decorator.keywords} if isinstance(decorator, ast.Call) else {}
    bound = told.get("bind")
    return told.get("base") if isinstance(bound, ast.Constant) and bound.value is True else None


def asked_by(shape: Shape, scope: str, names: Names) -> str:
    """Return what to call the session that an expression is or asks, "" where it is of none.

    `db.session` for itself, and for `Order.query`; `db` where it is asked by `db.get_or_404`.
    """
    if registry(shape, scope, names):
        return dotted(shape) or "session"
    if not isinstance(shape, Attribute):
        return ""
    if shape.name in _SHORT and extends(shape.of, scope, names):
        return f"{dotted(shape.of)}.session"
    if shape.name != "query":
        return ""
    cls = project_class(shape.of, scope, names)
    return _queried(cls) if cls is not None else ""


def extends(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a value is Flask-SQLAlchemy's extension: its session stays in a transaction."""
    if names.type(shape, scope) != EXTENSION and not _inherits(shape, scope, names):
        return False
    return not _autocommits(shape, scope, names, _HOPS)


def _inherits(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether an object's class inherits from the extension: `class Db(SQLAlchemy)`."""
    of = instance(shape, scope, names)
    if of is None:
        return False
    found = False
    for there, cls in lineage(of):
        own = (f"{cls}.{name}" in there.functions or there.attributes(cls, name)
               for name in _OWN_WAY)  # fmt: skip
        if any(own) or any(_says(node) for node in walk(there.classes[cls])):
            return False
        known = there.catalog.type_of_name
        bases = (there.qualified(of_ast(base), "") for base in there.classes[cls].bases)
        found = found or any(known.get(base) == EXTENSION for base in bases)
    return found


def _queried(cls: Instance) -> str:
    """Return the session of a class's `query`, "" where it has none that is known."""
    memory: dict[str, str] = cls.names.memory.setdefault("queried", {})
    if cls.cls not in memory:
        memory[cls.cls] = next((t for at in lineage(cls) if (t := _base(at))), "")
    return memory[cls.cls]


def _base(at: Instance) -> str:
    names, cls = at
    parent = names.scope(cls).parent
    scope = parent.name if parent else ""
    own = [b.value for b in names.attributes(cls, "query")]
    if own:  # a column or a property of that name is no query
        return next((text for value in own if (text := _property(value, scope, names))), "")
    for base in names.classes[cls].bases:
        shape = of_ast(base)
        of = shape.of if isinstance(shape, Attribute) and shape.name == "Model" else None
        if extends(of, scope, names):
            return f"{dotted(of)}.session"
        there = (names, shape) if names.bound(shape, scope) else names.imported(shape, scope)
        bound = there[0].bound(Attribute(there[1], "query"), "") if there else ()
        told = (_property(b.value, "", there[0]) for b in bound) if there else iter(())
        found = next((text for text in told if text), "")
        if found:
            return found
    return ""


def _property(value: ast.expr | None, scope: str, names: Names) -> str:
    """Return the registry of `Session.query_property()`, "" of anything else."""
    match value:
        case ast.Call(func=ast.Attribute(value=of, attr="query_property")):
            shape = of_ast(of)
            return dotted(shape) if registry(shape, scope, names) else ""
    return ""


def _autocommits(shape: Shape, scope: str, names: Names, hops: int) -> bool:
    """Tell whether sessions give their connection back after every statement: `autocommit=True`."""
    there = names.imported(shape, scope)
    if there is not None:
        names, shape = there
    for binding in names.bound(shape, scope if there is None else ""):
        nodes = list(walk(binding.value)) if binding.value is not None else []
        if any(_says(node) for node in nodes):
            return True
        further = (of_ast(n) for n in nodes if isinstance(n, ast.Name)) if hops else ()
        if any(_autocommits(f, binding.where, names, hops - 1) for f in further):
            return True
    return False


def _says(node: ast.AST) -> bool:
    match node:
        case ast.keyword(arg="autocommit", value=value):
            return not (isinstance(value, ast.Constant) and value.value is False)
        case ast.Dict(keys=keys):
            return any(isinstance(key, ast.Constant) and key.value == "autocommit" for key in keys)
    return False
