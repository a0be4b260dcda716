"""Programs that start uvicorn from their own code: how many processes they tell it to make.

Source: uvicorn 0.35, `uvicorn/main.py` (`run`: several processes, or a reloader instead, only of
an application that is named by a text) and `config.py` (`WEB_CONCURRENCY` where `workers` is not
given, else one).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.facts.infrastructure import Container, Process
from poollint.model.figure import Figure
from poollint.reading.deployment.linking.variables import environment, number
from poollint.reading.deployment.programs import evaluating
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import children
from poollint.syntax.python import PythonTree

MARK = b"uvicorn"
_CALL = "uvicorn.run"
_VARIABLE = "WEB_CONCURRENCY"


@dataclass(frozen=True, slots=True)
class Program:
    """A file that a container starts as a program."""

    path: str
    names: Names
    tree: PythonTree
    container: Container

    def process(self, process: Process) -> Process | None:
        """Return what it starts, None where it does not call uvicorn, or in several ways.

        What it names by a text is imported by nobody else; any other application is its own.
        """
        found = list(self._calls())
        if len(found) != 1:
            return None
        call, scope = found[0]
        given = {k.arg: k.value for k in call.keywords}
        if None in given:  # settings that are put in: any may be among them
            return None
        app = call.args[0] if call.args else given.get("app")
        reloads = _is_true(given.get("reload"))
        named = not isinstance(app, ast.Name | ast.Attribute | ast.Call)
        workers = self._workers(given.get("workers"), scope) if named and not reloads else None
        one = Figure.defaulted(1, "workers", "uvicorn default")
        text = app.value if isinstance(app, ast.Constant) and isinstance(app.value, str) else ""
        application = text if ":" in text else process.application
        return replace(
            process, tool="uvicorn", processes=workers or one, role="web", application=application
        )

    def _workers(self, value: ast.expr | None, scope: str) -> Figure | None:
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            told = environment(self.container.variables).get(_VARIABLE)
            return number(told.value, "workers", _VARIABLE) if told else None
        at = evaluating.Place(self.names, self.tree, scope)
        return evaluating.figure(value, "workers", at, self.container, self.path)

    def _calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Yield the calls of `uvicorn.run`, each with the function that it stands in."""
        stack: list[tuple[ast.AST, str]] = [(self.tree.module, "")]
        while stack:
            node, scope = stack.pop()
            if isinstance(node, ast.Call):
                if self.names.qualified(of_ast(node.func), scope) == _CALL:
                    yield node, scope
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                scope = f"{scope}.{node.name}" if scope else node.name
            stack += [(child, scope) for child in children(node)]


def _is_true(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and bool(value.value)
