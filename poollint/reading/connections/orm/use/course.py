"""What a function does to a session that it is lent, statement by statement.

`find` may return with the transaction open that it began, `create` after it has committed: what
counts is what was done last on each way to the end. What is done only after a failure does not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from poollint.reading.connections.orm.objects.keeping import Keeper, Mark, made
from poollint.reading.connections.orm.objects.widening import cursor, widened
from poollint.reading.connections.orm.use.around import around
from poollint.reading.connections.orm.use.asking import Use, asked_of_query, is_lazy
from poollint.reading.connections.orm.use.calling import Called, Root, called, queries, root, values
from poollint.reading.connections.orm.use.decorated import ended_after
from poollint.reading.connections.orm.use.expiring import fetches, loads, methods
from poollint.reading.connections.orm.use.going_through import gone_through
from poollint.reading.connections.orm.use.presence import looked_for, presence
from poollint.reading.connections.orm.use.read_through import asks_cache, remembered
from poollint.reading.connections.orm.use.unawaited import is_coroutine, unawaited
from poollint.reading.connections.orm.use.ways import Ways
from poollint.reading.connections.waits.reach.given import runs
from poollint.reading.naming.scopes.shapes import of_ast
from poollint.syntax.nodes import walk

LEVELS = 4  # functions that lend it on to the next
MISSES = "misses"
"""In what is judged: what is asked of a cache before the database is not found there."""

# Of the session; at their end a transaction ends, or its connection goes back.
_BLOCKS = ((), ("begin",), ("transaction",), ("connection",))

Judge = Callable[[Sequence[str]], Use]
"""What tells what the methods of `session.a().b()` do."""


def effect(one: Called, judge: Judge, kind: str, levels: int = LEVELS) -> Use:
    """Return what a function does to the session that it is lent: what it leaves behind.

    `kind` is what `judge` judges, for the memory. A function that asks a cache first does nothing,
    unless what is judged are the misses.
    """
    course = followed(one, judge, kind, levels)
    if course is None or course.exits & {Use.GIVES, Use.UNKNOWN}:
        return Use.UNKNOWN
    if course.read_through and MISSES not in kind:
        return Use.NOTHING
    return max(course.exits, default=Use.NOTHING)


def followed(one: Called, judge: Judge, kind: str, levels: int = LEVELS) -> Course | None:
    """Return the course of the session through a function, None where it is not followed."""
    if not levels or ended_after(one.member):
        return None
    memory = one.member.names.memory.setdefault("courses", {})
    key = (one.member.name, one.view.key, one.known, kind, levels)
    if key not in memory:
        memory[key] = None  # a function that calls itself
        memory[key] = Course(one, judge, kind, levels)
    found: Course | None = memory[key]
    return found


class Course(Ways):
    """The course of a session through one function.

    first  the first call in the text that takes a connection
    cached a cache is asked first, here or in what is called, and may answer for the database
    """

    def __init__(self, one: Called, judge: Judge, kind: str, levels: int) -> None:
        super().__init__()
        self.one = one
        self.first: ast.expr | None = None
        self._through = remembered(one.member)
        self.cached = self._through
        self._judge = judge
        self._kind = kind
        self._levels = levels
        self._here = one.member
        self._node = one.member.names.functions[one.member.name]
        self._view = widened(one.view, one.member)
        self._queries = queries(self._node, self._view)
        self._loads = loads(self._here, lambda call: methods(call, self._view, self._here))
        self._before: dict[int, set[Use]] = {}
        self._lines: dict[int, set[Use]] = {}
        self._looked = looked_for(self._node)
        self._unawaited = unawaited(self._node)
        if not self.follow(self._node.body):
            self._before = {}
        self.cached |= self.read_through

    @property
    def read_through(self) -> bool:
        """Tell whether it sends statements only for what is not found in a cache."""
        spared = Use.NOTHING in self.exits or remembered(self.one.member)
        return self._through and spared and Use.TAKES in self.exits

    def before(self, call: ast.AST) -> set[Use]:
        """Return what was done last before a call; nothing where it only follows a failure.

        Or before a name is awaited.
        """
        return self._before.get(id(call), set())

    def until(self, line: int) -> Use:
        """Return what was done when a line is come to."""
        found = self._lines.get(line, {Use.UNKNOWN})
        return Use.UNKNOWN if found & {Use.GIVES, Use.UNKNOWN} else max(found)

    def called(self, call: ast.Call) -> Called | None:
        """Return the function that a call of this one runs with something of the session."""
        return called(call, self._view, self._here, self.one.known)

    # --- statements -----------------------------------------------------------------------------

    def _runs(self, node: ast.stmt) -> bool:
        known = self.one.known
        return not known or runs(node, self._here, known)

    def _tested(self, test: ast.expr, states: set[Use]) -> tuple[set[Use], bool | None]:
        states = self._evaluated(test, states)
        self._through |= states == {Use.NOTHING} and asks_cache(test, self._here)
        return states, presence(test, lambda n: self._view.meant(n) is not None)

    def _assigned(self, node: ast.Assign | ast.AnnAssign, states: set[Use]) -> set[Use]:
        if node.value is not None and self._is_known(node):
            return self._evaluated(node.value, states) if self._makes(node.value) else states
        return self._expressions(node, states)

    def _is_known(self, node: ast.Assign | ast.AnnAssign) -> bool:
        """Tell whether what gets the session by an assignment is known for it."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        if value is None or (self._view.meant(value) is None and not self._makes(value)):
            return False
        return all(self._view.meant(target) is not None for target in targets)

    def _makes(self, value: ast.expr) -> bool:
        """Tell whether a value is made of the session: `Orders(session)`, `conn.cursor()`."""
        return isinstance(value, ast.Call | ast.Await) and bool(
            made(value, self._view, self._here) or cursor(value, self._view)
        )

    def _goes_through(self, value: ast.expr) -> bool:
        """Tell whether going through a value sends a query: `for one in session.query(…)`."""
        if isinstance(value, ast.Name):
            return value.id in self._queries
        of = root(value, self._view, self._here) if isinstance(value, ast.Call) else None
        if of is None or not self._whole(of) or not is_lazy(of.chain):
            return False
        return not of.meant or of.chain[0] == "query"

    def _entered(self, entered: ast.expr, states: set[Use]) -> tuple[set[Use], Use]:
        one = called(entered, self._view, self._here) if isinstance(entered, ast.Call) else None
        before_after = self._around(one) if one is not None else None
        if before_after is not None:
            return self._after(before_after[0], states), before_after[1]
        ends = self._view.meant(entered) is not None
        if not ends:
            states = self._evaluated(entered, states)
        if isinstance(entered, ast.Call):
            of = root(entered, self._view, self._here)
            ends |= of.meant is Mark.ITSELF and of.chain in _BLOCKS
            unsure = of.meant is not None and of.meant is not Mark.ITSELF
            if unsure or one is not None:
                states, ends = self._after(Use.UNKNOWN, states), True  # it may commit
        return states, Use.GIVES if ends else Use.NOTHING

    def _around(self, one: Called) -> tuple[Use, Use] | None:
        """Return what a context manager does to the session before and after its block."""
        course = followed(one, self._judge, self._kind, self._levels - 1)
        return around(course, effect(one, self._judge, self._kind, self._levels - 1))

    # --- expressions ----------------------------------------------------------------------------

    def _evaluated(self, node: ast.expr | None, states: set[Use]) -> set[Use]:
        if node is None or not states or id(node) in self._looked:
            return states
        self._lines.setdefault(node.lineno, set()).update(states)
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Name) and not self._failed:
            self._before.setdefault(id(node), set()).update(states)
        return super()._evaluated(node, states)

    def _other(self, node: ast.expr, states: set[Use]) -> set[Use]:
        if isinstance(node, ast.Name | ast.Attribute):
            if self._view.meant(node) is not None:
                return self._after(Use.UNKNOWN, states)  # who knows who gets it, or what it is
            if isinstance(node, ast.Attribute) and self._view.meant(node.value) is not None:
                return states
            if isinstance(node, ast.Attribute) and fetches(node, self._loads):
                return self._after(Use.TAKES, states)
        return self._within(node, states)

    def _call(self, node: ast.Call, states: set[Use]) -> set[Use]:
        of = root(node, self._view, self._here)
        first = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if self._whole(of):
            first = of.node
        elif self._view.meant(first) is None and not isinstance(node.func, ast.Name):
            states = self._evaluated(first, states)
        for value in values(node, first):
            if self._view.meant(value) is None:
                states = self._evaluated(value, states)
        if not self._failed:
            self._before.setdefault(id(node), set()).update(states)
        use = self._use(node, of, list(values(node, first)))
        through = gone_through(node)
        if use is Use.NOTHING and through is not None and self._goes_through(through):
            use = Use.TAKES
        if use is Use.TAKES and self.first is None:
            self.first = node
        return self._after(use, states)

    def _whole(self, of: Root) -> bool:
        """Tell whether a chain of methods is judged as one: `session.query(…).first()`."""
        query = isinstance(of.node, ast.Name) and of.node.id in self._queries
        return bool(of.chain) and (of.meant is Mark.ITSELF or query)

    def _use(self, node: ast.Call, of: Root, given: Sequence[ast.expr]) -> Use:
        """Judge what one call does to the session."""
        handed = any(self._view.meant(value) is not None for value in given)
        if self._whole(of) and not handed:
            return self._judge(list(of.chain)) if of.meant else asked_of_query(of.chain)
        one = self.called(node)
        if one is not None and id(node) in self._unawaited and is_coroutine(one.member):
            return self._unawaited[id(node)]
        if one is not None:
            course = followed(one, self._judge, self._kind, self._levels - 1)
            self.cached |= course is not None and course.cached
            return effect(one, self._judge, self._kind, self._levels - 1)
        if handed and self._here.names.api(of_ast(node.func), self._here.name) is not None:
            return Use.TAKES
        if handed or of.meant in (Mark.UNSURE, Mark.ITSELF):
            return Use.UNKNOWN
        if isinstance(of.meant, Keeper) and isinstance(node.func, ast.Attribute):
            # `it.commit`, where no method says what that is, may be the session's own.
            asked = self._view.meant(node.func.value) is of.meant
            return Use.UNKNOWN if asked else Use.NOTHING
        return Use.UNKNOWN if of.meant else Use.NOTHING

    def _closed_over(self, node: ast.AST, states: set[Use]) -> set[Use]:
        uses = any(
            isinstance(n, ast.Name | ast.Attribute) and self._view.meant(n) is not None
            for n in walk(node)
        )
        return self._after(Use.UNKNOWN, states) if uses else states
