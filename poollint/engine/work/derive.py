"""The facts of files: remembered from an earlier run, or derived, by several processes if need be.

A Python file's facts are a function of its text, of the files that were looked at for them, of the
settings, and of poollint itself. Which files those are is kept by the text alone; a digest of all
of them, as they are now, is the key under which the facts are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from poollint.engine.files.discovery import File
from poollint.engine.files.disk import digest
from poollint.engine.files.neighbours import Neighbours
from poollint.engine.memory.cache import Cache
from poollint.engine.memory.codec import NotThis, decoder, encoded
from poollint.engine.memory.program import program
from poollint.engine.request import Progress, nobody
from poollint.engine.work.executors import Place
from poollint.engine.work.job import Derived, Job, derived
from poollint.engine.work.workers import Workers
from poollint.facts.code import Module, Reached
from poollint.facts.declared import Declared
from poollint.model.digests import blake2b
from poollint.model.source import Unreadable
from poollint.reading.linking import Search
from poollint.reading.naming.files.looked import Behind
from poollint.reading.reader import FileReading, Options

if TYPE_CHECKING:
    from poollint.reading.naming.files.dependencies import Dependencies
    from poollint.reading.naming.files.exports import Exports

_SIZE = 20  # bytes of a key
_FEW = 4  # files that changed
_WAYS = 3  # in which facts came of a text: of branches that are gone from and come back to


class Deriver:
    """Derives the facts of files.

    options   what readers are told
    workers   processes that share the work where there is much, None for none
    memory    what was derived before, None to remember nothing
    progress  is told how many files are done, and of how many
    """

    def __init__(
        self,
        options: Options,
        workers: Workers | None = None,
        memory: Memory | None = None,
        progress: Progress = nobody,
    ) -> None:
        self.options = options
        self._alone = replace(options, followed=False)
        self._progress = progress
        self._workers = workers
        self._memory = memory

    def __call__(self, jobs: Sequence[Job], followed: bool = True) -> list[Derived]:
        """Return what comes of each job, in their order.

        `followed` tells whether other files will be asked what they have from these.
        """
        known = self._memory.recall(jobs) if self._memory else {}
        todo = [job for job in jobs if job not in known]
        fresh: dict[Job, Derived] = {}
        for job, made in zip(todo, self._made(todo, followed), strict=True):
            fresh[job] = made
            self._progress(len(fresh), len(todo))
        if self._memory:
            self._memory.keep({j: d for j, d in fresh.items() if isinstance(d, FileReading)}, known)
        return [known.get(job) or fresh[job] for job in jobs]

    def _told(self, job: Job, followed: bool) -> Options:
        """Return what a reader is told of a file; what is kept of it is whole."""
        if followed or (self._memory and self._memory.keeps(job)):
            return self.options
        return self._alone

    def keep(self, question: str, search: Search) -> tuple[Reached, ...]:
        """Return what a search through all Python files found, now or when they were the same."""
        return self._memory.answer(question, search) if self._memory else search()

    def _made(self, jobs: list[Job], followed: bool) -> Iterator[Derived]:
        """Make what is not known; other files than Python's are read here."""
        python = [job for job in jobs if job.reader.python]
        if self._workers is None or not self._workers.pay(python):
            return (derived(job, self._told(job, followed)) for job in jobs)
        made = self._workers.run(python)
        return (next(made) if job.reader.python else derived(job, self.options) for job in jobs)


@contextmanager
def deriving(
    options: Options,
    neighbours: Neighbours,
    place: Place,
    store: Cache | None,
    progress: Progress = nobody,
    stamped: bytes = b"",
) -> Iterator[Deriver]:
    """Yield what derives facts, at a place and with what is remembered in a cache."""

    def exports() -> Exports:
        assert options.exports is not None
        return options.exports()

    @cache
    def dependencies() -> Dependencies:
        return exports().dependencies

    alone = place.processes == 1 and not place.remote
    workers = None if alone else Workers(place, neighbours, options, dependencies)
    fresh = neighbours.is_fresh
    memory = Memory(store, stamped or stamp(options), exports, fresh) if store else None
    try:
        yield Deriver(options, workers, memory, progress)
        if dependencies.cache_info().currsize:
            dependencies().keep()
    finally:
        if workers:
            workers.close()


