"""What saving runs in Django REST framework, unnamed: a serializer's `create`, a model's `save`.

`serializer.save()` runs the serializer's own `create` or `update`, and these of its base save a row
of its model; a generic view's `super().create(request)` saves its serializer (`serializers.py` and
`mixins.py` of 3.18).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, dotted, of_ast

_MAKES = {"create": "create", "perform_create": "create"}
_CHANGES = {"update": "update", "partial_update": "update", "perform_update": "update"}
_WAYS = _MAKES | _CHANGES
_SERIALIZER = re.compile(r"Serializer$")
_VIEW = re.compile(r"(?:View|ViewSet)$")
_GIVEN = "get_serializer"


def saved_by(callee: Shape, scope: str, names: Names) -> Iterator[Member]:
    """Yield what a call runs that saves a serializer, or has a view save its own."""
    match callee:
        case Attribute(of=Name() as of, name="save"):
            made = _serializer(of, scope, names)
            if made is not None and method(made[0], "save") is None:
                yield from _run(*made)
        case Attribute(of=Called(callee=Name(text="super")), name=name) if name in _WAYS:
            own = _owner(scope, names)
            if own is None or any(f"{cls}.{name}" in n.functions for n, cls in lineage(own)[1:]):
                return
            if _inherits(own, _SERIALIZER) and name in ("create", "update"):
                yield from _of_model(own)
            elif _inherits(own, _VIEW):
                told = _of_view(own)
                yield from _run(told, _WAYS[name]) if told is not None else ()


def _run(serializer: Instance, way: str) -> Iterator[Member]:
    """Yield what saving a serializer runs: its own method, or that of its model."""
    member = method(serializer, way)
    if member is not None:
        yield member
    else:
        yield from _of_model(serializer)


def _of_model(serializer: Instance) -> Iterator[Member]:
    for names, cls in lineage(serializer):
        for bound in names.attributes(f"{cls}.Meta", "model") if _has_meta(names, cls) else ():
            model = project_class(of_ast(bound.value), "", names)
            member = method(model, "save") if model is not None else None
            if member is not None:
                yield member
            return


def _has_meta(names: Names, cls: str) -> bool:
    return f"{cls}.Meta" in names.classes


def _serializer(of: Name, scope: str, names: Names) -> tuple[Instance, str] | None:
    """Return the class of a serializer under a name, and which method saving it runs."""
    bound = names.bound(of, scope)
    values = [b.value for b in bound if b.how == "="]
    own = _owner(scope, names)
    if not values and own is not None and len(bound) == 1:
        way = _WAYS.get(scope.rpartition(".")[2], "") if of.text == "serializer" else ""
        view = _of_view(own) if way.startswith(("create", "update")) else None
        return (view, way) if view is not None else None
    if len(values) != 1 or len(bound) != 1 or not isinstance(values[0], ast.Call):
        return None
    call = values[0]
    shape = of_ast(call.func)
    if shape == Attribute(Name("self"), _GIVEN):
        cls = _of_view(own) if own is not None else None
    else:
        cls = project_class(shape, scope, names)
        cls = cls if cls is not None and _inherits(cls, _SERIALIZER) else None
    changes = bool(call.args) or any(k.arg in ("instance", None) for k in call.keywords)
    return (cls, "update" if changes else "create") if cls is not None else None


def _of_view(own: Instance) -> Instance | None:
    """Return the one serializer that a view says is its own, None where it may choose another."""
    if method(own, "get_serializer_class") is not None:
        return None
    for names, cls in lineage(own):
        for bound in names.attributes(cls, "serializer_class"):
            return project_class(of_ast(bound.value), "", names)
    return None


def _owner(scope: str, names: Names) -> Instance | None:
    owner = names.scope(scope).owner if scope else None
    return Instance(names, owner.name) if owner is not None else None


def _inherits(of: Instance, called: re.Pattern[str]) -> bool:
    """Tell whether a base of a class is called so, by its last name."""
    return any(
        called.search(dotted(of_ast(base)))
        for names, cls in lineage(of)
        for base in names.classes[cls].bases
    )
