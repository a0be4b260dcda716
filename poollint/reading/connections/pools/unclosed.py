"""Pools that a function builds for itself and leaves open.

Only what is certain counts: the pool has one local name, every mention of it is looked at, and
none of them closes it or lets somebody else have it. What is made out of it and keeps it (a
connection, a session, a factory of sessions) is followed in the same way.
"""

from __future__ import annotations

import libcst as cst

from poollint.reading.connections.pools.keepers import HOLDERS, LENT
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import dotted, of_cst
from poollint.reading.paths.walk import Place, places
from poollint.reading.running.once.lasting import goes_on

_CLOSING = frozenset("close closeall close_all dispose disconnect terminate shutdown stop".split())
# What takes the engine for the time of the call: data frames, the schema, printing.
_READERS = frozenset({"pandas", "geopandas", "polars"})
_ENDING = frozenset({"release", "close", "closing"})  # of what they are given
_BACK = frozenset({"engine", "bind", "get_bind"})  # of a connection or session: what it is of


def left_open(place: Place, names: Names) -> bool:
    """Tell whether the pool made by the call at `place` is its function's own, and left open."""
    function = next((a.node for a in place.ancestors() if _is_inner(a.node)), None)
    if not isinstance(function, cst.FunctionDef):
        return False
    name = bound(place)
    mentions = Mentions(function, place.scope, names)
    if mentions.generator:
        return False
    if not name:
        return mentions.unnamed(place)
    return mentions.stay(name) and not lives_on(name, place.scope, names)


def lives_on(name: str, scope: str, names: Names) -> bool:
    """Tell whether a function that has a pool by a name only ends with the program."""
    node = names.functions.get(scope)
    bound = (b.value for b in names.scope(scope).bound.get(name, ()) if b.value is not None)
    return node is not None and any(goes_on(node, value.lineno) for value in bound)


def _is_inner(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef)


class Mentions:
    """Where the names of one function are mentioned."""

    def __init__(self, function: cst.FunctionDef, scope: str, names: Names) -> None:
        self._scope = scope
        self._names = names
        self._found: dict[str, list[Place]] = {}
        self._declared: set[str] = set()
        self.generator = False
        for place in places(function.body):
            node = place.node
            if isinstance(node, cst.Name):
                self._found.setdefault(node.value, []).append(place)
            elif isinstance(node, cst.Global | cst.Nonlocal):
                self._declared |= {item.name.value for item in node.names}
            elif isinstance(node, cst.Yield):
                self.generator = True

    def stay(self, name: str, above: frozenset[str] = frozenset()) -> bool:
        """Tell whether nothing closes what `name` holds, and nobody else gets it."""
        if name in self._declared:
            return False
        if name in above:
            return True
        held = above | {name}
        found = [p for p in self._found.get(name, []) if not _is_field(p)]
        made = {id(_statement(p)) for p in found if _is_target(p)}
        others = (p for p in found if not _is_target(p))
        return len(made) == 1 and all(self._stays(p, held) for p in others)

    def unnamed(self, call: Place) -> bool:
        """Tell the same of a pool that is used where it is built: `read_sql(sql, engine())`."""
        above = call.above.node if call.above else None
        return isinstance(above, cst.Arg | cst.Attribute) and self._judged(call, frozenset())

    def _stays(self, mention: Place, held: frozenset[str]) -> bool:
        """Tell whether one mention neither closes it nor hands it on."""
        inner = any(_is_inner(above.node) for above in mention.ancestors())
        return not inner and self._judged(mention, held)

    def _judged(self, mention: Place, held: frozenset[str]) -> bool:
        above = mention.above
        assert above is not None
        if isinstance(above.node, cst.Call):  # a factory of sessions makes one
            return self._kept(above, held)
        if isinstance(above.node, cst.Attribute):
            return self._used(above, held)
        if isinstance(above.node, cst.Arg) and above.above is not None:
            return self._passed(above.above, held)
        if isinstance(above.node, cst.WithItem):  # leaving the block closes a pool
            return len(held) > 1
        return isinstance(above.node, cst.Comparison | cst.UnaryOperation | cst.If)

    def _used(self, attribute: Place, held: frozenset[str]) -> bool:
        """Judge `pool.method(…)`; an attribute that is not called is somebody's to keep."""
        node, call = attribute.node, attribute.above
        assert isinstance(node, cst.Attribute)
        if node.attr.value in _CLOSING:
            return len(held) > 1  # a connection or session of it, and not the pool
        if call is None or not (isinstance(call.node, cst.Call) and call.node.func is node):
            return False
        api = self._names.api(of_cst(node), self._scope)
        if api is not None and api.kind in HOLDERS:
            return self._kept(call, held)
        return not _handed_on(call) or api is not None

    def _passed(self, call: Place, held: frozenset[str]) -> bool:
        """Judge `f(pool)`: most functions may keep it."""
        node = call.node
        if not isinstance(node, cst.Call):
            return False
        shape = of_cst(node.func)
        api = self._names.api(shape, self._scope)
        if api is not None and api.kind in HOLDERS:
            return self._kept(call, held)
        if api is not None and api.kind in _ENDING:
            return len(held) > 1
        if self._names.qualified(shape, self._scope).partition(".")[0] in _READERS:
            named = {arg.keyword.value for arg in node.args if arg.keyword}
            return "chunksize" not in named  # what it gives then reads on
        return dotted(shape).rpartition(".")[2] in LENT

    def _kept(self, call: Place, held: frozenset[str]) -> bool:
        """Judge what is made of it: entered, used at once, or bound to a name that stays."""
        above = call.above
        if above is not None and isinstance(above.node, cst.Await):
            above = above.above
        if above is not None and isinstance(above.node, cst.Call):  # `sessionmaker(engine)()`
            return self._kept(above, held)
        if above is None or isinstance(above.node, cst.Expr | cst.Attribute):
            return above is not None and not _returned(call)
        if isinstance(above.node, cst.WithItem):
            target = above.node.asname.name if above.node.asname else None
            return target is None or (
                isinstance(target, cst.Name) and self._entered(target.value, held)
            )
        name = bound(call)
        return bool(name) and self.stay(name, held)

    def _entered(self, name: str, held: frozenset[str]) -> bool:
        """Judge the name a block gives a connection: it may be lent, and ends with the block.

        Whoever asks it for its engine has that: `conn.engine.dispose()`.
        """
        found = [p for p in self._found.get(name, []) if not _is_field(p) and not _is_target(p)]
        if name in self._declared or any(_asked_of(p) in _BACK for p in found):
            return False
        return not any(_handed_on(p, plain=True) for p in found)


