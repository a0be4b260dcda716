"""What was done last to a session on each way through a function, statement by statement.

What a single call does is for those to tell who follow one: a session that is lent (`course`), or
that of a registry (`registry.leaving`). What is done only after a failure does not count.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from poollint.reading.connections.orm.use.asking import Use
from poollint.reading.connections.orm.use.going_through import gone_through
from poollint.syntax.nodes import children

_DEEP = 60  # blocks and expressions within each other
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _TooDeepError(Exception):
    """A function that is nested too deep to be followed."""


class Ways:
    """The ways through one function.

    exits  what was done last, on each way to the end
    given  what is returned, each with what was done before; nothing at the end of the text. What
           is returned after a failure counts only where nothing was done
    """

    def __init__(self) -> None:
        self.exits: set[Use] = set()
        self.given: dict[int, tuple[ast.expr | None, set[Use]]] = {}
        self._returned: set[Use] = set()
        self._loops: list[set[Use]] = []
        self._again: list[set[Use]] = []
        self._seen: list[set[Use]] = []  # what a `try` has come to
        self._deep = 0
        self._failed = 0  # handlers around

    def follow(self, body: Sequence[ast.stmt]) -> bool:
        """Go through the function's body; tell whether it could be followed."""
        try:
            ended = self._block(body, {Use.NOTHING})
            self.given[0] = None, ended
            self.exits = ended | self._returned
        except _TooDeepError:
            self.exits = {Use.UNKNOWN}
            return False
        return True

    # --- what is told by those who follow a session -----------------------------------------------

    def _runs(self, node: ast.stmt) -> bool:
        """Tell whether a statement is run at all."""
        return True

    def _tested(self, test: ast.expr, states: set[Use]) -> tuple[set[Use], bool | None]:
        """Return what was done after a test, and its answer where that is known."""
        return self._evaluated(test, states), None

    def _assigned(self, node: ast.Assign | ast.AnnAssign, states: set[Use]) -> set[Use]:
        return self._expressions(node, states)

    def _goes_through(self, value: ast.expr) -> bool:
        """Tell whether going through a value sends a query: `for one in session.query(…)`."""
        return False

    def _entered(self, entered: ast.expr, states: set[Use]) -> tuple[set[Use], Use]:
        """Return what was done once a block is entered, and what leaving it does."""
        return self._evaluated(entered, states), Use.NOTHING

    def _closed_over(self, node: ast.AST, states: set[Use]) -> set[Use]:
        """Return what was done last after a definition, which may use the session later."""
        return states

    def _call(self, node: ast.Call, states: set[Use]) -> set[Use]:
        return self._within(node, states)

    def _other(self, node: ast.expr, states: set[Use]) -> set[Use]:
        return self._within(node, states)

    # --- statements -----------------------------------------------------------------------------

    def _block(self, body: Sequence[ast.stmt], states: set[Use]) -> set[Use]:
        self._deep += 1
        if self._deep > _DEEP:
            raise _TooDeepError
        for statement in body:
            if states and self._runs(statement):
                states = self._statement(statement, states)
        self._deep -= 1
        return states

    def _statement(self, node: ast.stmt, states: set[Use]) -> set[Use]:
        match node:
            case ast.Return(value=value):
                states = self._evaluated(value, states)
                self._returned |= states
                if not self._failed or states == {Use.NOTHING}:
                    self.given.setdefault(id(node), (value, set()))[1].update(states)
                return set()
            case ast.Raise():
                self._expressions(node, states)
                return set()
            case ast.Break() | ast.Continue():
                frames = self._loops if isinstance(node, ast.Break) else self._again
                if frames:
                    frames[-1] |= states
                return set()
            case ast.If(test=test, body=body, orelse=orelse):
                states, there = self._tested(test, states)
                return (self._block(body, states) if there is not False else set()) | (
                    self._block(orelse, states) if there is not True else set()
                )
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, states)
            case ast.Try() | ast.TryStar():
                return self._try(node, states)
            case ast.With() | ast.AsyncWith():
                return self._with(node, states)
            case ast.Match(subject=subject, cases=cases):
                states = self._evaluated(subject, states)
                return states.union(*(self._block(case.body, states) for case in cases))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return self._closed_over(node, states)
            case ast.Assign() | ast.AnnAssign():
                return self._assigned(node, states)
        return self._expressions(node, states)

    def _expressions(self, node: ast.stmt, states: set[Use]) -> set[Use]:
        for child in children(node):
            if isinstance(child, ast.expr):
                states = self._evaluated(child, states)
        return states

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, states: set[Use]) -> set[Use]:
        if not isinstance(node, ast.While):
            states = self._evaluated(node.iter, states)
            if self._goes_through(node.iter):
                states = {Use.TAKES}
        around, done = set(states), set[Use]()
        self._loops.append(done)
        for _ in Use:  # until no way through it does more
            self._again.append(set())
            test = self._evaluated(node.test, around) if isinstance(node, ast.While) else around
            after = self._block(node.body, test) | self._again.pop()
            if after <= around:
                break
            around |= after
        self._loops.pop()
        if isinstance(node, ast.While):
            around = self._evaluated(node.test, around)
            if isinstance(node.test, ast.Constant) and node.test.value:
                around = set()
        return self._block(node.orelse, around) | done

    def _try(self, node: ast.Try | ast.TryStar, states: set[Use]) -> set[Use]:
        outer = self._returned
        if node.finalbody:
            self._returned = set()
        self._seen.append(set(states))
        after = self._block(node.body, states)
        failed = self._seen.pop()
        if self._seen:
            self._seen[-1] |= failed
        after = self._block(node.orelse, after) if after else after
        self._failed += 1
        kept = set(self._returned), self._loops, self._again
        self._loops, self._again = [set()], [set()]
        for handler in node.handlers:  # judged for what it calls; where it goes is a failure
            self._block(handler.body, failed)
        self._returned, self._loops, self._again = kept
        self._failed -= 1
        if node.finalbody:
            left = self._block(node.finalbody, self._returned) if self._returned else set()
            self._returned = outer | left
            after = self._block(node.finalbody, after) if after else after
        return after

    def _with(self, node: ast.With | ast.AsyncWith, states: set[Use]) -> set[Use]:
        leaving: list[Use] = []
        for item in node.items:
            states, use = self._entered(item.context_expr, states)
            leaving.insert(0, use)
        outer = self._returned
        self._returned = set()
        after = self._block(node.body, states)
        left = self._returned
        for use in leaving:
            left = self._after(use, left) if left else left
            after = self._after(use, after) if after else after
        self._returned = outer | left
        return after

    # --- expressions ----------------------------------------------------------------------------

    def _evaluated(self, node: ast.expr | None, states: set[Use]) -> set[Use]:
        """Return what was done last once an expression is evaluated."""
        if node is None or not states:
            return states
        self._deep += 1
        if self._deep > _DEEP:
            raise _TooDeepError
        states = self._done(node, states)
        self._deep -= 1
        return states

    def _done(self, node: ast.expr, states: set[Use]) -> set[Use]:
        match node:
            case ast.BoolOp(values=[first, *rest]):
                states = self._evaluated(first, states)
                for value in rest:
                    states = states | self._evaluated(value, states)
                return states
            case ast.IfExp(test=test, body=body, orelse=orelse):
                states = self._evaluated(test, states)
                return self._evaluated(body, states) | self._evaluated(orelse, states)
            case ast.Lambda():
                return self._closed_over(node, states)
            case ast.Call():
                return self._call(node, states)
        if isinstance(node, _COMPREHENSIONS):
            return self._comprehension(node, states)
        return self._other(node, states)

    def _within(self, node: ast.expr, states: set[Use]) -> set[Use]:
        """Return what was done last once the parts of an expression are evaluated."""
        for child in children(node):
            if isinstance(child, ast.expr):
                states = self._evaluated(child, states)
            elif isinstance(child, ast.keyword):
                states = self._evaluated(child.value, states)
        return states

    def _comprehension(self, node: ast.expr, states: set[Use]) -> set[Use]:
        assert isinstance(node, _COMPREHENSIONS)
        parts: list[ast.expr] = []
        for at, one in enumerate(node.generators):
            if at == 0:
                states = self._evaluated(one.iter, states)
                through = gone_through(node)
                if through is not None and self._goes_through(through):
                    states = self._after(Use.TAKES, states)
            else:
                parts.append(one.iter)
            parts += one.ifs
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        after = states
        for part in parts:
            after = self._evaluated(part, after)
        return states | after

    def _after(self, use: Use, states: set[Use]) -> set[Use]:
        states = states if use is Use.NOTHING else {use}
        for seen in self._seen:
            seen |= states
        return states
