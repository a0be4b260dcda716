"""Functions that make a value which their caller looked for: `if _pool is None: make_pool()`.

The test and the assignment stand in two functions, which is as good as in one: what is called
under a test of the very name that it sets runs once, as long as the name outlives both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from poollint.reading.naming.scopes.bindings import SELF, FunctionDef
from poollint.reading.naming.scopes.outline import Outline, dotted, own_nodes

_LEVELS = 2  # functions between the test and the assignment


def calls_maker(outline: Outline, name: str, kept: ast.expr, body: list[ast.stmt]) -> bool:
    """Tell whether `body` calls a function of this module that sets `kept`."""
    return any(
        _sets(outline, function, _seen_by(kept, call.func), _LEVELS)
        for call in _calls(body)
        for function in outline.called(call.func, name)
        if not function.endswith(".__init__")
    )


def sets_for(function: ast.AST | None, kept: ast.expr, func: ast.expr) -> bool:
    """Tell whether a function of another file, called as `func`, sets what `kept` stands for.

    `from db import pool` makes a name of its own, which no function of `db` sets.
    """
    if not isinstance(function, FunctionDef) or isinstance(kept, ast.Name):
        return False
    return bool(_assigned(function) & _seen_by(kept, func))


def _calls(body: list[ast.stmt]) -> Iterator[ast.Call]:
    for statement in body:
        for node in (statement, *own_nodes(statement)):
            if isinstance(node, ast.Call):
                yield node


def _sets(outline: Outline, function: str, wanted: frozenset[str], levels: int) -> bool:
    node = outline.functions[function]
    if _assigned(node) & wanted:
        return True
    return levels > 1 and any(
        _sets(outline, inner, _handed_on(wanted, call.func), levels - 1)
        for call in _calls(node.body)
        for inner in outline.called(call.func, function)
        if not inner.endswith(".__init__")
    )


def _seen_by(kept: ast.expr, func: ast.expr) -> frozenset[str]:
    """Return what the function called as `func` may call the place that is `kept` here."""
    place = ast.unparse(kept.value) + "[]" if isinstance(kept, ast.Subscript) else ast.unparse(kept)
    receiver = dotted(func.value) if isinstance(func, ast.Attribute) else ""
    found = set() if place.partition(".")[0] in SELF else {place}
    if receiver and place.startswith(f"{receiver}."):
        rest = place[len(receiver) + 1 :]
        found |= {rest, *(f"{own}.{rest}" for own in SELF)}
    return frozenset(found)


def _handed_on(wanted: frozenset[str], func: ast.expr) -> frozenset[str]:
    """Leave out what belongs to an object whose method `func` is not."""
    own = isinstance(func, ast.Attribute) and dotted(func.value) in SELF
    return wanted if own else frozenset(w for w in wanted if w.partition(".")[0] not in SELF)


def _assigned(function: FunctionDef) -> frozenset[str]:
    """Return the places outside of a function that it sets: globals, attributes, entries."""
    shared: set[str] = set()
    found: set[str] = set()
    for node in own_nodes(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            shared.update(node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(text for target in targets for text in _places(target))
    return frozenset(text for text in found if not text.isidentifier() or text in shared)


def _places(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _places(part)
        case ast.Subscript(value=value):
            yield ast.unparse(value) + "[]"
        case ast.Name() | ast.Attribute():
            yield ast.unparse(target)


def made_for_one_use(outline: Outline, scope: str) -> bool:
    """Tell whether a function of the module makes an object of the class of `scope` for itself.

    `Repository().rows()`, and `repo = Repository()` whose value goes nowhere: what such an object
    keeps, the next one has not.
    """
    owner = outline.scope(scope).owner
    if owner is None:
        return False
    for name, function in outline.functions.items():
        nodes = own_nodes(function)
        through = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
        kept = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in through
                and isinstance(n.ctx, ast.Load)}  # fmt: skip
        for node in nodes:
            match node:
                case ast.Attribute(value=ast.Call(func=func)):
                    alone = True
                case ast.Assign(targets=[ast.Name(id=local)], value=ast.Call(func=func)):
                    alone = local not in kept | outline.scope(name).elsewhere
                case _:
                    continue
            if alone and outline.local(func, name) == owner.name:
                return True
    return False
