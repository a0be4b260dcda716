"""Why a call is made only once, though the function that it stands in runs again and again."""

from __future__ import annotations

import ast

import libcst as cst

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import Outline, dotted, own_nodes
from poollint.reading.naming.scopes.shapes import dotted as dotted_shape
from poollint.reading.naming.scopes.shapes import of_cst
from poollint.reading.paths.once import once
from poollint.reading.paths.walk import Place
from poollint.reading.running.once.each_time import run_each_time
from poollint.reading.running.once.keeping import keeps_result
from poollint.reading.running.once.never_missing import without_own_module
from poollint.syntax.python import Unit

_NEEDED = "made when it is first needed"


def only_once(place: Place, unit: Unit, names: Names) -> str:
    """Return why the call at `place` is made only once ("lru_cache"), "" where nothing says so."""
    found = once(place, unit, names)
    function = names.functions.get(place.scope)
    if found or function is None or not isinstance(place.node, cst.Call):
        return found
    outline = Outline(names.module, names.imports)
    kept = next((d for d in function.decorator_list if keeps_result(outline, d, place.scope)), None)
    if kept is not None:
        return dotted(kept.func if isinstance(kept, ast.Call) else kept)
    line = unit.span(place.node).start.line
    missing = without_own_module(place.scope, line, names)
    if missing:
        return missing
    text = dotted_shape(of_cst(place.node.func))
    same = {
        id(node)
        for node in own_nodes(function)
        if isinstance(node, ast.Call) and node.lineno == line and dotted(node.func) == text
    }
    each_time = {id(node) for node in run_each_time(outline, place.scope)}
    return _NEEDED if same and not same & each_time else ""
