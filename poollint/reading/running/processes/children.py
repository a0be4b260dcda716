"""What the children of a process do with what it left open: use it, or make their own."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from poollint.facts.forking import Forker, Kept
from poollint.model.finding import Step
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import function
from poollint.reading.naming.scopes.bodies import is_none
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.outline import own_nodes
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.reading.running.connecting import Holder, held
from poollint.reading.running.processes.loading import Loaded, Opened
from poollint.syntax.nodes import walk

_CALLS = 500  # functions that the tasks of one file lead to
_REGISTERED = re.compile(r"\bregister_at_fork\b")
# What makes each forker's children start anew.
_HOOKS = {
    Forker.GUNICORN: _REGISTERED,
    Forker.UWSGI: re.compile(r"\buwsgidecorators\b|\bpost_?fork(?:_hook)?\b"),
    Forker.CELERY: re.compile(r"\bworker_process_init\b"),
    Forker.PROCESSES: _REGISTERED,
}
_ASKS = "getpid"  # a file that holds sessions asks for the process to tell a fork
_ENDING = re.compile(r"shut_?down|close|stop|tear_?down|exit|clean_?up|dispose|finali[sz]e", re.I)
_ENDS = frozenset({"close", "closeall", "closed", "dispose", "terminate", "putconn"})


def rebuilt(loaded: Loaded, exports: Exports, forker: Forker) -> bool:
    """Tell whether something is done in each child that may make what it inherits its own."""
    for path in loaded.files:
        tree, names = exports.files.tree(path), exports.names(path)
        if tree is None or names is None:
            continue
        text = tree.source.text
        if _REGISTERED.search(text) or _HOOKS[forker].search(text):
            return True
        if ".dispose(" in text and any(_disposes(node) for node in names.functions.values()):
            return True
    return False


def _disposes(function: ast.AST) -> bool:
    """Tell whether a function disposes of an engine, and not because the process ends."""
    if _ENDING.search(getattr(function, "name", "")):
        return False
    nodes = list(own_nodes(function))
    lines = [n.lineno for n in nodes if isinstance(n, ast.Yield)]
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr == "dispose"
        and not (lines and n.lineno > min(lines))
        for n in nodes
    )


def use(
    opened: Opened, loaded: Loaded, exports: Exports,
    tasks: tuple[tuple[str, str], ...] | None,
) -> Step | None:  # fmt: skip
    """Return where a child uses what is open; None where none does, or it makes its own."""
    homes = (exports.files.tree(path) for path in (opened.span.path, opened.holder.path))
    if any(home is not None and _ASKS in home.source.text for home in homes):
        return None
    holders = derived(opened, loaded, exports)
    if any(_rebound(holder, loaded, exports) for holder in (opened.holder, *holders)):
        return None
    functions = _every(loaded, exports) if tasks is None else list(reached(tasks, exports))
    if tasks is not None and any(_made_anew(h, set(functions), exports) for h in holders):
        return None
    for path, name in functions:
        names, tree = exports.names(path), exports.files.tree(path)
        if names is None or tree is None or ((path, name) in loaded.ran and tasks is None):
            continue
        node = used_in(names, name, holders, exports)
        if node is not None:
            return Step(tree.span(node), f"each worker uses `{ast.unparse(node)}`")
    return None


def derived(opened: Opened, loaded: Loaded, exports: Exports) -> frozenset[Holder]:
    """Return the names through which it is used: those whose value is made of it too."""
    found: set[Holder] = {Holder(opened.holder.path, opened.holder.name.partition(".")[0])}
    words = {opened.holder.name.partition(".")[0]}
    for path in loaded.files:
        names = exports.names(path)
        for name, bound in names.scope("").bound.items() if names else ():
            values = [b.value for b in bound if b.how == "=" and b.value is not None]
            if opened.kept is Kept.CONNECTION:
                values = [value for value in values if _is_cursor(value)]
            if names and any(_mentions(v, "", names, found, words, exports) for v in values):
                found.add(Holder(path, name))
                words.add(name)
    return frozenset(found)


def _is_cursor(value: ast.expr) -> bool:
    """Tell whether a value is a cursor, which speaks through the connection that makes it."""
    return isinstance(value, ast.Call) and getattr(value.func, "attr", "") == "cursor"


def _mentions(
    node: ast.AST, scope: str, names: Names, holders: Collection[Holder | None], words: set[str],
    exports: Exports,
) -> bool:  # fmt: skip
    return any(
        _last(inner) in words and held(of_ast(inner), scope, names, exports) in holders
        for inner in walk(node)
        if isinstance(inner, ast.Name | ast.Attribute)
    )


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _rebound(holder: Holder, loaded: Loaded, exports: Exports) -> bool:
    """Tell whether a function that loading does not run gives the name a new value."""
    names = exports.names(holder.path)
    if names is None:
        return False
    if holder.cls:
        attribute = holder.name.rpartition(".")[2]
        return any(
            (holder.path, b.where) not in loaded.ran and b.how == "=" and not is_none(b.value)
            for b in names.attributes(holder.cls, attribute)
        )
    return any(
        b.where and (holder.path, b.where) not in loaded.ran and b.how == "="
        for b in names.scope("").bound.get(holder.name, ())
    )


def _made_anew(holder: Holder, functions: set[tuple[str, str]], exports: Exports) -> bool:
    """Tell whether one of the functions gives the name a new value, whatever it held before."""
    names = exports.names(holder.path)
    if names is None:
        return False
    for binding in names.scope("").bound.get(holder.name, ()):
        value = binding.value
        if value is None or is_none(value) or (holder.path, binding.where) not in functions:
            continue
        tests = (n for n in own_nodes(names.functions[binding.where]) if isinstance(n, ast.If))
        if not any(
            any(inner is value for inner in walk(test))
            and any(isinstance(n, ast.Name) and n.id == holder.name for n in walk(test.test))
            for test in tests
        ):
            return True
    return False


def _every(loaded: Loaded, exports: Exports) -> Iterator[tuple[str, str]]:
    """Yield the functions of all files that were loaded, those of the last file first."""
    for path in reversed(loaded.files):
        names = exports.names(path)
        if names is not None:
            yield from ((path, name) for name in names.functions)


def reached(tasks: Iterable[tuple[str, str]], exports: Exports) -> Iterator[tuple[str, str]]:
    """Yield the functions that tasks lead to, the nearest first."""
    todo = list(tasks)
    seen = set(todo)
    while todo and len(seen) < _CALLS:
        path, name = todo.pop(0)
        yield path, name
        names = exports.names(path)
        node = names.functions.get(name) if names else None
        for call in own_nodes(node) if node else ():
            if not isinstance(call, ast.Call) or names is None:
                continue
            found = function(of_ast(call.func), name, names)
            key = (found.names.outside.path, found.name) if found else None
            if key and key not in seen:
                seen.add(key)
                todo.append(key)


def used_in(
    names: Names, name: str, holders: frozenset[Holder], exports: Exports
) -> ast.expr | None:
    """Return where a function uses one of the names, besides closing it."""
    words = {holder.name for holder in holders}
    node = names.functions[name]
    ends = {
        id(inner.value)
        for inner in own_nodes(node)
        if isinstance(inner, ast.Attribute) and inner.attr in _ENDS
    }
    for inner in sorted(_named(node, words), key=lambda n: (n.lineno, n.col_offset)):
        if id(inner) not in ends and held(of_ast(inner), name, names, exports) in holders:
            return inner
    return None


def _named(node: ast.AST, words: set[str]) -> Iterator[ast.Name | ast.Attribute]:
    for inner in own_nodes(node):
        if (
            isinstance(inner, ast.Name | ast.Attribute)
            and isinstance(inner.ctx, ast.Load)
            and _last(inner) in words
        ):
            yield inner
