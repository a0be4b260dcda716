"""How many of the cases a tool finds, and where it raises a false alarm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.bench.peers.cases import Case
from tests.bench.peers.tools import Finding


@dataclass(frozen=True, slots=True)
class Score:
    """Cases with a fault that were found or missed, and without one that were alarmed or quiet."""

    found: tuple[Case, ...]
    missed: tuple[Case, ...]
    alarmed: tuple[Case, ...]
    quiet: tuple[Case, ...]

    @property
    def recall(self) -> float:
        """The share of the faults that is found; nan where there are none."""
        return _share(len(self.found), len(self.missed))

    @property
    def precision(self) -> float:
        """The share of the functions with a finding that have a fault; nan where there are none."""
        return _share(len(self.found), len(self.alarmed))


def score(cases: Iterable[Case], findings: Iterable[Finding]) -> Score:
    """Compare: a finding speaks of a case where it is on any line of the case's function."""
    lines: dict[str, list[int]] = {}
    for finding in findings:
        lines.setdefault(finding.path, []).append(finding.line)
    sorts: dict[tuple[bool, bool], list[Case]] = {}
    for case in cases:
        said = any(case.first <= line <= case.last for line in lines.get(case.path, ()))
        sorts.setdefault((bool(case.fault), said), []).append(case)
    keys = ((True, True), (True, False), (False, True), (False, False))
    return Score(*(tuple(sorts.get(key, ())) for key in keys))


def _share(part: int, rest: int) -> float:
    return part / (part + rest) if part + rest else float("nan")


def percent(share: float) -> str:
    """Return a share as a table shows it: whole percents, never rounded up to all of it."""
    if share != share:
        return "-"
    return f"{int(share * 100 + (0.5 if share < 0.995 else 0))} %"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned to the right but for the first."""
    ruler = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ruler, *rows))
