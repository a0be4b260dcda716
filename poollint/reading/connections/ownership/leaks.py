"""The acquisitions of a function as facts: how each is lost, by which steps, how surely."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import libcst as cst

from poollint.facts.code import Recurrence
from poollint.facts.connections import Acquisition
from poollint.model.source import Unreadable
from poollint.reading.connections.acquiring.discarding import discarded
from poollint.reading.connections.acquiring.managing import enters
from poollint.reading.connections.acquiring.taking import Form, Taken, taken
from poollint.reading.connections.ownership.judging import Judge
from poollint.reading.connections.ownership.objects import owned
from poollint.reading.connections.ownership.ownership import (
    SEARCHED,
    TOO_COMPLEX,
    build,
    too_complex,
)
from poollint.reading.connections.ownership.scripts import ended_elsewhere, made_once, script
from poollint.reading.naming.scopes.names import Names
from poollint.reading.paths.walk import places
from poollint.reading.running.surroundings import Surroundings
from poollint.syntax.python import PythonTree, Unit


def acquisitions(
    unit: Unit,
    function: cst.FunctionDef,
    name: str,
    names: Names,
    around: Surroundings,
    once: Callable[[cst.Call], str],
) -> Iterator[Acquisition]:
    """Yield the acquisitions of a function's own body, each with how it is lost, if it is.

    `once` tells why what a call makes is made only once, "" where nothing says so.
    """
    found = list(taken(function, name, names))
    look = _Look(function, name, names, around, found)
    for one in found:
        fact = look.judged(Judge(unit, name, names, one, around, once))
        ended = discarded(function, one) if fact.leak is None else None
        yield replace(fact, discarded=unit.span(ended)) if ended is not None else fact


def kept_by_objects(
    unit: Unit,
    function: cst.FunctionDef,
    name: str,
    names: Names,
    around: Surroundings,
    again: bool,
) -> Iterator[tuple[Taken, Acquisition]]:
    """Yield the connections that a function has through objects of the project's own classes.

    `again` tells that it is certain that the function runs again and again.
    """
    found = list(owned(function, name, names))
    if not found:
        return
    look = _Look(function, name, names, around, [one for one, _ in found])
    ends = again or any(result is not None for result in names.results(name) or ())
    for one, closed in found:
        lasts = not ends and not (closed and one.form is not Form.CHAINED)
        judge = Judge(unit, name, names, one, around, lambda call: "", lasts)
        yield one, look.judged(judge)


def of_script(
    tree: PythonTree, names: Names, around: Surroundings, run: Recurrence | str | None
) -> tuple[tuple[Acquisition, ...], tuple[Unreadable, ...]]:
    """Return the acquisitions of a module's statements that a framework runs again and again.

    With them what of the module could not be followed.
    """
    whole = script(tree, run)
    if whole is None or isinstance(whole, Unreadable):
        return (), (whole,) if whole else ()
    unit, body = whole
    found = list(taken(body, "", names))
    look = _Look(body, "", names, around, found)
    acquired = []
    for one in found:
        judge = Judge(unit, "", names, one, around, lambda call: made_once(tree, call, unit))
        fact = look.judged(judge)
        ended = any(ended_elsewhere(name, one.api, names) for name in one.names)
        acquired.append(replace(fact, leak=None) if ended else fact)
    given_up = too_complex(body, names) and Unreadable(
        unit.span(unit.statements[0]), TOO_COMPLEX, broken=False
    )
    return tuple(acquired), (given_up,) if given_up else ()


class _Look:
    """The search for the ways out of one function, for all that it takes."""

    def __init__(
        self,
        function: cst.FunctionDef,
        name: str,
        names: Names,
        around: Surroundings,
        found: list[Taken],
    ) -> None:
        searched = any(one.form in SEARCHED for one in found)
        searched = searched or (bool(found) and enters(name, names))
        self._ownership = build(function, name, names, around.throws) if searched else None
        # whoever goes into a context manager leaves it to the manager to give back
        entered = around.throws or around.resumed
        self._lent = not entered and _lends(function, name, names, found)

    def judged(self, judge: Judge) -> Acquisition:
        return judge.acquisition(judge.leak(self._ownership, self._lent))


def _lends(function: cst.FunctionDef, name: str, names: Names, found: list[Taken]) -> bool:
    """Tell whether a generator hands one of its connections to whoever iterates it."""
    held = {target for one in found for target in one.names}
    for place in places(function, name.rpartition(".")[0]):
        if isinstance(place.node, cst.Yield) and place.node.value is not None:
            inner = places(place.node.value)
            if any(isinstance(p.node, cst.Name) and p.node.value in held for p in inner):
                return True
    return False
