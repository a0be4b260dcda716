"""Blocks and functions that are one transaction: Django's `atomic`, Tortoise's `in_transaction`.

Django keeps a connection for each thread. Outside `atomic` every statement is its own transaction;
within, the first statement begins one, and nothing but leaving the block ends it. Others take a
connection and begin at once (Tortoise ORM 1.1.9 `transactions.py`, databases 0.9.0 `core.py`,
peewee 3.17 `_atomic`, piccolo 1.22 `engine/postgres.py`): the catalog calls these eager.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.transactions.blocks import (
    begun_by,
    blocks,
    entered_by,
    transacts,
)
from poollint.reading.connections.orm.transactions.query_sets import (
    each,
    gone_through,
    is_query_set,
    known_names,
)
from poollint.reading.connections.orm.transactions.sending import asks
from poollint.reading.connections.orm.transactions.sent_within import waited_within
from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.using import Session
from poollint.reading.connections.waits.calls.waited import Waiting
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.connections.waits.held.meanwhile import while_held
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_cst
from poollint.reading.paths.walk import Place, places
from poollint.syntax.python import PythonTree, Unit

_BLOCK = "a block's transaction"  # it goes by no name of a function
_LEVELS = 4  # functions that call functions


class Atomic(Session):
    """The statements within one block."""

    follows = False

    def __init__(self, taken: Taken, scope: str, names: Names) -> None:
        super().__init__(taken, scope, names)
        self._here = Member(names, scope)
        self._sets = frozenset[str]()  # names of query sets that are made in a block
        own = names.functions.get(scope)
        for node in blocks(own, scope, names) if own is not None else ():
            self._sets |= known_names(node, scope, names)

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return whether evaluating `node` sends a statement: nothing within ends the block."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return Use.NOTHING
        if isinstance(node, cst.BaseExpression) and self._sends(each(self._ast(node))):
            return Use.TAKES  # of a loop, or a test
        for place in places(node, self._here.name):
            inner = _asking(place)
            if inner is None:
                continue
            value = self._ast(inner)
            if isinstance(value, ast.Call) and asks(value, self._here, _LEVELS):
                return Use.TAKES
            if value is not None and self._sends(gone_through(value)):
                return Use.TAKES
        return Use.NOTHING

    def _sends(self, given: Iterator[Shape]) -> bool:
        return any(is_query_set(shape, self._sets) for shape in given)

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item ends it: one within is only a savepoint."""
        return False

    def begun_within(self, call: cst.Call, waits: Waits) -> Waiting | None:
        """Return what a call waits for after a statement that it sends by itself."""
        value = self._ast(call)
        if not isinstance(value, ast.Call):
            return None
        return waited_within(value, self._here, waits, _blocks_of)

    def received(self, call: cst.Call, held: frozenset[str]) -> bool:
        """Tell whether what is called answers for the transaction: it does not know of it."""
        return False


def _asking(place: Place) -> cst.BaseExpression | None:
    """Return an expression that may go through a query set, or call what does."""
    node = place.node
    if not isinstance(node, cst.Call | cst.ListComp | cst.SetComp | cst.DictComp | cst.Subscript):
        return None
    later = any(isinstance(above.node, cst.Lambda) for above in place.ancestors())
    return None if later else node


def atomic(
    unit: Unit, node: cst.FunctionDef, name: str, names: Names, tree: PythonTree
) -> Iterator[Held]:
    """Yield the transactions that a function is, by its decorator, and that its blocks are."""
    for one in _begun_in(node, name, names):
        if isinstance(one.at, ast.expr):
            fact = _fact(tree.span(one.at), one.api)
            begun = Step(fact.span, "the function is one transaction") if one.api.eager else None
            yield Held(one.taken, fact, injected=_BLOCK, begun=begun, uses=_uses(one.api))
        else:
            yield Held(one.taken, _fact(unit.span(one.at), one.api), uses=_uses(one.api))


def waits_within(
    unit: Unit, node: cst.FunctionDef, name: str, names: Names, tree: PythonTree, waits: Waits
) -> bool:
    """Tell whether a function waits within such a transaction: where it stands is told later."""
    nowhere = Span.at(unit.source.path)
    begun = [
        Held(o.taken, _fact(nowhere, o.api), injected=_BLOCK if isinstance(o.at, ast.expr) else "")
        for o in _begun_in(node, name, names)
    ]
    return bool(begun) and any(True for _ in while_held(node, name, names, waits, begun))


class _Begun(NamedTuple):
    """A transaction, with what says so: a decorator, or the call that a block enters."""

    taken: Taken
    api: Api
    at: ast.expr | cst.Call


def _begun_in(node: cst.FunctionDef, name: str, names: Names) -> Iterator[_Begun]:
    own = names.functions.get(name)
    if own is None or not transacts(own, name, names):
        return
    for decorator in own.decorator_list:
        api = begun_by(decorator, "", names)
        if api is not None:
            nowhere = cst.Call(cst.Name("atomic"))
            taken = Taken(nowhere, api, Form.BOUND, frozenset({_BLOCK}), False)
            yield _Begun(taken, api, decorator)
            break
    for place in places(node, name.rpartition(".")[0]):
        item = place.node
        if not isinstance(item, cst.WithItem) or place.scope != name:
            continue
        call = item.item
        found = entered_by(of_cst(call.func), name, names) if isinstance(call, cst.Call) else None
        if isinstance(call, cst.Call) and found is not None:
            taken = Taken(call, found, Form.GUARDED, frozenset({_BLOCK}), False)
            yield _Begun(taken, found, call)


def _uses(api: Api) -> type[Atomic] | None:
    return None if api.eager else Atomic


def _fact(span: Span, api: Api) -> Acquisition:
    return Acquisition(
        span=span,
        taking=Taking.TRANSACTION,
        driver=api.driver,
        call=api.names[0] if api.names else "",
        target="",
        release="",
        guard="",
        note=api.note,
    )


def _blocks_of(member: Member) -> Iterator[ast.AST]:
    return blocks(member.names.functions[member.name], member.name, member.names)
