"""Connections that a context manager of the project takes for the block it is entered for.

Within `with session_scope() as s:` the function holds what the manager took, and leaving the
block gives it back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.facts.connections import Acquisition
from poollint.reading.connections.acquiring.blocks import block
from poollint.reading.connections.acquiring.handing import TAKING
from poollint.reading.connections.acquiring.taking import Form, Taken
from poollint.reading.connections.waits.holding import Held
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import dotted, of_ast, of_cst
from poollint.reading.paths.walk import places
from poollint.syntax.python import Unit


def entered(unit: Unit, node: cst.FunctionDef, name: str, names: Names) -> Iterator[Held]:
    """Yield the connections that the `with` blocks of a function get from such managers."""
    for place in places(node, name.rpartition(".")[0]):
        item = place.node
        if not isinstance(item, cst.WithItem) or place.scope != name:
            continue
        awaited = isinstance(item.item, cst.Await)
        call = item.item.expression if isinstance(item.item, cst.Await) else item.item
        found = block(of_cst(item.item), name, names)
        if found is None or not isinstance(call, cst.Call):
            continue
        target = item.asname.name if item.asname else None
        bound = target.value if isinstance(target, cst.Name) else ""
        taken = Taken(
            call, found.api, Form.GUARDED, frozenset({bound} - {""}), awaited, through="manager"
        )
        fact = Acquisition(
            span=unit.span(call),
            taking=TAKING[found.api.kind],
            driver=found.api.driver,
            call=dotted(of_cst(call.func)),
            target=bound,
            release="",
            guard="",
            note=found.api.note,
        )
        yield Held(taken, fact)


def enters(node: ast.AST, name: str, names: Names) -> bool:
    """Tell whether a function enters such a manager: asked of each, so it is quick."""
    if not isinstance(node, FunctionDef):
        return False
    return any(
        isinstance(item.context_expr, ast.Call | ast.Await)
        and block(of_ast(item.context_expr), name, names) is not None
        for inner in own_nodes(node)
        if isinstance(inner, ast.With | ast.AsyncWith)
        for item in inner.items
    )
