"""The sessions that a framework hands to a function: FastAPI's `db: Session = Depends(get_db)`.

The function does not take them and does not close them: that is done when the response is ready.
What it asks of them it asks on one connection, until it commits.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Acquisition, Taking
from poollint.reading.connections.holding import Held
from poollint.reading.connections.taking import Form, Taken
from poollint.reading.naming.bindings import FunctionDef
from poollint.reading.naming.names import Names
from poollint.reading.naming.providing import defaults, depends
from poollint.reading.naming.shapes import Name
from poollint.syntax.python import PythonTree


def injected(function: str, names: Names, tree: PythonTree) -> Iterator[Held]:
    """Yield the sessions that a framework hands to `function` (qualified name)."""
    node = names.functions.get(function)
    for name, annotation in _injected(node, function, names) if node else ():
        kind = names.type(Name(name), function)
        api = _session(kind, names)
        if api is None:
            continue
        fact = Acquisition(
            span=tree.span(annotation),
            taking=Taking.SESSION,
            driver=api.driver,
            call="Depends",
            target=name,
            release=api.release.format(conn=name, pool="", call=""),
            guard="",
            note=api.note,
        )
        call = cst.Call(cst.Name("Depends"))  # stands nowhere in the body
        yield Held(Taken(call, api, Form.BOUND, frozenset({name}), False), fact, injected=name)


def injects(node: ast.AST, function: str, names: Names) -> bool:
    """Tell whether a framework hands a session to a function: asked of each, so it is quick."""
    if not isinstance(node, FunctionDef):
        return False
    found = _injected(node, function, names)
    return any(_session(names.type(Name(name), function), names) for name, _ in found)


def _injected(node: FunctionDef, function: str, names: Names) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters that a framework fills, each with what says so."""
    for argument, default in defaults(node):
        annotation = argument.annotation
        values = [default]
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            values += inner.elts if isinstance(inner, ast.Tuple) else [inner]
        said = next((value for value in values if depends(value, function, names)), None)
        if said is not None:
            yield argument.arg, annotation or said


def _session(kind: str, names: Names) -> Api | None:
    """Return what makes a session of that type, None where it is none."""
    found = names.catalog.functions.values()
    return next((a for a in found if a.kind == "session" and a.returns == kind and kind), None)
