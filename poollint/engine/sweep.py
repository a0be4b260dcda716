"""Many repositories: each is checked by itself, and what goes wrong with one stays with it.

The unit of work is a repository. It is read by one process, of this machine or of a cluster,
which is sent its bytes. What 100,000 repositories cost, on paper, is told in `poollint.cli.sweep`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace

from poollint.engine.judge import told
from poollint.engine.outcome import Outcome
from poollint.engine.request import Request
from poollint.engine.session import run
from poollint.engine.work.executors import Place, software
from poollint.engine.work.parcel import Parcel, digest, pack, unpack
from poollint.model.finding import Severity
from poollint.model.report import Report
from poollint.model.secret import mask
from poollint.model.usage import UsageError

_AHEAD = 2  # repositories that wait for each process: no more are packed than are needed soon


@dataclass(frozen=True, slots=True)
class Task:
    """A repository to be checked.

    folder   where it is checked out
    request  what is asked of each; its paths and folders are filled in here
    known    the digest it had when it was checked before, "" where it was not
    parcel   its files, where it is checked on another machine
    """

    folder: str
    request: Request
    known: str = ""
    parcel: Parcel | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of one repository.

    digest   of its content, the software and what was asked; "" where it could not be read
    report   None where it is as it was before, or could not be checked
    failed   reasons for which the job was not done, or not whole
    limit    the mildest severity that counts, by its own settings; None where nothing does
    """

    folder: str
    digest: str
    report: Report | None = None
    failed: tuple[str, ...] = ()
    limit: Severity | None = None


def sweep(
    folders: Iterable[str], request: Request, known: Mapping[str, str], place: Place
) -> Iterator[Examined]:
    """Yield what comes of each repository, as it is done.

    `known` are digests by folder: whatever still has the same is not checked again.
    """
    tasks = (Task(folder, request, known.get(folder, "")) for folder in folders)
    running: dict[Future[Examined], Task] = {}
    executor = place.start(place.processes)
    try:
        for task in tasks:
            sent = _packed(task) if place.remote else task
            if isinstance(sent, Examined):
                yield sent
                continue
            running[executor.submit(examine, sent)] = sent
            if len(running) >= place.processes * _AHEAD:
                executor = yield from _some(running, executor, place)
        while running:
            executor = yield from _some(running, executor, place)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _some(
    running: dict[Future[Examined], Task], executor: Executor, place: Place
) -> Generator[Examined, None, Executor]:
    """Yield what is done by now, of which there is some; return the executor to go on with."""
    done = wait(running, return_when=FIRST_COMPLETED).done
    broken = []
    for future in done:
        task = running.pop(future)
        try:
            yield future.result()
        except place.lost():
            broken.append(task)
    if not broken:
        return executor
    # Whoever ended the process took the others' work with it: each is done again by itself.
    executor.shutdown(wait=True, cancel_futures=True)
    broken += running.values()
    running.clear()
    for task in broken:
        yield _alone(task, place)
    return place.start(place.processes)


def _alone(task: Task, place: Place) -> Examined:
    with place.start(1) as executor:
        try:
            return executor.submit(examine, task).result()
        except place.lost():
            return Examined(task.folder, "", failed=("the process that read it ended",))


def examine(task: Task) -> Examined:
    """Check one repository. Whatever is wrong with it is told, and never raised."""
    try:
        if task.parcel is not None:
            with tempfile.TemporaryDirectory(prefix="poollint-") as folder:
                unpack(task.parcel, folder)
                return _examined(task, os.path.realpath(folder), task.parcel)
        folder = _folder(task)
        return _examined(task, folder, pack(folder))
    except UsageError as error:
        span = error.span  # where the folder is on the machine that reads it is of no interest
        place = f" ({os.path.basename(span.path)}:{span.start.line})" if span else ""
        return Examined(task.folder, "", failed=(mask(f"{error.message}{place}"),))
    # A repository is anybody's, and the others wait: a fault here costs one of them.
    except Exception as error:
        return Examined(task.folder, "", failed=(f"poollint failed: {told(error)}",))


def _packed(task: Task) -> Task | Examined:
    """Return the task with its files, or what came of it where there is nothing to do."""
    try:
        folder = _folder(task)
        parcel = pack(folder)
    except UsageError as error:
        return Examined(task.folder, "", failed=(error.message,))
    now = digest(parcel, _asked(task))
    if now == task.known:
        return Examined(task.folder, now)
    return replace(task, parcel=parcel)


def _folder(task: Task) -> str:
    if not os.path.isdir(task.folder):
        raise UsageError("no such folder")
    return os.path.realpath(task.folder)


def _asked(task: Task) -> str:
    """Return all that findings depend on besides the files of the repository."""
    r = task.request
    asked = (r.mode.value, r.select, r.ignore, r.assume, r.pool_mode, r.pedantic, r.ignores)
    return repr((software(), *asked, r.isolated))


def _examined(task: Task, folder: str, parcel: Parcel) -> Examined:
    now = digest(parcel, _asked(task))
    if now == task.known:
        return Examined(task.folder, now)
    outcome = run(replace(task.request, paths=(".",), root=folder, cwd=folder))
    failed = tuple(_failures(outcome))
    # The pages are the same for all, and many times as large as the rest.
    report = replace(outcome.report, pages=())
    return Examined(task.folder, now, report, failed, outcome.fail_on)


def _failures(outcome: Outcome) -> Iterator[str]:
    for crash in outcome.report.crashes:
        yield f"the rule {crash.rule} failed on {crash.path or 'the project'}: {crash.error}"
    for lost in outcome.lost:
        yield mask(f"{lost.span.path} could not be read: {lost.reason}")
