"""What a function takes back of its session's state, and where a transaction is known of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

import libcst as cst

from poollint.facts.code import Effect
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Shape, dotted, of_ast, of_cst
from poollint.reading.paths.walk import Place, places
from poollint.reading.session import sql
from poollint.reading.session.alembic import ALEMBIC
from poollint.reading.session.committing import commits_itself, connection_of, implied
from poollint.reading.session.migrations import AUTOCOMMIT, Migration, is_run_sql
from poollint.syntax.python import Unit

_TRANSACTIONS = frozenset({"transaction", "begin", "atomic", "begin_nested", "savepoint"})
# What a transaction that is rolled back never did; a lock and a prepared statement stay.
_OF_TRANSACTION = frozenset({Effect.SET, Effect.TEMP_TABLE, Effect.HOLD_CURSOR})
_BEGIN = re.compile(r"[\"'(\s](?:BEGIN|START TRANSACTION)\b|\.(?:transaction|begin)\(", re.I)
_TAKING = frozenset({"connect", "acquire"})


@dataclass(frozen=True, slots=True)
class Run:
    """A call that runs SQL, and what the text does."""

    place: Place
    call: cst.Call
    reading: sql.Reading


def stays(run: Run, effect: sql.SessionEffect, runs: Iterable[Run], names: Names) -> bool:
    """Tell whether an effect outlives the transaction it comes about in, as far as is told."""
    uses = effect.effect is Effect.PREPARE and effect.text != "PREPARE"
    if uses and any(_prepares(other, effect.subject) for other in runs):
        return False  # told there
    if effect.effect in _OF_TRANSACTION and _rolled_back(run, names):
        return False
    return uses or not _taken_back(run, effect, runs, names)


def _prepares(run: Run, name: str) -> bool:
    return any(
        e.effect is Effect.PREPARE and e.text == "PREPARE" and e.subject in (name, "")
        for e in run.reading.effects
    )


def _taken_back(run: Run, effect: sql.SessionEffect, runs: Iterable[Run], names: Names) -> bool:
    """Tell whether an effect is taken back inside the transaction block it comes about in."""
    block = next((p.node for p in run.place.ancestors() if is_transaction(p, names)), None)
    if block is None:
        shape = of_cst(run.call.func)
        on = (
            connection_of(shape.of, run.place.scope, names)
            if isinstance(shape, Attribute)
            else None
        )
        calls = implied(run.place, on, names)
        inside = [r for r in runs if id(r.call) in calls]
    else:
        inside = [r for r in runs if any(p.node is block for p in r.place.ancestors())]
    return bool(inside) and _among(run, effect, inside)


def _among(run: Run, effect: sql.SessionEffect, inside: list[Run]) -> bool:
    """Tell whether an effect is taken back by what comes after in one transaction."""
    at = next(index for index, other in enumerate(inside) if other is run)
    if effect.subject in run.reading.undone:  # takes back itself what came before
        made = (e for other in inside[:at] for e in other.reading.effects)
        return any(e.effect is effect.effect and e.subject == effect.subject for e in made)
    wanted = {effect.effect, effect.subject or None}
    return any(wanted & other.reading.undone for other in inside[at + 1 :])


def taken_back_later(run: Run, effect: sql.SessionEffect, runs: Iterable[Run]) -> bool:
    """Tell whether the same function takes back what it did, all of it being one transaction."""
    return _among(run, effect, [r for r in runs if r.place.scope == run.place.scope])


def _rolled_back(run: Run, names: Names) -> bool:
    """Tell whether what is done is undone on every way out, by a rollback and no commit.

    `finally: session.rollback()` around it, or a rollback that follows in the same block.
    """
    inside: cst.CSTNode = run.call
    for above in run.place.ancestors():
        node = above.node
        if isinstance(node, cst.Try) and node.finalbody is not None and inside is node.body:
            return "commit" not in _ends(node) and _rolls_back(node.finalbody, run, names)
        if isinstance(node, cst.With) and any(_forced(item) for item in node.items):
            return True
        if isinstance(node, cst.FunctionDef):
            break
        if isinstance(node, cst.BaseSuite) and _ends_in_rollback(node, inside):
            return True
        inside = node
    return False


def _rolls_back(node: cst.CSTNode, run: Run, names: Names) -> bool:
    """Tell whether what runs the statement is rolled back, or a transaction made from it."""
    shape = of_cst(run.call.func)
    scope = run.place.scope
    source = connection_of(shape.of, scope, names) if isinstance(shape, Attribute) else None
    on = dotted(source)
    if commits_itself(run.place, source, names):
        return False
    for place in places(node):
        called = of_cst(place.node.func) if isinstance(place.node, cst.Call) else None
        if isinstance(called, Attribute) and called.name == "rollback" and on:
            made = (of_ast(b.value) for b in names.bound(called.of, scope))
            if on == dotted(called.of) or any(_made_from(shape, on) for shape in made):
                return True
    return False


def _made_from(shape: Shape, on: str) -> bool:
    """Tell whether a shape is a method of `on` called: `conn.transaction()`."""
    callee = shape.callee if isinstance(shape, Called) else None
    return isinstance(callee, Attribute) and dotted(callee.of) == on


def _ends_in_rollback(block: cst.BaseSuite, after: cst.CSTNode) -> bool:
    """Tell whether a rollback follows a statement of a block before any commit does."""
    body = list(block.body)
    if after not in body:
        return False
    for statement in body[body.index(after) + 1 :]:
        ends = _ends(statement)
        if "commit" in ends or isinstance(statement, cst.Try):
            return False
        if "rollback" in ends:
            return isinstance(statement, cst.SimpleStatementLine)
    return False


def _ends(node: cst.CSTNode) -> set[str]:
    """Return the last names of what is called in a node ("commit")."""
    return {method(of_cst(p.node.func)) for p in places(node) if isinstance(p.node, cst.Call)}


def _forced(item: cst.WithItem) -> bool:
    """Tell whether a block is rolled back however it ends: psycopg's `force_rollback=True`."""
    return isinstance(item.item, cst.Call) and any(
        arg.keyword is not None
        and arg.keyword.value == "force_rollback"
        and isinstance(arg.value, cst.Name)
        and arg.value.value == "True"
        for arg in item.item.args
    )


