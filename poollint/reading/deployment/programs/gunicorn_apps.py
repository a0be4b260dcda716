"""Programs that start gunicorn from their own code: what they give it of workers and threads.

Source: gunicorn 27, docs/source/custom.rst and `app/base.py`: a `BaseApplication` reads what its
`load_config` sets, no command line and no file; `config.py` has the defaults.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from poollint.facts.infrastructure import Container, Process
from poollint.model.figure import Figure
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.deployment.programs import evaluating
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.nodes import walk
from poollint.syntax.python import PythonTree

MARK = b"gunicorn.app"
_OPTIONS = frozenset(("bind", "workers", "worker_class", "threads", "timeout", "accesslog"))
_THREADED = ("sync", "gthread")
_DEFAULT = "gunicorn default"


@dataclass(frozen=True, slots=True)
class Program:
    """A file that defines an application of gunicorn, and what starts it."""

    path: str
    names: Names
    tree: PythonTree
    container: Container

    def process(self, process: Process) -> Process | None:
        """Return what it starts, None where it hands gunicorn no options that are seen."""
        found = list(_options(self.tree.module))
        if not found:
            return None
        options = found[0] if len(found) == 1 else {}
        workers = self._figure(options, "workers") if options else None
        workers = workers or (
            Figure.defaulted(1, "workers", _DEFAULT)
            if options
            else unknown("workers", process.span, self.path)
        )
        return replace(
            process,
            tool="gunicorn",
            processes=workers,
            threads=self._threads(options),
            role="web",
            config=self.path,
        )

    def _threads(self, options: dict[str, ast.expr]) -> Figure | None:
        """Return what runs at once in a worker, None where nothing bounds it."""
        kind = options.get("worker_class")
        if not options or (
            kind is not None and not (isinstance(kind, ast.Constant) and kind.value in _THREADED)
        ):
            return None
        return self._figure(options, "threads") or Figure.defaulted(1, "threads", _DEFAULT)

    def _figure(self, options: dict[str, ast.expr], name: str) -> Figure | None:
        value = options.get(name)
        if value is None:
            return None
        at = evaluating.Place(self.names, self.tree)
        return evaluating.figure(value, name, at, self.container, self.path)


def _options(module: ast.Module) -> Iterator[dict[str, ast.expr]]:
    """Yield the dictionaries of a file that hold options of gunicorn: two of its names or more."""
    for node in walk(module):
        if isinstance(node, ast.Dict):
            keys = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            }
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            keys = {k.arg: k.value for k in node.keywords if k.arg}
            if node.func.id != "dict":
                continue
        else:
            continue
        if len(_OPTIONS & set(keys)) > 1:
            yield keys
