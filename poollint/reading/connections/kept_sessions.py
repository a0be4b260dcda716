"""Sessions that an object was given when it was made, in the methods of its class.

`class Orders: def __init__(self, session: Session): self.session = session`: what a method asks of
`self.session` it asks on one connection, until it commits. Who gave the session closes it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.reading.connections.holding import Held
from poollint.reading.connections.keeping import Keeper, keeper
from poollint.reading.connections.taking import Form, Taken
from poollint.reading.connections.using import LEVELS, Session, Use
from poollint.reading.naming.bindings import FunctionDef, parameters
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.instances import Instance, Member, method
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Name
from poollint.reading.paths.walk import Place, places
from poollint.syntax.python import PythonTree

_GIVEN = "the object's session"  # it goes by no name of a function


class Kept(Session):
    """The uses of an object's own session within one of its methods."""

    def __init__(self, taken: Taken, scope: str, names: Names) -> None:
        super().__init__(taken, scope, names)
        found = _kept(Member(names, scope))
        assert found is not None  # asked of such methods only
        self._keeper = found[0]

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does to the session."""
        use = Use.NOTHING
        for place in places(node):
            if isinstance(place.node, cst.Name) and place.node.value == "self":
                use = max(use, self._of_object(place))
        return use

    def _of_object(self, place: Place) -> Use:
        """Judge one mention of `self`."""
        above = list(place.ancestors())
        match [a.node for a in above][:3]:
            case [cst.Param(), *_]:
                return Use.NOTHING
            case [cst.Attribute(value=value), *_] if value is not place.node:
                return Use.NOTHING
            case [cst.Attribute(attr=cst.Name(value=name)), *_] if (
                f"self.{name}" in self._keeper.own
            ):
                return self.mentioned(above[0])
            case [
                cst.Attribute(attr=cst.Name(value=name)),
                cst.Attribute(attr=cst.Name(value=asked)),
                cst.Call(),
            ] if name in self._keeper.inner:
                return self._asked(self._keeper.inner[name], asked, LEVELS)
            case [cst.Attribute(attr=cst.Name(value=name)) as of, cst.Call(func=func), *_] if (
                func is of and method(self._keeper.of, name)
            ):
                return self._asked(self._keeper, name, LEVELS)
            case [cst.Attribute(attr=cst.Name(value=name)), *_]:
                return Use.UNKNOWN if name in self._keeper.inner else Use.NOTHING
        return Use.UNKNOWN


def kept_session(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the session that the object has of whose class a function is a method."""
    node = names.functions.get(function)
    if node is None or not keeps_session(node, function, names):
        return
    found = _kept(Member(names, function))
    if found is None:
        return
    made, said, api = found
    own = sorted(made.own)
    fact = Acquisition(
        span=tree.span(said),
        taking=Taking.SESSION,
        driver=api.driver,
        call="parameter",
        target=own[0],
        release="",
        guard="",
        note=api.note,
    )
    taken = Taken(cst.Call(cst.Name("given")), api, Form.BOUND, frozenset({_GIVEN}), False)
    yield Held(taken, fact, injected=_GIVEN, uses=Kept)


def keeps_session(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a method uses a session that its object was given: asked of each."""
    if not isinstance(node, FunctionDef) or function.rpartition(".")[2] == "__init__":
        return False
    found = _kept(Member(names, function))
    if found is None:
        return False
    own = {text.rpartition(".")[2] for text in found[0].own}
    return any(
        isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id == "self"
        and (n.attr in own or n.attr in found[0].inner or method(found[0].of, n.attr) is not None)
        for n in own_nodes(node)
    )


def _kept(of: Member) -> tuple[Keeper, ast.expr, Api] | None:
    """Return what keeps the session, the annotation that says so, and what makes such a one."""
    names, name = of
    owner = names.scope(name).parent
    if owner is None or not owner.is_class:
        return None
    memory = names.memory.setdefault("kept sessions", {})
    if owner.name not in memory:
        memory[owner.name] = _found(Instance(names, owner.name))
    found: tuple[Keeper, ast.expr, Api] | None = memory[owner.name]
    return found


def _found(of: Instance) -> tuple[Keeper, ast.expr, Api] | None:
    names, cls = of
    start = f"{cls}.__init__"
    if start not in names.functions or "." in cls:
        return None
    given = [
        (argument, api)
        for argument in parameters(names.functions[start].args)
        if argument.annotation is not None and (api := _api(argument.arg, start, names))
    ]
    if len(given) != 1:
        return None
    (argument, api) = given[0]
    told = ast.keyword(arg=argument.arg, value=ast.Name(id=_GIVEN))
    made = keeper(ast.Call(ast.Name(id=cls), [], [told]), {_GIVEN}, "", names)
    if made is None or not made.own or argument.annotation is None:
        return None
    return made, argument.annotation, api


def _api(parameter: str, scope: str, names: Names) -> Api | None:
    kind = names.type(Name(parameter), scope)
    known = names.catalog.functions.values()
    return next((a for a in known if a.kind == "session" and a.returns == kind and kind), None)