def bound(place: Place) -> str:
    """Return the only name that `name = call()` or `name = await call()` gives, "" for others."""
    above = place.above
    if above is not None and isinstance(above.node, cst.Await):
        above = above.above
    match above.node if above is not None else None:
        case cst.Assign(targets=targets):  # `engine = engine = call()` gives one name too
            names = {getattr(target.target, "value", None) for target in targets}
            named = all(isinstance(target.target, cst.Name) for target in targets)
            return str(names.pop()) if named and len(names) == 1 else ""
        case cst.AnnAssign(target=cst.Name(value=name)):
            return name
    return ""


def _is_field(place: Place) -> bool:
    """Tell whether a name is the attribute in `x.name` or the keyword in `f(name=…)`."""
    above = place.above.node if place.above else None
    if isinstance(above, cst.Attribute):
        return above.attr is place.node
    return isinstance(above, cst.Arg) and above.keyword is place.node


def _asked_of(place: Place) -> str:
    """Return the attribute that a name is asked for, "" where it is asked for none."""
    above = place.above.node if place.above else None
    asked = isinstance(above, cst.Attribute) and above.value is place.node
    return above.attr.value if asked and isinstance(above, cst.Attribute) else ""


def _statement(place: Place) -> cst.CSTNode | None:
    """Return what gives a name its value: `engine = engine = call()` does so once."""
    above = place.above
    if above is not None and isinstance(above.node, cst.AssignTarget):
        above = above.above
    return above.node if above else None


def _is_target(place: Place) -> bool:
    match place.above.node if place.above else None:
        case cst.AssignTarget() | cst.AsName():
            return True
        case (
            cst.AnnAssign(target=target)
            | cst.NamedExpr(target=target)
            | cst.For(target=target)
            | cst.CompFor(target=target)
        ):
            return target is place.node
    return False


def _handed_on(place: Place, plain: bool = False) -> bool:
    """Tell whether a value is returned or stored; `plain`: an assignment stores it too."""
    for above in place.ancestors():
        match above.node:
            case cst.Return() | cst.Yield():
                return True
            case cst.Assign(targets=targets):
                names = all(isinstance(t.target, cst.Name) for t in targets)
                return plain and not names
            case cst.Call() | cst.Attribute() | cst.BaseSmallStatement() | cst.With():
                return False
    return False


def _returned(place: Place) -> bool:
    """Tell whether the statement that holds a call returns what comes of it."""
    return any(isinstance(a.node, cst.Return | cst.Yield) for a in place.ancestors())
