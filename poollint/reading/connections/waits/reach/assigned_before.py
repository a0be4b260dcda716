"""What a name was given last before a place, where one value alone can be meant there.

`conn = pool.getconn()` of the same block or of one around it, `with closing(connect()) as conn:`.
"""

from __future__ import annotations

import ast

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.nodes import walk

Statements = list[ast.stmt]


def assigned_before(name: str, place: ast.expr, body: Statements) -> ast.expr | None:
    """Return what a name holds where `place` stands in `body`, None where it cannot be told.

    What a manager gives whose block it is, is told by the manager.
    """
    chain = _around(place, body)
    for at, (before, statement) in reversed(list(enumerate(chain))):
        for earlier in reversed(before):
            if name in _stored(earlier):
                return _value(earlier, name)
        if at == 0:
            break
        outer = chain[at - 1][1]
        if isinstance(outer, ast.With | ast.AsyncWith) and name in _headers(outer):
            return _headers(outer)[name]
        if name in _between(outer, statement):
            return None
    return None


def _around(place: ast.expr, body: Statements) -> list[tuple[Statements, ast.stmt]]:
    """Return the statements around a place, outermost first, each with those before it.

    A function begins anew: what its own names hold is not told by what stands around it.
    """
    where = (place.lineno, place.col_offset)
    chain: list[tuple[Statements, ast.stmt]] = []
    block: Statements | None = body
    while block:
        found = next((i for i, one in enumerate(block) if _ends(one) > where), None)
        if found is None or (block[found].lineno, block[found].col_offset) > where:
            return chain
        statement = block[found]
        chain = [*chain, (block[:found], statement)]
        if isinstance(statement, FunctionDef | ast.ClassDef):
            chain = []
        inside = [one for one in _blocks(statement) if one and _ends(one[-1]) > where]
        block = inside[0] if inside else None
    return chain


def _ends(statement: ast.stmt) -> tuple[int, int]:
    return statement.end_lineno or statement.lineno, statement.end_col_offset or 0


def _blocks(statement: ast.stmt) -> list[Statements]:
    """Return the blocks of a statement, in the order in which they stand."""
    parts = [
        statement,
        *getattr(statement, "handlers", ()),
        *getattr(statement, "cases", ()),
    ]
    blocks = [getattr(p, field, None) for p in parts for field in ("body", "orelse", "finalbody")]
    found = [block for block in blocks if isinstance(block, list) and block]
    return sorted(found, key=lambda block: _ends(block[-1]))


def _between(outer: ast.stmt, inner: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value before one of its blocks, or beside it."""
    if isinstance(outer, ast.If):
        return _stored(outer.test)
    if isinstance(outer, ast.Try) and inner in outer.body:
        return set()
    return _stored(outer)


def _headers(statement: ast.With | ast.AsyncWith) -> dict[str, ast.expr]:
    return {
        item.optional_vars.id: item.context_expr
        for item in statement.items
        if isinstance(item.optional_vars, ast.Name)
    }


def _value(statement: ast.stmt, name: str) -> ast.expr | None:
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=given)], value=value)
            | ast.AnnAssign(target=ast.Name(id=given), value=ast.expr() as value)
        ) if given == name:
            return value
    return None


def _stored(node: ast.stmt | ast.expr) -> set[str]:
    names = {
        n.id for n in walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }
    return names | {n.name for n in walk(node) if isinstance(n, ast.ExceptHandler) and n.name}
