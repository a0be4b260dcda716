"""Which exceptions a handler catches, and where a `raise` leads."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from poollint.reading.naming.scopes.shapes import dotted, of_cst
from poollint.reading.paths.graph import Edge, Way

_EVERY = {"BaseException"}
_ORDINARY = _EVERY | {"Exception"}
_CANCELS = {"CancelledError", "GeneratorExit", "asyncio.CancelledError"}


def caught(
    handlers: Sequence[tuple[cst.ExceptHandler | cst.ExceptStarHandler, int]],
    way: Way,
    beyond: tuple[Edge, ...],
) -> tuple[Edge, ...]:
    """Return where an exception may go: into the handlers that fit, and past those that may not.

    `beyond` is where it goes then; not into a handler of nothing but what has been caught here.
    """
    edges: list[Edge] = []
    past: frozenset[str] = frozenset()
    for handler, entry in handlers:
        names = _exceptions(handler.type)
        last = {name.rpartition(".")[2] for name in names}
        if way is Way.CANCEL:
            if not names or last & (_EVERY | _CANCELS):
                return (*edges, Edge(way, entry))
            continue
        if last <= _CANCELS and names:
            continue
        if not names or last & _ORDINARY:
            return (*edges, Edge(way, entry))
        edges.append(Edge(way, entry, caught=frozenset(last)))
        past |= last
    passed = (edge for edge in beyond if not edge.caught or not _all_caught(edge.caught, past))
    return (*edges, *(replace(edge, past=edge.past | past) for edge in passed))


def again(
    handler: cst.ExceptHandler | cst.ExceptStarHandler, beyond: tuple[Edge, ...]
) -> tuple[Edge, ...]:
    """Return where a bare `raise` in a handler leads: not past who catches all that it caught."""
    names = frozenset(name.rpartition(".")[2] for name in _exceptions(handler.type))
    return tuple(edge for edge in beyond if not names or not _all_caught(names, edge.past))


def _all_caught(names: frozenset[str], past: frozenset[str]) -> bool:
    return all(any(_is_a(name, other) for other in past) for name in names)


def cancels(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Tell whether a handler is for cancellations alone."""
    names = _exceptions(handler.type)
    return bool(names) and {name.rpartition(".")[2] for name in names} <= _CANCELS


def catches_all(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    """Tell whether a handler catches cancellations among all others."""
    names = {name.rpartition(".")[2] for name in _exceptions(handler.type)}
    return not names or bool(names & (_EVERY | _CANCELS))


def raised(exception: cst.BaseExpression | None, edges: tuple[Edge, ...]) -> tuple[Edge, ...]:
    """Return where a `raise` of that exception leads: by its name, where that tells."""
    if isinstance(exception, cst.Call):
        exception = exception.func
    name = dotted(of_cst(exception)).rpartition(".")[2] if exception is not None else ""
    found = []
    for edge in edges:
        if any(_is_a(name, other) for other in edge.past):
            continue
        if edge.caught and all(_is_a(name, other) is False for other in edge.caught):
            continue
        found.append(edge)
    return tuple(found)


def _is_a(name: str, other: str) -> bool | None:
    """Tell whether an exception is caught as another; None where their names do not tell."""
    if name == other:
        return True
    kind, wider = getattr(builtins, name, None), getattr(builtins, other, None)
    if isinstance(kind, type) and isinstance(wider, type):
        return issubclass(kind, wider)
    return None


def _exceptions(node: cst.BaseExpression | None) -> set[str]:
    """Return the names a handler catches; empty for a bare `except:`."""
    if node is None:
        return set()
    if isinstance(node, cst.Tuple):
        return {name for element in node.elements for name in _exceptions(element.value)}
    return {dotted(of_cst(node)) or "?"}
