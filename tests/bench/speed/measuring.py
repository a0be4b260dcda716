"""Times of whole processes, taken in turn, so that a busy machine is busy for all of them.

What counts is the ratio of processor time: wall time is printed, and means little beside it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

POOLLINT = (sys.executable, "-m", "poollint")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took: seconds of the clock and of the processors, and bytes at its peak."""

    wall: float
    cpu: float
    peak: int


def taken(command: Sequence[str], folder: Path, cache: Path, stdin: bytes = b"") -> Taken:
    """Run a command and its children to the end; 0 and 1 are what linters end with."""
    # Modules are compiled once, as for whoever installed them: that is no part of a run.
    environment = os.environ | {"POOLLINT_CACHE_DIR": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        started = perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=given, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Taken(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * unit)


def in_turn(
    commands: Mapping[str, Sequence[str]], folder: Path, cache: Path, runs: int,
    changing: Mapping[str, bytes] = MappingProxyType({}),
) -> dict[str, Taken]:  # fmt: skip
    """Return the medians of `runs` runs of each command, A B A B, after one that is not counted.

    `changing` is Python that a command reads from its standard input, other bytes each time.
    """
    found: dict[str, list[Taken]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            text = changing[name] + b"\n# %d\n" % run if name in changing else b""
            one = taken(command, folder, cache, text)
            if run:
                found[name].append(one)
    return {name: median(every) for name, every in found.items()}


def median(every: Sequence[Taken]) -> Taken:
    """Return the medians of several runs, and the highest peak."""
    return Taken(
        statistics.median(one.wall for one in every),
        statistics.median(one.cpu for one in every),
        max(one.peak for one in every),
    )


def table(title: str, found: Mapping[str, Taken], against: str) -> str:
    """Return the times as a table, each divided by those of `against`."""
    unit = found[against]
    lines = [f"{title}  (x = {against})"]
    for name, one in found.items():
        lines.append(
            f"  {name:<28} cpu {one.cpu:8.2f} s  {one.cpu / unit.cpu:6.2f} x"
            f"   wall {one.wall:8.2f} s  {one.wall / unit.wall:6.2f} x"
            f"   peak {one.peak / 1e6:6.0f} MB"
        )
    return "\n".join(lines)
