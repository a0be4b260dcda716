"""Which calls wait for something outside the database, and for what: calls.toml, resolved.

A call counts by what its name is imported from or by the type of what it is a method of, never
by the bare word. A function of the project that makes such a call waits as well, and so does
the `with` block of a context manager that does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import libcst as cst

from poollint.catalog.load import Api
from poollint.facts.connections import Wait
from poollint.model.finding import Step
from poollint.reading.connections.waits.calls.alternatives import (
    alternatives,
    conforming,
    declares,
    implementations,
    lacks,
)
from poollint.reading.connections.waits.calls.asked import asked_in
from poollint.reading.connections.waits.calls.clients_by_use import may_tell, told_by_use
from poollint.reading.connections.waits.calls.how_long import (
    brief,
    constant,
    literal,
)
from poollint.reading.connections.waits.calls.resolving import resolves_itself
from poollint.reading.connections.waits.calls.sites import AWAITED, Site, site, sites, waited_on
from poollint.reading.connections.waits.calls.under_names import consumed_later
from poollint.reading.connections.waits.calls.waited import LOOKING, Waiting, of_row, runs_it, text
from poollint.reading.connections.waits.reach.cancelled import cancelled, cancelled_in
from poollint.reading.connections.waits.reach.consuming import (
    consumed,
    own_calls,
    own_parts,
    runs_later,
)
from poollint.reading.connections.waits.reach.enclosed import enclosed
from poollint.reading.connections.waits.reach.gathering import gathered, in_group
from poollint.reading.connections.waits.reach.given import runs, supposed, untyped
from poollint.reading.connections.waits.reach.graphs import only_computes
from poollint.reading.connections.waits.reach.inherited import meaning, receiver
from poollint.reading.connections.waits.reach.known import Argument, Known, Value
from poollint.reading.connections.waits.reach.running_others import Handing, handing, run_by_callee
from poollint.reading.connections.waits.reach.streaming import STREAM, events, generator
from poollint.reading.connections.waits.reach.unnamed import unnamed
from poollint.reading.connections.waits.reach.wrapping import runs_body
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import (
    Attribute,
    Shape,
    dotted,
    of_ast,
    of_cst,
)
from poollint.reading.paths.walk import Place
from poollint.reading.running.once.debugging import in_debug
from poollint.reading.running.once.first_call import only_at_first
from poollint.syntax.newer import expression
from poollint.syntax.python import PythonTree

_LEVELS = 8  # functions of the project on the way to the call
_HOPS = 3  # names and getters on the way to what a value may be
# Of what these wait for it can be asked whether it is there; a request is sent in any case.
_HOST = Wait.HOST.name.lower()
_ALL = frozenset({"await", "for"})  # `await gather(*tasks)`, `for task in as_completed(tasks)`


class _Explored(NamedTuple):
    """What was found in a function at `depth`: by calling no more functions than that, itself one.

    None: there is nothing up to that depth, and nothing at all where the `whole` was seen.
    """

    depth: int
    found: Waiting | None
    whole: bool = False

    @property
    def unsure(self) -> bool:
        """Tell whether there may be more to find deeper."""
        return self.found is None or self.found.seldom


_UNEXPLORED = _Explored(0, None)


class Waits:
    """The waiting calls of one module. `files` has the trees of others, by their paths."""

    def __init__(
        self,
        tree: PythonTree,
        names: Names,
        files: Callable[[str], PythonTree | None] | None = None,
    ) -> None:
        self.tree = tree
        self._names = names
        self._files = files
        self._all: dict[tuple[Member, Known], list[tuple[ast.Call, Waiting]]] = {}
        self._now: object = None  # what is explored
        self._cut = False  # something in it was too deep

    def of(self, place: Place, how: set[str] | None = None) -> Waiting | None:
        """Return what evaluating the call at `place` waits for, None for nothing.

        `how` its value is consumed, where that is not told by what is around it.
        """
        call = place.node
        assert isinstance(call, cst.Call)
        shape = of_cst(call.func)
        above = [a.node for a in place.ancestors()]
        if runs_later(above):
            return None
        api = self._api(shape, place.scope, self._names)
        if api is not None and api.kind == STREAM:
            return self._streamed(call, place.scope)
        if how is None:
            how = consumed(above) | consumed_later(above, place.scope, self._names)
        if api is not None:
            told = [(a.keyword.value if a.keyword else "", literal(a.value)) for a in call.args]
            if api.kind == "sleep" and call.args and brief(call.args[0].value):
                return None
            if api.kind == _HOST and resolves_itself(_written(call), place.scope, self._names):
                return None
            return of_row(api, shape, how, told)
        how |= run_by_callee(call, above, place.scope, self._names)
        if in_group(above):
            how.add("await")
        here = Member(self._names, place.scope)
        over = handing(call, how, place.scope, self._names)
        if over is not None:
            return self._handed(over, here, 0, {})
        handed = _written(call) if how & _ALL else None
        together = self._together(handed, how, here, 0, lambda task: cancelled(task, call, above))
        if together is not None:
            return together
        known = self._unnamed(call, shape, how, here, 0) or self._named(call, shape, how, here)
        words = (a.keyword.value for a in call.args if a.keyword is not None)
        if known or not isinstance(shape, Attribute) or not may_tell(shape.name, words):
            return known
        return self._by_use(_written(call), how, Argument(shape, here.name, here.names), here)

    def _by_use(
        self, call: ast.expr | None, how: set[str], meant: Argument, here: Member
    ) -> Waiting | None:
        """Return what a call waits for whose client nothing tells but its use."""
        if not isinstance(call, ast.Call):
            return None
        wait = told_by_use(call, how, meant, here.name, here.names)
        if wait is None or only_computes(*meant, lambda node: self._of_member(node, 0) is not None):
            return None
        return Waiting(wait, text(of_ast(call.func)))

    def _named(self, call: cst.Call, shape: Shape, how: set[str], here: Member) -> Waiting | None:
        """Return what a call waits for in the function of the project that it names."""
        member = function(shape, here.name, here.names)
        if member is None or declares(member):
            return self._each(shape, here, how, -1, member)
        if not runs_it(member, how):
            return None
        mine = receiver(shape, here, member)
        if self._of_member(member, 0) is None and not untyped(member) and not mine:
            return None
        written = _written(call)
        known = supposed(written, member, (), here) if isinstance(written, ast.Call) else ()
        return self._of_member(member, 0, (*known, *mine))

    def _unnamed(
        self, call: cst.Call | ast.Call, shape: Shape, how: set[str], here: Member, level: int,
        known: Known = (),
    ) -> Waiting | None:  # fmt: skip
        """Return what a call waits for in a method that it runs without naming it."""
        for one in unnamed(shape, how, here.name, here.names):
            written = call if isinstance(call, ast.Call) or not one.given else _written(call)
            passed: Known = ()
            if one.given and isinstance(written, ast.Call):
                passed = supposed(written, one.member, known, here)
            runs = runs_it(one.member, one.how)
            found = self._of_member(one.member, level, passed) if runs else None
            if found is not None:
                return found
        return None

    def _handed(
        self, over: Handing, here: Member, level: int, given: Mapping[str, Value]
    ) -> Waiting | None:
        """Return what a function waits for that is handed to what runs it."""
        meant = meaning(over.function, here, given)
        api = self._api(*meant)
        if api is not None:
            return of_row(api, meant.shape, over.how, ())
        member, there = function(*meant), Member(meant.names, meant.scope)
        if member is None or declares(member):
            return self._each(meant.shape, there, over.how, level - 1, member)
        if not runs_it(member, over.how):
            return None
        made = _written(over.call) if isinstance(over.call, cst.Call) else over.call
        told: Known = ()
        if isinstance(made, ast.Call):
            told = supposed(made, member, tuple(given.items()), here)
        known = (*told, *receiver(meant.shape, there, member), *enclosed(member, here, given))
        return self._of_member(member, level, known)

    def _together(
        self, call: ast.expr | None, how: set[str], here: Member, level: int,
        ended: Callable[[str], bool],
    ) -> Waiting | None:  # fmt: skip
        """Return what a call waits for that is handed coroutines, or tasks, under a name.

        Not those that have been `ended` before.
        """
        if not isinstance(call, ast.Call) or not how & _ALL:
            return None
        made: list[tuple[ast.AST, list[ast.AST]]] = [
            (one, AWAITED) for one in gathered(call, here.name, here.names, ended)
        ]
        return next((waiting for _, waiting in self._waits(here, made, level)), None)

    def _each(
        self, shape: Shape, here: Member, how: set[str], level: int,
        declared: Member | None = None, hops: int = _HOPS,
    ) -> Waiting | None:  # fmt: skip
        """Return what a call waits for that may be one of several, all of which wait.

        `declared` is the method of an interface that they implement, if there is one; they are
        one level below `level`.
        """
        found: list[Waiting] = []
        options = alternatives(shape, here.name, here.names) if hops else ()
        if declared is not None and not options:
            options = implementations(declared) or conforming(declared)
        for one in options:
            if len(options) > 1 and lacks(one):
                continue
            api = self._api(one.shape, one.scope, one.names)
            there = Member(one.names, one.scope)
            member = function(one.shape, one.scope, one.names) if api is None else None
            if api is not None:
                waiting = of_row(api, shape, how, ())
                unsure = waiting is None or waiting.wait in LOOKING
                waiting = None if unsure else waiting
            elif member is not None and not declares(member):
                mine = receiver(one.shape, there, member)
                waiting = self._of_member(member, level + 1, mine) if runs_it(member, how) else None
            else:
                waiting = self._each(one.shape, there, how, level, member, hops - 1)
            if waiting is None:
                return None
            found.append(waiting)
        return found[0] if found else None

    def _api(self, shape: Shape, scope: str, names: Names) -> Api | None:
        return waited_on(shape, scope, names)

    def _of_member(self, member: Member, level: int, known: Known = ()) -> Waiting | None:
        """Return what a function of the project waits for where `known` is what it is given.

        The shortest way to a wait is looked for first: what is found then does not depend on who
        asks first, nor from how deep. One that calls itself has been explored less deep already.
        """
        left = _LEVELS - level
        # What a function waits for is the same whoever asks: all files that call it share it.
        inside: dict[tuple[str, Known], _Explored] = member.names.memory.setdefault("waits", {})
        key = (member.name, known)
        explored = inside.get(key, _UNEXPLORED)
        if explored == _UNEXPLORED and not runs_body(member):
            return None
        if self._now == (member, known):
            return None  # it calls itself
        while explored.unsure and not explored.whole and explored.depth < left:
            explored = inside[key] = self._explored(member, explored.depth + 1, known)
        near = explored.depth <= left
        self._cut |= not explored.whole and not (near and explored.found is not None)
        return explored.found if near else None

    def _explored(self, member: Member, depth: int, known: Known) -> _Explored:
        around = self._now, self._cut
        self._now, self._cut = (member, known), False
        found = None
        for one in self._found(member, _LEVELS - depth, known):
            found = found or one
            if not one.seldom:
                found = one
                break
        whole = (found is None or found.seldom) and not self._cut
        self._now, self._cut = around
        return _Explored(depth, found, whole)

    def within(self, member: Member, known: Known = ()) -> list[tuple[ast.Call, Waiting]]:
        """Return the calls of a function of the project that wait, in the order of the text.

        Of a member without a name those of its module.
        """
        if (member, known) not in self._all:
            node = member.names.functions.get(member.name, member.names.module)
            own: list[tuple[ast.AST, list[ast.AST]]] = [
                (inner, above)
                for inner, above in own_calls(node)
                if isinstance(inner, ast.Call) and runs(inner, member, known)
            ]
            found = self._waits(member, own, 0, known)
            self._all[member, known] = [(n, w) for n, w in found if isinstance(n, ast.Call)]
        return self._all[member, known]

    def any_of(self, member: Member, own: list[tuple[ast.AST, list[ast.AST]]]) -> bool:
        """Tell whether one of the calls of a function waits, each with what is around it."""
        return next(self._waits(member, own, -1), None) is not None

    def step(self, member: Member, node: ast.expr, label: str) -> tuple[Step, ...]:
        """Return the step of an expression in a function of the project, in whatever file."""
        return self._steps(member, node, label)

    def _streamed(self, call: cst.Call, scope: str) -> Waiting | None:
        """Return what a response waits for while it is streamed."""
        member = generator(call, scope, self._names)
        if member is None:
            return None
        own = list(own_calls(member.names.functions[member.name]))
        node, found = next(self._waits(member, own, 0), (None, None))
        if found is None:
            node = events(call, member)
            found = Waiting(Wait.EVENTS, "") if node is not None else None
        if found is None or node is None:
            return None
        steps = found.steps or self._steps(member, node, found.wait.value)
        return replace(found, steps=steps, called=True, stream=member, at=node.lineno)

    def _found(self, member: Member, level: int, known: Known) -> Iterator[Waiting]:
        node = member.names.functions[member.name]
        own = [
            (inner, above)
            for inner, above in own_parts(node)
            if not isinstance(inner, ast.expr) or runs(inner, member, known)
        ]
        yield from (waiting for _, waiting in self._waits(member, own, level, known))

    def _waits(
        self, member: Member, own: list[tuple[ast.AST, list[ast.AST]]], level: int,
        known: Known = (),
    ) -> Iterator[tuple[ast.expr, Waiting]]:  # fmt: skip
        """Yield the waiting calls of a function's body, each with what it waits for."""
        around = {id(inner): above for inner, above in own}
        run = partial(runs, member=member, known=known)
        for call, waiting in self._every(member, own, level, known):
            if in_debug(call.lineno, member):
                continue
            first = waiting.seldom or only_at_first(call, around.get(id(call), []), member, run)
            yield call, replace(waiting, seldom=True) if first else waiting

    def _every(
        self,
        member: Member,
        own: list[tuple[ast.AST, list[ast.AST]]],
        level: int,
        known: Known,
    ) -> Iterator[tuple[ast.expr, Waiting]]:
        given = dict(known)
        found = sites(member, known)
        for inner, above in own:
            if isinstance(inner, ast.Attribute):
                asked = asked_in(inner, member, given)
                if asked is not None:
                    steps = self._steps(member, inner, asked.wait.value)
                    yield inner, replace(asked, steps=steps, called=True)
            if not isinstance(inner, ast.Call):
                continue
            here = site(inner, above, member, given, found)
            if here.api is not None:
                waiting = self._of_row(inner, here, here.api, member)
            elif here.over is not None:
                waiting = self._of_handed(inner, here.over, member, level, given)
            else:
                body = member.names.functions.get(member.name)
                ended = partial(cancelled_in, node=inner, above=above, function=body)
                waiting = self._together(inner, here.how, member, level, ended)
                waiting = waiting or self._called(inner, here, member, level, known)
            if waiting is not None:
                yield inner, waiting

    def _of_row(self, call: ast.Call, here: Site, api: Api, member: Member) -> Waiting | None:
        """Return what a call waits for that the catalog knows."""
        arguments = [("", a) for a in call.args]
        arguments += [(k.arg or "", k.value) for k in call.keywords]
        told = [(key, constant(value)) for key, value in arguments]
        found = of_row(api, here.shape, here.how, told)
        if found is None or (
            api.kind == _HOST and resolves_itself(call, member.name, member.names)
        ):
            return None
        steps = self._steps(member, call, found.wait.value)
        return Waiting(found.wait, found.call, steps, called=True)

    def _of_handed(
        self, call: ast.Call, over: Handing, member: Member, level: int, given: Mapping[str, Value]
    ) -> Waiting | None:
        """Return what a call waits for that runs what it is handed."""
        deeper = self._handed(over, member, level + 1, given)
        if deeper is None:
            return None
        steps = deeper.steps or self._steps(member, call, deeper.wait.value)
        return replace(deeper, steps=steps, called=True)

    def _called(
        self, call: ast.Call, here: Site, member: Member, level: int, known: Known
    ) -> Waiting | None:
        """Return what a call waits for by what it calls: one function, one of several, or none."""
        if here.further is not None and not here.declared:
            if not runs_it(here.further, here.how):
                return None
            passed = here.passed(member, known, dict(known))
            deeper = self._of_member(here.further, level + 1, passed)
            if deeper is None:
                return None
            steps = (*self._steps(member, call, f"calls `{text(here.shape)}`"), *deeper.steps)
            return Waiting(deeper.wait, deeper.call, steps, called=True, seldom=deeper.seldom)
        each = self._several(call, here, level, known)
        if each is not None:
            label = f"calls `{dotted(here.shape)}`" if each.called else each.wait.value
            steps = (*self._steps(member, call, label), *each.steps)
            return replace(each, steps=steps, called=True)
        used = self._by_use(call, here.how, here.meant, member)
        if used is None:
            return None
        return replace(used, steps=self._steps(member, call, used.wait.value), called=True)

    def _several(self, call: ast.Call, here: Site, level: int, known: Known) -> Waiting | None:
        """Return what a call waits for that may be one of several, or names none."""
        shape, there = here.meant.shape, Member(here.meant.names, here.meant.scope)
        each = self._each(shape, there, here.how, level, here.further)
        return each or self._unnamed(call, shape, here.how, there, level + 1, known)

    def _steps(self, member: Member, call: ast.expr, label: str) -> tuple[Step, ...]:
        """Return the step of a call, in this file or another."""
        tree: PythonTree | None = self.tree
        if member.names is not self._names:
            tree = self._files(member.names.outside.path) if self._files else None
        return (Step(tree.span(call), label),) if tree is not None else ()


def _written(call: cst.Call) -> ast.expr | None:
    return expression(cst.Module([]).code_for_node(call))
