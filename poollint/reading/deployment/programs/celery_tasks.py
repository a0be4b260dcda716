"""Which modules a worker of Celery loads besides the one that its command names.

Source: docs.celeryq.dev, "Configuration and defaults" (`imports`, `include`), "Application"
(`autodiscover_tasks`): a worker imports what its application lists, and runs no task of others.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from poollint.reading.naming.files.python_files import PythonFiles
from poollint.syntax import nodes

# What may name modules that are not seen here: settings that lie elsewhere, or a search.
_OPEN = re.compile(
    rb"\b(?:autodiscover\w*|config_from_\w+|CELERY_\w+|import_from_cwd|setup_defaults)\b"
)
_NAMING = re.compile(rb"\b(?:include|imports)\b")
_LISTS = frozenset(("include", "imports"))


def included(paths: Iterable[str], files: PythonFiles) -> tuple[tuple[str, str], ...] | None:
    """Return the names that applications list, each with the file that does; None if not known."""
    found: list[tuple[str, str]] = []
    for path in paths:
        data = files.data(path)
        if _OPEN.search(data):
            return None
        tree = files.tree(path) if _NAMING.search(data) else None
        for value in _listed(tree.module) if tree else ():
            names = _texts(value)
            if names is None:
                return None
            found += ((path, name) for name in names)
    return tuple(dict.fromkeys(found))


def _listed(module: ast.Module) -> Iterator[ast.expr]:
    """Yield what stands for `include` or `imports`: as an argument, an attribute, a key."""
    for node in nodes.walk(module):
        if isinstance(node, ast.Call):
            yield from (k.value for k in node.keywords if k.arg in _LISTS)
        elif isinstance(node, ast.Assign):
            named = any(isinstance(t, ast.Attribute) and t.attr in _LISTS for t in node.targets)
            yield from (node.value,) if named else ()
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in _LISTS:
                    yield value


def _texts(node: ast.expr) -> tuple[str, ...] | None:
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    found = [e.value for e in node.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    return tuple(found) if len(found) == len(node.elts) else None
