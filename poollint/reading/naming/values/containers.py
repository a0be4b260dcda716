"""Names that only ever stand for sets, lists and mappings: whoever asks them asks nobody else."""

from __future__ import annotations

import ast

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, dotted, of_ast

FILLING = frozenset(
    """add append appendleft extend extendleft insert discard update setdefault clear get items
    keys values copy""".split()
)
"""What a container is asked that does not raise because something is not in it."""

_MADE = frozenset(
    """set dict list deque defaultdict OrderedDict Counter WeakSet WeakValueDictionary
    WeakKeyDictionary""".split()
)
_DISPLAYS = (ast.Set, ast.Dict, ast.List, ast.SetComp, ast.DictComp, ast.ListComp)


def is_container(shape: Shape, scope: str, names: Names) -> bool:
    """Tell whether a name or an attribute is a container, whatever gives it its value."""
    values = [b.value for b in names.bound(shape, scope) if b.how != ":"]
    hows = {b.how for b in names.bound(shape, scope)}
    return bool(values) and hows <= {"=", ":"} and all(_makes(value) for value in values)


def _makes(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return dotted(of_ast(value.func)).rpartition(".")[2] in _MADE
    return isinstance(value, _DISPLAYS)
