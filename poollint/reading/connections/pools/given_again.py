"""Names that are given a value more than once: always the same, or another each time."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from poollint.reading.naming.scopes.bindings import Binding


def is_one(bound: Sequence[Binding]) -> bool:
    """Tell whether a name is given one value, however often: `pool = get_pool()`."""
    given = {(ast.dump(b.value) if b.how == "=" and b.value else "", b.where) for b in bound}
    return len(given) == 1 and bool(given.pop()[0])


def are_several(bound: Sequence[Binding]) -> bool:
    """Tell whether calls that differ give a name its value: `pool = get_pool("other")`, later."""
    calls = {ast.dump(b.value) for b in bound if b.how == "=" and isinstance(b.value, ast.Call)}
    return len(calls) > 1
