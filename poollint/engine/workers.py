"""Processes that derive facts of Python files side by side.

Each knows the project by itself: what files offer each other is found anew in every process,
so that files of one folder, which have most in common, are given to the same.
"""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from poollint.engine.collecting import collect_seldom
from poollint.engine.job import Derived, Failed, Job, derived
from poollint.engine.neighbours import Neighbours
from poollint.model.source import Span, Unreadable
from poollint.reading import project
from poollint.reading.reader import Options

_PARTS = 4  # of the work, for each process: the last to finish keeps the others waiting less


class Workers:
    """`count` processes, started when there is work; to be closed."""

    def __init__(self, count: int, neighbours: Neighbours, options: Options) -> None:
        self._count = count
        self._neighbours = neighbours
        # They have open what no process can hand on.
        self._options = replace(options, exports=None, beside=None)
        self._pool: ProcessPoolExecutor | None = None

    @property
    def started(self) -> bool:
        """Tell whether the processes are there already."""
        return self._pool is not None

    def run(self, jobs: Sequence[Job]) -> list[Derived]:
        """Return what comes of each job, in their order."""
        if self._pool is None:
            self._pool = self._start(self._count)
        parts = list(_parts(jobs, self._count * _PARTS))
        running = [self._pool.submit(_derive, part) for part in parts]
        found: list[Derived] = []
        for part, future in zip(parts, running, strict=True):
            found += self._outcome(part, future)
        return found

    def close(self) -> None:
        """Let the processes end, whatever they are at."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _start(self, count: int) -> ProcessPoolExecutor:
        self._neighbours.paths()  # found once, for all
        # A fork has all modules that are loaded already. Elsewhere it is not safe, or not there.
        how = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
        known = (self._neighbours, self._options)
        return ProcessPoolExecutor(count, how, initializer=_prepare, initargs=known)

    def _outcome(self, part: Sequence[Job], future: Future[list[Derived]]) -> Iterator[Derived]:
        """Yield what came of a part. A process that dies takes the others' work with it."""
        try:
            yield from future.result()
        except BrokenProcessPool:
            self.close()
            yield from self._again(part)

    def _again(self, part: Sequence[Job]) -> Iterator[Derived]:
        """Do a part by itself and, where that ends its process too, file by file."""
        with self._start(1) as pool:
            try:
                yield from pool.submit(_derive, part).result()
                return
            except BrokenProcessPool:
                pass
        if len(part) > 1:
            for job in part:
                yield from self._again([job])
        else:
            reason = "the process that read this file ended before it was done"
            span = Span.at(part[0].file.shown)
            yield Failed(Unreadable(span, reason, broken=False), lost=True)


def _parts(jobs: Sequence[Job], count: int) -> Iterator[list[Job]]:
    """Yield about `count` runs of neighbouring jobs, of about the same weight."""
    limit = sum(len(job.source.text) for job in jobs) / count
    part: list[Job] = []
    weight = 0
    for job in jobs:
        part.append(job)
        weight += len(job.source.text)
        if weight >= limit:
            yield part
            part, weight = [], 0
    if part:
        yield part


_options = Options()  # of this process, once it is prepared


def _prepare(neighbours: Neighbours, options: Options) -> None:
    global _options
    collect_seldom()
    warnings.simplefilter("ignore")  # Python warns of what it parses; that is not our say
    exports = project.exports(
        neighbours.paths, neighbours.load, options.additions, neighbours.scripts
    )
    _options = replace(options, exports=exports)


def _derive(jobs: Sequence[Job]) -> list[Derived]:
    return [derived(job, _options) for job in jobs]
