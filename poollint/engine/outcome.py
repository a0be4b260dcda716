"""What a run comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poollint.model.finding import Severity
from poollint.model.report import Report
from poollint.model.source import SourceFile, Unreadable

if TYPE_CHECKING:
    from poollint.engine.memory.agreed import Agreed

FAIL_ON = (*(severity.value for severity in Severity), "never")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to.

    sources   the text of the files that findings point into, by the path as shown
    settings  the settings file as shown, "" without one
    fail_on   the mildest severity that fails the run, None for never
    lost      what poollint should have read and could not: what is named on the command line,
              files on which a reader failed, the whole project where linking it failed. The job
              was not done, which the exit code tells
    timings   seconds by step; none where the run is known from before
    places    where each of those files is, by the path as shown
    agreed    what holds of the settings for other runs too, None where rules or facts of others
              have a say
    """

    report: Report
    sources: Mapping[str, SourceFile]
    settings: str
    fail_on: Severity | None
    lost: tuple[Unreadable, ...] = ()
    timings: tuple[tuple[str, float], ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    agreed: Agreed | None = field(default=None, compare=False)
