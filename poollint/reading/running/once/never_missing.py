"""What runs only where a module of the project is missing: it is there, so that never runs.

`try: from shop.pool import lend; POOLED = True`, `except ImportError: POOLED = False`, and the
`else:` of `if POOLED:`. A package that may not be installed is something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Name
from poollint.syntax.nodes import walk

_MISSING = frozenset({"ImportError", "ModuleNotFoundError"})
_ALL = _MISSING | {"Exception", "BaseException"}
_LEAVING = (ast.Return, ast.Raise)
_NEVER = "only where a module of the project is missing"


def without_own_module(scope: str, line: int, names: Names) -> str:
    """Return why what stands at a line of a function does not run, "" where nothing says so."""
    function = names.functions.get(scope)
    flags = _flags(names) if function is not None else ()
    if function is None or not flags:
        return ""
    local = names.scope(scope)
    for false in _found_false(function.body, line):
        holders = [local.holder(name) for name in false]
        if false <= flags and all(h is not None and not h.name for h in holders):
            return _NEVER
    return ""


def _found_false(body: list[ast.stmt], line: int) -> Iterator[frozenset[str]]:
    """Yield names of which one is found to be false where the line of a block runs."""
    for statement in body:
        if statement.lineno > line:
            return
        here = line <= (statement.end_lineno or statement.lineno)
        if isinstance(statement, ast.If):
            then, otherwise = _tested(statement.test)
            if here:
                yield from ((otherwise,) if _holds(statement.orelse, line) else ())
                yield from ((then,) if _holds(statement.body, line) else ())
            elif _leaves(statement.body):
                yield otherwise
        if here:
            for block in _blocks(statement):
                if _holds(block, line):
                    yield from _found_false(block, line)
            return


def _leaves(body: list[ast.stmt]) -> bool:
    """Tell whether a block leaves the function, but for what fails in it."""
    last = body[-1]
    return _leaves(last.body) if isinstance(last, ast.Try) else isinstance(last, _LEAVING)


_NOTHING = frozenset({""})  # of which nothing is known


def _tested(test: ast.expr) -> tuple[frozenset[str], frozenset[str]]:
    """Return names of which one is false where a test is true, and where it is not."""
    match test:
        case ast.Name(id=name):
            return _NOTHING, frozenset({name})
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            then, otherwise = _tested(inner)
            return otherwise, then
        case ast.BoolOp(op=ast.And(), values=values):
            return _NOTHING, frozenset().union(*(_tested(value)[1] for value in values))
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)]
        ):
            return frozenset({name}), _NOTHING
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]
        ):
            return _NOTHING, frozenset({name})
    return _NOTHING, _NOTHING


def _holds(block: list[ast.stmt], line: int) -> bool:
    return bool(block) and block[0].lineno <= line <= (block[-1].end_lineno or block[-1].lineno)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    parts = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    for part in parts:
        for field in ("body", "orelse", "finalbody"):
            yield getattr(part, field, [])


def _flags(names: Names) -> frozenset[str]:
    """Return the names of a module that are true as modules of the project are there."""
    memory: dict[str, frozenset[str]] = names.memory.setdefault("told by own modules", {})
    if "" not in memory:
        tried = (node for node in names.module.body if isinstance(node, ast.Try))
        memory[""] = frozenset(f for node in tried if _is_for_own(node, names)
                               for f in _set_by(node, names))  # fmt: skip
    return memory[""]


def _is_for_own(node: ast.Try, names: Names) -> bool:
    """Tell whether all that a `try:` imports is there in the project, and only that may fail."""
    caught = {ast.unparse(t) for h in node.handlers for t in _types(h.type)}
    imports = [s for s in node.body if isinstance(s, ast.ImportFrom)]
    plain = any(isinstance(s, ast.Import) for s in node.body)
    if not caught or not imports or plain:
        return False
    if not (caught <= _MISSING or (caught <= _ALL and all(_is_calm(s) for s in node.body))):
        return False
    return all(_is_there(alias.asname or alias.name, names) for s in imports for alias in s.names)


def _is_calm(statement: ast.stmt) -> bool:
    """Tell whether a statement imports from a module, or gives names a word."""
    match statement:
        case ast.ImportFrom() | ast.Assign(value=ast.Constant()):
            return True
    return False


def _types(node: ast.expr | None) -> Iterable[ast.expr]:
    """Return what a handler catches; one that catches all, a name of none."""
    if node is None:
        return (ast.Name("BaseException"),)
    return node.elts if isinstance(node, ast.Tuple) else (node,)


def _is_there(name: str, names: Names) -> bool:
    found = names.imported(Name(name), "")
    return found is not None and bool(found[0].bound(found[1], ""))


def _set_by(node: ast.Try, names: Names) -> Iterator[str]:
    """Yield what the `try:` imports or sets to true, and only its handlers set to something else.

    Before it, a name may be false already.
    """
    ways = [id(n) for h in node.handlers for s in h.body for n in walk(s)]
    done = [id(n) for s in (*node.body, *node.orelse) for n in walk(s)]
    for name, bound in names.scope("").bound.items():
        given = [binding for binding in bound if binding.how != "import"]
        trues = [b for b in given if id(b.value) in done and _is(b.value, True)]
        rest = [b for b in given if b not in trues]
        imported = any(
            (alias.asname or alias.name) == name
            for s in node.body if isinstance(s, ast.ImportFrom) for alias in s.names
        )  # fmt: skip
        false = all(
            b.how == "=" and not b.where and (_is(b.value, False) or _is(b.value, None))
            and (id(b.value) in ways or _above(b.value, node)) for b in rest
        )  # fmt: skip
        if false and rest and (imported or trues):
            yield name


def _is(node: ast.expr | None, value: bool | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _above(node: ast.expr | None, of: ast.Try) -> bool:
    return node is not None and node.lineno < of.lineno
