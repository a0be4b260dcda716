"""What a function leaves the session of a registry with, which it or what it calls has ended.

`db.session.commit()` and one more query after it leave a transaction open; a commit on any way to
the end may leave none.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.ways import Ways


class Leaving(Ways):
    """The ways through one function, by what is known of its calls and of the rows that it reads.

    `done` is what does something, in any order; `ends` tells which `with` items end a transaction
    when their block is left.
    """

    def __init__(
        self,
        body: list[ast.stmt],
        done: Iterable[tuple[ast.AST, Use]],
        ends: Callable[[ast.expr], bool],
    ) -> None:
        super().__init__()
        self._done_by = {id(node): use for node, use in done}
        self._ends = ends
        self.follow(body)

    @property
    def use(self) -> Use:
        """Return what the function does as a whole: unknown where a way may leave none open."""
        if self.exits & {Use.GIVES, Use.UNKNOWN}:
            return Use.UNKNOWN
        return max(self.exits, default=Use.NOTHING)

    def _entered(self, entered: ast.expr, states: set[Use]) -> tuple[set[Use], Use]:
        states = self._evaluated(entered, states)
        return states, Use.GIVES if self._ends(entered) else Use.NOTHING

    def _call(self, node: ast.Call, states: set[Use]) -> set[Use]:
        return self._other(node, states)

    def _other(self, node: ast.expr, states: set[Use]) -> set[Use]:
        return self._after(self._done_by.get(id(node), Use.NOTHING), self._within(node, states))
