"""The control-flow graph of one function, with the edges that exceptions take.

Built backwards: each statement is given the point that follows it and the places that
`return`, `break`, `continue` and exceptions lead to, and answers with its own first point.
A `finally` block and the exit of a `with` are copied for each way of leaving, so that a
release in a `finally` stands on every path that runs it, and on no other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import libcst as cst

from poollint.reading.naming.scopes.shapes import dotted, of_cst
from poollint.reading.paths.catching import again, cancels, catches_all, caught, raised
from poollint.reading.paths.graph import MAX_POINTS, Edge, Graph, Kind, Point, TooComplex, Way
from poollint.reading.paths.looping import is_one, of_one

Raises = Callable[["cst.CSTNode"], tuple[bool, bool]]
"""Whether evaluating a node may raise, and whether a task may be cancelled there.

Of a `for`: whether that may happen where it goes on to its next item.
"""


@dataclass(frozen=True, slots=True)
class _Context:
    """Where control goes from here when it does not fall through.

    `again_raised` is where a bare `raise` leads: on with what the handler around it caught.
    """

    back: int  # return
    raised: tuple[Edge, ...]
    cancelled: tuple[Edge, ...]
    leave: int = -1  # break
    again: int = -1  # continue
    cleanup: bool = False
    again_raised: tuple[Edge, ...] = ()


def graph(function: cst.FunctionDef, raises: Raises, tidies: bool = False) -> Graph:
    """Build the graph of a function's own body; `tidies`: all of it is there to clean up."""
    return _Builder(function, raises).build(tidies)


