"""Classes of the project that extend a pool, an engine or an extension that makes one.

`class Database(SQLAlchemy)` opens what `SQLAlchemy` opens. What its own methods name among the
settings (`options["pool_size"] = …` in a hook) may be any number, and so may all of them where it
has a constructor of its own.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from poollint.catalog.load import Api, Param
from poollint.reading.naming.objects.instances import Instance, lineage, project_class
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast
from poollint.syntax.nodes import walk

_KINDS = frozenset({"pool", "engine"})
_MAKING = ("__init__", "__new__")
_BAGS = frozenset({"engine_options", "engine_kwargs"})
_ENGINE = "sqlalchemy.create_engine"


@dataclass(frozen=True, slots=True)
class Built:
    """What a call builds: `name` is the library's, whatever class of the project extends it.

    classes  those of the project, nearest first; none where the library's own is called
    """

    api: Api
    name: str
    classes: tuple[Instance, ...] = ()

    def may_set(self, param: Param) -> bool:
        """Tell whether the project's classes may give a setting another value than the call."""
        for names, cls in self.classes:
            if any(f"{cls}.{made}" in names.functions for made in _MAKING):
                return True
            if any(_names(node, param.name) for node in walk(names.classes[cls])):
                return True
        return False


def built(callee: Shape, scope: str, names: Names) -> Built | None:
    """Return what a call of `callee` builds, None where that is no pool and no engine."""
    api = names.api(callee, scope)
    if api is not None:
        name = names.qualified(callee, scope)
        return Built(api, name) if api.kind in _KINDS else None
    found = project_class(callee, scope, names)
    classes = lineage(found) if found is not None else ()
    for at, (there, cls) in enumerate(classes):
        for base in there.classes[cls].bases:
            name = there.qualified(of_ast(base), "")
            known = there.catalog.functions.get(name)
            if known is not None and known.kind in _KINDS:
                return Built(known, name, classes[: at + 1])
    return None


def params(of: Built, given: frozenset[str], names: Names) -> tuple[Param, ...]:
    """Return the settings of a call: those of the engine too where it is given options for it.

    Flask-SQLAlchemy (`engine_options`, also of `init_app`'s configuration, which is not read) and
    dataset (`engine_kwargs`) hand them to `create_engine` as they are.
    """
    own = names.catalog.params.get(of.name, ())
    if of.name == _ENGINE or not given & {p.name for p in own if p.role in _BAGS}:
        return own
    known = {p.name for p in own}
    engine = names.catalog.params.get(_ENGINE, ())
    return (*own, *(p for p in engine if p.name not in known and p.position < 0))


def _names(node: ast.AST, setting: str) -> bool:
    match node:
        case ast.Constant(value=text) | ast.keyword(arg=text) | ast.Name(id=text):
            return bool(text == setting)
    return False
