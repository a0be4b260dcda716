"""Whether a function may return what it has let go of on the way.

`except Exception: pool.putconn(conn); raise` gives a connection back on a way that returns none:
whoever gets one from the function gets it taken. The ways are followed through the text of the
function; whatever stands in a `try` may raise.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from poollint.reading.naming.scopes.bindings import FunctionDef
from poollint.syntax.nodes import children, walk


def returned_after(node: FunctionDef, name: str, parting: Collection[ast.AST]) -> bool:
    """Tell whether `return name` may be come to after one of `parting`, parts of the function.

    What is let go of in a `finally` may be let go of after it was returned.
    """
    ways = _Ways(name, {id(part) for part in parting})
    ways.block(node.body, gone=False)
    return ways.found


class _Ways:
    """The ways through a body. A state tells whether the name's value may be gone; None: no way.

    found   a way leads from what lets go of it to a `return` of it
    """

    def __init__(self, name: str, parting: set[int]) -> None:
        self.found = False
        self._name = name
        self._parting = parting
        self._raised = False  # may it be gone where something raises in the `try` around
        self._left: list[bool] = []  # may it be gone where the loop around is left or goes on

    def block(self, body: Sequence[ast.stmt], gone: bool | None) -> bool | None:
        for statement in body:
            if gone is None:
                return None
            self._raised |= gone
            gone = self._statement(statement, gone)
            self._raised |= bool(gone)
        return gone

    def _statement(self, node: ast.stmt, gone: bool) -> bool | None:
        gone |= id(node) in self._parting
        match node:
            case ast.If(test=test, body=body, orelse=orelse):
                gone |= self._parts(test)
                return _either(self.block(body, gone), self.block(orelse, gone))
            case ast.While() | ast.For() | ast.AsyncFor():
                return self._loop(node, gone)
            case ast.Try() | ast.TryStar():
                return self._try(node, gone)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                gone |= any(self._parts(item) for item in items)
                return self.block(node.body, gone)
            case ast.Match(subject=subject, cases=cases):
                gone |= self._parts(subject)
                return _either(gone, *(self.block(case.body, gone) for case in cases))
            case ast.Break() | ast.Continue():
                self._left.append(gone)
                return None
            case ast.Raise():
                self._raised |= gone | self._parts(node)
                return None
            case ast.Return():
                gone |= self._parts(node)
                self.found |= gone and self._returns(node)
                return None
        gone |= self._parts(node)
        return gone and not self._rebinds(node)

    def _loop(self, node: ast.While | ast.For | ast.AsyncFor, gone: bool) -> bool | None:
        around, self._left = self._left, []
        gone |= self._parts(node.test if isinstance(node, ast.While) else node.iter)
        for _ in range(2):  # what one turn lets go of is gone in the next
            ended = self.block(node.body, gone)
            gone |= bool(ended) or any(self._left)
        self._left = around
        endless = isinstance(node, ast.While) and getattr(node.test, "value", None) is True
        after = self.block(node.orelse, gone)
        return gone if endless else _either(gone, after)

    def _try(self, node: ast.Try | ast.TryStar, gone: bool) -> bool | None:
        around, self._raised = self._raised, gone
        if any(self._parts(statement) for statement in node.finalbody):
            self.found = True
        after = self.block(node.body, gone)
        after = self.block(node.orelse, after)
        raised, self._raised = self._raised, around
        handled = [self.block(handler.body, raised) for handler in node.handlers]
        self._raised |= raised
        self.block(node.finalbody, self._raised)
        return self.block(node.finalbody, _either(after, *handled))

    def _parts(self, node: ast.AST) -> bool:
        """Tell whether something in a part of the function lets go of it."""
        stack = [node]
        while stack:
            inner = stack.pop()
            if id(inner) in self._parting:
                return True
            stack += children(inner)
        return False

    def _returns(self, node: ast.Return) -> bool:
        return node.value is not None and any(
            isinstance(inner, ast.Name) and inner.id == self._name for inner in walk(node.value)
        )

    def _rebinds(self, node: ast.stmt) -> bool:
        """Tell whether a statement gives the name another value."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return name == self._name and node.value is not None
        return False


def _either(*states: bool | None) -> bool | None:
    """Return what may be so after several ways, None where none of them goes on."""
    told = [state for state in states if state is not None]
    return any(told) if told else None
