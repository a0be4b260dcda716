"""Second connections that a function takes from a pool while it holds one of the same pool.

With as many such functions at once as the pool has connections, each holds one and waits for
another, and none gives back. A pool is the same where the same name means it: within a function,
an attribute of the same object, or a name of the module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Nested, Taking
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.deeper import CONNECTIONS, chain, kept_place, taken_within
from poollint.reading.connections.handing import TAKING
from poollint.reading.connections.holding import Held, Holding, searched, taking_steps
from poollint.reading.connections.ownership import Ownership, State, build
from poollint.reading.connections.taking import Form
from poollint.reading.connections.waiting import consumed, consumed_in, own_calls
from poollint.reading.naming.bindings import SELF
from poollint.reading.naming.names import Names
from poollint.reading.naming.shapes import Attribute, Called, Shape, dotted, of_ast, of_cst
from poollint.reading.paths.walk import Place, places
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import PythonTree, Unit

_FORMS = (Form.BOUND, Form.GUARDED)


@dataclass(frozen=True, slots=True)
class _Second:
    """A place where a further connection is taken.

    call   the call of this function that takes it, or leads to what does
    taken  the call that took the session whose first statement this is
    steps  what else to show, after the call
    """

    call: cst.Call
    pool: str
    label: str
    steps: tuple[Step, ...] = ()
    taken: cst.Call | None = None


def nested(
    unit: Unit, function: cst.FunctionDef, name: str, names: Names, tree: PythonTree,
    around: Surroundings, held: Sequence[Held],
) -> Iterator[Nested]:  # fmt: skip
    """Yield where a function takes a second connection from a pool it holds one of."""
    first = [(one, pool_of(one)) for one in held if one.taken.form in _FORMS]
    pools = {pool for _, pool in first if pool}
    if not pools:
        return
    sessions = [one for one, pool in first if one.taken.taking is Taking.SESSION and pool]
    own = build(function, name, names, around.throws) if len(sessions) > 1 else None
    found = _Finder(unit, function, name, names, tree, own, around.quiet)
    found.kept = {kept_place(chain(p), name, names): p for p in pools if p}
    seconds = [second for second in found.seconds(held) if second.pool in pools]
    own = own or (build(function, name, names, around.throws) if seconds else None)
    if own is None:
        return
    searches = [(one, pool, searched(own, one, name, names)) for one, pool in first]
    for second in seconds:
        fact = found.nested(second, searches, own)
        if fact is not None:
            yield fact


def pool_of(one: Held) -> str:
    """Return the pool, engine or session factory a connection is taken from, as written."""
    taken = one.taken
    if taken.through or one.injected:
        return taken.pool
    return _pool(taken.api, of_cst(taken.call.func))


def _pool(api: Api, callee: Shape) -> str:
    if not api.receivers:
        return ""
    if "__call__" in api.methods:
        return dotted(callee)
    return dotted(callee.of) if isinstance(callee, Attribute) else ""


_Searches = list[tuple[Held, str, Holding]]


class _Finder:
    def __init__(
        self, unit: Unit, function: cst.FunctionDef, name: str, names: Names, tree: PythonTree,
        own: Ownership | None, quiet: bool,
    ) -> None:  # fmt: skip
        self._unit = unit
        self._node = function
        self._name = name
        self._names = names
        self._tree = tree
        self._own = own
        self._quiet = quiet
        self.kept: dict[str, str] = {}  # what the application keeps of the pools held

    def seconds(self, held: Sequence[Held]) -> Iterator[_Second]:
        """Yield the places of the function that take a connection of a known pool."""
        taken = {id(one.taken.call): one for one in held}
        for place in places(self._node, self._name.rpartition(".")[0]):
            call = place.node
            if not isinstance(call, cst.Call) or place.scope != self._name:
                continue
            one = taken.get(id(call))
            if one is not None:
                first = call if one.taken.taking is not Taking.SESSION else self._first(one)
                if first is not None and one.taken.form in _FORMS:
                    yield _Second(first, pool_of(one), "takes a second one", taken=call)
                continue
            lent = {name for one in held for name in one.taken.names}
            if not _lends(call, lent):
                yield from self._asked(place, call)

    def _first(self, one: Held) -> cst.Call | None:
        """Return the call with which a session takes its connection, None where it never does."""
        if self._own is None:
            return None
        search = searched(self._own, one, self._name, self._names)
        used = (state for state in search.before if state.held is not None and state.used)
        state = next(used, None)
        node = search.first_statement(state) if state is not None else None
        if node is None:
            return None
        return next((p.node for p in places(node) if isinstance(p.node, cst.Call)), None)

    def _asked(self, place: Place, call: cst.Call) -> Iterator[_Second]:
        """Yield what a call takes and gives back within itself."""
        shape = of_cst(call.func)
        api = self._names.api(shape, place.scope)
        above = [a.node for a in place.ancestors()]
        if api is not None:
            if api.kind == "query" and ("sync" in api.call or api.call & consumed(above)):
                yield _Second(call, _pool(api, shape), "takes a second one for this statement")
            return
        local = self._names.function(shape, place.scope)
        known = list(self._local(call, local, above)) if local else []
        yield from known
        kept = set() if known else self.kept.keys() - {""}
        if kept:
            waited = "await" in consumed(above)
            for found in kept & taken_within(shape, place.scope, self._names, waited):
                callee = self._unit.code(call.func).strip()
                label = f"calls `{callee}`, which takes a second one"
                yield _Second(call, self.kept[found], label)

    def _local(self, call: cst.Call, local: str, above: list[cst.CSTNode]) -> Iterator[_Second]:
        """Yield what a call of a function of this module takes."""
        node = self._names.functions[local]
        if isinstance(node, ast.AsyncFunctionDef) and "await" not in consumed(above):
            return
        for pool, span in self._inside(local):
            steps = (Step(span, "takes a second one"),)
            callee = self._unit.code(call.func).strip()
            yield _Second(call, pool, f"calls `{callee}`", steps)

    def _inside(self, function: str) -> Iterator[tuple[str, Span]]:
        """Yield the pools a function of this module takes from that its caller knows too."""
        node = self._names.functions[function]
        inside = list(own_calls(node))
        if node.decorator_list or any(not isinstance(n, ast.Call) for n, _ in inside):
            return
        for call, above in inside:
            assert isinstance(call, ast.Call)
            shape = of_ast(call.func)
            api = self._names.api(shape, function)
            if api is None or any(isinstance(a, ast.If | ast.IfExp | ast.BoolOp) for a in above):
                continue
            how = consumed_in(call, above)
            if api.kind not in (*TAKING, "query") or not ("sync" in api.call or api.call & how):
                continue
            if TAKING.get(api.kind) is Taking.SESSION:
                continue
            pool = _pool(api, shape)
            if pool and self._shared(pool.partition(".")[0], function):
                yield pool, self._tree.span(call)

    def _shared(self, name: str, function: str) -> bool:
        """Tell whether a name of another function means the same here."""
        if name in SELF:
            owner = self._names.scope(function).owner
            return owner is not None and owner is self._names.scope(self._name).owner
        holder = self._names.scope(function).holder(name)
        return holder is not None and not holder.name

    def nested(self, second: _Second, searches: _Searches, own: Ownership) -> Nested | None:
        """Return the fact for one place, None where nothing of that pool is held there."""
        here: list[tuple[Held, Holding, State]] = []
        for one, pool, search in searches:
            itself = one.taken.call is second.call or one.taken.call is second.taken
            state = None if itself else search.at(second.call)
            if pool == second.pool and state is not None and searched(
                own, one, self._name, self._names, state
            ).ends:  # fmt: skip
                here.append((one, search, state))
        if not here:
            return None
        one, search, state = here[0]
        span = self._unit.span(second.call)
        steps = (
            *taking_steps(self._unit, one, search, state),
            Step(span, second.label),
            *second.steps,
        )
        return Nested(
            outer=one.fact,
            span=span,
            pool=second.pool,
            built=self._built(second.pool),
            count=len(here) + 1,
            steps=steps,
            quiet=self._quiet,
        )

    def _built(self, pool: str) -> Span | None:
        """Return the call that builds a pool, where the module tells of one only."""
        shape = chain(pool)
        for _ in range(3):  # session factory, engine, and the call
            values = [b.value for b in self._names.bound(shape, self._name) if b.how == "="]
            made = [v.value if isinstance(v, ast.Await) else v for v in values if not _is_none(v)]
            if len(made) != 1 or not isinstance(made[0], ast.Call):
                return None
            api = self._names.api(of_ast(made[0].func), self._name)
            if api is None or api.kind != "session-factory":
                return self._tree.span(made[0])
            binds = [k.value for k in made[0].keywords if k.arg == "bind"] or made[0].args
            shape = of_ast(binds[0]) if binds else None
            if isinstance(shape, Called):
                return self._tree.span(binds[0])
        return None


def _lends(call: cst.Call, held: set[str]) -> bool:
    """Tell whether a call is given a connection, or what may be one, and so takes none itself."""
    for argument in call.args:
        told = argument.keyword.value if argument.keyword else ""
        value = argument.value.value if isinstance(argument.value, cst.Name) else ""
        if value in held or {told.lower(), value.lower()} & CONNECTIONS:
            return True
    return False


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)
