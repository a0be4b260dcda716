"""A place where a framework is told what to call, and how names are compared with its rows."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from poollint.catalog.frameworks import Entry, Lifecycle, frameworks
from poollint.reading.naming.scopes.outline import Outline

Row = Entry | Lifecycle


class Found(NamedTuple):
    """A function that a framework calls, by the row that says so, and where that is stated."""

    function: str
    row: Row
    node: ast.expr | ast.stmt
    is_decorator: bool = False


Finder = Callable[[Outline, str, list[Row]], Iterator[Found]]


def under(name: str, root: str) -> bool:
    """Tell whether a name is that of a module, or of something in it."""
    return name == root or name.startswith(f"{root}.")


@cache
def matches(name: str, row: str) -> bool:
    """Tell whether a qualified name is the one of a row: by its first and last part."""
    if row.endswith(".*"):
        return name.startswith(row[:-1])
    if name == row:
        return True
    first, _, rest = name.partition(".")
    begin, _, end = row.partition(".")
    return bool(rest) and first == begin and rest.rpartition(".")[2] == end.rpartition(".")[2]


def any_of(name: str, rows: tuple[str, ...], relative: bool = False) -> bool:
    """Tell whether a name is one of those of a row; `relative` as in `Entry`."""
    if not name:
        return False
    end = f".{name.lstrip('.')}"
    return any(matches(name, row) or (relative and row.endswith(end)) for row in rows)


@cache
def of_a_framework(name: str) -> bool:
    """Tell whether a qualified name is one of a framework of the catalog."""
    return any(under(name, root) for f in frameworks().frameworks.values() for root in f.imports)