class Memory:
    """Facts of Python files in a cache, by all that they came from.

    `stamped` is what they depend on besides files. `exports` tells what files have to do with
    each other; it is asked for when there is a file to be read. `is_fresh` tells of a file that
    no earlier run saw this text of it.
    """

    def __init__(
        self,
        cache: Cache,
        stamped: bytes,
        exports: Callable[[], Exports],
        is_fresh: Callable[[File], bool] = lambda file: False,
    ) -> None:
        self._is_fresh = is_fresh
        self._cache = cache
        self._exports = exports
        self._stamp = stamped
        self._texts: dict[Job, bytes] = {}
        self._ways: dict[bytes, tuple[Behind, ...]] = {}

    def recall(self, jobs: Sequence[Job]) -> dict[Job, Derived]:
        """Return what is known of `jobs`."""
        python = [job for job in jobs if job.reader.python]
        # To tell what a few files depend on takes as long as to read them: it is told of those
        # alone that may be known.
        few = len(python) <= _FEW and all(job.file.named for job in python)
        if few and all(self._is_fresh(job.file) for job in python):
            return {}
        texts = {job: self._text(job) for job in python}
        self._texts |= texts
        for text, ways in self._cache.get(texts.values()).items():
            with suppress(NotThis, ValueError):
                self._ways[text] = decoder(tuple[Behind, ...])(json.loads(ways))
        keys = {
            self._key(text, behind): (job, behind)
            for job, text in texts.items()
            for behind in self._ways.get(text, ())
        }
        known: dict[Job, Derived] = {}
        for key, value in self._cache.get(keys).items():
            with suppress(NotThis, ValueError):
                known[keys[key][0]] = _reading(*keys[key], value)
        return known

    def keep(self, fresh: dict[Job, FileReading], used: dict[Job, Derived]) -> None:
        """Remember what was derived now."""
        values: dict[bytes, bytes] = {}
        for job, reading in fresh.items():
            text = self._texts.get(job)
            if text is not None:
                behind = reading.behind
                others = [way for way in self._ways.get(text, ()) if way != behind]
                values[text] = _json((behind, *others[: _WAYS - 1]))
                values[self._key(text, behind)] = _json((reading.module, reading.unread))
        touched = [
            key
            for job, reading in used.items()
            if isinstance(reading, FileReading)
            for key in (self._texts[job], self._key(self._texts[job], reading.behind))
        ]
        self._cache.put(values, touched)

    def keeps(self, job: Job) -> bool:
        """Tell whether what is derived of a file will be remembered."""
        return job in self._texts

    def answer(self, question: str, search: Search) -> tuple[Reached, ...]:
        """Return the answer to a question about the project as it is."""
        whole = blake2b(self._stamp, digest_size=_SIZE)
        whole.update(self._exports().dependencies.project())
        whole.update(question.encode("utf-8", "surrogatepass"))
        key = whole.digest()
        value = self._cache.get([key]).get(key)
        if value is not None:
            with suppress(NotThis, ValueError):
                known: tuple[Reached, ...] = decoder(tuple[Reached, ...])(json.loads(value))
                return known
        found = search()
        self._cache.put({key: _json(found)}, ())
        return found

    def _text(self, job: Job) -> bytes:
        """Return the key of what is known of a file's text: the ways in which facts came of it."""
        whole = blake2b(self._stamp, digest_size=_SIZE)
        whole.update(job.source.path.encode("utf-8", "surrogatepass") + b"\0")
        whole.update(job.source.text.encode("utf-8", "surrogatepass"))
        return whole.digest()

    def _key(self, text: bytes, behind: Behind) -> bytes:
        """Return the key of the facts of a text, if they come from the same as before."""
        return blake2b(text + self._exports().digest(behind), digest_size=_SIZE).digest()


def _json(value: object) -> bytes:
    return json.dumps(encoded(value), separators=(",", ":")).encode()


def _reading(job: Job, behind: Behind, data: bytes) -> FileReading:
    loaded = json.loads(data)
    if not isinstance(loaded, list) or len(loaded) != 2:
        raise NotThis("no facts of a file")
    module = decoder(Module | None)(loaded[0])
    unread = decoder(tuple[Unreadable, ...])(loaded[1])
    path, reader = job.source.path, job.reader.name
    return FileReading(path, reader, module=module, unread=unread, behind=behind)


def stamp(options: Options) -> bytes:
    """Return what facts depend on besides files: the settings, poollint, libcst and Python."""
    plain = replace(options, exports=None, beside=None, tracked=None)
    told = repr(replace(plain, declared=Declared()))
    return digest(program() + told.encode("utf-8", "surrogatepass"))
