"""What is known of a file as a whole when its functions are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from poollint.facts.code import Function, Pool, Recurrence
from poollint.facts.connections import Acquisition
from poollint.model.source import Span
from poollint.reading.connections.waits.calls.waiting import Waits
from poollint.reading.naming.scopes.names import Names
from poollint.syntax.python import PythonTree

if TYPE_CHECKING:
    from poollint.reading.running.surroundings import Surroundings

Runs = dict[str, Recurrence | str]
"""Why a function of the file runs again and again, or only once, by its qualified name."""


@dataclass(frozen=True)
class File:
    """What is known of a file as a whole when its functions are read.

    `find_runs` tells why they run again and again, `find_around` what surrounds each: both take
    long, and are asked only where something is taken or held.
    """

    tree: PythonTree
    names: Names
    find_runs: Callable[[], Runs]
    find_around: Callable[[Runs], dict[str, Surroundings]]
    waits: Waits

    @cached_property
    def runs(self) -> Runs:
        """Return why functions run again and again, or only once."""
        return self.find_runs()

    @cached_property
    def around(self) -> dict[str, Surroundings]:
        """Return what surrounds each function."""
        return self.find_around(self.runs)

    def function(
        self, name: str, span: Span, is_async: bool, taken: tuple[Acquisition, ...] = (),
        built: tuple[Pool, ...] = (),
    ) -> Function:  # fmt: skip
        """Return the fact of a function, without what it holds and shares."""
        run = self.runs.get(name)
        return Function(
            name=name,
            span=span,
            is_async=is_async,
            acquisitions=taken,
            pools=built,
            recurrence=run if isinstance(run, Recurrence) else None,
            once=run if isinstance(run, str) else "",
        )
