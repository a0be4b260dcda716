"""The body of a script that a framework runs again and again, read as one function.

Streamlit runs a page from its first line to its last for each click of each visitor, in a new
module: what the page takes at import is the page's to give back, as it would be a function's. The
last run's module stays until another run takes its place and the garbage collector comes (run with
1.67.0). The body of any other module runs once, and its connections end with the process.
"""

from __future__ import annotations

import ast

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.code import Recurrence
from poollint.model.source import Unreadable
from poollint.reading.connections.acquiring.lending import ENDING
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import dotted, own_nodes
from poollint.reading.paths.once import after_failure
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree, Unit

_NAME = "script"  # libcst has no functions without a name; nothing asks for this one
_STATE = "session_state"  # of streamlit


def script(
    tree: PythonTree, run: Recurrence | str | None
) -> tuple[Unit, cst.FunctionDef] | Unreadable | None:
    """Return the statements of a module as the body of a function; None where they run once."""
    if not isinstance(run, Recurrence) or not tree.module.body:
        return None
    unit = tree.unit("", tuple(tree.module.body))
    if isinstance(unit, Unreadable):
        return unit
    body = cst.IndentedBlock(unit.statements)  # type: ignore[arg-type]  # of a module: no small ones
    return unit, cst.FunctionDef(cst.Name(_NAME), cst.Parameters(), body)


def made_once(tree: PythonTree, call: cst.Call, unit: Unit) -> str:
    """Return why a script takes something only once, "" where nothing says so.

    What it looks for in the session's state before it makes it is kept there; what it does when
    something failed it does not do each time.
    """
    line = unit.span(call).start.line
    around = [n for n in own_nodes(tree.module) if isinstance(n, ast.If | ast.ExceptHandler)]
    for node in around:
        if not node.body[0].lineno <= line <= (node.body[-1].end_lineno or line):
            continue
        if isinstance(node, ast.If):
            if any(isinstance(n, ast.Attribute) and n.attr == _STATE for n in walk(node.test)):
                return "kept in the session's state"
        elif after_failure(ast.unparse(node.type) if node.type else ""):
            return "after a failure"
    return ""


def ended_elsewhere(target: str, api: Api, names: Names) -> bool:
    """Tell whether a function of the module may end what a name of the module holds."""
    ends = {*api.released_by, *api.given_back_to}
    for name, function in names.functions.items():
        holder = names.scope(name).holder(target)
        inner = own_nodes(function)
        uses = any(isinstance(n, ast.Name) and n.id == target for n in inner)
        if not uses or holder is None or holder.name:
            continue
        if target in names.scope(name).elsewhere:
            return True
        for node in inner:
            if isinstance(node, ast.Attribute) and node.attr in ends:
                return True
            if isinstance(node, ast.Call) and ENDING.search(dotted(node.func).rpartition(".")[2]):
                return True
    return False
