"""When Django's query sets are asked for their rows: they are lazy, and what goes through one asks.

`Order.objects.filter(paid=False)` sends nothing; `for order in …`, `list(…)`, `len(…)`, `if …:` and
a place in it do (Django 5.2, topics/db/queries.txt, "QuerySets are lazy").
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile

from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Called, Name, Shape, of_ast
from poollint.syntax.nodes import walk

MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_REVERSE = "_set"  # how the manager of what points to an object is called: `order.line_set`
# Methods that give another query set; `none()` gives one that asks nothing.
_LAZY = frozenset(
    """aiterator alias all annotate complex_filter dates datetimes defer difference distinct exclude
    extra filter intersection iterator only order_by prefetch_related raw reverse select_for_update
    select_related union using values values_list""".split()
)
TELLING = frozenset("all exclude filter prefetch_related select_for_update select_related".split())
"""Methods that say by their names that they are asked of a manager, or a query set."""
# What goes through all that it is given, at once, and what does when it is gone through itself.
_ALL = frozenset("all any bool dict frozenset join len list max min set sorted sum tuple".split())
_LATER = frozenset({"chain", "enumerate", "filter", "map", "reversed", "zip"})


def is_query_set(shape: Shape, known: frozenset[str]) -> bool:
    """Tell whether an expression is a query set: of a manager, or of one of the `known` names."""
    methods: list[str] = []
    while isinstance(shape, Attribute | Called):
        if isinstance(shape, Attribute):
            methods.append(shape.name)
            if of_manager(shape.name):
                break
        shape = shape.of if isinstance(shape, Attribute) else shape.callee
    if isinstance(shape, Name):
        return (shape.text in known and _LAZY.issuperset(methods)) or _of_related(methods)
    return len(methods) > 1 and _LAZY.issuperset(methods[:-1])


def _of_related(methods: list[str]) -> bool:
    """Tell whether methods, the last one first, are asked of a row's manager: `order.lines.all()`.

    Such a manager may have any name, but only query sets have these methods.
    """
    lazy = list(takewhile(_LAZY.__contains__, methods))
    return not TELLING.isdisjoint(lazy) and len(lazy) < len(methods)


def of_manager(name: str) -> bool:
    """Tell whether an attribute of that name is a manager of a model."""
    return name in MANAGERS or (name.endswith(_REVERSE) and name != _REVERSE)


def known_names(node: ast.AST, scope: str, names: Names) -> frozenset[str]:
    """Return the names of a function that get nothing but query sets, and these within `node`.

    One that was made before may have its rows already.
    """
    inside = {id(inner) for inner in walk(node)}
    found = set()
    for name, bound in names.scope(scope).bound.items():
        values = [b.value for b in bound if b.how == "=" and id(b.value) in inside]
        shapes = [of_ast(value) for value in values]
        again = frozenset({name})  # `orders = orders.filter(paid=True)`
        told = len(values) == len(bound) and all(is_query_set(s, again) for s in shapes)
        if told and any(is_query_set(s, frozenset()) for s in shapes):
            found.add(name)
    return frozenset(found)


def gone_through(node: ast.AST) -> Iterator[Shape]:
    """Yield what a node goes through, of its own: not what is in it."""
    match node:
        case ast.For(iter=given) | ast.AsyncFor(iter=given):
            yield from each(given)
        case ast.ListComp() | ast.SetComp() | ast.DictComp():
            yield of_ast(node.generators[0].iter)
        case ast.If(test=test) | ast.While(test=test):
            yield of_ast(test)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            yield from (s for arg in args for s in each(arg)) if name in _ALL else ()
        case ast.Subscript(value=of, slice=ast.Constant(value=int())):
            yield of_ast(of)


def each(node: ast.expr | None) -> Iterator[Shape]:
    """Yield what is gone through where `node` is, by a loop or a test."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=args) if name in _LATER:
            yield from (of_ast(arg) for arg in args)
        case ast.GeneratorExp(generators=[first, *_]):
            yield of_ast(first.iter)
        case ast.Subscript(value=of, slice=ast.Slice()):
            yield of_ast(of)
        case _:
            yield of_ast(node)
