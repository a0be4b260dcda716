"""What is known on all the ways that lead to one place: ways that have become too many are joined.

A search tells ways apart by what their tests said. Where each of twenty tests is asked twice, that
is a million ways; a search that has looked at many goes on with what is common to all that come
to a place in the same state (as in ESP, Das, Lerner, Seigle, PLDI 2002). What makes a difference
to the state is still told apart: the ways on which `own` was not true have taken nothing, and so
do not come there as those do on which it was.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from poollint.reading.paths.conditions import Facts

Place = TypeVar("Place")

EXACT = 2_000  # states that are told apart by all that is known in them


class Joined(Generic[Place]):
    """What is known at each place on all ways that have come there since they are joined."""

    def __init__(self) -> None:
        self._common: dict[Place, Facts] = {}

    def join(self, place: Place, known: Facts) -> Facts:
        """Return what is known at a place on one more way, and on all before it."""
        common = self._common.get(place)
        self._common[place] = known if common is None else common & known
        return self._common[place]

    def covers(self, place: Place, known: Facts) -> bool:
        """Tell whether a way with less known went on from the place: it goes wherever this does."""
        return self._common.setdefault(place, known) < known
