"""Attributes that are asked for when they are read: `Ticker("A").info` sends a request.

The catalog has them as methods whose `call` is "attribute". Most words are common ones, and so only
a value whose class is known counts, and what is called, assigned to or deleted is not read.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cache

import libcst as cst

from poollint.catalog.load import calls

READ = "attribute"


@cache
def asked_for() -> frozenset[str]:
    """Return the names of the attributes that some client asks for."""
    rows = calls().methods.items()
    return frozenset(name.rpartition(".")[2] for (_, name), row in rows if READ in row.call)


def is_read(node: ast.Attribute, above: Sequence[ast.AST]) -> bool:
    """Tell whether an attribute is read, and is not what is called; `above` is what is around."""
    if not isinstance(node.ctx, ast.Load):
        return False
    return not (above and isinstance(above[0], ast.Call) and above[0].func is node)


def is_read_at(node: cst.CSTNode, above: Sequence[cst.CSTNode]) -> bool:
    """Tell the same of what libcst parsed, and whether some client is asked for its name."""
    if not isinstance(node, cst.Attribute) or node.attr.value not in asked_for():
        return False
    around = above[0] if above else None
    if isinstance(around, cst.Call):
        return around.func is not node
    return not isinstance(around, cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.Del)
