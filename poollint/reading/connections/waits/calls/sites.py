"""The calls of a function, each with what it means: asked again from each depth, found once."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from poollint.catalog.load import Api, calls
from poollint.reading.connections.waits.calls.alternatives import declares
from poollint.reading.connections.waits.calls.under_names import consumed_later
from poollint.reading.connections.waits.calls.waited_on import row_of
from poollint.reading.connections.waits.reach.consuming import consumed_in
from poollint.reading.connections.waits.reach.enclosed import enclosed
from poollint.reading.connections.waits.reach.gathering import in_group
from poollint.reading.connections.waits.reach.given import supposed
from poollint.reading.connections.waits.reach.inherited import meaning, receiver
from poollint.reading.connections.waits.reach.known import Argument, Known, Value
from poollint.reading.connections.waits.reach.running_others import Handing, handing, run_by_callee
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import Shape, of_ast

AWAITED: list[ast.AST] = [ast.Await(value=ast.Name(id="coroutine"))]
"""What is around a coroutine that is awaited elsewhere, under a name or with others."""


class _Written(NamedTuple):
    """What a call says by itself, whatever the function is given in which it stands.

    how      how its value is consumed
    over     what it runs that it is handed
    api      what the catalog of calls knows of it
    further  the function of the project that it is, `api` unknown
    """

    call: ast.Call  # held: what is known of a call is known by the identity of its node
    shape: Shape
    how: set[str]
    over: Handing | None
    api: Api | None
    further: Member | None


@dataclass(slots=True)
class Site:
    """A call, with what it means where so much is known of its function.

    over      what it runs that it is handed
    meant     the chain of names that is called, where that can be followed
    api       what the catalog of calls knows of it
    further   the function of the project that it is, `declared` where that is an interface's
    """

    call: ast.Call
    shape: Shape
    how: set[str]
    over: Handing | None
    meant: Argument
    api: Api | None
    further: Member | None
    declared: bool
    _passed: Known | None = None

    def passed(self, member: Member, known: Known, given: Mapping[str, Value]) -> Known:
        """Return what the function is given that is called, of what is known here."""
        if self._passed is None:
            assert self.further is not None
            there = Member(self.meant.names, self.meant.scope)
            self._passed = (
                *supposed(self.call, self.further, known, member),
                *receiver(self.meant.shape, there, self.further),
                *enclosed(self.further, member, given),
            )
        return self._passed


Sites = dict[tuple[int, bool], Site]


def sites(member: Member, known: Known) -> Sites:
    """Return what is known already of the calls of a function, for `site`."""
    memory: dict[tuple[str, Known], Sites] = member.names.memory.setdefault("sites", {})
    return memory.setdefault((member.name, known), {})


def site(
    call: ast.Call, above: list[ast.AST], member: Member, given: Mapping[str, Value],
    found: Sites,
) -> Site:  # fmt: skip
    """Return a call with what it means; `above` is what is around it, `found` of `sites`."""
    key = (id(call), above is AWAITED)
    known = found.get(key)
    if known is None:
        known = found[key] = _site(call, above, member, given)
    return known


def _site(call: ast.Call, above: list[ast.AST], member: Member, given: Mapping[str, Value]) -> Site:
    written = _written(call, above, member)
    names, scope = member
    meant = meaning(written.shape, member, given)
    api, further = written.api, written.further
    if (meant.names, meant.scope) != (names, scope) or meant.shape is not written.shape:
        api = waited_on(*meant)
        further = function(*meant) if api is None else None
    declared = further is not None and declares(further)
    return Site(call, written.shape, written.how, written.over, meant, api, further, declared)


def _written(call: ast.Call, above: list[ast.AST], member: Member) -> _Written:
    names, scope = member
    memory: dict[tuple[str, int, bool], _Written] = names.memory.setdefault("written calls", {})
    key = (scope, id(call), above is AWAITED)
    if key not in memory:
        shape = of_ast(call.func)
        how = consumed_in(call, above) | consumed_later(above, scope, names)
        how |= run_by_callee(call, above, scope, names)
        if in_group(above):
            how.add("await")
        api = waited_on(shape, scope, names)
        over = handing(call, how, scope, names) if api is None else None
        further = function(shape, scope, names) if api is None else None
        memory[key] = _Written(call, shape, how, over, api, further)
    return memory[key]


def waited_on(shape: Shape, scope: str, names: Names) -> Api | None:
    """Return what the catalog of calls knows of a call."""
    return row_of(shape, scope, names.under(calls()))
