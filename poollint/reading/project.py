"""The readers there are, and the linking of what they read."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from functools import cache, partial
from posixpath import normpath
from typing import TYPE_CHECKING, TypeAlias

from poollint.catalog.merged import drivers, frameworks
from poollint.catalog.own import NOTHING, Additions
from poollint.facts.code import Module, Reached
from poollint.facts.configuration import Configuration
from poollint.facts.forking import Inherited
from poollint.facts.infrastructure import Workload
from poollint.facts.project import Project
from poollint.facts.topology import Topology
from poollint.model.report import Budget
from poollint.model.source import Span, Unreadable
from poollint.reading.naming.application_state import word as word_of
from poollint.reading.naming.glance import glance
from poollint.reading.reader import FileReading, Options, Reader

if TYPE_CHECKING:
    from poollint.reading.deployment.environments import Environment
    from poollint.reading.naming.exports import Exports
    from poollint.reading.naming.python_files import Answer, Load, Remember

# A cheap test of the path, and the module whose `READER` decides. The test covers all that the
# reader may claim; modules are imported when a file passes it, so that a run over Python files
# does not import a YAML parser.
_READERS = (
    (
        re.compile(r"\.(?:sh|bash|service)$|entrypoint$|(?:uwsgi|supervisord?)[^/]*\.\w+$", re.I),
        "poollint.reading.running.launching",
    ),
    (re.compile(r"\.pyi?$"), "poollint.reading.python"),
    (
        re.compile(
            r"src/main/resources/(?:config/)?application[^/]*$|\.(?:exs|prisma|go|[cm]?[jt]s)$"
            r"|(?:^|/)config/(?:database\.yml|sidekiq\.yml|puma\.rb|puma/production\.rb)$"
            r"|(?:^|/)(?:package\.json|go\.mod)$"
        ),
        "poollint.reading.deployment.ecosystems.reading",
    ),
    (re.compile(r"(?:^|/)alembic[^/]*\.ini$"), "poollint.reading.session.alembic"),
    (re.compile(r"\.ini(?:\.\w+)?$", re.I), "poollint.reading.settings.pgbouncer"),
    (re.compile(r"pgcat[^.]*\.toml$", re.I), "poollint.reading.settings.pgcat"),
    (re.compile(r"hba[^/]*\.conf$", re.I), "poollint.reading.settings.hba"),
    (re.compile(r"odyssey[^/]*(?:/[^/]+){0,2}\.conf$", re.I), "poollint.reading.settings.odyssey"),
    (re.compile(r"pgpool[^/]*(?:/[^/]+){0,2}\.conf$", re.I), "poollint.reading.settings.pgpool"),
    (re.compile(r"userlist[^/]*$", re.I), "poollint.reading.settings.userlist"),
    (re.compile(r"\.sql$", re.I), "poollint.reading.settings.roles"),
    (re.compile(r"\.conf(?:\.\w+)?$", re.I), "poollint.reading.settings.postgresql"),
    (
        re.compile(r"(?:^|/)(?:Chart|requirements|(?:[\w.-]*[._-])?values[^/]*)\.ya?ml$"),
        "poollint.reading.deployment.helm.files",
    ),
    (re.compile(r"\.ya?ml$", re.I), "poollint.reading.deployment.manifest"),
    (re.compile(r"\.nomad(?:\.hcl)?$"), "poollint.reading.deployment.nomad"),
    (
        re.compile(r"(?:^|/)(?:docker-bake[^/]*\.hcl|(?:GNU)?[Mm]akefile|[^/]+\.mk)$"),
        "poollint.reading.deployment.builds",
    ),
    (re.compile(r"\.(?:tf|tofu|tfvars|tpl|tftpl)$"), "poollint.reading.deployment.terraform.files"),
    (
        re.compile(r"\.(?:json|template)$|(?:^|/)(?:fly[^/]*|railway)\.toml$"),
        "poollint.reading.deployment.described",
    ),
    (re.compile(r"(?:^|/)procfile[^/]*$", re.I), "poollint.reading.deployment.procfile"),
    (re.compile(r"(?:docker|container)file[^/]*$", re.I), "poollint.reading.deployment.dockerfile"),
    (
        re.compile(r"(?:^|/|\.)env(?:ironment)?(?:[.-][^/]*)?$", re.I),
        "poollint.reading.deployment.dotenv",
    ),
)

_WORD = re.compile(rb"[\w\x80-\xff]+")

# Readers of files that only serve to understand others, and of files that build and run nothing.
_INCIDENTAL = frozenset({"dotenv", "launch", "stated"})
_BUILDING = frozenset({"dotenv", "dockerfile", "launch", "stated"})


def reader_of(path: str) -> Reader | None:
    """Return the reader that takes the file `path` (POSIX, relative), None where none does."""
    for test, module in _READERS:
        if test.search(path):
            reader = _reader(module)
            if reader.claims(path):
                return reader
    return None


@cache
def _reader(module: str) -> Reader:
    reader: Reader = importlib.import_module(module).READER
    return reader


def exports(
    paths: Callable[[], Iterable[str]],
    load: Load,
    additions: Additions = NOTHING,
    scripts: Callable[[], Iterable[str]] = tuple,
    remember: Remember = lambda path, look: look(),
    answer: Answer = lambda path, question, look: look(),
) -> Callable[[], Exports]:
    """Return, for `Options`, what the Python files of a project offer each other.

    `paths` gives all of them, as they are shown, `scripts` the files of SQL, and `load` the text
    of one. None is asked before a file is read that imports something, or reads SQL. `remember`
    may know what a file tells at a glance without looking, `answer` what else was asked of it.
    """

    @cache
    def made() -> Exports:
        module = importlib.import_module("poollint.reading.naming.python_files")
        found: Exports = importlib.import_module("poollint.reading.naming.exports").Exports(
            module.PythonFiles(paths(), load, scripts, remember, answer), drivers(additions)
        )
        return found

    return made


Wanted = Callable[[str, Callable[[], bytes]], bool]


def importing(modules: Iterable[Module], options: Options) -> Wanted | None:
    """Return a test of a Python file, by its path and bytes: whether it imports what they offer.

    The bytes are only asked for where they count.

    None where they offer nothing.
    """
    offers = {normpath(module.path): module.offers for module in modules if module.offers}
    exports_of = options.exports
    if not offers or exports_of is None:
        return None
    every = {name for offered in offers.values() for name in offered}
    words = {(word_of(name) if "." in name else name).encode() for name in every}
    plain = frozenset(word for word in words if _WORD.fullmatch(word))
    composed = words - plain  # keys of an application: "shop-pool"
    kept = {name for name in every if "." in name}

    def test(path: str, load: Callable[[], bytes]) -> bool:
        # What a stub tells is looked up nowhere: no file imports it.
        seen = exports_of().files.glance(path) if path.endswith(".py") else glance(load())
        if kept.isdisjoint(seen.reads) and not exports_of().uses(path, seen.imports, offers):
            return False
        data = load()
        return not plain.isdisjoint(match[0] for match in _WORD.finditer(data)) or any(
            word in data for word in composed
        )

    return test


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
    modules = project.modules
    topologies: tuple[Topology, ...] = ()
    described = cache(partial(_described, found, modules, options))  # asked by several
    if any(describes_infrastructure(reading) for reading in found):
        topology = importlib.import_module("poollint.reading.deployment.topology")
        topologies = topology.build(found, modules, options, described())
    if options.exports and any(module.functions for module in modules):
        modules = _called(modules, options.exports, options.additions, keep)
    if any(f.holds for module in modules for f in module.functions) and options.beside:
        versions = importlib.import_module("poollint.reading.running.versions")
        modules = versions.closed_early(modules, options.beside, options.top)
    if any(module.others for module in modules):
        engines = importlib.import_module("poollint.reading.running.engines")
        modules = engines.without_foreign(modules)
    if any(module.statements or module.databases for module in modules):
        linking = importlib.import_module("poollint.reading.session.linking")
        modules = linking.linked(found, modules, topologies, options)
    inherited = _inherited(found, modules, options, described) if options.exports else ()
    configurations = _configurations(found, described)
    return Project(modules, configurations, topologies, inherited, followed, refused)


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


def includes(reading: FileReading) -> bool:
    """Tell whether a file of settings includes others."""
    return any(getattr(part, "includes", ()) for part in reading.parts)


def _described(
    found: tuple[FileReading, ...], modules: tuple[Module, ...], options: Options
) -> tuple[Environment, ...]:
    topology = importlib.import_module("poollint.reading.deployment.topology")
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
    stated = importlib.import_module("poollint.reading.deployment.stated")
    every: tuple[Configuration, ...] = stated.configurations(files, described(), documents)
    return every


def _called(
    modules: tuple[Module, ...], exports: Callable[[], Exports], additions: Additions, keep: Keep
) -> tuple[Module, ...]:
    """Return the modules, their functions with how often other files call them."""
    callers = importlib.import_module("poollint.reading.running.callers")
    asked = callers.question(modules)
    if not asked.wanted:
        return modules
    known = frameworks(additions)
    reached = keep(asked.text, lambda: callers.search(asked, exports(), known))
    attached: tuple[Module, ...] = callers.attach(modules, reached)
    return attached


def _inherited(
    found: tuple[FileReading, ...], modules: tuple[Module, ...], options: Options,
    described: Describe,
) -> tuple[Inherited, ...]:  # fmt: skip
    """Return what children of processes inherit: of those that code forks, and of servers."""
    forked = tuple(one for module in modules for one in module.inherited)
    if not any(module.says_something for module in modules):
        return forked
    launching = importlib.import_module("poollint.reading.running.launching")
    inheriting = importlib.import_module("poollint.reading.running.inheriting")
    workloads: tuple[Workload, ...] = ()
    if launching.starts_programs(found):
        topology = importlib.import_module("poollint.reading.deployment.topology")
        workloads = topology.workloads(described())
    launches = launching.launches(found, workloads)
    return (*forked, *inheriting.inherited(modules, launches, options))


def unlinked(readings: Iterable[FileReading]) -> Project:
    """Return the facts of all files, each as its file says it."""
    found = tuple(readings)
    return Project(
        tuple(reading.module for reading in found if reading.module),
        tuple(told for reading in found for told in reading.configurations),
    )


def budgets(project: Project) -> tuple[Budget, ...]:
    """Return the sum of every server of the project."""
    if not project.topologies:
        return ()
    topology = importlib.import_module("poollint.reading.deployment.topology")
    found: tuple[Budget, ...] = topology.budgets(project.topologies)
    return found


def describes_infrastructure(reading: FileReading) -> bool:
    """Tell whether a file says anything of poolers, servers or workloads."""
    if reading.reader in _INCIDENTAL:
        return False
    told = (reading.configurations, reading.poolers, reading.servers, reading.limits)
    return bool(reading.documents) or any(told)


def describes_deployment(reading: FileReading) -> bool:
    """Tell whether a file says what runs, or configures a pooler or a server."""
    return reading.reader not in _BUILDING and describes_infrastructure(reading)


def driver_titles(modules: Iterable[Module]) -> tuple[str, ...]:
    """Return what people call the drivers that `modules` use, alphabetical."""
    used = {driver for module in modules for driver in module.drivers}
    if not used:
        return ()
    known = drivers().drivers
    titles = (known[driver].title if driver in known else driver for driver in used)
    return tuple(sorted(titles, key=str.lower))
