"""What runs only instead of a pool, where none could be had: its making has failed.

`try: pool = await get_pool()`, `except Exception: pool = None`, and what follows
`if pool is not None: return await pool.acquire()`. An object may try to make its pool as it is
made itself, and keep it as an attribute, and go on without one.
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
def instead_of_a_pool(
    function: FunctionDef, owner: ast.ClassDef | None = None
) -> tuple[ast.stmt, ...]:
    """Return the statements of a function that run only where it could not get its pool.

    Or where the object could not, which is of the class `owner`.
    """
    pools = frozenset(_pools(function))
    if owner is not None:
        pools |= {text for text in _kept(owner) if any(_lends(n, text) for n in walk(function))}
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


@lru_cache(maxsize=256)
def _kept(owner: ast.ClassDef) -> frozenset[str]:
    """Return the attributes of an object that are a pool, unless making that has failed.

    It is tried in any case where the object is made: in `__init__`, or what that calls.
    """
    methods = {n.name: n for n in owner.body if isinstance(n, ast.FunctionDef)}
    init = methods.get("__init__")
    if init is None:
        return frozenset()
    called = [ast.unparse(n.value.func) for n in init.body
              if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]  # fmt: skip
    begun = [init, *(methods[t[5:]] for t in called if t[:5] == "self." and t[5:] in methods)]
    tried = [t for m in begun for t in _come_to(m) if isinstance(t, ast.Try) and _swallows(t)]
    made = {id(s): t for t in tried for s in t.body}
    given: dict[str, list[ast.Assign | ast.AnnAssign]] = {}
    for node in walk(owner):
        if isinstance(node, ast.Assign | ast.AnnAssign) and not is_none(node.value):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                given.setdefault(ast.unparse(target), []).append(node)
    return frozenset(
        text
        for text, (first, *more) in given.items()
        if text.startswith("self.") and not more and id(first) in made and _makes_pool(first.value)
    )


def _come_to(method: ast.FunctionDef) -> Iterator[ast.stmt]:
    """Yield the statements of a method before which nothing returns."""
    for statement in method.body:
        yield statement
        if any(isinstance(node, ast.Return) for node in walk(statement)):
            return


def _swallows(tried: ast.Try) -> bool:
    """Tell whether whatever fails in a `try:` is no matter, and nothing else is caught."""
    return all(
        not isinstance(h.body[-1], ast.Raise)
        and after_failure(ast.unparse(h.type) if h.type else "")
        for h in tried.handlers
    )


def _makes_pool(value: ast.expr | None) -> bool:
    """Tell whether a call makes what is called a pool."""
    called = ast.unparse(value.func).rpartition(".")[2] if isinstance(value, ast.Call) else ""
    return called.endswith("Pool") or called == "create_pool"


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
        case ast.Call(func=ast.Attribute(value=ast.Name() | ast.Attribute() as of, attr=how)):
            return how in _ACQUIRING and ast.unparse(of) == name
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
        case ast.Compare(left=of, ops=[op], comparators=[right]) if is_none(right):
            known = ast.unparse(of) in pools and isinstance(op, ast.Is | ast.IsNot)
            return isinstance(op, ast.IsNot) if known else None
        case ast.UnaryOp(op=ast.Not(), operand=of):
            return False if ast.unparse(of) in pools else None
        case ast.Name() | ast.Attribute():
            return True if ast.unparse(test) in pools else None
    return None