class _Builder:
    def __init__(self, function: cst.FunctionDef, raises: Raises) -> None:
        self._function = function
        self._raises = raises
        self._graph = Graph([Point(Kind.EXIT, None) for _ in range(3)])

    @cached_property
    def _of_one(self) -> frozenset[str]:
        return of_one(self._function)

    def build(self, tidies: bool) -> Graph:
        context = _Context(
            Graph.NORMAL,
            (Edge(Way.RAISE, Graph.RAISED),),
            (Edge(Way.CANCEL, Graph.CANCELLED),),
            cleanup=tidies,
        )
        self._graph.entry = self._suite(self._function.body, Graph.NORMAL, context)
        return self._graph

    def _add(self, kind: Kind, node: cst.CSTNode | None, to: _Context, *edges: Edge) -> int:
        if len(self._graph.points) >= MAX_POINTS:
            raise TooComplex
        self._graph.points.append(Point(kind, node, edges, to.cleanup))
        return len(self._graph.points) - 1

    def _point(
        self, kind: Kind, node: cst.CSTNode, context: _Context, *edges: Edge, calm: bool = False
    ) -> int:
        """Add a point with the edges of what evaluating `node` may raise."""
        raising, cancelling = (False, False) if calm else self._raises(node)
        if raising:
            edges += context.raised
        if cancelling:
            edges += context.cancelled
        elif raising:  # KeyboardInterrupt, SystemExit
            edges += tuple(replace(edge, rare=True) for edge in context.cancelled)
        return self._add(kind, node, context, *edges)

    def _suite(self, suite: cst.BaseSuite, after: int, context: _Context) -> int:
        for statement in reversed(suite.body):
            after = self._statement(statement, after, context)
        return after

    def _statement(self, node: cst.CSTNode, after: int, context: _Context) -> int:
        match node:
            case cst.SimpleStatementLine(body=body):
                for small in reversed(body):
                    after = self._small(small, after, context)
                return after
            case cst.If(test=test, body=body, orelse=orelse):
                otherwise = self._statement(orelse, after, context) if orelse else after
                return self._test(test, self._suite(body, after, context), otherwise, context)
            case cst.Else(body=body) | cst.Finally(body=body):
                return self._suite(body, after, context)
            case cst.While():
                return self._while(node, after, context)
            case cst.For():
                return self._for(node, after, context)
            case cst.With(items=items, body=body):
                return self._with(list(items), body, after, context, node.asynchronous is not None)
            case cst.Try() | cst.TryStar():
                return self._try(node, after, context)
            case cst.Match():
                return self._match(node, after, context)
        return self._small(node, after, context)

    def _small(self, node: cst.CSTNode, after: int, context: _Context) -> int:
        match node:
            case cst.Return():
                return self._point(Kind.RETURN, node, context, Edge(Way.NEXT, context.back))
            case cst.Raise(exc=None) if context.again_raised:
                return self._add(Kind.EVAL, node, context, *context.again_raised)
            case cst.Raise(exc=exception):
                return self._add(Kind.EVAL, node, context, *raised(exception, context.raised))
            case cst.Break():
                return context.leave
            case cst.Continue():
                return context.again
            case cst.Assert(test=test):
                failed = self._add(Kind.EVAL, node, context, *context.raised)
                return self._test(test, after, failed, context)
            case cst.Pass() | cst.Global() | cst.Nonlocal():
                return after
            case cst.Expr(value=value) if _ends_process(value):
                return self._add(Kind.EVAL, node, context)
        return self._point(Kind.EVAL, node, context, Edge(Way.NEXT, after))

    def _test(self, node: cst.BaseExpression, yes: int, no: int, context: _Context) -> int:
        match node:
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                return self._test(inner, no, yes, context)
            case cst.BooleanOperation(left=left, operator=cst.And(), right=right):
                return self._test(left, self._test(right, yes, no, context), no, context)
            case cst.BooleanOperation(left=left, operator=cst.Or(), right=right):
                return self._test(left, yes, self._test(right, yes, no, context), context)
            case cst.Name(value="True") | cst.Integer(value="1"):
                return yes
            case cst.Name(value="False") | cst.Integer(value="0"):
                return no
        return self._point(Kind.TEST, node, context, Edge(Way.TRUE, yes), Edge(Way.FALSE, no))

    def _while(self, node: cst.While, after: int, context: _Context) -> int:
        head = self._add(Kind.EVAL, None, context)
        inner = replace(context, leave=after, again=head)
        done = self._statement(node.orelse, after, context) if node.orelse else after
        body = self._suite(node.body, head, inner)
        test = self._test(node.test, body, done, context)
        self._graph.points[head].edges = (Edge(Way.NEXT, test),)
        return head

    def _for(self, node: cst.For, after: int, context: _Context) -> int:
        done = self._statement(node.orelse, after, context) if node.orelse else after
        head = self._add(Kind.BIND, node.target, context)
        if self._goes_once(node):
            body = self._suite(node.body, done, replace(context, leave=after, again=done))
            self._graph.points[head].edges = (Edge(Way.TRUE, body),)
            return self._point(Kind.EVAL, node.iter, context, Edge(Way.NEXT, head))
        body = self._suite(node.body, head, replace(context, leave=after, again=head))
        edges: tuple[Edge, ...] = (Edge(Way.TRUE, body), Edge(Way.FALSE, done))
        raising, cancelling = self._raises(node)
        edges += (*(context.raised if raising else ()), *(context.cancelled if cancelling else ()))
        self._graph.points[head].edges = edges
        return self._point(Kind.EVAL, node.iter, context, Edge(Way.NEXT, head))

    def _goes_once(self, node: cst.For) -> bool:
        named = isinstance(node.iter, cst.Name) and node.iter.value in self._of_one
        return node.asynchronous is None and (named or is_one(node.iter))

    def _with(
        self, items: list[cst.WithItem], body: cst.BaseSuite, after: int, context: _Context,
        asynchronous: bool,
    ) -> int:  # fmt: skip
        if not items:
            return self._suite(body, after, context)
        item = items[0]
        swallows = _suppresses(item.item)

        def leave(to: Edge) -> Edge:
            """Copy the item's exit in front of `to`."""
            edges: tuple[Edge, ...] = (Edge(to.way, to.to),)
            if swallows and to.way is Way.RAISE:
                edges = (*(() if swallows == "all" else edges), Edge(Way.NEXT, after))
            point = self._add(Kind.LEAVE, item, context, *edges)
            return replace(to, to=point)

        inner = self._guarded(context, leave)
        out = leave(Edge(Way.NEXT, after)).to
        first = self._with(items[1:], body, out, inner, asynchronous)
        cancelled = context.cancelled if asynchronous else ()
        return self._point(Kind.ENTER, item, context, Edge(Way.NEXT, first), *cancelled)

    def _guarded(self, context: _Context, copy: Callable[[Edge], Edge]) -> _Context:
        """Return `context` with `copy` put before every way out of it."""
        made: dict[Edge, Edge] = {}

        def once(edge: Edge) -> Edge:
            if edge not in made:
                made[edge] = copy(edge)
            return made[edge]

        def to(target: int) -> int:
            return once(Edge(Way.NEXT, target)).to if target >= 0 else target

        return _Context(
            to(context.back),
            tuple(once(edge) for edge in context.raised),
            tuple(once(edge) for edge in context.cancelled),
            to(context.leave),
            to(context.again),
            context.cleanup,
            tuple(once(edge) for edge in context.again_raised),
        )

    def _try(self, node: cst.Try | cst.TryStar, after: int, context: _Context) -> int:
        final = node.finalbody
        if final is not None:
            outer, tidy = context, replace(context, cleanup=True)

            def through(edge: Edge) -> Edge:
                return replace(edge, to=self._suite(final.body, edge.to, tidy))

            context = self._guarded(outer, through)
            after = through(Edge(Way.NEXT, after)).to
        handling = replace(context, cleanup=True)
        handlers = [(handler, self._handler(handler, after, handling)) for handler in node.handlers]
        inner = replace(
            context,
            raised=caught(handlers, Way.RAISE, context.raised),
            cancelled=caught(handlers, Way.CANCEL, context.cancelled),
            again_raised=tuple(
                edge
                for way in (Way.RAISE, Way.CANCEL)
                if (beyond := tuple(e for e in context.again_raised if e.way is way))
                for edge in caught(handlers, way, beyond)
            ),
        )
        otherwise = self._statement(node.orelse, after, context) if node.orelse else after
        return self._suite(node.body, otherwise, inner)

    def _handler(
        self, node: cst.ExceptHandler | cst.ExceptStarHandler, after: int, context: _Context
    ) -> int:
        if cancels(node):  # `raise` goes on with the cancellation
            context = replace(context, raised=context.cancelled, again_raised=context.cancelled)
        else:
            rare = tuple(replace(edge, rare=True) for edge in context.cancelled)
            on = (*again(node, context.raised), *(rare if catches_all(node) else ()))
            context = replace(context, again_raised=on)
        body = self._suite(node.body, after, context)
        if node.name is None:
            return body
        return self._add(Kind.BIND, node.name.name, context, Edge(Way.NEXT, body))

    def _match(self, node: cst.Match, after: int, context: _Context) -> int:
        fallen = after
        for case in reversed(node.cases):
            body = self._suite(case.body, after, context)
            if case.guard is not None:
                body = self._test(case.guard, body, fallen, context)
            if _catches_all(case):
                fallen = body
                continue
            edges = (Edge(Way.TRUE, body), Edge(Way.FALSE, fallen))
            fallen = self._add(Kind.BIND, case.pattern, context, *edges)
        return self._point(Kind.EVAL, node.subject, context, Edge(Way.NEXT, fallen))


def _ends_process(node: cst.BaseExpression) -> bool:
    name = dotted(of_cst(node.func)) if isinstance(node, cst.Call) else ""
    return name in {"sys.exit", "exit", "quit", "os._exit", "os.abort"}


def _suppresses(node: cst.BaseExpression) -> str:
    """Return which exceptions a `with` item swallows: "all", "some", or "" for none."""
    name = dotted(of_cst(node.func)) if isinstance(node, cst.Call) else ""
    if name.rpartition(".")[2] not in {"suppress", "raises", "assertRaises", "assertRaisesRegex"}:
        return ""
    kinds = {dotted(of_cst(argument.value)) for argument in node.args}  # type: ignore[attr-defined]
    return "all" if kinds & {"Exception", "BaseException"} else "some"


def _catches_all(case: cst.MatchCase) -> bool:
    pattern = case.pattern
    return case.guard is None and isinstance(pattern, cst.MatchAs) and pattern.pattern is None
