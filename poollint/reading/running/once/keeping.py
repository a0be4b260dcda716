"""Decorators that keep what a function gives: it runs once, or once for each key."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from poollint.reading.naming.scopes.outline import Outline, argument_names, dotted
from poollint.reading.running.once.each_time import run_each_time
from poollint.syntax.nodes import walk

# What projects call a decorator of their own that keeps a result; caches that the catalog knows
# ("functools.cache") are told by it.
_DATA = "streamlit.cache_data"  # for each of what a function is given (1.67.0)
_MINUTE = 60  # seconds; who connects as seldom as that need not share
_KEEPING = re.compile(r"(?:run_?|only_?|call_?)?once|singleton|memo(?:ize|ise)?d?")


def keeps_result(outline: Outline, decorator: ast.expr, name: str) -> bool:
    """Tell whether a decorator of the function `name` keeps what that gives.

    By its name, or because the module defines it, and it calls the function only where it does
    not find the result of the last call.
    """
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    if _KEEPING.fullmatch(dotted(plain).rpartition(".")[2].lower()):
        return True
    if outline.qualified(plain) == _DATA:
        return _lasts(decorator) and not argument_names(outline.functions[name])
    made = list(_makers(outline, decorator, plain, name))
    return bool(made) and all(_asks_first(outline, maker) for maker in made)


def _lasts(decorator: ast.expr) -> bool:
    """Tell whether what streamlit keeps is there for a minute, for all visitors."""
    told = decorator.keywords if isinstance(decorator, ast.Call) else []
    match next((k.value for k in told if k.arg == "ttl"), None):
        case ast.Constant(value=int() | float() as seconds):
            return seconds >= _MINUTE
    return True


def _makers(outline: Outline, decorator: ast.expr, plain: ast.expr, name: str) -> Iterator[str]:
    """Yield the functions of the module that are given the decorated one."""
    parent = outline.scope(name).parent
    found = outline.called(plain, parent.name if parent else "")
    if isinstance(decorator, ast.Call):
        found = tuple(inner for f in found for inner in outline.returned(f))
    yield from found


def _asks_first(outline: Outline, maker: str) -> bool:
    """Tell whether what a decorator makes calls the function only where it has no result yet."""
    given = argument_names(outline.functions[maker])
    wrappers = outline.returned(maker)
    if len(given) != 1 or len(wrappers) != 1:
        return False
    calls = [n for n in walk(outline.functions[wrappers[0]]) if _is_call(n, given[0])]
    each_time = {id(node) for node in run_each_time(outline, wrappers[0])}
    return bool(calls) and not any(id(call) in each_time for call in calls)


def _is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
