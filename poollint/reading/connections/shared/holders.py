"""Which connections the expressions of a function are, and which objects hold them.

One may come to it as an argument, on an object, or be one that outlives it
(`connections.shared.standing`).
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from poollint.reading.connections.shared.handed_over import (
    Making,
    handed_over,
    making,
    object_given,
)
from poollint.reading.connections.shared.standing import Made, of_object, standing, standing_object
from poollint.reading.naming.objects.factories import made_by
from poollint.reading.naming.objects.instances import (
    Instance,
    Member,
    instance,
    lineage,
    method,
    project_class,
)
from poollint.reading.naming.scopes.bindings import SELF, parameters
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Awaited,
    Called,
    Name,
    Shape,
    dotted,
    of_ast,
)

Key = tuple[str | int, ...]
_LEVELS = 4  # objects that are made of objects


class Held(NamedTuple):
    """A connection that a function uses: which one, of what type, and what it is called there."""

    key: Key
    kind: str
    text: str
    made: Made | None = None


class Object(NamedTuple):
    """An object of the project that may hold connections, and what it was made with.

    `lasting` tells that it outlives the functions that use it, `fresh` that each call of a
    function has one of its own.
    """

    key: Key
    of: Instance
    given: Mapping[str, Held | Object]
    lasting: bool = False
    fresh: bool = False


Environment = Mapping[str, Held | Object]


class Holders:
    """What is held in one function, the root, and in those it lends connections to."""

    def __init__(self, root: Member, lasting: bool = False) -> None:
        self._root = root
        self._lasting = lasting  # only what outlives the root counts

    def _own(self, shape: Shape, scope: str, names: Names) -> bool:
        """Tell whether a name is a function's own that is not the one asked about."""
        holder = names.scope(scope).holder(dotted(shape).partition(".")[0])
        asked = names is self._root.names and scope == self._root.name
        return not asked and holder is not None and holder.name == scope != ""

    def given(
        self, args: list[ast.expr], keywords: list[ast.keyword], scope: str, names: Names,
        env: Environment,
    ) -> dict[str, Held | Object]:  # fmt: skip
        """Return the connections and their holders among arguments, by position or keyword."""
        values = {str(at): a for at, a in enumerate(args) if not isinstance(a, ast.Starred)}
        values |= {k.arg: k.value for k in keywords if k.arg}
        found: dict[str, Held | Object] = {}
        for where, value in values.items():
            if isinstance(value, ast.Name | ast.Attribute | ast.Call):
                shape = of_ast(value)
                one = self.held(shape, scope, names, env)
                other = one or self.object(shape, scope, names, env)
                if other is not None:
                    found[where] = other
        return found

    def held(self, shape: Shape, scope: str, names: Names, env: Environment) -> Held | None:
        """Return the connection that an expression of a function is, None where it is none."""
        known = env.get(shape.text) if isinstance(shape, Name) else None
        if known is not None and _is_parameter(shape, scope, names):
            return known if isinstance(known, Held) else None
        if isinstance(shape, Attribute):
            owner = self.object(shape.of, scope, names, env)
            if owner is not None:
                return self._of_object(owner, shape.name)
        lasting = standing(shape, scope, names)
        if lasting is not None:
            kept = names.catalog.types[lasting.kind]
            return Held(lasting.place, kept.id, _text(shape), lasting) if kept.shared else None
        named = isinstance(shape, Name | Attribute) and not self._lasting
        if not named or self._own(shape, scope, names):
            return None
        kind = names.catalog.types.get(names.type(shape, scope))
        if kind is None or not kind.shared:
            return None
        return Held(_key(shape, scope, names), kind.id, dotted(shape))

    def _of_object(self, owner: Object, name: str) -> Held | None:
        for names, cls in lineage(owner.of):
            for binding in names.attributes(cls, name):
                if isinstance(binding.value, ast.Name) and binding.where.endswith("__init__"):
                    given = owner.given.get(binding.value.id)
                    if isinstance(given, Held):
                        return given._replace(text=f"self.{name}")
            type_ = names.catalog.types.get(names.type(Attribute(Name("self"), name), cls))
            if type_ is not None and type_.shared and not owner.fresh:
                made = of_object(Instance(names, cls), name) if owner.lasting else None
                key = made.place if made is not None else (*owner.key, name)
                return Held(key, type_.id, f"self.{name}", made)
        return None

    def object(self, shape: Shape, scope: str, names: Names, env: Environment) -> Object | None:
        """Return the object of the project that an expression is, as far as it can be told."""
        if isinstance(shape, Name):
            known = env.get(shape.text)
            if isinstance(known, Object):
                return known
            if shape.text in SELF:
                return None if shape.text in env else _itself(scope, names)
        if isinstance(shape, Awaited):
            return self.object(shape.of, scope, names, env)
        lasting = standing_object(shape, scope, names) or object_given(shape, scope, names)
        if lasting is not None:
            return _made_once(lasting, making(shape, scope, names))
        if isinstance(shape, Attribute):
            owner = self.object(shape.of, scope, names, env)
            if owner is not None and owner.lasting:
                return self._part(owner, shape.name)
        if not self._lasting and _is_kept(shape, scope, names):
            kept = instance(shape, scope, names)  # as annotated, or as the class makes it
            return Object(_key(shape, scope, names), kept, {}) if kept is not None else None
        told = names.bound(shape, scope) if isinstance(shape, Name) else ()
        if len(told) != 1 or not isinstance(told[0].value, ast.Call):
            return None
        made = self.construct(told[0].value, told[0].where, names, env, _key(shape, scope, names))
        if told[0].how == "with":  # `with Shop() as shop:`, which hands out itself
            return made if made is not None and made.of == instance(shape, scope, names) else None
        return made if told[0].how == "=" else None

    def _part(self, owner: Object, name: str) -> Object | None:
        """Return the object that an object which outlives its users makes for itself, once."""
        for names, cls in lineage(owner.of):
            told = [b for b in names.attributes(cls, name) if b.how != ":" and not is_none(b.value)]
            if not told:
                continue
            value, where = told[0].value, told[0].where
            if len(told) > 1 or where != f"{cls}.__init__":
                return None
            given = owner.given.get(value.id) if isinstance(value, ast.Name) else None
            if not isinstance(value, ast.Call):
                return given if isinstance(given, Object) else None
            made = self.construct(value, where, names, owner.given, (*owner.key, name))
            return made._replace(lasting=True, fresh=False) if made is not None else None
        return None

    def construct(
        self, call: ast.Call, scope: str, names: Names, env: Environment, key: Key
    ) -> Object | None:
        """Return the object that a call of a class of the project makes."""
        shape = of_ast(call.func)
        known = project_class(shape, scope, names)
        made = known or made_by(shape, scope, names)
        init = method(made, "__init__") if made is not None else None
        if made is None or init is None:
            return None
        given = self.given(call.args, call.keywords, scope, names, env)
        parameters_ = bound(init, given, None) if known else _of_its_kind(init, given)
        fresh = names is not self._root.names or scope != self._root.name
        held = {name: value for name, value in parameters_.items() if isinstance(value, Held)}
        return Object(key, made, held, fresh=fresh)


