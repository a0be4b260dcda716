"""Facts of Python files, derived side by side by whatever executor there is.

A process that gets work is told of the project by a name, and asks for the project itself where
it does not have it yet. Each finds anew what files offer each other, so that files of one
folder, which have most in common, are given to the same.
"""

from __future__ import annotations

import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from poollint.engine.collecting import fewer_collections
from poollint.engine.files.neighbours import Neighbours
from poollint.engine.work.executors import Place
from poollint.engine.work.job import Derived, Failed, Job, derived
from poollint.model.source import Span, Unreadable
from poollint.reading import project
from poollint.reading.reader import Options

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from poollint.reading.naming.files.dependencies import Dependencies

_SHARE = 2 / 3  # of what is left to do for each process, that it is given next
_MOST = 16  # parts for each process, of the same weight: shorter ones do not pay
_KNOWN = 2  # projects that a process keeps, which may outlive the run


class Workers:
    """The processes of a place, started when there is work; to be closed.

    dependencies  tells what the facts of files depend on, for places that cannot see the files
    """

    def __init__(
        self,
        place: Place,
        neighbours: Neighbours,
        options: Options,
        dependencies: Callable[[], Dependencies],
    ) -> None:
        self._place = place
        self._neighbours = neighbours
        self._options = replace(options, beside=None, tracked=None)  # what is open is not handed on
        self._dependencies = dependencies
        self._executor: Executor | None = None

    def pay(self, jobs: Sequence[Job]) -> bool:
        """Tell whether it pays to do `jobs` here."""
        weight = sum(len(job.source.text) for job in jobs)
        return bool(jobs) and (self._executor is not None or weight > self._place.worth)

    def run(self, jobs: Sequence[Job]) -> Iterator[Derived]:
        """Yield what comes of each job, in their order; all is begun with the first."""
        told = self._told_there(jobs) if self._place.remote else self._told_here
        if self._executor is None:
            self._executor = self._place.start(self._place.processes)
        parts = list(_parts(jobs, self._place.processes))
        running = [self._executor.submit(_derive, told.name, part) for part in parts]
        for part, future in zip(parts, running, strict=True):
            yield from self._outcome(part, future, told)

    def close(self) -> None:
        """Let the processes end, whatever they are at."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None
        if "_told_here" in self.__dict__:
            _projects.pop(self._told_here.name, None)

    def _told_there(self, jobs: Sequence[Job]) -> _Told:
        """Return what processes that see no file must know of the project to do `jobs`."""
        paths = [job.source.path for job in jobs]
        behind = self._dependencies().behind(paths)
        return _Told(self._neighbours.listed().packed(*behind), self._options)

    @cached_property
    def _told_here(self) -> _Told:
        """What processes must know of the project: the same for all jobs, so that they keep it."""
        told = _Told(self._neighbours.listed(), self._options)
        if self._options.exports is not None:
            self._options.exports().foresee()
        _projects[told.name] = self._options  # processes that are forked have it already
        return told

    def _outcome(
        self, part: Sequence[Job], future: Future[list[Derived] | None], told: _Told
    ) -> Iterator[Derived]:
        """Yield what came of a part. A process that dies takes the others' work with it."""
        try:
            found = future.result()
            if found is None and self._executor is not None:
                found = self._executor.submit(_derive, told.name, part, told.data).result()
        except self._place.lost():
            self.close()
            found = None
        yield from self._again(part, told) if found is None else found

    def _again(self, part: Sequence[Job], told: _Told) -> Iterator[Derived]:
        """Do a part by itself and, where that ends its process too, file by file."""
        with self._place.start(1) as executor:
            try:
                yield from executor.submit(_derive, told.name, part, told.data).result() or ()
                return
            except self._place.lost():
                pass
        if len(part) > 1:
            for job in part:
                yield from self._again([job], told)
        else:
            reason = "the process that read this file ended before it was done"
            span = Span.at(part[0].file.shown)
            yield Failed(Unreadable(span, reason, broken=False), lost=True)


class _Told:
    """What a process is told of a project: a name for it and, if it asks, all of it."""

    def __init__(self, neighbours: Neighbours, options: Options) -> None:
        self._known = neighbours, replace(options, exports=None)
        self.name = uuid.uuid4().bytes

    @cached_property
    def data(self) -> bytes:
        """The project, for a process that does not know it."""
        import pickle

        return pickle.dumps(self._known)


def _parts(jobs: Sequence[Job], processes: int) -> Iterator[list[Job]]:
    """Yield runs of neighbouring jobs, each of a share of the weight that is left.

    Long runs come first, since what neighbours have in common is found once; the short ones at
    the end let no process wait long (guided self-scheduling, Polychronopoulos and Kuck 1987).
    """
    left = sum(len(job.source.text) for job in jobs)
    least = left / (processes * _MOST)
    part: list[Job] = []
    weight = 0
    for job in jobs:
        part.append(job)
        weight += len(job.source.text)
        if weight >= max(left * _SHARE / processes, least):
            yield part
            left, part, weight = left - weight, [], 0
    if part:
        yield part


_projects: dict[bytes, Options] = {}  # that this process knows, by name
_one = threading.Lock()  # threads of one process gain nothing, and share what is not made for it


def _derive(name: bytes, jobs: Sequence[Job], data: bytes = b"") -> list[Derived] | None:
    """Return what comes of each job; None where the project of that name is not known here."""
    with _one, fewer_collections(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of what it parses; that is not our say
        options = _projects.get(name) or (_learn(name, data) if data else None)
        return None if options is None else [derived(job, options) for job in jobs]


def _learn(name: bytes, data: bytes) -> Options:
    import pickle

    neighbours, options = pickle.loads(data)
    exports = project.exports(
        neighbours.paths, neighbours.load, options.additions, neighbours.scripts,
        home=neighbours.home,
    )  # fmt: skip
    while len(_projects) >= _KNOWN:
        del _projects[next(iter(_projects))]
    _projects[name] = replace(options, exports=exports)
    return _projects[name]
