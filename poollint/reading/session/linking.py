"""What statements, connections and environments say of sessions when they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from poollint.facts.code import Module, Statement
from poollint.facts.topology import Topology
from poollint.reading.reader import FileReading, Options
from poollint.reading.session import endpoint, pgoptions, prisma, url_options
from poollint.reading.session.assigned import Assignments


def linked(
    readings: Sequence[FileReading],
    modules: tuple[Module, ...],
    topologies: tuple[Topology, ...],
    options: Options,
) -> tuple[Module, ...]:
    """Return the modules, their statements with where they go and what their URLs ask for.

    What manifests ask for when a connection begins is one more statement of a file that runs
    there.
    """
    given = Assignments(readings, options)
    asked = url_options.attach(modules, topologies, options, given)
    sure = prisma.attach(asked, readings, topologies, options, given)
    placed = endpoint.attach(sure, topologies, options, given)
    beginning: dict[str, tuple[Statement, ...]] = {}
    for path, statement in pgoptions.deployed(modules, topologies):
        beginning[path] = (*beginning.get(path, ()), statement)
    return tuple(
        replace(module, statements=(*module.statements, *beginning.get(module.path, ())))
        for module in placed
    )
