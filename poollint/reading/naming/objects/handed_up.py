"""What classes hand up to those they inherit from, and what these then are for their objects.

`class Service: def __init__(self, kind): self.orders = kind(Order)`, and in a class that inherits
from it `super().__init__(kind=Orders)`; or it makes `self.kind()`, and the other says
`kind = Orders`. What that is depends on whose object it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from poollint.reading.naming.objects import instances
from poollint.reading.naming.scopes.bindings import SELF, Binding, FunctionDef
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.shapes import Attribute, Called, Either, Name, Shape, of_ast

if TYPE_CHECKING:
    from poollint.reading.naming.objects.instances import Instance, Member
    from poollint.reading.naming.scopes.names import Names

_UP = 4  # classes, of which each hands on what it is handed


class Given(NamedTuple):
    """What a parameter is given, as a scope of a file with `names` has it."""

    value: ast.expr
    scope: str
    names: Names


def class_meant(shape: Shape, here: Member, of: Instance) -> Instance | None:
    """Return the class that a chain of the method `here` names, whose object is one of `of`.

    None where that does not depend on the class of the object, or is not known.
    """
    match shape:
        case Name(text=text):
            told = handed_to(here, of).get(text)
            return instances.project_class(_shape(told), told.scope, told.names) if told else None
        case Attribute(of=Name(text=text), name=name) if text in SELF:
            return named_by(of, name)
    return None


def kept_for(of: Instance, above: Instance, bound: tuple[Binding, ...]) -> Instance | None:
    """Return the class of an attribute that `__init__` of the class `above` gives objects of `of`.

    None where that does not depend on the class of the object, or is not known.
    """
    told = [b for b in bound if b.how == "=" and not is_none(b.value)]
    start = instances.Member(above.names, f"{above.cls}.__init__")
    if of == above or len(told) != 1 or told[0].where != start.name:
        return None
    shape = of_ast(told[0].value)
    if isinstance(shape, Called):
        return class_meant(shape.callee, start, of)
    given = handed_to(start, of).get(shape.text) if isinstance(shape, Name) else None
    return instances.instance(_shape(given), given.scope, given.names) if given else None


def handed_to(start: Member, of: Instance) -> Mapping[str, Given]:
    """Return what the classes below hand to the `__init__` `start` when an `of` is made."""
    at = instances.method(of, "__init__")
    told: dict[str, Given] = {}
    for _ in range(_UP):
        if at is None or at == start:
            break
        up = above(at, of)
        calls = list(calling_up(at)) if up is not None else []
        if up is None or len(calls) != 1:
            return {}
        at, told = up, dict(_given(calls[0], up, at, told))
    return told if at == start else {}


def above(start: Member, of: Instance) -> Member | None:
    """Return the `__init__` that `super().__init__()` of another runs for an object of `of`."""
    classes = instances.lineage(of)
    owner = instances.Instance(start.names, start.name.rpartition(".")[0])
    above = classes[classes.index(owner) + 1 :] if owner in classes else ()
    found = (f"{at.cls}.__init__" for at in above)
    return next(
        (
            instances.Member(at.names, name)
            for at, name in zip(above, found, strict=True)
            if name in at.names.functions
        ),
        None,
    )


def calling_up(start: Member) -> Iterator[ast.Call]:
    """Yield the calls `super().__init__(…)` of an `__init__`."""
    for node in own_nodes(start.names.functions[start.name]):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")
            ):
                yield node


def _given(
    call: ast.Call, up: Member, here: Member, told: Mapping[str, Given]
) -> Iterator[tuple[str, Given]]:
    """Yield what `call`, in `here`, gives the parameters of `up`; `told` is what `here` was."""
    arguments = up.names.functions[up.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)][1:]
    if any(isinstance(value, ast.Starred) for value in call.args):
        return
    given = [*zip(plain, call.args, strict=False), *((k.arg, k.value) for k in call.keywords)]
    for name, value in given:
        if name is None:
            continue
        known = told.get(value.id) if isinstance(value, ast.Name) else None
        yield name, known or Given(value, here.name, here.names)


def named_by(of: Instance, attribute: str) -> Instance | None:
    """Return the class that is an attribute of a class: `kind = Orders`, or is handed up as it."""
    for names, cls in instances.lineage(of):
        bound = [b for b in names.attributes(cls, attribute) if b.how != ":"]
        if not bound:
            continue
        if len(bound) != 1 or bound[0].how != "=":
            return None
        shape, where = of_ast(bound[0].value), bound[0].where
        shape = _without_one(shape, names.functions.get(where))
        found = instances.project_class(shape, where, names)
        if found is None and where == f"{cls}.__init__" and isinstance(shape, Name):
            found = class_meant(shape, instances.Member(names, where), of)
        return found
    return None


def _without_one(shape: Shape, start: FunctionDef | None) -> Shape:
    """Return what a method takes where it is not given one: `Orders` of `kind or Orders`.

    Only of a parameter whose default is None; anything else stays what it is.
    """
    match shape:
        case Either(options=(Name(text=given), Name() | Attribute() as own)) if start is not None:
            arguments = start.args
            plain = [*arguments.posonlyargs, *arguments.args]
            late = zip(
                plain[len(plain) - len(arguments.defaults) :], arguments.defaults, strict=True
            )
            named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if any(one.arg == given and is_none(default) for one, default in (*late, *named)):
                return own
    return shape


def _shape(given: Given) -> Shape:
    return of_ast(given.value)