def is_transaction(place: Place, names: Names) -> bool:
    """Tell whether a node is a `with` that is a transaction."""
    return isinstance(place.node, cst.With) and begins(place.node.items, place.scope, names)


def begins(items: Iterable[cst.WithItem], scope: str, names: Names) -> bool:
    """Tell whether one of the items of a `with` is a transaction."""
    for item in items:
        shape = of_cst(item.item)
        api = names.api(shape.callee, scope) if isinstance(shape, Called) else None
        if api is not None and (api.kind == "transaction" or api.exit == "transaction"):
            return True
        if isinstance(shape, Called) and method(shape.callee) in _TRANSACTIONS:
            return True
        kind = names.catalog.types.get(names.type(shape, scope))
        if kind is not None and "transaction" in (kind.exit, kind.async_exit):
            return True
    return False


def method(shape: Shape) -> str:
    """Return the last name of what is called, "" where it has none."""
    return dotted(shape).rpartition(".")[2] if not isinstance(shape, Attribute) else shape.name


def outside(unit: Unit, run: Run, names: Names, migrates: Migration | None = None) -> bool:
    """Tell whether a statement is known to run outside any transaction.

    That is so on a pool that takes a connection for the one call, on a connection that the
    function itself takes, of a driver that begins no transaction by itself, and in a migration
    that runs each statement by itself.
    """
    shape = of_cst(run.call.func)
    if migrates is not None:
        by_itself = migrates.transaction == AUTOCOMMIT
        return by_itself and (migrates.alias == ALEMBIC or is_run_sql(shape, "", names))
    if not isinstance(shape, Attribute):
        return False
    on = names.type(shape.of, run.place.scope)
    if on == "asyncpg.pool":
        return True
    function = names.functions.get(run.place.scope)
    above = (p.node for p in run.place.ancestors() if isinstance(p.node, cst.FunctionDef))
    around = next(above, None)
    if function is None or around is None or _BEGIN.search(unit.code(around)):
        return False
    if any(is_transaction(above, names) for above in run.place.ancestors()):
        return False
    if on == "asyncpg.connection":
        return _taken_here(shape.of, run.place.scope, names)
    if not on.startswith(("psycopg.", "psycopg2.")):
        return False
    connection = connection_of(shape.of, run.place.scope, names)
    return _taken_here(connection, run.place.scope, names) and bool(
        commits_itself(run.place, connection, names)
    )


def _taken_here(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a function takes a connection itself."""
    found = names.bound(shape, scope)
    if len(found) != 1 or found[0].where != scope or found[0].value is None:
        return False
    value = found[0].value
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return False
    api = names.api(of_ast(call.func), scope)
    return api is not None and api.kind in _TAKING
