"""Connections that a context manager of the project takes for the block it is entered for.

`@contextmanager def session_scope(): … yield session`: within `with session_scope() as s:` the
function holds what the manager took, and leaving the block gives it back.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition
from poollint.reading.connections.handing import TAKING
from poollint.reading.connections.holding import Held
from poollint.reading.connections.taking import Form, Taken
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.bodies import own_nodes
from poollint.reading.naming.instances import Member, function
from poollint.reading.naming.names import Names
from poollint.reading.naming.providing import is_manager
from poollint.reading.naming.shapes import Name, Shape, dotted, of_ast, of_cst
from poollint.reading.paths.walk import places
from poollint.syntax.python import Unit


def entered(unit: Unit, node: cst.FunctionDef, name: str, names: Names) -> Iterator[Held]:
    """Yield the connections that the `with` blocks of a function get from such managers."""
    for place in places(node, name.rpartition(".")[0]):
        item = place.node
        if not isinstance(item, cst.WithItem) or place.scope != name:
            continue
        if not isinstance(item.item, cst.Call):
            continue
        api = _of_call(of_cst(item.item.func), name, names)
        if api is None:
            continue
        target = item.asname.name if item.asname else None
        bound = target.value if isinstance(target, cst.Name) else ""
        taken = Taken(
            item.item, api, Form.GUARDED, frozenset({bound} - {""}), False, through="manager"
        )
        fact = Acquisition(
            span=unit.span(item.item),
            taking=TAKING[api.kind],
            driver=api.driver,
            call=dotted(of_cst(item.item.func)),
            target=bound,
            release="",
            guard="",
            note=api.note,
        )
        yield Held(taken, fact)


def enters(node: ast.AST, name: str, names: Names) -> bool:
    """Tell whether a function enters such a manager: asked of each, so it is quick."""
    if not isinstance(node, FunctionDef):
        return False
    return any(
        isinstance(item.context_expr, ast.Call)
        and _of_call(of_ast(item.context_expr.func), name, names) is not None
        for inner in own_nodes(node)
        if isinstance(inner, ast.With | ast.AsyncWith)
        for item in inner.items
    )


def _of_call(callee: Shape, scope: str, names: Names) -> Api | None:
    """Return what a context manager of the project takes for its block, None for anything else."""
    member = function(callee, scope, names)
    if member is None:
        return None
    memory: dict[str, Api | None] = member.names.memory.setdefault("entered", {})
    if member.name not in memory:
        memory[member.name] = _yielded(member)
    return memory[member.name]


def _yielded(member: Member) -> Api | None:
    """Return the call that takes what a context manager yields, where it yields one name."""
    node = member.names.functions[member.name]
    given = [n.value for n in own_nodes(node) if isinstance(n, ast.Yield)]
    if not is_manager(member) or len(given) != 1 or not isinstance(given[0], ast.Name):
        return None
    found = {_taken(b.value, member) for b in member.names.bound(Name(given[0].id), member.name)}
    return found.pop() if len(found) == 1 else None


def _taken(value: ast.expr | None, member: Member) -> Api | None:
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return None
    api = member.names.api(of_ast(call.func), member.name)
    return api if api is not None and api.kind in TAKING else None
