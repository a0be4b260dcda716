"""Blocks and functions that are one transaction: Django's `atomic`, Tortoise's `in_transaction`.

Django keeps a connection for each thread. Outside `atomic` every statement is its own transaction;
within, the first statement begins one, and nothing but leaving the block ends it. Others take a
connection and begin at once (Tortoise ORM 1.1.9 `transactions.py`, databases 0.9.0 `core.py`,
peewee 3.17 `_atomic`, piccolo 1.22 `engine/postgres.py`): the catalog calls these eager.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.orm.asking import Use
from poollint.reading.connections.orm.using import Session
from poollint.reading.connections.waits.consuming import own_calls
from poollint.reading.connections.waits.holding import Held
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.instances import Member, function, instance, lineage
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, Called, Name, Shape, of_ast, of_cst
from poollint.reading.paths.walk import places
from poollint.syntax.python import PythonTree, Unit

_ATOMIC = "django.db.transaction.atomic"
_BLOCK = "a block's transaction"  # it goes by no name of a function
_LEVELS = 4  # functions that call functions
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
# Methods of managers and query sets that send a statement at once.
_FETCHING = frozenset(
    """get create first last count exists update delete bulk_create bulk_update get_or_create
    update_or_create aggregate in_bulk latest earliest aget acreate afirst acount aexists""".split()
)
_ROW = frozenset({"save", "delete", "refresh_from_db"})
_SHORT = frozenset({"django.shortcuts.get_object_or_404", "django.shortcuts.get_list_or_404"})
_MODEL = "django.db.models.Model"


class Atomic(Session):
    """The statements within one block."""

    follows = False

    def __init__(self, taken: Taken, scope: str, names: Names) -> None:
        super().__init__(taken, scope, names)
        self._here = Member(names, scope)

    def used(self, node: cst.CSTNode, held: frozenset[str]) -> Use:
        """Return whether evaluating `node` sends a statement: nothing within ends the block."""
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            return Use.NOTHING
        for place in places(node, self._here.name):
            later = any(isinstance(a.node, cst.Lambda) for a in place.ancestors())
            if not isinstance(place.node, cst.Call) or later:
                continue
            if _asks(of_cst(place.node.func), self._here, _LEVELS):
                return Use.TAKES
        return Use.NOTHING

    def left(self, item: cst.WithItem, held: frozenset[str]) -> bool:
        """Tell whether leaving a `with` item ends it: one within is only a savepoint."""
        return False

    def received(self, call: cst.Call, held: frozenset[str]) -> bool:
        """Tell whether what is called answers for the transaction: it does not know of it."""
        return False


def atomic(
    unit: Unit, node: cst.FunctionDef, name: str, names: Names, tree: PythonTree
) -> Iterator[Held]:
    """Yield the transactions that a function is, by its decorator, and that its blocks are."""
    own = names.functions.get(name)
    if own is None or not transacts(own, name, names):
        return
    for decorator in own.decorator_list:
        api = _begun(decorator, "", names)
        if api is not None:
            nowhere = cst.Call(cst.Name("atomic"))
            taken = Taken(nowhere, api, Form.BOUND, frozenset({_BLOCK}), False)
            fact = _fact(tree.span(decorator), api)
            begun = Step(fact.span, "the function is one transaction") if api.eager else None
            yield Held(taken, fact, injected=_BLOCK, begun=begun, uses=_uses(api))
            break
    for place in places(node, name.rpartition(".")[0]):
        item = place.node
        if not isinstance(item, cst.WithItem) or place.scope != name:
            continue
        call = item.item
        found = names.api(of_cst(call.func), name) if isinstance(call, cst.Call) else None
        if isinstance(call, cst.Call) and found is not None and _is_atomic(found):
            taken = Taken(call, found, Form.GUARDED, frozenset({_BLOCK}), False)
            yield Held(taken, _fact(unit.span(call), found), uses=_uses(found))


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


def transacts(node: ast.AST, name: str, names: Names) -> bool:
    """Tell whether a function is, or holds, such a transaction: asked of each, so it is quick."""
    if not isinstance(node, FunctionDef):
        return False
    if any(_begun(decorator, "", names) for decorator in node.decorator_list):
        return True
    return any(
        _begun(item.context_expr, name, names)
        for inner in own_nodes(node)
        if isinstance(inner, ast.With | ast.AsyncWith)
        for item in inner.items
    )


def _begun(node: ast.expr, scope: str, names: Names) -> Api | None:
    """Return what a decorator, or what is entered, begins: None for no transaction."""
    callee = node.func if isinstance(node, ast.Call) else node
    api = names.api(of_ast(callee), scope)
    return api if api is not None and _is_atomic(api) else None


def _is_atomic(api: Api) -> bool:
    return api.kind == "transaction" and (api.eager or _ATOMIC in api.names)


def _asks(callee: Shape, here: Member, levels: int) -> bool:
    """Tell whether a call sends a statement on the thread's connection."""
    names, scope = here
    if names.qualified(callee, scope) in _SHORT:
        return True
    if isinstance(callee, Attribute):
        if callee.name in _FETCHING and _MANAGERS & set(_chain(callee.of)):
            return True
        if callee.name in _ROW and _is_row(callee.of, here):
            return True
    api = names.api(callee, scope)
    if api is not None:
        return api.kind == "execute" and api.driver == "django"
    member = function(callee, scope, names)
    return member is not None and levels > 0 and _within(member, levels - 1)


def _within(member: Member, levels: int) -> bool:
    """Tell whether a function of the project sends a statement."""
    memory: dict[str, bool] = member.names.memory.setdefault("asks within", {})
    if member.name not in memory:
        memory[member.name] = False  # one that calls itself
        memory[member.name] = any(
            isinstance(call, ast.Call) and _asks(of_ast(call.func), member, levels)
            for call, _ in own_calls(member.names.functions[member.name])
        )
    return memory[member.name]


def _is_row(shape: Shape, here: Member) -> bool:
    """Tell whether a value is an object of a model: made of its class, or asked of a manager."""
    names, scope = here
    of = instance(shape, scope, names)
    if of is not None:
        return any(
            at.qualified(of_ast(base), "") == _MODEL
            for at, cls in lineage(of)
            for base in at.classes[cls].bases
        )
    if not isinstance(shape, Name):
        return False
    bound = [b for b in names.bound(shape, scope) if b.how != ":"]
    return bool(bound) and all(
        b.how == "=" and _MANAGERS & set(_chain(of_ast(b.value))) for b in bound
    )


def _chain(shape: Shape) -> list[str]:
    """Return the names of a chain of calls and attributes, from its end."""
    found = []
    while isinstance(shape, Attribute | Called):
        if isinstance(shape, Attribute):
            found.append(shape.name)
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    return found
