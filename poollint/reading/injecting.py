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
from poollint.reading.bindings import FunctionDef
from poollint.reading.holding import Held
from poollint.reading.names import Names
from poollint.reading.shapes import Called, Name, dotted, of_ast
from poollint.reading.taking import Form, Taken
from poollint.syntax.python import PythonTree

_INJECTORS = frozenset({"fastapi.Depends", "fastapi.params.Depends", "fastapi.Security"})


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
    plain = [*node.args.posonlyargs, *node.args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(node.args.defaults))
    pairs = zip([*plain, *node.args.kwonlyargs],
                [*defaults, *node.args.defaults, *node.args.kw_defaults], strict=True)  # fmt: skip
    for argument, default in pairs:
        if argument.annotation is None:
            continue
        values = [default]
        if isinstance(argument.annotation, ast.Subscript):
            inner = argument.annotation.slice
            values += inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if any(_depends(value, function, names) for value in values):
            yield argument.arg, argument.annotation


def _depends(value: ast.expr | None, function: str, names: Names) -> bool:
    shape = of_ast(value)
    if not isinstance(shape, Called):
        return False
    return names.qualified(shape.callee, function) in _INJECTORS or (
        dotted(shape.callee) in _INJECTORS
    )


def _session(kind: str, names: Names) -> Api | None:
    """Return what makes a session of that type, None where it is none."""
    found = names.catalog.functions.values()
    return next((a for a in found if a.kind == "session" and a.returns == kind and kind), None)
