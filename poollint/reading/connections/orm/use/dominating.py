"""Which statements of a function are certainly run before others, by the blocks they stand in.

A statement dominates what follows it in its own block, and what follows a `with` or a `try` in
whose body it stands, where each handler of that leaves.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(frozen=True)
class Suites:
    """The blocks of a function: of each statement its block, and what it stands in.

    above  of each node the one around it
    """

    block: dict[int, Sequence[ast.stmt]]
    above: dict[int, ast.AST]

    def repeats(self, node: ast.AST) -> bool:
        """Tell whether a node stands in a loop of the function."""
        at = self.above.get(id(node))
        while at is not None:
            if isinstance(at, _LOOPS):
                return True
            at = self.above.get(id(at))
        return False

    def branches(self, node: ast.AST) -> Iterator[ast.If]:
        """Yield the `if` statements of which a statement is a branch, the innermost first."""
        at = self.above.get(id(node))
        while isinstance(at, ast.If):
            yield at
            at = self.above.get(id(at))

    def statements(self, node: ast.AST) -> Iterator[ast.stmt]:
        """Yield the statements that a node stands in, the innermost first."""
        at: ast.AST | None = node
        while at is not None:
            if isinstance(at, ast.stmt):
                yield at
            at = self.above.get(id(at))


def suites(function: ast.AST) -> Suites:
    """Return the blocks of a function, those of functions within it left out."""
    block: dict[int, Sequence[ast.stmt]] = {}
    above: dict[int, ast.AST] = {}
    stack = [function]
    while stack:
        node = stack.pop()
        if isinstance(node, _FUNCTIONS) and node is not function:
            continue
        for _, value in ast.iter_fields(node):
            inner = [v for v in (value if isinstance(value, list) else [value])
                     if isinstance(v, ast.AST)]  # fmt: skip
            for one in inner:
                above[id(one)] = node
                if isinstance(one, ast.stmt):
                    block[id(one)] = inner  # type: ignore[assignment]  # all are, where one is
            stack += inner
    return Suites(block, above)


def after(statement: ast.stmt, of: Suites) -> Sequence[ast.stmt]:
    """Return the statements that follow one in its block."""
    block = of.block.get(id(statement), ())
    at = next((i for i, one in enumerate(block) if one is statement), len(block))
    return block[at + 1 :]


def dominated(node: ast.AST, by: ast.stmt, of: Suites) -> bool:
    """Tell whether a node is certainly come to only after a statement has been run."""
    around = {id(one) for one in of.statements(node)}
    at: ast.AST | None = by
    while isinstance(at, ast.stmt):
        if any(id(one) in around for one in after(at, of)):
            return True
        up = of.above.get(id(at))
        if isinstance(up, ast.Try) and any(at is one for one in up.body):
            if any(id(one) in around for one in up.orelse):
                return True
            if not all(isinstance(h.body[-1], _LEAVING) for h in up.handlers):
                return False
        elif not isinstance(up, ast.With | ast.AsyncWith):
            return False
        at = up
    return False
