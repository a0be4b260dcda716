"""Which pool the session of a registry takes its connection from: `db.session`, `Order.query`.

Flask-SQLAlchemy's is that of `db.engine`, where no model is bound to another engine; that of a
`scoped_session` is its factory's.
"""

from __future__ import annotations

import ast

from poollint.reading.connections.acquiring.blocks import first_of
from poollint.reading.connections.orm.registry.ambient import LEVELS, acting
from poollint.reading.connections.orm.registry.coming import comes_to_one
from poollint.reading.connections.orm.registry.registries import extends, registry
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.outsiders import Here
from poollint.reading.connections.pools.sources import Source, source
from poollint.reading.naming.objects.instances import Member, function, lineage, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Item, Name, Shape, of_ast

_ENGINE = "engine"  # of the extension: what its session asks unless a model is bound elsewhere
# Words of models bound to another engine, and of engines that are told to keep no pool.
_ELSEWHERE = ("__bind_key__", "bind_key", "SQLALCHEMY_BINDS", "NullPool")
_CALLS = 3  # functions that ask of the session for this one


def pool_of_session(scope: str, names: Names, calls: int = _CALLS) -> Source:
    """Return the engine of the registry's session that a function asks first, () unknown."""
    if names.outside.holds(_ELSEWHERE) or not comes_to_one(Member(names, scope)):
        return ()
    asked = (node for node, use in acting(Here(names, scope), LEVELS) if use is Use.TAKES)
    first = next(asked, None)
    if first is None:
        return ()
    callee = of_ast(first.func if isinstance(first, ast.Call) else first)
    found = _of_chain(callee, scope, names)
    member = function(callee, scope, names) if calls and not found else None
    return pool_of_session(member.name, member.names, calls - 1) if member is not None else found


def _of_chain(shape: Shape, scope: str, names: Names) -> Source:
    """Return the engine behind `db.session.a().b()`, `Order.query.a()` or `db.get_or_404()`."""
    while isinstance(shape, Attribute | Called | Item | Name):
        found = _engine(shape, scope, names)
        if found or isinstance(shape, Name | Item):
            return found
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    return ()


def _engine(shape: Shape, scope: str, names: Names) -> Source:
    if isinstance(shape, Attribute) and extends(shape.of, scope, names):
        return _below(source(shape.of, scope, names))
    if isinstance(shape, Attribute | Name) and registry(shape, scope, names):
        return _of_factory(shape, scope, names)
    if not isinstance(shape, Attribute) or shape.name != "query":
        return ()
    cls = project_class(shape.of, scope, names)
    for there, name in lineage(cls) if cls is not None else ():
        parent = there.scope(name).parent
        where = parent.name if parent else ""
        for base in map(of_ast, there.classes[name].bases):
            model = isinstance(base, Attribute) and base.name == "Model"
            if isinstance(base, Attribute) and model and extends(base.of, where, there):
                return _below(source(base.of, where, there))
    return ()


def _below(found: Source) -> Source:
    return (*found, _ENGINE) if found else ()


def _of_factory(shape: Shape, scope: str, names: Names) -> Source:
    """Return the factory, or the engine, of `scoped_session(sessionmaker(bind=engine))`."""
    file = names.imported(shape, scope)
    there, named, at = (file[0], file[1], "") if file else (names, shape, scope)
    bound = [b for b in there.bound(named, at) if b.how != ":"]
    if len(bound) != 1 or bound[0].how != "=" or not isinstance(bound[0].value, ast.Call):
        return ()
    given = bound[0].value.args[:1]
    if given and isinstance(given[0], ast.Call):
        return source(of_ast(first_of(given[0])), bound[0].where, there)
    return source(of_ast(first_of(bound[0].value)), bound[0].where, there)
