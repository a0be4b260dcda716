"""What objects and factories are told when they are made: which pool, which engine.

`sessionmaker(bind=engine)` makes sessions of that engine; `Users(self.pool)` keeps, under a name of
its own, the pool of whoever makes it.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.acquiring.blocks import told_first
from poollint.reading.naming.objects.instances import Instance, instance, lineage, project_class
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Name, Shape, of_ast

_ROUTED = frozenset({"binds", None})  # sessions that go to several engines, or to who knows which
_INIT = ".__init__"


def engine_of(value: ast.expr | None, scope: str, names: Names) -> Shape:
    """Return the engine of all sessions of a factory, None where it is told none."""
    return of_ast(engine_node(value, scope, names))


def engine_node(value: ast.expr | None, scope: str, names: Names) -> ast.expr | None:
    """Return the expression that a factory of sessions is told as the engine of all of them."""
    if not isinstance(value, ast.Call):
        return None
    api = names.api(of_ast(value.func), scope)
    if api is None or api.kind != "session-factory":
        return None
    words = {keyword.arg: of_ast(keyword.value) for keyword in value.keywords}
    if _ROUTED & words.keys():
        return None
    known = names.catalog.type_of_name
    if "class_" in words and names.qualified(words["class_"], scope) not in known:
        return None  # a class of the project's may choose the engine for each statement
    return told_first(value)


def kept_argument(text: str, function: str, names: Names) -> tuple[str, str] | None:
    """Return the class, and the attribute, that keeps what its `__init__` is told as `text`."""
    cls = function.removesuffix(_INIT)
    node = names.functions.get(function)
    if cls == function or cls not in names.classes or node is None:
        return None
    if [b.how for b in names.scope(function).bound.get(text, ())] != [":"]:
        return None
    for inner in own_nodes(node):
        match inner:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)],
                value=ast.Name(id=name),
            ) if name == text:
                return cls, attr
    return None


def told(
    of: Shape, scope: str, names: Names, holder: Instance, binding: Binding, there: Names
) -> tuple[Names, Shape, str, Shape] | None:
    """Return what an object `of` class `holder` was told for an attribute, where it was made.

    `binding` gives the attribute what its `__init__` is told. With it the file and the function
    that make the object, and whose attribute it is, if it is one's.
    """
    place = _argument(binding, there)
    made = _made(of, scope, names, holder) if place is not None else None
    if place is None or made is None:
        return None
    file, call, where, owner = made
    at, name = place
    if any(isinstance(a, ast.Starred) for a in call.args):
        return None
    said = next((k.value for k in call.keywords if k.arg == name), None)
    if said is None and 0 <= at < len(call.args):
        said = call.args[at]
    return (file, of_ast(said), where, owner) if said is not None else None


def _argument(binding: Binding, names: Names) -> tuple[int, str] | None:
    """Return where an `__init__` is told the value of an attribute: its place, and its name."""
    node = names.functions.get(binding.where)
    value = binding.value
    if node is None or not binding.where.endswith(_INIT) or not isinstance(value, ast.Name):
        return None
    if [b.how for b in names.scope(binding.where).bound.get(value.id, ())] != [":"]:
        return None
    plain = [a.arg for a in (*node.args.posonlyargs, *node.args.args)][1:]
    words = [a.arg for a in node.args.kwonlyargs]
    if value.id not in (*plain, *words):
        return None
    return (plain.index(value.id) if value.id in plain else -1), value.id


def _made(
    of: Shape, scope: str, names: Names, holder: Instance
) -> tuple[Names, ast.Call, str, Shape] | None:
    """Return the only call that makes an object, with where it stands."""
    owner: Shape = None
    if isinstance(of, Name):
        file = names.imported(of, scope)
        there, shape, at = (file[0], file[1], "") if file else (names, of, scope)
        bound = [(there, b) for b in there.bound(shape, at)]
    elif isinstance(of, Attribute):
        owner = of.of
        keeper = instance(owner, scope, names)
        lines = lineage(keeper) if keeper is not None else ()
        bound = [(there, b) for there, cls in lines for b in there.attributes(cls, of.name)]
    else:
        return None
    bound = [(n, b) for n, b in bound if b.how != ":" and not is_none(b.value)]
    if len(bound) != 1:
        return None
    there, binding = bound[0]
    if binding.how != "=" or not isinstance(binding.value, ast.Call):
        return None
    if project_class(of_ast(binding.value.func), binding.where, there) != holder:
        return None
    return there, binding.value, binding.where, owner
