"""Processes that load an application and then fork, and what their children inherit open.

What is not known is taken to be right: a module that may be several files, a configuration that
is not in the tree, a hook that does something in each child.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from posixpath import normpath, relpath

from poollint.catalog.merged import frameworks
from poollint.facts.code import Module, Pool, Rate, Recurrence
from poollint.facts.forking import Forker, Inherited, Kept
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis
from poollint.model.finding import Confidence, Step
from poollint.reading.naming.files.exports import Exports
from poollint.reading.naming.objects.instances import Member
from poollint.reading.naming.scopes.names import Names
from poollint.reading.reader import Options
from poollint.reading.running.connecting import LATER
from poollint.reading.running.entry.recurrence import recurrences
from poollint.reading.running.processes import (
    begun,
    embedded,
    executors,
    loading,
    of_django,
    starting,
)
from poollint.reading.running.processes.applications import UNTOLD, Applications
from poollint.reading.running.processes.children import rebuilt, use
from poollint.reading.running.processes.gunicorn import Settings
from poollint.reading.running.processes.handed_down import handed_down
from poollint.reading.running.processes.launching import Launch
from poollint.reading.running.processes.loading import Loaded, Opened
from poollint.reading.running.surroundings import is_test
from poollint.syntax.python import PythonTree

_OTHER_POOL = re.compile(
    r"worker_pool|CELERYD?_(?:WORKER_)?POOL|--pool|[\"']-P\b|worker_concurrency\s*=\s*1\b|"
    r"monkey_patch|patch_all"
)
_POSTGRESQL = re.compile(r"postg|psycopg", re.I)
_ANOTHER = re.compile(
    r"\bbackends\.(?:sqlite3|spatialite|mysql|oracle)\b|[\"'](?:mssql|djongo)[\"']"
)
_FORKERS = {"gunicorn": Forker.GUNICORN, "uwsgi": Forker.UWSGI}


@dataclass(frozen=True, slots=True)
class _Parent:
    """A process that loads files, and then forks; `tasks` are what its children run, None all.

    `others` are what another child runs, without which there is but one; `fork` is where code
    forks that has loaded them.
    """

    forker: Forker
    steps: tuple[Step, ...]
    loaded: Loaded
    single: bool = False
    tasks: tuple[tuple[str, str], ...] | None = None
    others: tuple[tuple[str, str], ...] | None = None
    fork: tuple[Step, ...] = ()
    confidence: Confidence = Confidence.HIGH


def inherited(
    modules: Iterable[Module], launches: Iterable[Launch], options: Options
) -> tuple[Inherited, ...]:
    """Return what children of the processes that `launches` start inherit, each place once."""
    if options.exports is None:
        return ()
    search = _Search(options.exports(), tuple(modules), options)
    found: dict[tuple[object, ...], Inherited] = {}
    every = tuple(launches)
    parents = (*search.servers(every), *search.celery(every), *search.processes())
    for parent in (*parents, *search.embedded(), *search.begun()):
        for one in search.of(parent):
            found.setdefault((one.span, one.name), one)
    for one in search.handed_down():
        found.setdefault((one.span, one.name), one)
    return tuple(found.values())


class _Search:
    def __init__(self, exports: Exports, modules: tuple[Module, ...], options: Options) -> None:
        self._exports = exports
        self._applications = Applications(exports)
        self._modules = {normpath(module.path): module for module in modules}
        self._options = options

    @cached_property
    def _opens(self) -> bool:
        """Whether any file of the project can open a session before it is used."""
        here = {driver for module in self._modules.values() for driver in module.drivers}
        return bool(here - LATER) or self._exports.imports_besides(LATER)

    # --- Who loads and forks ---

    def servers(self, launches: tuple[Launch, ...]) -> Iterator[_Parent]:
        """Yield the servers that load their application before they fork."""
        lazy = {
            normpath(launch.process.config).rpartition("/")[2]
            for launch in launches
            if launch.process.tool == "uwsgi" and launch.process.preload is None
        }
        for launch in launches:
            process = launch.process
            if process.tool == "gunicorn":
                yield from self._gunicorn(launch)
            own = process.span.path.rpartition("/")[2]
            if process.tool == "uwsgi" and process.preload and own not in lazy:
                step = Step(process.preload, "uWSGI loads this before it forks its workers")
                single = _is_one(process) or process.processes.basis is Basis.DEFAULTED
                yield from self._of(launch, Forker.UWSGI, step, single)

    def _gunicorn(self, launch: Launch) -> Iterator[_Parent]:
        process = launch.process
        told = self._applications.settings(launch)
        if told is None or told.rebuilds:
            return
        where = process.preload or told.preload
        if where is None:
            return
        text = "the application is loaded before the workers are forked"
        single = _is_one(process) or told.single
        yield from self._of(launch, Forker.GUNICORN, Step(where, text), single, told)

    def embedded(self) -> Iterator[_Parent]:
        """Yield the programs that run gunicorn themselves."""
        for path in self._exports.files.with_word(embedded.WORD):
            tree, names = self._exports.files.tree(path), self._exports.names(path)
            if tree is None or names is None or self._is_test(path) or not self._opens:
                continue
            for run in embedded.runs(names, tree.source.text):
                loaded = loading.load_until(self._exports, path, run.member.name, run.call)
                fork = Step(tree.span(run.call), "gunicorn forks its workers from here")
                yield _Parent(Forker.GUNICORN, (), loaded, run.single, fork=(fork,))

    def _of(
        self, launch: Launch, forker: Forker, step: Step, single: bool, told: Settings = UNTOLD
    ) -> Iterator[_Parent]:
        application = self._applications.of(launch, told)
        if application and not self._is_test(application.path) and self._opens:
            loaded = loading.load(self._exports, application.path, application.factory)
            yield _Parent(forker, (step,), loaded, single)

    # --- Celery ---

    def celery(self, launches: tuple[Launch, ...]) -> Iterator[_Parent]:
        """Yield Celery's workers: they load every task before they fork.

        Where no file says how they are started, with low confidence less: prefork is what they
        do unasked.
        """
        workers = [launch for launch in launches if launch.process.tool == "celery"]
        forking = [w for w in workers if w.process.preload and not _is_one(w.process)]
        if workers and not forking:
            return
        files = self._exports.files.with_word("celery") if forking else self._modules
        named = [path for path in files if self._may_have_tasks(path)]
        if not named or not self._opens:  # asked before any file is parsed for its tasks
            return
        tasks = {path: found for path in named if (found := self._tasks(path))}
        for path, found in tasks.items():
            loaded = loading.load(self._exports, path)
            if any(_OTHER_POOL.search(self._text(file)) for file in loaded.files):
                continue
            first = next(iter(found.values())).chain[0]
            task = Step(first.span, "Celery loads its tasks before it forks its workers")
            command = tuple(
                Step(worker.process.span, "Celery forks its workers") for worker in forking[:1]
            )
            yield _Parent(
                Forker.CELERY, (*command, task), loaded,
                tasks=tuple((path, name) for name in found),
                confidence=Confidence.HIGH if forking else Confidence.MEDIUM,
            )  # fmt: skip

    # --- Pools of processes ---

    def processes(self) -> Iterator[_Parent]:
        """Yield the applications that keep a pool of processes, once for each work it is given."""
        for path in self._modules:
            tree, names = self._exports.files.tree(path), self._exports.names(path)
            if executors.WORD.encode() not in self._exports.files.data(path):
                continue
            if tree is None or names is None or self._is_test(path) or not self._forks(path):
                continue
            runs = self._runs(path, tree, names)
            for one in executors.given(names, tree.source.text):
                if not isinstance(runs.get(one.scope), Recurrence):
                    continue
                loaded = loading.load(self._exports, path)
                entered = self._entered(path, runs, loaded)
                for engine in executors.opened(one.work, loaded, entered, self._exports):
                    loaded.opened.setdefault(engine.holder, engine)
                made = Step(tree.span(one.pool), "its processes are forked when it is given work")
                yield _Parent(
                    Forker.PROCESSES, (made,), loaded,
                    tasks=((one.work.names.outside.path, one.work.name),),
                    confidence=Confidence.MEDIUM,
                )  # fmt: skip

    # --- Processes that code begins ---

    @cached_property
    def _beginning(self) -> tuple[Member, ...]:
        """The functions, and modules, that may begin processes which are forked."""
        words = self._exports.files.passing("begins processes", begun.may_begin)
        found = []
        for path in words:
            names = self._exports.names(path)
            if names is not None and not self._is_test(path) and self._forks(path):
                found += [Member(names, scope) for scope in ("", *names.functions)]
        return tuple(found)

    def begun(self) -> Iterator[_Parent]:
        """Yield the programs that begin several processes, once for each that they begin."""
        for member in self._beginning:
            path, here = member.names.outside.path, begun.Begun(member)
            tree = self._exports.files.tree(path)
            for first, *others in here.groups(list(here.children())):
                if tree is None or not self._opens:
                    return
                loaded = loading.load_until(self._exports, path, member.name, first.fork)
                fork = Step(tree.span(first.fork), "the process forks")
                yield _Parent(
                    Forker.PROCESSES, (), loaded, tasks=first.tasks,
                    others=others[0].tasks if others else None, fork=(fork,),
                    confidence=Confidence.MEDIUM,
                )  # fmt: skip

    def handed_down(self) -> Iterator[Inherited]:
        """Yield what processes are given open by the function, or the object, that begins them."""
        ours = self._is_ours() if self._beginning else False
        for member in self._beginning:
            yield from handed_down(member, self._exports)
            if ours:
                yield from of_django.inherited(member, self._exports)

    def _is_ours(self) -> bool:
        """Tell whether Django's database is PostgreSQL, as far as its settings tell.

        Where they name another, and none of ours by itself, what else speaks of ours is no word.
        """
        if any(module.databases for module in self._modules.values()):
            return True
        speaks = self._exports.files.passing("speaks of PostgreSQL, or its driver", _speaks)
        others = self._exports.files.passing("names another database to Django", _names_another)
        return next(speaks, None) is not None and next(others, None) is None

    def _forks(self, path: str) -> bool:
        text, top = self._options.beside, self._options.top
        return not self._choosing.may_run(path) and (
            text is None or starting.forks(path, text, top)
        )

    @cached_property
    def _choosing(self) -> starting.Choosing:
        return starting.Choosing(self._exports, self._options.top)

    def _entered(
        self, path: str, runs: dict[str, Recurrence | str], loaded: Loaded
    ) -> list[tuple[str, str]]:
        """Return what a framework calls again and again of a file, and of those it loads."""
        found = [(path, name, why) for name, why in runs.items()]
        for other in loaded.files:
            module = self._modules.get(normpath(other))
            told = module.functions if module is not None else ()
            found += [(other, f.name, f.recurrence) for f in told if f.recurrence and not f.once]
        return [
            (at, name)
            for at, name, why in found
            if isinstance(why, Recurrence) and why.rate is not Rate.TASK
        ]

    def _may_have_tasks(self, path: str) -> bool:
        return not self._is_test(path) and b"celery" in self._exports.files.data(path)

    def _tasks(self, path: str) -> dict[str, Recurrence]:
        """Return the functions of a file that Celery runs for each task."""
        tree, names = self._exports.files.tree(path), self._exports.names(path)
        if tree is None or names is None:
            return {}
        return {
            name: run
            for name, run in self._runs(path, tree, names).items()
            if isinstance(run, Recurrence) and run.framework == "Celery"
        }

    def _runs(self, path: str, tree: PythonTree, names: Names) -> dict[str, Recurrence | str]:
        known = frameworks(self._options.additions)
        return recurrences(tree.module, path, names.imports, known, tree.span)

    def _is_test(self, path: str) -> bool:
        return is_test(relpath(path, self._options.top or "."))

    def _text(self, path: str) -> str:
        tree = self._exports.files.tree(path)
        return tree.source.text if tree else ""

    # --- What children inherit ---

    def of(self, parent: _Parent) -> Iterator[Inherited]:
        """Yield what the children of a process inherit open, and use."""
        if rebuilt(parent.loaded, self._exports, parent.forker):
            return
        for opened in parent.loaded.opened.values():
            driver = self._driver(opened)
            if not driver or (parent.single and driver != "psycopg_pool"):
                continue
            used = use(opened, parent.loaded, self._exports, parent.tasks)
            if parent.others is not None and used is not None:
                used = use(opened, parent.loaded, self._exports, parent.others) and used
            if used is not None:
                steps = (*parent.steps, *opened.steps, *parent.fork, used)
                yield Inherited(
                    opened.span, opened.kept, opened.holder.name, driver, parent.forker, steps,
                    opened.scope, parent.confidence,
                )  # fmt: skip

    def _driver(self, opened: Opened) -> str:
        """Return the id of the driver; "" where nothing stays open, or it is not PostgreSQL's."""
        if opened.built is None:
            names = self._exports.names(opened.span.path)
            of = names.catalog.types.get(opened.type) if names else None
            return of.driver if of else ""
        pool = self._pool(opened)
        if pool is None or not pool.pooled or pool.aside:
            return ""
        if opened.kept is Kept.ENGINE:
            return pool.driver
        least = pool.figure("min_size")
        empty = least is not None and least.high == 0 and pool.driver == "psycopg2"
        return pool.driver if pool.eager and not empty else ""

    def _pool(self, opened: Opened) -> Pool | None:
        assert opened.built is not None
        path, call = opened.built
        tree = self._exports.files.tree(path)
        if tree is None:
            return None
        module = self._modules.get(normpath(path))
        if module is None:
            from poollint.reading.code import read  # slow to import, and seldom needed

            module = read(tree.source, self._options).module
        span = tree.span(call)
        pools = module.pools if module else ()
        return next((p for p in pools if p.span.start == span.start), None)


def _speaks(text: str) -> bool:
    """Tell whether a file speaks of PostgreSQL: Django may have any database."""
    return _POSTGRESQL.search(text) is not None


def _names_another(text: str) -> bool:
    """Tell whether a file names a backend of Django's for another database."""
    return _ANOTHER.search(text) is not None


def _is_one(process: Process) -> bool:
    """Tell whether a file states that there is one worker."""
    many = process.processes
    return many.low == many.high == 1 and many.basis is Basis.STATED
