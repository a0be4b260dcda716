"""Pools that functions of the project build for whoever calls them, who leaves them open.

`def make_engine(): return create_engine(URL)`: each call builds one, and it is the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from posixpath import normpath

import libcst as cst

from poollint.facts.code import Pool
from poollint.reading.connections.pools.behind import built
from poollint.reading.connections.pools.returned import returned
from poollint.reading.connections.pools.unclosed import bound, left_open
from poollint.reading.naming.objects.instances import Member, function
from poollint.reading.naming.objects.other_databases import works_on_another
from poollint.reading.naming.scopes.names import Names
from poollint.reading.naming.scopes.shapes import of_cst
from poollint.reading.paths.walk import of_unit
from poollint.syntax.python import PythonTree, Unit


def built_for(unit: Unit, names: Names, tree: PythonTree) -> Iterator[Pool]:
    """Yield the pools that functions of a unit have built for them and leave open.

    Each as the call says it that gets it; `function` is who calls.
    """
    for place in of_unit(unit):
        if not isinstance(place.node, cst.Call) or not bound(place) or not place.scope:
            continue
        member = function(of_cst(place.node.func), place.scope, names)
        made = _made(member, names, tree) if member is not None else None
        if made is None or not made.pooled or made.once or not left_open(place, names):
            continue
        if member is not None and member.names is not names and works_on_another(names):
            continue  # what a base builds of a URL is, for this class, another database's
        span = unit.span(place.node)
        yield replace(made, span=span, function=place.scope, left_open=True)


def _made(member: Member, names: Names, tree: PythonTree) -> Pool | None:
    """Return the pool that a function builds each time and returns, None of any other."""
    memory: dict[str, Pool | None] = member.names.memory.setdefault("built for", {})
    if member.name not in memory:
        call = returned(member)
        path = member.names.outside.path
        own = normpath(path) == normpath(names.outside.path)
        file = (names, tree) if own else names.outside.file(path) if call is not None else None
        memory[member.name] = built(call, *file) if call is not None and file else None
    return memory[member.name]
