"""Parts of what a name is given: of tuples that functions return, and elements of lists.

`model, store = made()`: what stands in that place of all that `made` returns. `for one in
self.clients`: what the annotation of a list says of its elements, or the elements it begins with,
or what a comprehension makes each time; `for key, one in self.clients.items()`: what the mapping
keeps; `for name, make in table`: what stands there in all its tuples.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from poollint.reading.naming.objects import instances
from poollint.reading.naming.objects.tables import Kept, values_of
from poollint.reading.naming.scopes.bindings import Binding, Part, Scope
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Name,
    Shape,
    decorator_name,
    dotted,
    of_ast,
    waited_for,
)
from poollint.syntax.nodes import walk

if TYPE_CHECKING:
    from poollint.reading.naming.scopes.names import Names

_HOPS = 3  # lists that are given to who keeps them
_LISTS = frozenset(
    """list List Sequence MutableSequence Iterable Collection set Set frozenset FrozenSet
    AbstractSet deque Deque""".split()
)
_TUPLES = frozenset({"tuple", "Tuple"})
_ONE = ("append", "add")
_ADDING = (*_ONE, "extend", "insert", "update", "appendleft")
_AROUND = frozenset({"ClassVar", "Final", "Optional"})


def part(text: str, holder: Scope, names: Names) -> Kept | None:
    """Return what a name may be that a scope gives nothing but one part of something.

    Loops one after another may give it an element of the same: `thread.start()`, `thread.join()`.
    """
    told = names.parts.get((holder.name, text), [])
    if not told or [b.how for b in holder.bound[text]] != ["?"] * len(told):
        return None
    found = told[0]
    if any(one._replace(of=found.of) != found or not _same(one, found) for one in told[1:]):
        return None
    if found.at < 0:
        return _elements(of_ast(found.of), found.where, names)
    return _of_each(found, names) if found.each else _of_tuples(found, names)


def _same(one: Part, other: Part) -> bool:
    """Tell whether two loops go through what has the same name."""
    return (
        isinstance(one.of, ast.Name) and isinstance(other.of, ast.Name) and one.of.id == other.of.id
    )


def _of_each(found: Part, names: Names) -> Kept | None:
    """Return what stands in one place of each tuple of a list: `for name, make in table`."""
    every = _elements(of_ast(found.of), found.where, names)
    if every is None:
        return None
    told = [(_in_place(b.value, found), b.where) for b in every.values if b.how == "="]
    values = tuple(Binding("=", one, at) for one, at in told if one is not None)
    where, key = every.key
    whole = len(values) == len(every.values)
    return Kept(every.names, (where, f"{key}[{found.at}]"), values) if whole else None


def _in_place(value: ast.expr | None, found: Part) -> ast.expr | None:
    """Return what stands in one place of a tuple, None where it is no such tuple."""
    if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != found.size:
        return None
    if any(isinstance(one, ast.Starred) for one in value.elts):
        return None
    return value.elts[found.at]


def _of_tuples(found: Part, names: Names) -> Kept | None:
    """Return what stands in one place of the tuples that a function of the project returns."""
    call = waited_for(found.of)
    member = None
    if isinstance(call, ast.Call):
        member = instances.function(of_ast(call.func), found.where, names)
    if member is None:
        return None
    there, name = member
    node = there.functions[name]
    if isinstance(node, ast.AsyncFunctionDef) != isinstance(found.of, ast.Await):
        return None
    if not {decorator_name(d) for d in node.decorator_list} <= instances.SAME:
        return None
    given = [value for value in there.results(name) or () if not is_none(value)]
    told = [_in_place(value, found) for value in given]
    values = tuple(Binding("=", one, name) for one in told if one is not None)
    every = bool(values) and len(values) == len(told)
    return Kept(there, (name, f"[{found.at}]"), values) if every else None


def _elements(of: Shape, scope: str, names: Names, hops: int = _HOPS) -> Kept | None:
    """Return what the elements of a list are: by its annotation, or all that is put there.

    Of a mapping that is asked for them, its values.
    """
    match of:
        case Called(callee=Attribute(of=table, name="values" | "items")):
            return values_of(table, scope, names)
    bound = names.bound(of, scope) if isinstance(of, Name | Attribute) else ()
    if any(b.how == "import" for b in bound):
        there = names.imported(of, scope)
        return _elements(there[1], "", there[0], hops - 1) if there and hops else None
    key = dotted(of)
    for how, value, where in bound:
        kind = _annotated(value) if how == ":" else None
        if kind is not None:
            return Kept(names, (where, f"{key}[]"), (Binding(":", kind, where),))
    if len(bound) != 1 or bound[0].how != "=" or not hops:
        return None
    value, where = bound[0].value, bound[0].where
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        told = (*_displayed(value, where), *_added(bound, names))
        plain = all(b.how == "=" and not isinstance(b.value, ast.Starred) for b in told)
        return Kept(names, (where, f"{key}[]"), told) if told and plain else None
    if isinstance(value, ast.ListComp):
        told = (*_made_for_each(value, where), *_added(bound, names))
        plain = bool(told) and told[0].value is value.elt and all(b.how == "=" for b in told)
        return Kept(names, (where, f"{key}[]"), told) if plain else None
    return _elements(of_ast(_copied(value)), where, names, hops - 1)


def _displayed(value: ast.List | ast.Tuple | ast.Set, where: str) -> Iterator[Binding]:
    yield from (Binding("=", one, where) for one in value.elts)


def _made_for_each(value: ast.ListComp, where: str) -> Iterator[Binding]:
    """Yield what is made for each element: `[Thread(target=fetch, args=(url,)) for url in urls]`.

    Not what one of the comprehension's own names gives.
    """
    if isinstance(value.elt, ast.Call):
        targets = (node for part in value.generators for node in walk(part.target))
        own = {node.id for node in targets if isinstance(node, ast.Name)}
        if not any(isinstance(node, ast.Name) and node.id in own for node in walk(value.elt.func)):
            yield Binding("=", value.elt, where)


def _added(bound: tuple[Binding, ...], names: Names) -> Iterator[Binding]:
    """Yield what the module puts into a list besides; what is not seen one by one is unknown."""
    for word in _ADDING:
        for call, at in names.calls(word):
            if not isinstance(call.func, ast.Attribute):
                continue
            table = of_ast(call.func.value)
            if table is None or names.bound(table, at) != bound:
                continue
            one = word in _ONE and len(call.args) == 1
            yield Binding("=" if one else "?", call.args[0] if one else None, at)


def _copied(value: ast.expr | None) -> ast.expr | None:
    """Return what a list is made of that has the same elements: `list(clients)`."""
    match value:
        case ast.Call(func=ast.Name(id="list" | "tuple" | "set"), args=[one], keywords=[]):
            return one
        case ast.BoolOp(op=ast.Or(), values=[one, ast.List(elts=[]) | ast.Tuple(elts=[])]):
            return one
    return value


def _annotated(node: ast.expr | None) -> ast.expr | None:
    """Return the annotation of the elements of a list, None where an annotation has none."""
    match node:
        case ast.BinOp(left=one, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _annotated(one)
        case ast.Subscript(value=of, slice=inner):
            name = dotted(of_ast(of)).rpartition(".")[2]
            if name in _AROUND:
                return _annotated(inner)
            if name in _LISTS and not isinstance(inner, ast.Tuple):
                return inner
            if name in _TUPLES:
                return _of_tuple(inner)
    return None


def _of_tuple(inner: ast.expr) -> ast.expr | None:
    """Return the annotation of the elements of `tuple[Client, ...]`."""
    match inner:
        case ast.Tuple(elts=[one, ast.Constant(value=value)]) if value is ...:
            return one
    return None
