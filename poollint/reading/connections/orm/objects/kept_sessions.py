"""Sessions that an object was given when it was made, in the methods of its class and elsewhere.

`class Orders: def __init__(self, session: Session): self.session = session`: what a method asks of
`self.session` it asks on one connection, until it commits. Who gave the session closes it. So it
is with `orders: Orders = Depends(get_orders)`, and with a service that was given `Orders`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import libcst as cst

from poollint.facts.connections import Acquisition, Taking
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.objects.keeping import Keeper
from poollint.reading.connections.orm.objects.services import Kept, lent_objects, objects
from poollint.reading.connections.orm.objects.units_of_work import units
from poollint.reading.connections.orm.provided.injecting import injects
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.naming.given.providing import dependencies
from poollint.reading.naming.objects.instances import Instance, Member, method
from poollint.reading.naming.scopes.bindings import FunctionDef, parameters
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree

_GIVEN = "the object's session"  # it goes by no name of a function


def kept_session(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the session that objects have which a function is handed, its own object included.

    Several of them are taken to have one and the same; so is one that it is handed itself.
    """
    node = names.functions.get(function)
    if node is None or not keeps_session(node, function, names):
        return
    found = {} if injects(node, function, names) else dict(objects(Member(names, function)))
    if found:
        name, one = next(iter(found.items()))
        held = _held(name, one, {name: kept.made for name, kept in found.items()}, tree)
        yield replace(held, filled=_filled(name, Member(names, function)))
    given = {argument.arg for argument in parameters(node.args)}
    for name, made, said, api in units(node, function, names):
        if name not in given and name not in found:
            held = _held(name, Kept(made, said, api), {name: made}, tree)
            yield replace(held, entered=said)
    for name, kept in lent_objects(node, function, names):
        if name not in given and name not in found:
            yield _held(name, kept, {name: kept.made}, tree)


def _held(name: str, one: Kept, made: Mapping[str, Keeper], tree: PythonTree) -> Held:
    fact = Acquisition(
        span=tree.span(one.said),
        taking=Taking.SESSION,
        driver=one.api.driver,
        call="parameter",
        target=f"{name}{_first(one.made).removeprefix('self')}",
        release=one.api.release.format(conn="session", pool="", call=""),
        guard="",
        note=one.api.note,
    )
    given = cst.Call(cst.Name("given"))
    taken = Taken(given, one.api, Form.BOUND, frozenset({_GIVEN}), False)
    return Held(taken, fact, injected=_GIVEN, uses=partial(Session, kept=made))


def _filled(name: str, here: Member) -> Member | None:
    """Return the function whose parameters are filled for an object that keeps a session."""
    if name != "self":
        return next((d.provider for d in dependencies(here) if d.parameter == name), None)
    owner = here.names.scope(here.name).owner
    return method(Instance(here.names, owner.name), "__init__") if owner is not None else None


def _first(made: Keeper) -> str:
    """Return the attribute of an object that is the session, by way of others if need be."""
    if made.own:
        return min(made.own)
    name, inner = min(made.inner.items(), key=lambda item: item[0])
    return f"self.{name}{_first(inner).removeprefix('self')}"


def keeps_session(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a function uses an object that was given a session: asked of each."""
    if not isinstance(node, FunctionDef) or function.rpartition(".")[2] == "__init__":
        return False
    if any(True for found in (units, lent_objects) for _ in found(node, function, names)):
        return True
    if injects(node, function, names):
        return False  # whose session is told there
    return any(_mentioned(node, name, one.made) for name, one in objects(Member(names, function)))


def _mentioned(node: FunctionDef, name: str, made: Keeper) -> bool:
    own = {text.rpartition(".")[2] for text in made.own}
    return any(
        isinstance(n, ast.Attribute)
        and isinstance(n.value, ast.Name)
        and n.value.id == name
        and (n.attr in own or n.attr in made.inner or method(made.of, n.attr) is not None)
        for n in own_nodes(node)
    )
