"""Transactions that a function leaves open, on a connection of its own, while it waits.

psycopg 2 and 3 and pg8000 begin a transaction with the first statement after a commit, a query
included, unless the connection is in autocommit mode.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from poollint.facts.connections import Hold, Taking
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.connections.waits.held.autocommit import sets_autocommit
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.connections.waits.held.cursors import cursors_of
from poollint.reading.connections.waits.held.holding import holds
from poollint.reading.connections.waits.held.opened import settles
from poollint.reading.naming.objects.instances import function as call_of
from poollint.reading.naming.objects.instances import lineage, project_class
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast, of_cst
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import Unit

_DRIVERS = frozenset({"psycopg2", "psycopg", "pg8000"})


def idle(
    unit: Unit, function: cst.FunctionDef, name: str, names: Names, waits: Waits,
    around: Surroundings, held: Sequence[Held],
) -> Iterator[Hold]:  # fmt: skip
    """Yield what a function waits for while a transaction is open on one of `held`."""
    own = [
        replace(one, cursors=cursors_of(function, one.taken.names))
        for one in held
        if one.taken.taking is Taking.CONNECT
        and one.taken.api.driver in _DRIVERS
        and not (one.taken.through and settles(call_of(of_cst(one.taken.call.func), name, names)))
        and one.taken.names
        and not _prepared(one, name, names)
    ]
    node = names.functions.get(name)
    if own and node is not None and not sets_autocommit(node):
        yield from holds(unit, function, name, names, waits, around, own)


def _prepared(one: Held, scope: str, names: Names) -> bool:
    """Tell whether what a function hands the connection to may set how its transactions begin.

    `prepare(conn)`, `Store(conn)`, whose body or class sets autocommit.
    """
    mine = one.taken.names
    for call in own_nodes(names.functions[scope]) if scope in names.functions else ():
        if not isinstance(call, ast.Call):
            continue
        given = (*call.args, *(keyword.value for keyword in call.keywords))
        if not any(isinstance(value, ast.Name) and value.id in mine for value in given):
            continue
        shape = of_ast(call.func)
        member, of = call_of(shape, scope, names), project_class(shape, scope, names)
        if of is not None:
            if any(sets_autocommit(at.names.classes[at.cls]) for at in lineage(of)):
                return True
        elif member is not None and settles(member):
            return True
    return False
