"""Of which functions it matters who calls them, and what becomes of them when that is known."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from poollint.facts.code import FOREVER, SCRIPT, Function, Module, Rate, Reached, Recurrence
from poollint.facts.connections import Taking
from poollint.model.finding import Confidence
from poollint.model.source import Span
from poollint.reading.connections.waits.reach.given import Place
from poollint.reading.running.entry.inheriting import Key
from poollint.reading.running.entry.recurrence import rank
from poollint.reading.running.surroundings import COMMANDS, is_test

_MILD = frozenset({Rate.TASK, Rate.CALL, Rate.TICK})  # what another file does may be worse


class Question(NamedTuple):
    """What is to be searched for: all that the answer depends on besides the files.

    wanted  the functions of which it matters who calls them
    places  where functions take connections and build pools
    lost    the functions that lose one, or wait with one, and are not known to be a script's
    """

    wanted: frozenset[Key]
    places: dict[Key, set[Place]]
    lost: frozenset[Key] = frozenset()

    @property
    def text(self) -> str:
        """Return the same for the same question."""
        places = sorted((key, sorted(places)) for key, places in self.places.items())
        return repr((sorted(self.wanted), places, sorted(self.lost)))


def question(modules: tuple[Module, ...]) -> Question:
    """Return what is to be found out of the functions of `modules`."""
    wanted = frozenset(
        Key(module.path, name)
        for module in modules
        if not is_test(module.path)
        for function in module.functions
        if _asks(function)
        for name in (function.name, *(one.holder for one in function.shared if one.holder))
    )
    places = {Key(m.path, f.name): _places(f) for m in modules for f in m.functions}
    lost = (Key(m.path, f.name) for m in modules for f in m.functions if _loses(f))
    return Question(wanted, places, frozenset(lost))


def attach(modules: tuple[Module, ...], reached: tuple[Reached, ...]) -> tuple[Module, ...]:
    """Return the modules, their functions with why they run again and again, or only once."""
    found = {Key(one.path, one.function): one.why for one in reached}
    return tuple(
        replace(module, functions=tuple(_told(f, found, module.path) for f in module.functions))
        if any(Key(module.path, f.name) in found for f in module.functions)
        else module
        for module in modules
    )


def _loses(function: Function) -> bool:
    """Tell whether a function does what is no matter where only a script runs it."""
    if not function.name or function.once or function.recurrence is not None:
        return False
    if function.unclosed or any(pool.left_open for pool in function.pools):
        return True
    leaks = (taken.leak for taken in function.acquisitions if taken.leak is not None)
    told = any(leak.confidence is not Confidence.LOW for leak in leaks)
    told = told or any(not hold.quiet for hold in function.holds)
    return told or any(not one.quiet for one in function.nested)


def _places(function: Function) -> set[Place]:
    """Return where a function takes connections or builds pools."""
    taken = (one.span for one in function.acquisitions)
    return {place(span) for span in (*taken, *(pool.span for pool in function.pools))}


def place(span: Span) -> Place:
    """Return a place as it is asked for: its line, and its column from 0 on."""
    return span.start.line, span.start.column - 1


def _asks(function: Function) -> bool:
    """Tell whether it matters how often a function runs, and another file may tell more."""
    why = function.recurrence
    if function.name and _ends(function):
        return True
    if not function.name or function.once or (why is not None and why.rate not in _MILD):
        return False
    connects = any(
        a.discarded
        or (a.taking is Taking.CONNECT and not a.once and (a.first_use or not a.through))
        for a in function.acquisitions
    )
    shares = any(shared.at_once is None for shared in function.shared)
    return connects or shares or any(not pool.once for pool in function.pools)


def _ends(function: Function) -> bool:
    """Tell whether a function is taken for one that runs once because a script runs it."""
    served = any(taken.leak and taken.leak.served for taken in function.acquisitions)
    return served or any(hold.ending for hold in function.holds)


def _served(function: Function) -> Function:
    """Return a function of a script that is called by more than the script."""
    acquisitions = tuple(
        replace(one, leak=replace(one.leak, confidence=one.leak.served, served=None))
        if one.leak and one.leak.served
        else one
        for one in function.acquisitions
    )
    holds = tuple(replace(h, quiet=h.quiet and not h.ending, ending=False) for h in function.holds)
    once = "" if function.once in COMMANDS else function.once
    return replace(function, acquisitions=acquisitions, holds=holds, once=once)


def _of_script(function: Function) -> Function:
    """Return a function that only scripts run: what it does counts as little as what they do."""
    acquisitions = tuple(
        replace(one, leak=replace(one.leak, confidence=Confidence.LOW)) if one.leak else one
        for one in function.acquisitions
    )
    holds = tuple(replace(hold, quiet=True) for hold in function.holds)
    nested = tuple(replace(one, quiet=True) for one in function.nested)
    pools = tuple(replace(pool, left_open=False) for pool in function.pools)
    return replace(
        function, acquisitions=acquisitions, holds=holds, nested=nested, pools=pools, unclosed=()
    )


def _told(function: Function, found: dict[Key, Recurrence | str], path: str) -> Function:
    why = found.get(Key(path, function.name))
    known = function.recurrence
    if isinstance(why, Recurrence):
        function = _served(function)
        return replace(function, recurrence=why) if worse(known, why) is why else function
    if why == FOREVER:
        return _served(function)
    if why == SCRIPT:
        return _of_script(function) if known is None else function
    return replace(function, once=why) if why and known is None else function


def worse(known: Recurrence | str | None, found: Recurrence | str) -> Recurrence | str:
    """Return the worse of two reasons, the one that is known where neither is."""
    if known is None:
        return found
    if isinstance(known, str) or isinstance(found, str):
        return found if isinstance(known, str) and isinstance(found, Recurrence) else known
    return found if rank(found) < rank(known) else known
