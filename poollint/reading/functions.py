"""The functions of one file that touch a database: what each takes, holds, builds and says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from poollint.facts.code import Function, Pool, Recurrence
from poollint.facts.connections import Acquisition, Taking
from poollint.model.source import Unreadable
from poollint.reading.connections.acquiring.checked_out import checked_out
from poollint.reading.connections.acquiring.entering import entered
from poollint.reading.connections.acquiring.iterating import iterated
from poollint.reading.connections.acquiring.taking import taken as takings
from poollint.reading.connections.orm.objects.kept_sessions import kept_session
from poollint.reading.connections.orm.provided.injecting import injected
from poollint.reading.connections.orm.provided.picked_out import picked_out
from poollint.reading.connections.orm.registry.registered import registered
from poollint.reading.connections.orm.transactions.atomic import atomic, waits_within
from poollint.reading.connections.ownership.leaks import acquisitions, kept_by_objects
from poollint.reading.connections.ownership.on_use import used
from poollint.reading.connections.ownership.ownership import TOO_COMPLEX, too_complex
from poollint.reading.connections.pools.building import of_others, pools
from poollint.reading.connections.pools.built_for import built_for
from poollint.reading.connections.pools.built_within import built_within
from poollint.reading.connections.pools.foreign import is_foreign
from poollint.reading.connections.pools.nesting import nested
from poollint.reading.connections.waits.held.connection import Held
from poollint.reading.connections.waits.held.holding import holds
from poollint.reading.connections.waits.held.idling import idle
from poollint.reading.file import File
from poollint.reading.found import Found
from poollint.reading.paths.walk import of_unit
from poollint.reading.running.once.only_once import only_once
from poollint.reading.running.surroundings import Surroundings
from poollint.reading.session.calls import called
from poollint.reading.session.makers import made
from poollint.reading.session.statements import statements
from poollint.syntax.python import Unit


def found_in(unit: Unit, file: File, sums: bool = False) -> Found:
    """Return the functions and statements of a unit; for `sums` only functions with pools."""
    lends = file.names.outside.lends()  # else only transactions can be held
    built = _built(unit, file) if lends else {}
    if sums:
        functions = _building(unit, file, built)
        unread: list[Unreadable] = []
    else:
        functions, unread = _analysed(unit, file, built)
    # what is left is built at import, or in a class body
    functions += [
        file.function("", rest[0].span, is_async=False, built=tuple(rest))
        for rest in built.values()
    ]
    said = (
        *made(unit, file.names),
        *called(unit, file.names),
        *statements(unit, file.names),
    )
    in_order = sorted(said, key=lambda statement: statement.span.start)
    engines = of_others(unit, file.names) if lends else ()
    others = any(not _near(scope, file).aside for scope in engines)
    return Found(tuple(functions), tuple(in_order), tuple(unread), others)


def _building(unit: Unit, file: File, built: dict[str, list[Pool]]) -> list[Function]:
    """Return the functions that build pools, and take those out of `built`."""
    return [
        file.function(
            name, unit.span(node.name), node.asynchronous is not None, built=tuple(built.pop(name))
        )
        for node, name in _functions(unit)
        if name in built
    ]


def _analysed(
    unit: Unit, file: File, built: dict[str, list[Pool]]
) -> tuple[list[Function], list[Unreadable]]:
    """Return the functions that do something that matters, and what was too much to follow."""
    calls = {id(place.node): place for place in of_unit(unit) if isinstance(place.node, cst.Call)}

    def made_once(call: cst.Call) -> str:
        return only_once(calls[id(call)], unit, file.names)

    functions: list[Function] = []
    unread: list[Unreadable] = []
    lends = file.names.outside.lends()
    unclosed = tuple(_built_elsewhere(unit, file)) if lends else ()
    for node, name in _functions(unit):
        if not lends:
            found = _transacting(unit, node, name, file)
        else:
            outside = file.around.get(name, Surroundings())
            taken = tuple(acquisitions(unit, node, name, file.names, outside, made_once))
            found = _function(unit, node, name, file, taken, tuple(built.pop(name, ())))
            left = tuple(p for p in unclosed if p.function == name and not outside.quiet)
            if left:
                own = found or file.function(name, unit.span(node.name), bool(node.asynchronous))
                found = replace(own, unclosed=left)
        if found is not None:
            functions.append(found)
        if too_complex(node, file.names):
            unread.append(Unreadable(unit.span(node.name), TOO_COMPLEX, broken=False))
    return functions, unread


def _built_elsewhere(unit: Unit, file: File) -> Iterator[Pool]:
    """Yield the pools that functions of a unit leave open, and others build for them."""
    yield from built_for(unit, file.names, file.tree)
    yield from built_within(unit, file.names, file.tree)


def _transacting(unit: Unit, node: cst.FunctionDef, name: str, file: File) -> Function | None:
    """Return the fact of a function where nothing in the project hands out connections."""
    names, waits, tree = file.names, file.waits, file.tree
    if not waits_within(unit, node, name, names, tree, waits):
        return None
    every = atomic(unit, node, name, names, tree)
    held = [one for one in every if not is_foreign(one, name, names, tree)]
    outside = file.around.get(name, Surroundings())
    over = tuple(holds(unit, node, name, names, waits, outside, held))
    if not over:
        return None
    found = file.function(name, unit.span(node.name), node.asynchronous is not None)
    return replace(found, holds=over)


def _near(scope: str, file: File) -> Surroundings:
    """Return what surrounds a function, or the module around it."""
    return file.around.get(scope, file.around[""])


def _built(unit: Unit, file: File) -> dict[str, list[Pool]]:
    """Return the pools that a unit builds, by the functions in which it does."""
    built: dict[str, list[Pool]] = {}
    for pool in pools(unit, file.names):
        near = _near(pool.function, file)
        pool = replace(pool, aside=near.aside, left_open=pool.left_open and not near.quiet)
        built.setdefault(pool.function, []).append(pool)
    return built


def _function(
    unit: Unit, node: cst.FunctionDef, name: str, file: File, taken: tuple[Acquisition, ...],
    built: tuple[Pool, ...],
) -> Function | None:  # fmt: skip
    """Return the fact of a function, None where it does nothing that matters."""
    names, waits, tree = file.names, file.waits, file.tree
    outside = file.around.get(name, Surroundings())
    held = tuple(_held(unit, node, name, file, taken))
    foreign = [one.fact for one in held if is_foreign(one, name, names, tree)]
    taken = tuple(replace(one, leak=None) if one in foreign else one for one in taken)
    held = tuple(one for one in held if one.fact not in foreign)
    turns = tuple(iterated(unit, node, name, names))
    kept_ones = tuple(kept_session(name, names, tree))
    lent = (*atomic(unit, node, name, names, tree), *kept_ones, *turns)
    again = isinstance(file.runs.get(name), Recurrence)
    kept = tuple(kept_by_objects(unit, node, name, names, outside, again))
    lent += tuple(Held(one, fact) for one, fact in kept if one.taking is not Taking.SESSION)
    lent = tuple(one for one in lent if not is_foreign(one, name, names, tree))
    over = tuple(holds(unit, node, name, names, waits, outside, (*held, *lent)))
    filled = (one for one in kept_ones if one.filled is not None)
    entered = (one for one in lent if one.entered is not None)
    firsts = (*held, *turns, *filled, *entered)
    second = tuple(nested(unit, node, name, names, tree, outside, firsts))
    objects = (*(fact for _, fact in kept), *used(unit, node, name, names))
    if not (taken or objects or built or over or second):
        return None
    span, is_async = unit.span(node.name), node.asynchronous is not None
    found = file.function(name, span, is_async, (*taken, *objects), built)
    still = tuple(idle(unit, node, name, names, waits, outside, held))
    return replace(found, holds=over, nested=second, idle=still)


def _held(
    unit: Unit, node: cst.FunctionDef, name: str, file: File, taken: tuple[Acquisition, ...]
) -> Iterator[Held]:
    """Yield the connections that a function takes, is handed, enters a block with or asks for."""
    acquiring = takings(node, name, file.names) if taken else ()
    yield from (Held(call, fact) for call, fact in zip(acquiring, taken, strict=True))
    yield from injected(name, file.names, file.tree)
    yield from picked_out(unit, node, name, file.names)
    yield from checked_out(name, file.names, file.tree)
    yield from entered(unit, node, name, file.names)
    yield from registered(name, file.names, file.tree)


def _functions(unit: Unit) -> Iterator[tuple[cst.FunctionDef, str]]:
    """Yield every function of a unit, those within functions too, by qualified name."""
    for place in of_unit(unit):
        if not isinstance(place.node, cst.FunctionDef):
            continue
        inside = next(
            (
                a.node
                for a in place.ancestors()
                if isinstance(a.node, cst.FunctionDef | cst.ClassDef)
            ),
            None,
        )
        step = ".<locals>." if isinstance(inside, cst.FunctionDef) else "."
        name = place.node.name.value
        yield place.node, f"{place.scope}{step}{name}" if place.scope else name
