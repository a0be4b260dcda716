"""Second connections that a function takes from a pool while it holds one of the same pool.

With as many such functions at once as the pool has connections, each holds one and waits for
another, and none gives back. Which pool one is taken from is told by `connections.pools.sources`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from poollint.facts.connections import Nested, Taking
from poollint.model.finding import Step
from poollint.model.source import Span
from poollint.reading.connections.acquiring.stacking import begun_within, tasks_of
from poollint.reading.connections.acquiring.taking import Form
from poollint.reading.connections.orm.registry.registered import Registered
from poollint.reading.connections.orm.use.saving import commits_at_the_end, saves
from poollint.reading.connections.ownership.ownership import Ownership, build
from poollint.reading.connections.ownership.search import State
from poollint.reading.connections.pools.apart import source_of, written
from poollint.reading.connections.pools.behind import behind, engine_behind, never_empty, size
from poollint.reading.connections.pools.deeper import CONNECTIONS, is_object, taken_within
from poollint.reading.connections.pools.keyed import KEYED
from poollint.reading.connections.pools.lent_on import keeps
from poollint.reading.connections.pools.of_registries import pool_of_session
from poollint.reading.connections.pools.of_units import pool_of_unit
from poollint.reading.connections.pools.skipping import Told
from poollint.reading.connections.pools.sources import Source, provided, provided_by, taken_from
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.connections.waits.held.states import Holding, searched, taking_steps
from poollint.reading.connections.waits.reach.consuming import consumed, own_calls
from poollint.reading.naming.given.providing import Dependency, dependencies
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Attribute, Shape, dotted, of_cst
from poollint.reading.paths.walk import Place, places
from poollint.reading.running.once.debugging import in_debug
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import PythonTree, Unit

_FORMS = (Form.BOUND, Form.GUARDED)


@dataclass(frozen=True, slots=True)
class _Second:
    """A place where a further connection is taken.

    call   the call of this function that takes it, or leads to what does
    pool   what it is taken from
    steps  what else to show, after the call
    taken  the call that took the session whose first statement this is
    filled the parameter that is this session, as a framework fills it
    group  the block of tasks that this one belongs to: leaving it waits for them
    seldom it is taken only until an answer is kept
    """

    call: cst.Call
    pool: Source
    label: str
    steps: tuple[Step, ...] = ()
    taken: cst.Call | None = None
    group: cst.With | None = None
    seldom: bool = False
    filled: Dependency | None = None


def nested(
    unit: Unit, node: cst.FunctionDef, name: str, names: Names, tree: PythonTree,
    around: Surroundings, held: Sequence[Held],
) -> Iterator[Nested]:  # fmt: skip
    """Yield where a function takes a second connection from a pool it holds one of."""
    first = [
        (one, engine_behind(pool_of(one, name, names), names, tree))
        for one in held
        if one.taken.form in _FORMS
    ]
    pools = {pool for _, pool in first if pool}
    handed = any(_is_handed(one, pool) for one, pool in first)
    if not pools and not handed:
        return
    sessions = [one for one, pool in first if one.taken.taking is Taking.SESSION and pool]
    own = build(node, name, names, around.throws) if sessions and len(first) > 1 else None
    found = _Finder(unit, node, name, names, tree, own, around.quiet)
    asked = (
        replace(second, pool=engine_behind(second.pool, names, tree))
        for second in found.seconds(first)
    )
    seconds = [second for second in asked if second.pool in pools or (handed and second.pool)]
    own = own or (build(node, name, names, around.throws) if seconds else None)
    if own is None:
        return
    searches = [(one, pool, searched(own, one, name, names)) for one, pool in first]
    for second in seconds:
        fact = found.nested(second, searches, own)
        if fact is not None:
            yield fact


def _is_handed(one: Held, pool: Source) -> bool:
    """Tell whether a session is handed in of which nothing tells what pool it is of."""
    if pool or not one.injected or one.uses is Registered:
        return False
    return one.taken.taking is Taking.SESSION


def pool_of(one: Held, scope: str, names: Names) -> Source:
    """Return the pool, engine or session factory a connection is taken from, () unknown."""
    if one.filled is not None:
        found = {provided_by(d) for d in dependencies(one.filled)} - {()}
        return found.pop() if len(found) == 1 else ()
    if one.provider is not None:
        return provided_by(one.provider)
    by = filling(one, scope, names)
    if by is not None or (one.injected and one.uses is None):
        return provided_by(by) if by is not None else ()
    if one.loop is not None:
        generator = function(of_cst(one.taken.call.func), scope, names)
        return provided(generator) if generator is not None else ()
    if one.entered is not None:
        name = one.fact.target.partition(".")[0]
        once = len(names.scope(scope).bound.get(name, ())) == 1
        return pool_of_unit(one.entered, scope, names) if once else ()
    if one.uses is not None:
        return pool_of_session(scope, names)
    return source_of(one.taken, scope, names)


def filling(one: Held, scope: str, names: Names) -> Dependency | None:
    """Return what a framework fills the parameter with that a session is; None of others."""
    filled = dependencies(Member(names, scope)) if one.injected else ()
    return next((d for d in filled if d.parameter == one.injected), None)


_Searches = list[tuple[Held, Source, Holding]]


class _Finder:
    def __init__(
        self, unit: Unit, node: cst.FunctionDef, name: str, names: Names, tree: PythonTree,
        own: Ownership | None, quiet: bool,
    ) -> None:  # fmt: skip
        self._unit = unit
        self._node = node
        self._name = name
        self._names = names
        self._tree = tree
        self._own = own
        self._quiet = quiet

    def seconds(self, held: Sequence[tuple[Held, Source]]) -> Iterator[_Second]:
        """Yield the places of the function that take a connection of a known pool."""
        taken = {id(one.taken.at): (one, pool) for one, pool in held}
        lent = {name for one, _ in held for name in one.taken.names}
        for place in places(self._node, self._name.rpartition(".")[0]):
            call = place.node
            if not isinstance(call, cst.Call) or place.scope != self._name:
                continue
            if id(call) in taken:
                one, pool = taken[id(call)]
                first = call if one.taken.taking is not Taking.SESSION else self._first(one)
                if first is not None and pool:
                    yield _Second(first, pool, "takes a second one", taken=call)
            else:
                given = self._lent_to(call, lent)
                yield from self._asked(place, call, given) if given is not None else ()
        for one, pool in held:
            asked = None
            if one.uses is not None and pool:
                asked = self._first(one) if one.entered else self._at(one.fact.span)
            if asked is not None:
                label = "takes a second one for this statement"
                yield _Second(asked, pool, label, taken=one.taken.call)
            filled = filling(one, self._name, self._names) if pool and not one.begun else None
            first = self._first(one) if filled is not None else None
            if first is not None and pool:
                label = "takes a second one for this statement"
                yield _Second(first, pool, label, taken=one.taken.call, filled=filled)

    def _at(self, span: Span) -> cst.Call | None:
        """Return the call of the function that stands at `span`."""
        calls = (p.node for p in places(self._node) if isinstance(p.node, cst.Call))
        return next((call for call in calls if self._unit.span(call) == span), None)

    def _first(self, one: Held) -> cst.Call | None:
        """Return the call with which a session takes its connection, None where it never does."""
        if self._own is None:
            return None
        search = searched(self._own, one, self._name, self._names)
        used = (state for state in search.before if state.held is not None and state.used)
        state = next(used, None)
        node = search.first_statement(state) if state is not None else None
        if node is None:
            return self._saving(one) or self._lent(search)
        return next((p.node for p in places(node) if isinstance(p.node, cst.Call)), None)

    def _lent(self, search: Holding) -> cst.Call | None:
        """Return the call that first runs what asks a session something, and may end it again."""
        for place in places(self._node, self._name.rpartition(".")[0]):
            if not isinstance(place.node, cst.Call) or place.scope != self._name:
                continue
            if search.sends(place.node, [above.node for above in place.ancestors()]):
                return place.node
        return None

    def _saving(self, one: Held) -> cst.Call | None:
        """Return the call with which a session sends what was added to it, and nothing else."""
        taken = one.taken
        node = self._names.functions.get(self._name)
        manager = function(of_cst(taken.call.func), self._name, self._names)
        commits = "begin" in taken.api.methods or (
            taken.through == "manager" and manager is not None and commits_at_the_end(manager)
        )
        if node is None or len(taken.names) != 1:
            return None
        saving = saves(min(taken.names), own_calls(node), commits)
        return self._at(self._tree.span(saving)) if saving is not None else None

    def _asked(self, place: Place, call: cst.Call, lent: frozenset[str]) -> Iterator[_Second]:
        """Yield what a call takes and gives back within itself, which it is not `lent`."""
        shape = of_cst(call.func)
        if lent and not self._leaves(shape, call, lent):
            return
        api = self._names.api(shape, place.scope)
        how = consumed([a.node for a in place.ancestors()])
        if api is not None:
            if api.kind == "query" and ("sync" in api.call or api.call & how):
                pool = taken_from(api, shape, written(call), place.scope, self._names)
                yield _Second(call, pool, "takes a second one for this statement")
            return
        known = set()
        group = tasks_of(place)
        waited = "await" in how or group is not None
        within = taken_within(shape, place.scope, self._names, waited, _told(call), written(call))
        for one in sorted(within, key=lambda one: one.seldom):
            if one.source in known:
                continue
            known.add(one.source)
            callee = self._unit.code(call.func).strip()
            if one.by.names is self._names:
                steps = (Step(self._tree.span(one.call), "takes a second one"),)
                label = f"calls `{callee}`"
                yield _Second(call, one.source, label, steps, group=group, seldom=one.seldom)
            else:
                label = f"calls `{callee}`, which takes a second one"
                yield _Second(call, one.source, label, group=group, seldom=one.seldom)

    def _lent_to(self, call: cst.Call, held: set[str]) -> frozenset[str] | None:
        """Return what of all that is `held` a call is given; None where it may be given another.

        Whoever is given one takes none itself; an object of the project is none.
        """
        found: set[str] = set()
        for argument in call.args:
            told = argument.keyword.value if argument.keyword else ""
            value = argument.value.value if isinstance(argument.value, cst.Name) else ""
            if value in held and not argument.star:
                found.add(value)
                continue
            named = not CONNECTIONS.isdisjoint({told.lower(), value.lower()})
            if named and not is_object(of_cst(argument.value), self._name, self._names):
                return None
        return frozenset(found)

    def _leaves(self, callee: Shape, call: cst.Call, lent: frozenset[str]) -> bool:
        """Tell whether a function of the project leaves open what it is lent by a call."""
        member = function(callee, self._name, self._names)
        told = written(call) if member is not None else None
        return member is not None and told is not None and keeps(told, lent, member)

    def nested(self, second: _Second, searches: _Searches, own: Ownership) -> Nested | None:
        """Return the fact for one place, None where nothing of that pool is held there."""
        here: list[tuple[Held, Holding, State]] = []
        handed: list[tuple[Held, Holding, State]] = []
        plain = (one for one, *_ in searches if one.entered is None)
        called = {id(one.taken.call): one.taken.names for one in plain}
        own_names = called.get(id(second.taken), frozenset())
        for one, pool, search in searches:
            itself = one.taken.call is second.call or one.taken.call is second.taken
            itself |= second.filled is not None and self._may_be(one, second.filled)
            if second.group is not None and begun_within(second.group, one.taken.call):
                continue  # it may have been given back when the tasks are waited for
            same = pool == second.pool or _is_handed(one, pool)
            state = None if itself or not same else search.at(second.call)
            if state is None or own_names & (state.held or frozenset()):
                continue  # `own = session`: on this way it is the first one that is asked
            if self._ends(own, one, state):
                (here if pool else handed).append((one, search, state))
        if not here and not handed:
            return None
        built = behind(second.pool, self._names, self._tree)
        if built is None and not here:
            return None
        if never_empty(built) if built is not None else second.pool[0] == KEYED:
            return None  # or it is not known what is kept under a key
        known, here = here, here or handed[:1]
        one, search, state = here[0]
        span = self._unit.span(second.call)
        if in_debug(span.start.line, Member(self._names, self._name)):
            return None
        steps = (
            *taking_steps(self._unit, one, search, state),
            Step(span, second.label),
            *second.steps,
        )
        return Nested(
            outer=one.fact,
            span=span,
            pool=self._shown(one, second.pool),
            built=built.span if built is not None else None,
            count=len(here) + 1,
            steps=steps,
            quiet=self._quiet or second.seldom,
            size=size(built) if built is not None else 0,
            handed=not known,
        )

    def _may_be(self, one: Held, filled: Dependency) -> bool:
        """Tell whether a session may be the one that a parameter is: of the same provider."""
        by = one.provider or filling(one, self._name, self._names)
        return bool(one.injected) and (by is None or by.provider == filled.provider)

    def _ends(self, own: Ownership, one: Held, state: State) -> bool:
        """Tell whether a hold comes to an end; whoever hands one in sees to that."""
        if one.injected or one.loop is not None:
            return True
        return bool(searched(own, one, self._name, self._names, state).ends)

    def _shown(self, one: Held, pool: Source) -> str:
        """Return what to call the pool: as the function does, or as where it is kept."""
        taken = one.taken
        shape = of_cst(taken.call.func)
        if not taken.through and not one.injected and taken.api.receivers:
            of = shape.of if isinstance(shape, Attribute) else shape
            return dotted(shape if "__call__" in taken.api.methods else of) or _text(pool)
        return taken.pool or _text(pool)


def _text(pool: Source) -> str:
    """Return the name of a source where it is kept: "Store.pool", "self.pool"."""
    kind, *rest = pool
    if kind == KEYED:
        return rest[1].rpartition(".")[2]
    names = rest[-1:] if kind == "kept" else rest[2:] if kind == "local" else rest[1:]
    return ".".join(["self", *names[1:]] if kind == "self" else names)


def _told(call: cst.Call) -> Told:
    """Return what a call is told."""
    words = frozenset(a.keyword.value for a in call.args if a.keyword is not None)
    more = any(a.star for a in call.args)
    return Told(sum(a.keyword is None for a in call.args), words, more)
