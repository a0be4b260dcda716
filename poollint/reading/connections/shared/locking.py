"""What a function does outside of locks: within one, whoever else uses the same waits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Item,
    decorator_name,
    dotted,
    of_ast,
)
from poollint.syntax.nodes import walk

_BLOCKS = (
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)
_LOCK = re.compile(r"(?:^|_)[rR]?(?:lock|mutex|synchron\w*)s?(?:$|_|\d)", re.I)


def takes_turns(node: FunctionDef | ast.Module) -> bool:
    """Tell whether a decorator lets a function run for one caller at a time."""
    decorators = node.decorator_list if isinstance(node, FunctionDef) else ()
    return any(_LOCK.search(decorator_name(d)) for d in decorators)


def unlocked(
    node: FunctionDef | ast.Module, member: Member, locked: bool = False
) -> Iterator[tuple[ast.AST, bool]]:
    """Yield the nodes of a function outside of locks, and whether they are awaited.

    In the order of the text; what is defined within is left out. With `locked` those within
    locks, too.
    """
    stack: list[tuple[ast.AST, bool]] = [(statement, False) for statement in reversed(node.body)]
    held = set() if locked else _held(node, member)
    while stack:
        inner, waits = stack.pop()
        if inner in held:
            continue
        yield inner, waits
        if isinstance(inner, FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(inner, ast.With | ast.AsyncWith):
            items = () if locked else inner.items
            if any(locks(item.context_expr, member.name, member.names) for item in items):
                continue
            entered = isinstance(inner, ast.AsyncWith)
            below: list[tuple[ast.AST, bool]] = [(n, entered) for n in inner.items] + [
                (n, waits) for n in inner.body
            ]
        else:
            deeper = waits or isinstance(inner, ast.Await | ast.AsyncFor)
            below = [(n, deeper) for n in ast.iter_child_nodes(inner)]
            if isinstance(inner, ast.AsyncFor):
                below = [(inner.iter, True), *((n, waits) for n in (*inner.body, *inner.orelse))]
            elif isinstance(inner, ast.stmt):
                below = [(n, waits) for n in ast.iter_child_nodes(inner)]
        stack.extend(reversed(below))


def _held(node: FunctionDef | ast.Module, member: Member) -> set[ast.AST]:
    """Return the statements between `lock.acquire()` and the `lock.release()` of their block."""
    found: set[ast.AST] = set()
    inner = [node, *own_nodes(node)]
    if not any(isinstance(n, ast.Attribute) and n.attr == "acquire" for n in inner):
        return found
    for block in inner:
        for name in ("body", "orelse", "finalbody"):
            body = getattr(block, name, None)
            held: set[str] = set()
            for statement in body if isinstance(body, list) else ():
                if held:
                    found.add(statement)
                    held -= _of_locks(walk(statement), "release", member)
                elif isinstance(statement, ast.If):
                    taken = _of_locks(walk(statement.test), "acquire", member)
                    if taken and isinstance(statement.test, ast.UnaryOp):
                        held = taken  # `if not lock.acquire(timeout=5): return`
                    elif taken:
                        found |= set(statement.body)
                elif not isinstance(statement, (*_BLOCKS, FunctionDef, ast.ClassDef)):
                    held = _of_locks(walk(statement), "acquire", member)
    return found


def _of_locks(nodes: Iterable[ast.AST], method: str, member: Member) -> set[str]:
    """Return the locks of which `method` is called."""
    found = set()
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(value=of, attr=attr)) if attr == method:
                if locks(of, member.name, member.names):
                    found.add(ast.unparse(of))
    return found


def locks(item: ast.expr, scope: str, names: Names) -> bool:
    """Tell whether a block is entered by one at a time, by what it is made of or its name.

    A semaphore of more than one place is no lock.
    """
    shape = of_ast(item)
    plain = shape.callee if isinstance(shape, Called) else shape
    word = plain.name if isinstance(plain, Attribute) else dotted(plain)
    word = plain.key if isinstance(plain, Item) else word
    for binding in names.bound(plain, scope):
        if isinstance(binding.value, ast.Call):
            made = dotted(of_ast(binding.value.func)).rpartition(".")[2]
            if made.endswith("Semaphore"):
                return _places(binding.value) == 1
            if _LOCK.search(made) or made == "Condition":
                return True
    return bool(_LOCK.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word)))


def _places(semaphore: ast.Call) -> int:
    """Return how many a semaphore lets in, 0 where it is not said."""
    match semaphore:
        case ast.Call(args=[], keywords=[]):
            return 1
        case ast.Call(args=[ast.Constant(value=int(places)), *_]):
            return places
    return 0
