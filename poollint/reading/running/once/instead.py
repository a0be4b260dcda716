"""What runs only instead of a pool, where none could be had: its making has failed.

`try: pool = await get_pool()`, `except Exception: pool = None`, and what follows
`if pool is not None: return await pool.acquire()`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.paths.once import after_failure
from poollint.syntax.nodes import walk

_ACQUIRING = frozenset("acquire connect connection get_conn get_connection getconn".split())
_LEAVING = (ast.Return, ast.Raise)


@lru_cache(maxsize=1024)
def instead_of_a_pool(function: FunctionDef) -> tuple[ast.stmt, ...]:
    """Return the statements of a function that run only where it could not get its pool."""
    pools = frozenset(_pools(function))
    return tuple(_fallbacks(function.body, pools)) if pools else ()


def _pools(function: FunctionDef) -> Iterator[str]:
    """Yield the names that are a pool, or None where what gives it has failed."""
    nodes = tuple(walk(function))
    for tried in (n for n in nodes if isinstance(n, ast.Try) and _goes_on(n)):
        given = [s for s in tried.body if isinstance(s, ast.Assign)]
        for name in {n for s in given for n in _named(s)}:
            made = [s for s in nodes if isinstance(s, ast.Assign) and name in _named(s)]
            bound = sum(
                isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
                for n in nodes
            )
            rest = [s for s in made if not is_none(s.value)]
            plain = bound == len(made) and len(rest) == 1 and rest[0] in given
            if plain and len(made) > 1 and any(_lends(n, name) for n in nodes):
                yield name


def _goes_on(tried: ast.Try) -> bool:
    """Tell whether a function goes on after what it tries has failed, and after nothing else."""
    on = [h for h in tried.handlers if not isinstance(h.body[-1], _LEAVING)]
    return bool(on) and all(after_failure(ast.unparse(h.type) if h.type else "") for h in on)


def _named(statement: ast.Assign) -> list[str]:
    """Return the names that one assignment gives what a call makes, or None."""
    value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    if not (is_none(value) or isinstance(value, ast.Call)):
        return []
    return [target.id for target in statement.targets if isinstance(target, ast.Name)]


def _lends(node: ast.AST, name: str) -> bool:
    """Tell whether a connection is taken of what has a name: it is a pool."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=of), attr=how)):
            return of == name and how in _ACQUIRING
    return False


def _fallbacks(body: list[ast.stmt], pools: frozenset[str]) -> Iterator[ast.stmt]:
    for at, statement in enumerate(body):
        there = _is_there(statement.test, pools) if isinstance(statement, ast.If) else None
        if isinstance(statement, ast.If) and there is not None:
            then, otherwise = statement.body, statement.orelse
            yield from otherwise if there else then
            kept = then if there else otherwise
            if kept and isinstance(kept[-1], _LEAVING):
                yield from body[at + 1 :]
                return
        for field in ("body", "orelse", "finalbody"):
            yield from _fallbacks(getattr(statement, field, []), pools)


def _is_there(test: ast.expr, pools: frozenset[str]) -> bool | None:
    """Tell whether `if test:` finds one of the names to be a pool, or to be None."""
    match test:
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[right]) if is_none(right):
            known = name in pools and isinstance(op, ast.Is | ast.IsNot)
            return isinstance(op, ast.IsNot) if known else None
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=name)):
            return False if name in pools else None
        case ast.Name(id=name):
            return True if name in pools else None
    return None
