"""The parts of a function that do not run when so much is known of its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from poollint.reading.connections.waits.reach.choices import Choice
from poollint.reading.connections.waits.reach.known import Value, alone, truth_of
from poollint.reading.connections.waits.reach.parts_of_names import part
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.nodes import walk

_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def left_out(body: list[ast.stmt], known: dict[str, Value]) -> Iterator[ast.stmt | ast.expr]:
    """Yield the parts that do not run; `known` changes with what the body assigns."""
    for at, statement in enumerate(body):
        if isinstance(statement, ast.If):
            yield from _in_expression(statement.test, known)
            verdict = truth_of(statement.test, known)
            live = statement.orelse if verdict is False else statement.body
            other = statement.body if verdict is False else statement.orelse
            _forget(_stored(statement.test), known)
            after, beside = dict(known), dict(known)
            yield from left_out(live, after)
            if verdict is None:
                yield from left_out(other, beside)
                after = _either(after, live, beside, other)
            else:
                yield from other
                if live and isinstance(live[-1], _ENDS):
                    yield from body[at + 1 :]
                    return
            known.clear()
            known.update(after)
        else:
            yield from _in_statement(statement, known)
            _learn(statement, known)


def _either(
    one: dict[str, Value], body: list[ast.stmt], other: dict[str, Value], orelse: list[ast.stmt]
) -> dict[str, Value]:
    """Return what is known behind a test that may come to either: what both of its ways know."""
    if body and isinstance(body[-1], _ENDS):
        return other
    if orelse and isinstance(orelse[-1], _ENDS):
        return one
    both = ((name, value) for name, value in one.items() if name in other)
    return {n: v for n, v in both if v == other[n] and type(v) is type(other[n])}  # 1 is not True


def _in_statement(statement: ast.stmt, known: dict[str, Value]) -> Iterator[ast.stmt | ast.expr]:
    """Yield what is left out of any statement but `if`; a definition's body runs later."""
    blocks = list(_blocks(statement))
    if not blocks:
        yield from _in_expression(statement, known)
        return
    stored = _stored(statement)
    within = {name: value for name, value in known.items() if not _by(name, value) & stored}
    for block in blocks:  # it may run again, or after what another block has assigned
        yield from left_out(block, dict(within))
    if isinstance(statement, ast.While) and truth_of(statement.test, within) is False:
        yield from statement.body


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement; none of a definition, which runs later."""
    if not isinstance(statement, FunctionDef | ast.ClassDef):
        for part in (
            statement,
            *getattr(statement, "handlers", ()),
            *getattr(statement, "cases", ()),
        ):
            for field in ("body", "orelse", "finalbody"):
                if block := getattr(part, field, None):
                    yield block


def _learn(statement: ast.stmt, known: dict[str, Value]) -> None:
    """Forget what a statement gives another value; `same = engine` is known as `engine` is."""
    told: dict[str, Value] = {}
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ):
            told = _same(name, value, known)
        case ast.Assign(targets=[ast.Tuple(elts=several)], value=value):
            pieces = part(value, lambda one: alone(one, known))
            if isinstance(pieces, tuple) and len(pieces) == len(several):
                pairs = zip(several, pieces, strict=True)
                told = {one.id: piece for one, piece in pairs if isinstance(one, ast.Name)}
    _forget(_stored(statement), known)
    known.update(told)


def _forget(stored: set[str], known: dict[str, Value]) -> None:
    for name in [name for name, value in known.items() if _by(name, value) & stored]:
        del known[name]


def _by(name: str, value: Value) -> set[str]:
    """Return the names by which the value of one is known."""
    return {name, value.of} if isinstance(value, Choice) else {name}


def _same(name: str, value: ast.expr, known: Mapping[str, Value]) -> dict[str, Value]:
    """Return what a name is known to be that is given a value, nothing where that is unknown."""
    if isinstance(value, ast.Name):
        return {name: known[value.id]} if value.id in known else {}
    if isinstance(value, ast.Constant):  # of what is asked about, that is a parameter's
        return {name: value.value} if name in known else {}
    made = part(value, lambda one: alone(one, known))
    return {name: made} if made is not None else {}


def _stored(node: ast.stmt | ast.expr) -> set[str]:
    """Return the names that a statement, or one within it, gives a value or takes it from."""
    names = (n for n in walk(node) if isinstance(n, ast.Name))
    return {name.id for name in names if not isinstance(name.ctx, ast.Load)}


def _in_expression(
    node: ast.stmt | ast.expr, known: Mapping[str, Value]
) -> Iterator[ast.stmt | ast.expr]:
    """Yield what is left out of `engine or make()`, and of `make() if engine is None else …`."""
    for inner in walk(node):
        if isinstance(inner, ast.IfExp):
            verdict = truth_of(inner.test, known)
            if verdict is not None:
                yield inner.orelse if verdict else inner.body
        elif isinstance(inner, ast.BoolOp):
            stops = isinstance(inner.op, ast.Or)
            for at, value in enumerate(inner.values):
                if truth_of(value, known) is stops:
                    yield from inner.values[at + 1 :]
