"""Sessions that a registry keeps for whoever asks: `db.session` of Flask-SQLAlchemy.

`scoped_session` gives every thread, or request, one session. `db.session.get(…)`, `Model.query`
and all other functions that ask of it use that one, until somebody commits, rolls back or removes
it, or the framework does at the end of the request. What a function does to it is told by its
own calls and by the bodies of what it calls; a call of which nothing is known may end it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.model.finding import Step
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.registry.ambient import (
    LEVELS,
    acting,
    effect_before,
    effect_of,
    ends_block,
    fetching,
    is_query,
    lends,
    parts,
)
from poollint.reading.connections.orm.registry.coming import comes_to_one
from poollint.reading.connections.orm.registry.registries import asked_by, possible
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.outsiders import Here
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.naming.objects.instances import (
    Member,
    function,
    instance,
    lineage,
    project_class,
)
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Name,
    dotted,
    of_ast,
    of_cst,
)
from poollint.reading.paths.walk import places
from poollint.syntax.python import PythonTree

_SESSION = "a registry's session"  # it goes by no name of a function


class Registered(Session):
    """The uses of a registry's session within one function; it goes by no name of its own."""

    follows = False

    def __init__(self, taken: Taken, scope: str, names: Names) -> None:
        super().__init__(taken, scope, names)
        self._here = Here(names, scope)

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return what evaluating `node` does to the session."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return Use.NOTHING
        use = Use.NOTHING
        for place in places(node, self._here.name):
            if isinstance(place.node, cst.Call):
                use = max(use, self._of_call(place.node))
            elif isinstance(place.node, cst.Name) and self.reads(place, fetching(self._here)):
                use = max(use, Use.TAKES)
        return use

    def goes_through(self, node: cst.CSTNode, held: frozenset[str]) -> bool:
        """Tell whether a loop over `node` sends a query of the registry's session."""
        value = self._ast(node) if isinstance(node, cst.BaseExpression) else None
        return value is not None and is_query(value, self._here)

    def _of_call(self, node: cst.Call) -> Use:
        call = self._ast(node)
        return effect_of(call, self._here, LEVELS) if isinstance(call, ast.Call) else Use.UNKNOWN

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item may end the session's transaction."""
        shape = of_cst(item.item)
        if ends_block(shape, self._here):
            return True
        callee = shape.callee if isinstance(shape, Called) else shape
        if parts(callee, self._here) is not None:
            return False
        return self.used(item.item, held) in (Use.GIVES, Use.UNKNOWN)

    def answers(
        self, call: cst.Call, held: frozenset[str], use: Use, steps: Sequence[Step]
    ) -> bool:
        """Tell whether what is called asks of the session itself, or may end it, before it waits.

        What it does after the wait, the step of which is the last of `steps`, does not matter.
        """
        inner = (p.node for p in places(call, self._here.name) if p.node is not call)
        given = max(
            (self._of_call(n) for n in inner if isinstance(n, cst.Call)), default=Use.NOTHING
        )
        if use is Use.NOTHING:
            return False
        made = self._ast(call)
        if given in (Use.GIVES, Use.UNKNOWN) or not isinstance(made, ast.Call):
            return True
        if lends(made, self._here):
            return True
        return effect_before(made, self._here, steps, LEVELS) is not Use.NOTHING


def registered(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the session of a registry that a function (qualified name) asks something of."""
    node = names.functions.get(function)
    if node is None or not registers(node, function, names):
        return
    here = Here(names, function)
    first = next(call for call, use in acting(here, LEVELS) if use is Use.TAKES)
    api = _api(names)
    if api is None:
        return
    shape = of_ast(first.func if isinstance(first, ast.Call) else first)
    target, _ = parts(shape, here) or ("", [])
    fact = Acquisition(
        span=tree.span(first),
        taking=Taking.SESSION,
        driver=api.driver,
        call=dotted(shape),
        target=target,
        release="",
        guard="",
        note=api.note,
    )
    nowhere = cst.Call(cst.Name("registry"))
    taken = Taken(nowhere, api, Form.BOUND, frozenset({_SESSION}), False)
    yield Held(taken, fact, injected=_SESSION, uses=Registered)


def registers(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a function asks something of a registry's session."""
    if not isinstance(node, FunctionDef) or function not in names.functions:
        return False
    if not possible(names):
        return False
    return _takes(Member(names, function))


def _takes(member: Member) -> bool:
    """Tell whether a function does something with which a registry's session takes a connection."""
    if not comes_to_one(member):
        return False
    return any(use is Use.TAKES for _, use in acting(Here(*member), LEVELS))


def _api(names: Names) -> Api | None:
    known = names.catalog.functions.values()
    found = (a for a in known if a.kind == "session" and a.returns == "sqlalchemy.session")
    return next(found, None)


def asks(name: str, names: Names) -> bool:
    """Tell whether a name of a module is a model, or a function that asks of a registry's session.

    Files that import it may hold the session's connection.
    """
    if not possible(names):
        return False
    member = function(Name(name), "", names)
    if member is not None:
        return _takes(member)
    of = project_class(Name(name), "", names) or instance(Name(name), "", names)
    if of is None:
        return False
    if asked_by(Attribute(Name(name), "query"), "", names):
        return True
    return any(
        _takes(Member(at, text))
        for at, cls in lineage(of)
        for text in at.functions
        if text.startswith(f"{cls}.")
    )