def _of_its_kind(init: Member, given: Mapping[str, Held | Object]) -> dict[str, Held | Object]:
    """Return the parameter of `__init__` that a factory hands on what it is given, by its type."""
    held = [value for value in given.values() if isinstance(value, Held)]
    arguments = parameters(init.names.functions[init.name].args)
    kinds = [(a.arg, init.names.type(Name(a.arg), init.name)) for a in arguments]
    fit = [name for name, kind in kinds if held and kind == held[0].kind]
    return {fit[0]: held[0]._replace(text=fit[0])} if len(fit) == len(held) == 1 else {}


def bound(
    member: Member, given: Mapping[str, Held | Object], owner: Object | None
) -> dict[str, Held | Object]:
    """Return what the parameters of a function mean for what it is given."""
    arguments = member.names.functions[member.name].args
    plain = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    shift = 1 if member.bound else 0
    found: dict[str, Held | Object] = {}
    for where, value in given.items():
        if where.isdigit():
            if int(where) + shift < len(plain):
                found[plain[int(where) + shift]] = value
        elif where in {a.arg for a in parameters(arguments)}:
            found[where] = value
    if owner is not None and shift and plain:
        found[plain[0]] = owner
    return {
        name: value._replace(text=name) if isinstance(value, Held) else value
        for name, value in found.items()
    }


def _made_once(of: Instance, call: Making | None, levels: int = _LEVELS) -> Object:
    """Return an object that outlives its users, with what the one call that makes it gives it."""
    given: dict[str, Held | Object] = {}
    told = handed_over(of, call) if call is not None and levels else {}
    for parameter, one in told.items():
        if isinstance(one, Made):
            if of.names.catalog.types[one.kind].shared:
                given[parameter] = Held(one.place, one.kind, parameter, one)
            continue
        inner = project_class(of_ast(one.call.func), one.scope, one.names)
        if inner is not None:
            given[parameter] = _made_once(inner, one, levels - 1)
    return Object((of.names.outside.path, of.cls), of, given, lasting=True)


def _itself(scope: str, names: Names) -> Object | None:
    owner = names.scope(scope).owner
    if owner is None:
        return None
    return Object((names.outside.path, owner.name, "self"), Instance(names, owner.name), {})


def _text(shape: Shape) -> str:
    if isinstance(shape, Awaited):
        return _text(shape.of)
    return f"{dotted(shape.callee)}()" if isinstance(shape, Called) else dotted(shape)


def _key(shape: Shape, scope: str, names: Names) -> Key:
    text = dotted(shape)
    holder = names.scope(scope).holder(text.partition(".")[0])
    return names.outside.path, holder.name if holder else "", text


def _is_parameter(shape: Shape, scope: str, names: Names) -> bool:
    holder = names.scope(scope).holder(shape.text) if isinstance(shape, Name) else None
    return holder is not None and all(b.how == ":" for b in holder.bound[dotted(shape)])


def _is_kept(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether an expression gives the same object each time: an attribute, a parameter."""
    if isinstance(shape, Attribute):
        owner = instance(shape.of, scope, names)
        return owner is not None and method(owner, shape.name) is None  # no property
    return _is_parameter(shape, scope, names)
