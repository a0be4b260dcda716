"""Pools of processes that an application keeps, and the engine that its requests use besides.

`pool = ProcessPoolExecutor()` of a module forks when it is first given something to do: by then
the engine of the application has sessions that its requests gave back, and each child finds them.
It counts where a framework calls, again and again, both who gives it work and who uses the engine.

Source: Python 3.13, concurrent/futures/process.py: `submit` starts the processes, all at once
where they are forked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from poollint.facts.forking import Kept
from poollint.model.finding import Step
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.given.providing import dependencies
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import Name, of_ast
from poollint.reading.running.connecting import Holder, builder, connects
from poollint.reading.running.processes.children import derived, reached, used_in
from poollint.reading.running.processes.forking import is_one, may_fork, otherwise, starts_anew
from poollint.reading.running.processes.loading import Loaded, Opened

WORD = "ProcessPoolExecutor"
_MADE = frozenset({f"concurrent.futures.{WORD}", f"concurrent.futures.process.{WORD}"})
_GIVING = frozenset({"map", "submit"})

Key = tuple[str, str]


class Given(NamedTuple):
    """Work that a pool of a module is given: by which call, in which function, and what."""

    pool: ast.Call
    call: ast.Call
    scope: str
    work: Member


def given(names: Names, text: str) -> Iterator[Given]:
    """Yield what functions of a file give the pools that its module keeps."""
    pools = {name: made for name in names.scope("").bound if (made := _made(name, names))}
    if not pools or not may_fork(text):
        return
    for scope, node in names.functions.items():
        for call in own_nodes(node):
            told = _told(call) if isinstance(call, ast.Call) else None
            if told is None or not isinstance(call, ast.Call):
                continue
            pool, work = told
            holder = names.scope(scope).holder(pool)
            member = function(of_ast(work), scope, names)
            if pool in pools and holder is not None and not holder.name and member is not None:
                yield Given(pools[pool], call, scope, member)


def _made(name: str, names: Names) -> ast.Call | None:
    """Return the only call that makes what a module has under a name, where it is such a pool."""
    bound = [b for b in names.bound(Name(name), "") if b.how != ":"]
    value = bound[0].value if len(bound) == 1 and bound[0].how == "=" else None
    if not isinstance(value, ast.Call) or bound[0].where:
        return None
    made = names.qualified(of_ast(value.func), "") in _MADE
    return value if made and not starts_anew(value) and not is_one(value) else None


def _told(call: ast.Call) -> tuple[str, ast.expr] | None:
    """Return the pool and the function: `pool.submit(work, …)`, `run_in_executor(pool, work)`."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=pool), attr=attr), args=[work, *_]) if (
            attr in _GIVING
        ):
            return pool, work
        case ast.Call(
            func=ast.Attribute(attr="run_in_executor"), args=[ast.Name(id=pool), work, *_]
        ):
            return pool, work
    return None


def opened(
    work: Member, loaded: Loaded, entered: Iterable[Key], exports: Exports
) -> Iterator[Opened]:
    """Yield the engines that a child connects by, and the parent uses as well.

    `entered` are functions that a framework calls in the parent, again and again.
    """
    trees = (exports.files.tree(path) for path in loaded.files)
    if any(tree is not None and otherwise(tree.source.text) for tree in trees):
        return
    tasks = tuple(reached([(work.names.outside.path, work.name)], exports))
    for holder in dict.fromkeys(_connected(tasks, exports)):
        one = _engine(holder, exports)
        others = [key for key in entered if key not in tasks]
        step = _used(one, others, loaded, exports) if one is not None else None
        if one is not None and step is not None:
            yield replace(one, span=step.span, steps=(*one.steps, step))


def _connected(tasks: Iterable[Key], exports: Exports) -> Iterator[Holder]:
    for path, name in tasks:
        names = exports.names(path)
        node = names.functions.get(name) if names else None
        for call in own_nodes(node) if node is not None and names is not None else ():
            if isinstance(call, ast.Call) and names is not None:
                holder = connects(call, of_ast(call.func), name, names, exports)
                if holder is not None:
                    yield holder


def _engine(holder: Holder, exports: Exports) -> Opened | None:
    """Return an engine that a module keeps, None where it is not certain what builds it."""
    names = exports.names(holder.path)
    bound = names.bound(Name(holder.name), "") if names else ()
    values = [b for b in bound if b.how == "=" and isinstance(b.value, ast.Call)]
    made = values[0].value if len(values) == 1 else None
    if names is None or not isinstance(made, ast.Call) or holder.cls:
        return None
    built = builder(made, names, values[0].where)
    tree = exports.files.tree(built[0]) if built is not None else None
    if built is None or tree is None:
        return None
    span = tree.span(built[1])
    step = Step(span, f"builds `{holder.name}`")
    return Opened(holder, Kept.ENGINE, "", span, "", built, (step,))


def _used(engine: Opened, entered: Iterable[Key], loaded: Loaded, exports: Exports) -> Step | None:
    """Return where the parent uses an engine again and again, None where it is not known to."""
    holders = derived(engine, loaded, exports)
    for path, name in entered:
        names = exports.names(path)
        if names is None or name not in names.functions:
            continue
        here = Member(names, name)
        for there, of in (here, *(d.provider for d in dependencies(here) if d.provider)):
            node = used_in(there, of, holders, exports)
            tree = exports.files.tree(there.outside.path)
            if node is not None and tree is not None:
                return Step(tree.span(node), "the application uses it, before the fork")
    return None
