"""Which pools a container opens: of the Python that it runs, or of another language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from poollint.facts.code import Pool
from poollint.reading.deployment.ecosystems.homes import Homes
from poollint.reading.deployment.ecosystems.languages import language_of
from poollint.reading.deployment.images.contents import Contents
from poollint.reading.deployment.linking import other_databases
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.reach import endpoints
from poollint.reading.deployment.linking.variables import Variables, environment
from poollint.reading.deployment.pools import orm_pools
from poollint.reading.deployment.pools.joined import Joined
from poollint.reading.deployment.pools.pools import Code


@dataclass(frozen=True, slots=True)
class Programs:
    """What containers may run: the Python of the tree, and applications in other languages.

    What each opens is asked for to see where it leads, and again to count it: it is found once.
    """

    code: Code
    homes: Homes
    _found: dict[tuple[int, int], tuple[Unit, Placed, Joined]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def opened(self, unit: Unit, placed: Placed) -> Joined:
        """Return the pools that a container of `placed` opens."""
        key = (id(unit), id(placed))
        if key not in self._found:
            self._found[key] = unit, placed, _opened(unit, self, placed)
        return self._found[key][2]


def _opened(unit: Unit, programs: Programs, placed: Placed) -> Joined:
    """Return the pools that a container of `placed` opens.

    Of several those are none whose variable it has not.
    """
    contents = Contents(unit, placed)
    code = programs.code.within(contents.hold) if contents.are_known else programs.code
    joined = code.join(unit.container, complete=unit.complete, handler=unit.handler)
    variables = environment(unit.container.variables)
    sized = tuple(tuple(orm_pools.of_url(p, variables) for p in g) for g in joined.groups)
    joined = replace(joined, groups=sized)
    if unit.complete:  # else what is not seen may set the first one
        joined = _instead(joined, variables)
    foreign = language_of(unit) not in ("", "python")
    if foreign or not (joined.groups or joined.django):
        joined = programs.homes.join(unit, placed) or (Joined() if foreign else joined)
    addressed = bool(endpoints(unit.container.variables))
    joined = other_databases.left_out(joined, variables, addressed=addressed)
    if not unit.complete or len(joined.groups) < 2:
        return joined
    names = {variable.name for variable in unit.container.variables}
    kept = tuple(
        group
        for group in joined.groups
        if any(not p.variable or p.variable in names or p.url for p in group)
    )
    return replace(joined, groups=kept or joined.groups)


def _instead(joined: Joined, variables: Variables) -> Joined:
    """Return the pools, those whose variable is not set with the one that counts in its stead."""

    def told(pool: Pool) -> Pool:
        names = (pool.variable, *pool.instead)
        return replace(pool, variable=next((n for n in names if n in variables), pool.variable))

    groups = tuple(tuple(told(pool) for pool in group) for group in joined.groups)
    return replace(joined, groups=groups, singles=tuple(map(told, joined.singles)))
