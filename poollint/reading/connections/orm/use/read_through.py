"""Functions that ask a cache first, and the database only for what is not found there.

`cached = await self.cache.get(key)`, `if cached: return cached`, and a query after it: most calls
of it send no statement, so that none is certain to begin a transaction.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from poollint.catalog.load import calls
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bodies import own_nodes
from poollint.reading.naming.scopes.shapes import decorator_name, of_ast
from poollint.syntax.nodes import walk

_CACHES = frozenset(
    """cache cached caches caching redis valkey memcache memcached memo memos memoize memoized
    memoise memoised""".split()
)
_KEPT_FOR_LESS = frozenset({"cached_property"})  # than one request, mostly
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CLIENT = "redis."  # types of the catalog


def remembered(member: Member) -> bool:
    """Tell whether a decorator answers for a function that has been called before."""
    decorators = member.names.functions[member.name].decorator_list
    named = [decorator_name(decorator) for decorator in decorators]
    return any(_is_cache(name) for name in named if name not in _KEPT_FOR_LESS)


def asks_cache(test: ast.expr, here: Member) -> bool:
    """Tell whether a test asks whether something was found in a cache."""
    return any(_of_cache(node, here) for node in _asked(test, here))


def answered_before(here: Member, statements: Sequence[ast.expr]) -> bool:
    """Tell whether a function returns what a cache has before it comes to any of `statements`."""
    if remembered(here):
        return True
    first = min((node.lineno for node in statements), default=0)
    return any(
        isinstance(node, ast.If)
        and isinstance(node.body[-1], ast.Return)
        and node.body[-1].lineno < first
        and asks_cache(node.test, here)
        for node in own_nodes(here.names.functions[here.name])
    )


def _asked(test: ast.expr, here: Member) -> Iterator[ast.expr]:
    """Yield what a test is about: its own parts, and what its names were given."""
    for node in walk(test):
        if isinstance(node, ast.Name | ast.Attribute | ast.Call):
            yield node
        if isinstance(node, ast.Name):
            bound = here.names.bound(of_ast(node), here.name)
            for binding in bound:
                if binding.how == "=" and binding.where == here.name and binding.value is not None:
                    yield binding.value


def _of_cache(node: ast.expr, here: Member, deeper: bool = True) -> bool:
    """Tell whether an expression is what a cache answers: by its names, or by its type."""
    clients = here.names.under(calls())
    for inner in walk(node):
        match inner:
            case ast.Name(id=name) | ast.Attribute(attr=name) if _is_cache(name):
                return True
            case ast.Call(func=ast.Attribute(value=of) as func):
                if clients.type(of_ast(of), here.name).startswith(_CLIENT):
                    return True
                if deeper and _within(func, here):
                    return True
            case ast.Call(func=func) if deeper and _within(func, here):
                return True
    return False


def _within(func: ast.expr, here: Member) -> bool:
    """Tell whether a function of the project asks a cache itself, or is a method of one."""
    member = function(of_ast(func), here.name, here.names)
    if member is None:
        return False
    memory: dict[str, bool] = member.names.memory.setdefault("asks a cache", {})
    if member.name not in memory:
        memory[member.name] = _is_cache(member.name.partition(".")[0]) or any(
            _of_cache(node, member, deeper=False)
            for node in own_nodes(member.names.functions[member.name])
            if isinstance(node, ast.Call)
        )
    return memory[member.name]


def _is_cache(name: str) -> bool:
    return any(word.lower() in _CACHES for word in _WORDS.findall(name))
