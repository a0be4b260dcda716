"""The linking of what files say by themselves: to what code runs on, and who calls whom."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

from poollint.catalog.merged import frameworks
from poollint.catalog.own import Additions
from poollint.facts.code import Module, Reached
from poollint.facts.configuration import Configuration
from poollint.facts.connections import Concurrency
from poollint.facts.declared import NONE
from poollint.facts.forking import Forker, Inherited
from poollint.facts.infrastructure import Workload
from poollint.facts.project import Project
from poollint.facts.topology import Topology
from poollint.model.report import Budget
from poollint.model.source import Span, Unreadable
from poollint.reading.project import describes_deployment, describes_infrastructure
from poollint.reading.reader import FileReading, Options

if TYPE_CHECKING:
    from poollint.reading.deployment.linking.environments import Environment
    from poollint.reading.naming.files.exports import Exports
    from poollint.reading.running.processes.launching import Launch

_FORKING = frozenset({"gunicorn", "uwsgi", "celery"})

Search = Callable[[], tuple[Reached, ...]]
Keep = Callable[[str, Search], tuple[Reached, ...]]
Describe: TypeAlias = "Callable[[], tuple[Environment, ...]]"


def _search_anew(question: str, search: Search) -> tuple[Reached, ...]:
    return search()


def link(readings: Iterable[FileReading], options: Options, keep: Keep = _search_anew) -> Project:
    """Return the facts of all files, linked with each other.

    `keep` may know the answer to a search through all Python files of the project from before;
    what else it depends on is told by the question.
    """
    found, followed, refused = _included(tuple(readings))
    project = unlinked(found)
    modules = _ours(project.modules, options)
    refused += _refused(found, options)
    topologies: tuple[Topology, ...] = ()
    apart: tuple[Topology, ...] = ()
    uncounted: tuple[str, ...] | None = None
    described = cache(partial(_described, found, modules, options))  # asked by several
    told = bool(options.declared.workloads)  # of what no file describes
    if told or any(describes_infrastructure(reading) for reading in found):
        topology = importlib.import_module("poollint.reading.deployment.linking.topology")
        topologies, uncounted, apart = topology.build(found, modules, options, described())
    if options.exports and any(module.functions for module in modules):
        modules = _called(modules, options.exports, options.additions, keep)
    launched = cache(partial(_launched, found, described))
    if _shares_where_served(modules) and options.exports and not options.sums:
        serving = importlib.import_module("poollint.reading.running.processes.serving")
        modules = serving.without_one_by_one(modules, launched(), options.exports())
    if any(f.holds for module in modules for f in module.functions) and options.beside:
        versions = importlib.import_module("poollint.reading.running.versions")
        modules = versions.closed_early(modules, options.beside, options.top)
    if any(n.handed for module in modules for f in module.functions for n in f.nested):
        only_one = importlib.import_module("poollint.reading.connections.pools.only_one")
        modules = only_one.settled(modules, options.exports)
    if any(module.others for module in modules):
        engines = importlib.import_module("poollint.reading.connections.orm.engines")
        modules = engines.without_foreign(modules, options.exports)
    if _goes_somewhere(modules, bool(topologies), options):
        linking = importlib.import_module("poollint.reading.session.linking")
        modules = linking.linked(found, modules, topologies, options)
    forks = options.exports and not options.sums
    inherited = _inherited(modules, options, launched) if forks else ()
    configurations = _configurations(found, described)
    return Project(
        modules, configurations, topologies, inherited, followed, refused, uncounted, apart
    )


def _ours(modules: tuple[Module, ...], options: Options) -> tuple[Module, ...]:
    """Return the modules without what projects take that require another database's driver.

    Who declares a database, or how its pooler works, has one of PostgreSQL's.
    """
    declared = options.pool_mode or options.declared != NONE
    if declared or not (options.exports and options.beside):
        return modules
    if not any(module.functions for module in modules):
        return modules
    on_another = importlib.import_module("poollint.reading.running.on_another")
    ours: tuple[Module, ...] = on_another.without_others(
        modules, options.exports, options.beside, options.top
    )
    return ours


def _included(
    found: tuple[FileReading, ...],
) -> tuple[tuple[FileReading, ...], tuple[Span, ...], tuple[Unreadable, ...]]:
    """Return the readings with the files of settings put in where others include them."""
    if not any(reading.parts for reading in found):
        return found, (), ()
    including = importlib.import_module("poollint.reading.settings.including")
    result: tuple[tuple[FileReading, ...], tuple[Span, ...], tuple[Unreadable, ...]]
    result = including.followed(found)
    return result


def _goes_somewhere(modules: tuple[Module, ...], described: bool, options: Options) -> bool:
    """Tell whether it matters where statements go: what begins a transaction may do so anywhere.

    But for a pooler in statement mode: in none is one that nothing is `described` of.
    """
    if described or options.pool_mode or options.declared != NONE:
        return any(module.statements or module.databases for module in modules)
    return any(m.databases or (m.statements and not m.only_begins) for m in modules)


def _refused(found: tuple[FileReading, ...], options: Options) -> tuple[Unreadable, ...]:
    """Return what the programs refuse that take several files together."""
    if not any(describes_infrastructure(reading) for reading in found):
        return ()
    documents = tuple(document for reading in found for document in reading.documents)
    judging = importlib.import_module("poollint.reading.deployment.linking.refused")
    result: tuple[Unreadable, ...] = judging.refused(documents, options.beside)
    return result


def _described(
    found: tuple[FileReading, ...], modules: tuple[Module, ...], options: Options
) -> tuple[Environment, ...]:
    topology = importlib.import_module("poollint.reading.deployment.linking.topology")
    described: tuple[Environment, ...] = topology.described(found, modules, options)
    return described


def _configurations(
    found: tuple[FileReading, ...], described: Describe
) -> tuple[Configuration, ...]:
    """Return the configurations of files and deployments, judged for the versions that run."""
    files = tuple(told for reading in found for told in reading.configurations)
    documents = tuple(document for reading in found for document in reading.documents)
    if not any(describes_deployment(reading) for reading in found) or not documents:
        return files
    stated = importlib.import_module("poollint.reading.deployment.linking.stated")
    every: tuple[Configuration, ...] = stated.configurations(files, described(), documents)
    return every


def _called(
    modules: tuple[Module, ...], exports: Callable[[], Exports], additions: Additions, keep: Keep
) -> tuple[Module, ...]:
    """Return the modules, their functions with how often other files call them."""
    asked = importlib.import_module("poollint.reading.running.entry.asked")
    question = asked.question(modules)
    if not (question.wanted or question.lost):
        return modules

    def search() -> tuple[Reached, ...]:
        callers = importlib.import_module("poollint.reading.running.entry.callers")
        found: tuple[Reached, ...] = callers.search(question, exports(), frameworks(additions))
        return found

    attached: tuple[Module, ...] = asked.attach(modules, keep(question.text, search))
    return attached


def _inherited(
    modules: tuple[Module, ...], options: Options, launched: Callable[[], tuple[Launch, ...]]
) -> tuple[Inherited, ...]:
    """Return what children of processes inherit: of those that code forks, and of servers."""
    forked = tuple(one for module in modules for one in module.inherited)
    if forked and options.exports is not None:
        starting = importlib.import_module("poollint.reading.running.processes.starting")
        choosing = starting.Choosing(options.exports(), options.top)
        forked = tuple(
            one
            for one in forked
            if one.forker is not Forker.PROCESSES or not choosing.may_run(one.span.path)
        )
    lends = options.exports is not None and options.exports().lends
    told = lends and any(module.says_something for module in modules)
    beside = _begins_beside_django(options)  # a run on a part finds here what a whole one was told
    if not told and not beside:
        return forked
    launches = launched()
    if not _may_fork(launches, modules, options):
        return forked
    inheriting = importlib.import_module("poollint.reading.running.processes.inheriting")
    known = {one.span for one in forked}  # of what a file says by itself
    found: tuple[Inherited, ...] = inheriting.inherited(modules, launches, options)
    return (*forked, *(one for one in found if one.span not in known))


def _launched(found: tuple[FileReading, ...], described: Describe) -> tuple[Launch, ...]:
    """Return every program that files start."""
    launching = importlib.import_module("poollint.reading.running.processes.launching")
    workloads: tuple[Workload, ...] = ()
    if launching.starts_programs(found):
        topology = importlib.import_module("poollint.reading.deployment.linking.topology")
        workloads = topology.workloads(described())
    launches: tuple[Launch, ...] = launching.launches(found, workloads)
    return launches


def _shares_where_served(modules: tuple[Module, ...]) -> bool:
    """Tell whether it matters how many requests a server lets a process have at once."""
    return any(
        function.recurrence is not None
        and function.recurrence.concurrency is Concurrency.SERVED
        and any(shared.made is not None for shared in function.shared)
        for module in modules
        for function in module.functions
    )


def _begins_beside_django(options: Options) -> bool:
    """Tell whether a file that imports Django begins processes: it need not speak of a database."""
    if options.exports is None:
        return False
    forking = importlib.import_module("poollint.reading.running.processes.forking")
    words: tuple[str, ...] = forking.WORDS
    found = options.exports().files.passing(
        "begins processes beside Django",
        lambda text: "django" in text and any(word in text for word in words),
    )
    return next(found, None) is not None


def _may_fork(launches: Iterable[Launch], modules: tuple[Module, ...], options: Options) -> bool:
    """Tell whether anything is started that forks, or may fork, or have tasks of Celery's."""
    if any(launch.process.tool in _FORKING for launch in launches) or options.exports is None:
        return True
    files = options.exports().files
    forking = importlib.import_module("poollint.reading.running.processes.forking")
    own = any(b"celery" in files.data(module.path) for module in modules)
    return own or files.holds((*forking.WORDS, "gunicorn.app"))


