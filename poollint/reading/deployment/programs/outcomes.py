"""Which of the programs that a shell starts one after the other stays.

A server does not return: of `a && SERVER && b` the last is never started (POSIX, Shell Command
Language, "AND Lists": only after the exit of what stands before it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from posixpath import basename
from typing import Protocol

from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure
from poollint.reading.deployment.linking.documents import Part

_STAYS = frozenset(("web", "worker", "beat"))
# With these a server looks at its settings and ends, or leaves the shell to what follows it.
_ENDS = frozenset(("--check-config", "--print-config", "--version", "--help"))
_LEAVES = frozenset(("-D", "--daemon", "--detach", "--daemonize", "--background"))
# What ends, or waits for nothing, and opens no connection that stays.
_PASSING = frozenset(
    ": [ [[ test . source cat cd chmod chown cp curl declare echo exit export false grep head"
    " install kill link ln local ls mkdir mv nc pg_dump pg_isready pg_restore pip pip3 printf ps"
    " psql pwd read return rm sed set shift sleep sync tail tee test touch trap true umask unset"
    " wait wget which".split()
)

_ONE = Figure(1, 1, "processes", Basis.ASSUMED, "one process")


class Started(Protocol):
    """A program that is started, as `commands.Run` says it."""

    @property
    def parts(self) -> tuple[Part, ...]: ...
    @property
    def aside(self) -> bool: ...
    @property
    def branch(self) -> tuple[tuple[int, int], ...]: ...


Runs = Sequence[tuple[Started, Process | None]]


def of_runs(runs: Runs) -> tuple[Process, ...]:
    """Return what runs side by side in the end, none where no program is known."""
    behind = [p for run, p in runs if p and (run.aside or _has(run, _LEAVES, p))]
    ahead = [(run, p) for run, p in runs if not (p and (run.aside or _has(run, _LEAVES, p)))]
    ahead = [(run, p) for run, p in ahead if not run.aside]
    ways = list(_ways(ahead))
    if ways:
        return (*behind, _merged(ways))
    last = _last(ahead)
    if last is None and behind and (unread := _unread(ahead)):
        last = Process("", unread.span, _ONE, None, unread.text, "script")
    return (*behind, last) if last else tuple(behind)


def _has(run: Started, options: frozenset[str], process: Process) -> bool:
    return process.role in _STAYS and any(part.text in options for part in run.parts[1:])


def _ways(runs: Runs) -> Iterator[Process]:
    """Yield the servers that may be the first to start: one for each way through the branches."""
    taken: set[tuple[tuple[int, int], ...]] = set()
    for run, process in runs:
        stays = process and process.role in _STAYS and not _has(run, _ENDS, process)
        if process is None or not stays or any(run.branch[: len(t)] == t for t in taken):
            continue
        taken.add(run.branch)
        yield process
        if not run.branch:
            return
    if taken:  # where none of the branches is taken, what ends them all may be a program that stays
        rest = [p for run, p in runs if p and p.role == "script" and not run.branch]
        yield from rest[-1:]


def _merged(ways: list[Process]) -> Process:
    """Return what one of several ways starts: its numbers from the least to the most.

    Of different programs, or of one with different applications, none is chosen.
    """
    first = ways[0]
    if len(ways) == 1:
        return first
    if any((p.tool, p.application, p.kind) != (first.tool, first.application, first.kind)
           for p in ways):  # fmt: skip
        return Process("", first.span, _ONE, None, "", "script")
    threads = [p.threads for p in ways if p.threads]
    return replace(
        first,
        processes=_either([p.processes for p in ways]),
        threads=_either(threads) if len(threads) == len(ways) else None,
    )


def _either(figures: list[Figure]) -> Figure:
    """Return one figure for alternatives, as sure as the least sure of them."""
    most = max(figures, key=lambda f: (f.high is None, f.high or 0))
    weakest = max((f.basis for f in figures), key=lambda basis: basis.strength)
    low = min(f.low for f in figures)
    if low == most.high:
        return replace(most, basis=weakest)
    return replace(most, low=low, basis=weakest, hint=f"{most.hint}, or {low}")


def _last(runs: Runs) -> Process | None:
    """Return the last known program; none where one that is not known follows it."""
    for run, process in reversed(runs):
        if process:
            return process
        if run.parts and not run.branch and _may_stay(run):
            return None
    return None


def _unread(runs: Runs) -> Part | None:
    """Return the last program that a variable names whose value is not known."""
    found = [run.parts[0] for run, p in runs if not p and run.parts and not run.branch]
    return found[-1] if found and found[-1].text.startswith("$") else None


def follower(runs: Runs) -> Part | None:
    """Return the program that is not known which follows those that are, None without any."""
    parts: Part | None = None
    for run, process in runs:
        if process:
            parts = None
        elif run.parts and not run.aside and _may_stay(run):
            parts = run.parts[0]
    return parts if any(process for _, process in runs) else None


def _may_stay(run: Started) -> bool:
    return basename(run.parts[0].text) not in _PASSING
