"""Pools that an object builds when it is made, for a function that drops it and leaves them open.

`db = Database(url)`, whose constructor has `self.engine = create_engine(url)`: what the object
keeps is that of whoever made it. Only what is certain counts: all of the class is in sight, its
objects hand the pool to nobody, and no method is called that may close it, or give it away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from posixpath import normpath

import libcst as cst

from poollint.facts.code import Pool
from poollint.reading.connections.pools.behind import built
from poollint.reading.connections.pools.keepers import HOLDERS, Keeper, keeper
from poollint.reading.connections.pools.unclosed import Mentions, bound, lives_on
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_cst
from poollint.reading.paths.walk import Place, of_unit
from poollint.syntax.python import PythonTree, Unit


def built_within(unit: Unit, names: Names, tree: PythonTree) -> Iterator[Pool]:
    """Yield the pools that objects build which a function of a unit makes, and leaves open.

    Each as the call says it that makes the object; `function` is who makes it.
    """
    for place in of_unit(unit):
        if not isinstance(place.node, cst.Call) or not place.scope or not bound(place):
            continue
        one = keeper(of_cst(place.node.func), place.scope, names)
        if one is None or not _is_left(place, one, names):
            continue
        path = one.made.names.outside.path
        own = normpath(path) == normpath(names.outside.path)
        file = (names, tree) if own else names.outside.file(path)
        made = built(one.call, *file) if file else None
        if made is not None and made.pooled and not made.once:
            span = unit.span(place.node)
            yield replace(made, span=span, function=place.scope, left_open=True)


def _is_left(place: Place, one: Keeper, names: Names) -> bool:
    function = next((a.node for a in place.ancestors() if _is_inner(a.node)), None)
    if not isinstance(function, cst.FunctionDef):
        return False
    name = bound(place)
    mentions = _OfObject(function, place.scope, names, name, one)
    left = not mentions.generator and mentions.is_used and mentions.stay(name)
    return left and not lives_on(name, place.scope, names)


def _is_inner(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef)


class _OfObject(Mentions):
    """Where a function mentions the object, and what is made of its pool."""

    def __init__(
        self, function: cst.FunctionDef, scope: str, names: Names, local: str, one: Keeper
    ) -> None:
        super().__init__(function, scope, names)
        self._local = local
        self._keeper = one

    @property
    def is_used(self) -> bool:
        """Tell whether the function does anything with the object: an engine opens nothing else."""
        return len(self._found.get(self._local, ())) > 1

    def _stays(self, mention: Place, held: frozenset[str]) -> bool:
        node, above = mention.node, mention.above
        if not isinstance(node, cst.Name) or node.value != self._local or above is None:
            return super()._stays(mention, held)
        if not isinstance(above.node, cst.Attribute) or above.above is None:
            return isinstance(above.node, cst.Comparison | cst.UnaryOperation | cst.If)
        if any(_is_inner(a.node) for a in mention.ancestors()):
            return False
        name, up = above.node.attr.value, above.above
        if name in self._keeper.ends:
            return False
        if name == self._keeper.attribute:  # `db.engine.connect()`, `Session(db.engine)`
            if isinstance(up.node, cst.Attribute):
                return self._used(up, held)
            to = up.above if isinstance(up.node, cst.Arg) else None
            return to is not None and self._passed(to, held)
        if not (isinstance(up.node, cst.Call) and up.node.func is above.node):
            return False
        api = self._names.api(of_cst(above.node), self._scope)
        if name in self._keeper.lends or (api is not None and api.kind in HOLDERS):
            return self._kept(up, held)
        return True