def unlinked(readings: Iterable[FileReading]) -> Project:
    """Return the facts of all files, each as its file says it."""
    found = tuple(readings)
    return Project(
        tuple(reading.module for reading in found if reading.module),
        tuple(told for reading in found for told in reading.configurations),
    )


def apart(readings: Iterable[FileReading]) -> Project:
    """Return the facts of all files where linking them failed: only what that cannot take back.

    What options a URL has, where a statement goes, whose a session is and how long a stream holds
    it other files tell: without them such a fact is a question, and no finding.
    """
    alone = unlinked(readings)
    return replace(alone, modules=tuple(_unasked(module) for module in alone.modules))


def _unasked(module: Module) -> Module:
    functions = tuple(replace(f, holds=(), nested=(), idle=()) for f in module.functions)
    known = tuple(statement for statement in module.statements if not statement.variable)
    return replace(module, functions=functions, statements=known, databases=())


def budgets(project: Project) -> tuple[Budget, ...]:
    """Return the sum of every server of the project."""
    if not project.topologies:
        return ()
    sums = importlib.import_module("poollint.reading.deployment.linking.sums")
    found: tuple[Budget, ...] = sums.budgets(project.topologies)
    return found


def uncounted(project: Project) -> tuple[str, ...]:
    """Return in words what may open connections and is part of no server's sum."""
    if project.uncounted is not None or not project.modules:
        return project.uncounted or ()
    left_out = importlib.import_module("poollint.reading.deployment.linking.uncounted")
    found: tuple[str, ...] = left_out.of_code(project.modules)
    return found
