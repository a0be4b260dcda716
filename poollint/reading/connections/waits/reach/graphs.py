"""Graphs of LangGraph, whose nodes are functions of the project: `graph.invoke(state)` runs them.

`builder = StateGraph(State)`, `builder.add_node("ask", ask)`, `graph = builder.compile()`, or all
of that in one chain: what tells a builder something gives the builder (langgraph 0.3 on). Only
the nodes count that run in any case: the one that the graph begins with, and those that plain edges
lead to (langgraph 1.2, `graph/state.py`). A graph that may stop in between is not looked at. One
all of whose nodes only compute waits for nobody, however it is named.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.bindings import Binding
from poollint.reading.naming.scopes.bodies import is_none, own_nodes
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Called,
    Name,
    Shape,
    decorator_name,
    of_ast,
)

_RUNNING = {"invoke": "", "ainvoke": "await"}  # and how its value is consumed
_STREAMING = frozenset({"astream", "astream_events"})
_GRAPHS = frozenset({"langgraph.graph.StateGraph", "langgraph.graph.state.StateGraph"})
_TELLING = frozenset(
    """add_node add_edge add_conditional_edges add_sequence set_entry_point set_finish_point
    set_conditional_entry_point""".split()
)
_LEVELS = 4  # names for what functions return


class _Graph(NamedTuple):
    """A graph under the name of what builds it, in a scope of a file; `chain` tells it more."""

    builder: str
    scope: str
    names: Names
    chain: tuple[ast.Call, ...] = ()


def nodes_run(callee: Shape, how: set[str], scope: str, names: Names) -> Iterator[Member]:
    """Yield the functions that a call runs in any case as nodes of a graph, in their order."""
    if not isinstance(callee, Attribute) or callee.name not in _RUNNING:
        return
    if _RUNNING[callee.name] and _RUNNING[callee.name] not in how:
        return
    graph = _compiled(callee.of, scope, names, _LEVELS)
    if graph is None:
        return
    nodes = dict(_nodes(graph))
    for name in _in_any_case(graph):
        member = function(of_ast(nodes[name]), graph.scope, graph.names) if name in nodes else None
        if member is not None:
            yield member


def only_computes(callee: Shape, scope: str, names: Names, waits: Callable[[Member], bool]) -> bool:
    """Tell whether a call runs a graph of which all is known, and none of whose nodes `waits`."""
    if not isinstance(callee, Attribute) or callee.name not in _STREAMING.union(_RUNNING):
        return False
    graph = _compiled(callee.of, scope, names, _LEVELS)
    if graph is None or next(_told(graph, "add_sequence"), None) is not None:
        return False
    nodes = [node for _, node in _nodes(graph)]
    found = [function(of_ast(node), graph.scope, graph.names) for node in nodes]
    if not nodes or len(nodes) != sum(1 for _ in _told(graph, "add_node")):
        return False
    return all(one is not None and _is_known(one) and not waits(one) for one in found)


def _is_known(node: Member) -> bool:
    """Tell whether all that a node awaits, or invokes, is a function of the project."""
    names, name = node
    for inner in own_nodes(names.functions[name]):
        match inner:
            case ast.AsyncFor() | ast.AsyncWith():
                return False
            case ast.Await(value=value) if not isinstance(value, ast.Call):
                return False
            case (
                ast.Await(value=ast.Call(func=func))
                | ast.Call(func=ast.Attribute(attr="invoke" | "stream" | "run" | "predict") as func)
            ) if function(of_ast(func), name, names) is None:
                return False
    return True


def _handed(parameter: str, scope: str, names: Names, levels: int) -> _Graph | None:
    """Return the graph that all calls in the module give a parameter."""
    given = [one for one in names.parameters.given(scope, parameter) if not is_none(one[1])]
    found = {_of(v, at, n, levels) if v is not None else None for n, v, at in given}
    return found.pop() if len(found) == 1 else None


def _compiled(shape: Shape, scope: str, names: Names, levels: int) -> _Graph | None:
    """Return the graph that an expression is, None where it is none, or not known."""
    if isinstance(shape, Called):
        return _given(shape.callee, scope, names, levels)
    there = names.imported(shape, scope)
    if there is not None:
        names, shape, scope = there[0], there[1], ""
    bound = names.bound(shape, scope)
    if levels and isinstance(shape, Name) and [b.how for b in bound] == [":"]:
        return _handed(shape.text, bound[0].where, names, levels - 1)
    told = [b for b in bound if b.how != ":" and not is_none(b.value)]
    if not levels or len(told) != 1 or told[0].how != "=" or told[0].value is None:
        return None
    return _of(told[0].value, told[0].where, names, levels - 1)


def _of(value: ast.expr, scope: str, names: Names, levels: int) -> _Graph | None:
    """Return the graph that a value is: what compiles it, or a function that returns it."""
    match value:
        case ast.Call(func=ast.Attribute(value=builder, attr="compile"), keywords=told):
            if any(k.arg is None or k.arg.startswith("interrupt") for k in told):
                return None
            return _built(builder, scope, names)
        case ast.Call(func=func):
            return _given(of_ast(func), scope, names, levels)
        case ast.Name() | ast.Attribute() if levels:
            return _compiled(of_ast(value), scope, names, levels)
    return None


def _given(callee: Shape, scope: str, names: Names, levels: int) -> _Graph | None:
    """Return the graph that a function of the project returns."""
    member = function(callee, scope, names) if levels else None
    given = member.names.results(member.name) if member is not None else None
    if member is None or given is None or len(given) != 1:
        return None
    return _of(given[0], member.name, member.names, levels - 1)


def _built(builder: ast.expr, scope: str, names: Names) -> _Graph | None:
    """Return the graph that an expression builds, None where it stands for anything else."""
    first, chain = _unchained(builder)
    if isinstance(first, ast.Call):
        return _Graph("", scope, names, chain) if _begins(first, scope, names) else None
    if not isinstance(first, ast.Name):
        return None
    match names.bound(Name(first.id), scope):
        case [Binding(how="=", value=ast.expr() as value, where=where)]:
            begun, before = _unchained(value)
            known = isinstance(begun, ast.Call) and _begins(begun, where, names)
            return _Graph(first.id, where, names, (*before, *chain)) if known else None
    return None


def _begins(call: ast.Call, scope: str, names: Names) -> bool:
    return names.qualified(of_ast(call.func), scope) in _GRAPHS


def _unchained(value: ast.expr) -> tuple[ast.expr, tuple[ast.Call, ...]]:
    """Return what a builder begins with, and what it is told in one chain with that."""
    chain: tuple[ast.Call, ...] = ()
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr not in _TELLING:
            break
        chain = (value, *chain)
        value = value.func.value
    return value, chain


def _told(graph: _Graph, method: str) -> Iterator[ast.Call]:
    """Yield what a builder is told by one of its methods, where it stands."""
    yield from (
        c for c in graph.chain if isinstance(c.func, ast.Attribute) and c.func.attr == method
    )
    for call, scope in graph.names.calls(method):
        first, _ = _unchained(call)
        if call in graph.chain or scope != graph.scope:
            continue
        if isinstance(first, ast.Name) and first.id == graph.builder:
            yield call


def _nodes(graph: _Graph) -> Iterator[tuple[str, ast.expr]]:
    """Yield the nodes by their names."""
    for call in _told(graph, "add_node"):
        match call.args:
            case [ast.Constant(value=str(name)), node, *_]:
                yield name, node
            case [ast.Name() | ast.Attribute() as node]:
                yield decorator_name(node), node


def _in_any_case(graph: _Graph) -> Iterator[str]:
    """Yield the names of the nodes that run whatever the nodes before them give."""
    after: dict[str, list[str]] = {}
    for call in _told(graph, "add_edge"):
        if len(call.args) == 2:
            after.setdefault(_node(call.args[0]), []).append(_node(call.args[1]))
    for call in _told(graph, "set_entry_point"):
        after.setdefault(_START, []).append(_node(call.args[0]) if call.args else "")
    branching = {_node(c.args[0]) for c in _told(graph, "add_conditional_edges") if c.args}
    at, seen = _START, {_START}
    while at not in branching and len(after.get(at, ())) == 1:
        at = after[at][0]
        if at in seen:
            return
        seen.add(at)
        yield at


_START = "__start__"


def _node(node: ast.expr) -> str:
    """Return the name of a node as an edge tells it, "" for one not told so."""
    match node:
        case ast.Constant(value=str(name)):
            return name
        case ast.Name(id="START") | ast.Attribute(attr="START"):
            return _START
    return ""
