"""Which application in another language a container runs, and what its files state of pools.

An application is a folder. It is a container's where its image is built from that folder, or
from one around it that holds no other, and where the container is given a database's address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from posixpath import basename, dirname, normpath

from poollint.catalog.platforms import Language, platforms
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.ecosystems import (
    dotnet,
    drivers,
    ecto,
    fpm,
    golang,
    manifests,
    node,
    node_threads,
    php,
    rails,
    records,
    rust,
    spring,
)
from poollint.reading.deployment.ecosystems import pools as stated_pools
from poollint.reading.deployment.ecosystems.driven import Driven, meant_of, within
from poollint.reading.deployment.ecosystems.package_scripts import Packages, operands
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool, Told
from poollint.reading.deployment.images.contents import Contents
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.documents import DaemonFile
from poollint.reading.deployment.linking.reach import endpoints
from poollint.reading.deployment.linking.variables import Variables, unknown
from poollint.reading.deployment.linking.variables import environment as by_name
from poollint.reading.deployment.pools.pools import Joined
from poollint.reading.naming.values.dsn import address

# Where no manifest of the language is known, the application begins above these.
_INNER = frozenset(
    "src lib app db database config server prisma internal pkg cmd infra infrastructure".split()
)
_CHOOSING = {
    rails.LANGUAGE: ("RAILS_ENV", "RACK_ENV"),
    node.LANGUAGE: ("NODE_ENV",),
}
_ALONE = {  # one start of these is one process
    spring.LANGUAGE: "Java",
    ecto.LANGUAGE: "Elixir",
    golang.LANGUAGE: "Go",
    rust.LANGUAGE: "Rust",
    dotnet.LANGUAGE: ".NET",
}
_ALTERNATIVES = frozenset(("TypeORM", "Knex", "Active Record"))
_PRIMARY = "primary"  # what Rails calls the database that needs no name
_PYTHON = "python"
_DEPLOYED = "production"  # of a file that says something for several environments
_SEVERAL = re.compile(r"&&|\|\||[;&\n]")  # what stands between programs of a line for a shell
FUNCTION = "function"
_ADAPTER = "@prisma/adapter-pg"
_PUMA_THREADS = 5
_SIDEKIQ_THREADS = 5


@dataclass(frozen=True, slots=True)
class Home:
    """An application: its language, its folder, and the files that state something of it."""

    language: str
    folder: str
    files: tuple[StatedFile, ...]

    def file(self, kind: str) -> StatedFile | None:
        """Return its file of this sort, None where it has none."""
        return next((file for file in self.files if file.kind == kind), None)


class Homes:
    """The applications in other languages of a tree."""

    def __init__(
        self, files: Iterable[StatedFile], builds: Iterable[str],
        daemons: Iterable[DaemonFile] = (),
    ) -> None:  # fmt: skip
        """Group the files; `builds` are the folders that images are built from.

        `daemons` are files of PM2, which scripts of packages may name.
        """
        every = tuple(files)
        self._packages = Packages(every, daemons)
        self._manifests = frozenset(
            (file.language, normpath(file.home)) for file in every if file.kind == manifests.KIND
        )
        self._builds = frozenset(normpath(build) for build in builds if build)
        self._driven = Driven(every, self._builds)
        self._run: set[Home] = set()
        self._children = tuple(file for file in every if file.kind == fpm.KIND)
        grouped: dict[tuple[str, str], list[StatedFile]] = {}
        for file in every:
            if file.kind in (manifests.KIND, drivers.KIND, fpm.KIND):
                continue
            folder = normpath(file.home) if file.home else self._home(file)
            grouped.setdefault((file.language, folder), []).append(file)
        homes = (Home(*key, tuple(found)) for key, found in sorted(grouped.items()))
        beside = (records.KIND, node_threads.KIND)
        self._homes = tuple(h for h in homes if any(f.kind not in beside for f in h.files))

    def started(self, unit: Unit) -> tuple[Unit, ...]:
        """Return what a container runs behind the scripts of packages that its command names."""
        return self._packages.started(unit)

    def join(self, unit: Unit, placed: Placed) -> Joined | None:
        """Return the pools of the application that a container of `placed` runs.

        None where it is none of these, or which of them is not known.
        """
        language, process = language_of(unit), unit.container.process
        if language == _PYTHON or (process and process.tool and process.role == "other"):
            return None
        self._driven.runs(unit, language)
        home = self._of(unit, language, placed) or self._mounted(placed, language)
        self._run |= {home} if home else set()
        found = self._stated(home, unit, placed) if home else None
        if language not in ("", fpm.LANGUAGE) or (home and home.language != fpm.LANGUAGE):
            return found
        variables = by_name(unit.container.variables)
        children = fpm.children(self._children, unit, placed, variables)
        if found:
            return replace(found, workers=found.workers or children)
        return php.unread(unit, variables, children) if children else None

    def drives(self, unit: Unit) -> bool:
        """Tell whether the application of a container needs a library that talks to PostgreSQL.

        What its code holds the address of is in no variable of the container.
        """
        language, process = language_of(unit), unit.container.process
        if language == _PYTHON or (process and process.tool and process.role == "other"):
            return False
        if process and process.tool == FUNCTION and unit.container.build:
            at = normpath(unit.container.build)
            if any(home.folder == at and home.file("prisma") for home in self._homes):
                return True
        return self._driven.runs(unit, language)

    def told(self, is_aside: Callable[[str], bool]) -> Iterator[str]:
        """Yield in words what applications open that no container runs."""
        told = set[str]()
        for home in self._homes:
            for pool in () if home in self._run else _loose(home):
                if not is_aside(pool.span.path) and self._is_postgresql(pool, home):
                    told.add(home.folder)
                    yield f"the pool in {pool.span.path}:{pool.span.start.line}{_size(pool)}"
        known = frozenset(home.folder for home in self._run) | told
        yield from self._driven.told(known, is_aside)

    def _is_postgresql(self, pool: StatedPool, home: Home) -> bool:
        """Tell whether a pool is one of PostgreSQL's, as it says, or what its application needs."""
        frameworks = (spring.LANGUAGE, dotnet.LANGUAGE, fpm.LANGUAGE)
        if home.language not in frameworks or pool.sure or pool.address:
            return True
        return self._driven.needs(home.language, home.folder)

    def _stated(self, home: Home, unit: Unit, placed: Placed) -> Joined | None:
        """Return what the files of an application say for a container that runs it."""
        process = unit.container.process
        variables = by_name(unit.container.variables)
        stated = _stated(home, unit, variables, placed.needs)
        waits = home.language == fpm.LANGUAGE and php.waits(placed.needs)
        if not stated or not (waits or _is_given(unit, stated, variables)):
            return None
        groups = tuple(
            tuple(stated_pools.pool(pool, variables) for pool in group) for group in stated
        )
        note = "" if unit.container.build else _taken(unit)
        return Joined(
            groups,
            note=note,
            sure=all(pool.sure for group in stated for pool in group),
            workers=_workers(home, unit, process, variables),
            threads=_threads(home, process, variables),
            beside=_beside(home),
        )

    # --- Which application ---

    def _home(self, file: StatedFile) -> str:
        """Return the folder of the application that a file belongs to."""
        folder = dirname(file.path)
        at = folder
        while True:
            if (file.language, normpath(at or ".")) in self._manifests:
                return normpath(at or ".")
            if not at or at in (".", "..") or at.endswith("/.."):
                break
            at = dirname(at)
        parts = folder.split("/") if folder else []
        inner = next((i for i, part in enumerate(parts) if part in _INNER), len(parts))
        return "/".join(parts[:inner]) or "."

    def _mounted(self, placed: Placed, language: str) -> Home | None:
        """Return the only application in PHP whose folder a container is given when it starts."""
        mounts = [normpath(mount) for mount in placed.mounts if isinstance(mount, str)]
        found = [h for h in self._homes if h.language == language and h.folder in mounts]
        return found[0] if language == fpm.LANGUAGE and len(found) == 1 else None

    def _of(self, unit: Unit, language: str, placed: Placed) -> Home | None:
        contents = Contents(unit, placed)
        homes = tuple(
            home
            for home in self._homes
            if (not language or home.language == language) and contents.hold_of(home.folder)
        )
        build = normpath(unit.container.build) if unit.container.build else ""
        if not build:
            alone = len(homes) == 1 and bool(language) and not self._builds - {"."}
            return homes[0] if alone else _namesake(homes, unit)
        deeper = [b for b in self._builds if b != build and within(b, build)]
        around = [h for h in homes if within(h.folder, build) or h.folder == build]
        inside = [h for h in around if not any(within(h.folder, b) for b in deeper)]
        if len(inside) <= 1:
            return inside[0] if inside else None
        return _meant(inside, unit, build)


def _meant(homes: list[Home], unit: Unit, build: str) -> Home | None:
    """Return which of several applications of one folder a container runs, by what names it."""
    folder = meant_of([home.folder for home in homes], unit, build)
    found = [home for home in homes if home.folder == folder]
    return found[0] if len(found) == 1 else None


def _namesake(homes: tuple[Home, ...], unit: Unit) -> Home | None:
    """Return the application after whose folder an image of the project's own is called."""
    image = reference(unit.container.image)[1]
    found = [
        home
        for home in homes
        if home.folder != "."
        and (image == basename(home.folder) or image.endswith(f"-{basename(home.folder)}"))
    ]
    return found[0] if len(found) == 1 else None


def language_of(unit: Unit) -> str:
    """Return the language of what a container runs, "" where neither command nor image tells."""
    known = platforms()
    process = unit.container.process
    if process and process.tool:
        return known.tool_language(process.tool)
    name = reference(unit.base)[1].lower() if unit.base else ""
    if not name and fpm.image(unit):
        return fpm.LANGUAGE
    based = next((language.name for language in known.languages if name in language.images), "")
    # In an image of Python a word further on may be anything (`python run.py node`).
    found = _first(unit) if based == _PYTHON else _program(unit)
    if found:
        return found.name
    if not based and any(part.text.startswith("-jar") for part in unit.argv or ()):
        return spring.LANGUAGE
    return based


def _starts(unit: Unit, program: str) -> bool:
    return any(word == program for part in unit.argv or () for word in part.text.split())


def _program_of(unit: Unit) -> str:
    """Return what a container starts, "" where that is not known."""
    process = unit.container.process
    return process.application if process else ""


def _first(unit: Unit) -> Language | None:
    """Return the language of the one program that a command starts, if its name tells."""
    process = unit.container.process
    if process is None or any(_SEVERAL.search(part.text) for part in unit.argv or ()):
        return None
    return platforms().language(basename(process.application))


def _program(unit: Unit) -> Language | None:
    """Return the language of the program that a command starts, if its name tells."""
    process = unit.container.process
    words = [process.application] if process else []
    words += [word for part in unit.argv or () for word in part.text.split()]
    found = (platforms().language(basename(word)) for word in words)
    return next((language for language in found if language), None)


def _loose(home: Home) -> Iterator[StatedPool]:
    """Yield the pools of an application that no container runs, as far as its files tell."""
    if home.language == spring.LANGUAGE:
        yield from spring.pools(home.files, {}, (), False)
    elif home.language == dotnet.LANGUAGE:
        yield from dotnet.pools(home.files, {})
    elif home.language == fpm.LANGUAGE:
        yield from php.pools(home.files, {}, ())
    elif home.language == ecto.LANGUAGE:
        yield from ecto.merged(home.files, None)
    else:
        every = [pool for file in home.files for pool in file.pools]
        deployed = any(pool.chosen == _DEPLOYED for pool in every)
        yield from (pool for pool in every if not deployed or pool.chosen in ("", _DEPLOYED))


def _size(pool: StatedPool) -> str:
    most = pool.size.number if pool.size and not pool.size.variables else None
    if pool.size is None:
        most = pool.default
    return f", up to {most} connections a process" if most else ""


# --- What its files state ----------------------------------------------------------------------


def _stated(
    home: Home, unit: Unit, variables: Variables, needs: tuple[str, ...]
) -> tuple[tuple[StatedPool, ...], ...]:
    """Return the pools of an application in groups, of each of which a process builds one."""
    if home.language == spring.LANGUAGE:
        argv = unit.argv or ()
        words = tuple(replace(part, text=word) for part in argv for word in part.text.split())
        found = spring.pools(home.files, variables, words, unit.complete)
        kinds = dict.fromkeys(pool.driver for pool in found)
        return tuple(tuple(p for p in found if p.driver == kind) for kind in kinds)
    if home.language == ecto.LANGUAGE:
        told = variables.get("MIX_ENV")
        environment = told.value.value or "" if told else None
        if told is None and _starts(unit, "mix"):
            environment = "dev"  # Mix's own
        return tuple((pool,) for pool in ecto.merged(home.files, environment))
    if home.language == dotnet.LANGUAGE:
        return tuple((pool,) for pool in dotnet.pools(home.files, variables))
    if home.language == fpm.LANGUAGE:
        return tuple((pool,) for pool in php.pools(home.files, variables, needs))
    every = [pool for file in home.files for pool in file.pools]
    if home.language == golang.LANGUAGE:
        every = golang.of_program(every, _program_of(unit), unit.file.programs if unit.file else ())
    adapted = any(pool.driver == _ADAPTER for pool in every)
    groups: dict[tuple[object, ...], list[StatedPool]] = {}
    for pool in _chosen(every, home, variables):
        if pool.driver == "Prisma" and adapted:
            continue
        groups.setdefault(_alternative(pool, every), []).append(pool)
    return tuple(tuple(group) for group in groups.values())


def _alternative(pool: StatedPool, every: list[StatedPool]) -> tuple[object, ...]:
    """Return what is the same for pools of which a process builds one.

    Files beside each other that each make the only pool of their own are variants.
    """
    if pool.driver in _ALTERNATIVES:
        return pool.driver, "" if pool.title == _PRIMARY else pool.title
    own = [other for other in every if other.span.path == pool.span.path]
    if len(own) == 1:
        return pool.driver, dirname(pool.span.path)
    return (pool.span,)


def _chosen(pools: list[StatedPool], home: Home, variables: Variables) -> list[StatedPool]:
    """Return the pools that are for the environment that a container's variable names."""
    names = _CHOOSING.get(home.language, ())
    told = next((variables[name].value.value for name in names if name in variables), None)
    if not any(pool.chosen == told for pool in pools):
        told = None
    further = records.further(pools, (e for file in home.files for e in file.entries), told)
    usual = (pool for pool in pools if pool not in further)
    if told:
        usual = (pool for pool in usual if pool.chosen in ("", told))
    return [*usual, *further.values()]


def _is_given(unit: Unit, stated: tuple[tuple[StatedPool, ...], ...], variables: Variables) -> bool:
    """Tell whether something says that the container uses a database."""
    if not unit.complete or endpoints(unit.container.variables):
        return True
    pools = [pool for group in stated for pool in group]
    read = {name for pool in pools for name in (pool.unasked, *pool.variables)} - {""}
    if any(name in variables for name in read):
        return True
    return any(pool.address and _is_elsewhere(pool.address) for pool in pools)


def _is_elsewhere(url: str) -> bool:
    found = address(url)
    return found is not None and found.host not in ("localhost", "127.0.0.1", "::1")


def _taken(unit: Unit) -> str:
    return f"the image of `{unit.container.name}` runs the code of this tree"


# --- How much runs at once ---------------------------------------------------------------------


def _workers(
    home: Home, unit: Unit, process: Process | None, variables: Variables
) -> Figure | None:
    """Return the processes of one instance, None where nothing says how many."""
    if home.language == rails.LANGUAGE:
        if process is None or process.tool != "puma":
            return None
        told = _told(home, "puma", "workers") or Told(process.span, ("WEB_CONCURRENCY",), 1)
        figure = stated_pools.settled(told, variables, "workers", "workers")
        if figure is None:
            return unknown("workers", told.span, told.variables[0] if told.variables else "")
        if figure.low < 1 or (figure.origin == process.span):
            return Figure.defaulted(1, "workers", "Puma default")
        return figure
    if home.language in _ALONE:
        return Figure.defaulted(1, "processes", f"one process of {_ALONE[home.language]}")
    several = node_threads.processes(home.files, operands(unit))
    if several:
        return several
    if process and process.tool == "horizon":
        return php.horizon(home.file("horizon"), variables, process.span)
    name = basename(process.application) if process else ""
    language = platforms().language(name)
    if language and name in language.single:
        return Figure.defaulted(1, "processes", f"one start of `{name}`")
    return None


def _threads(home: Home, process: Process | None, variables: Variables) -> Figure | None:
    """Return what runs at once within one process, None where nothing bounds it."""
    if home.language != rails.LANGUAGE or process is None:
        return None
    if process.tool == "puma":
        told = _told(home, "puma", "threads")
        names = ("PUMA_MAX_THREADS", "MAX_THREADS")
        told = told or Told(process.span, names, _PUMA_THREADS)
        return stated_pools.settled(told, variables, "threads")
    if process.tool == "sidekiq":
        if process.threads and process.threads.basis is Basis.STATED:
            return process.threads
        told = _told(home, "sidekiq", "concurrency")
        told = told or Told(process.span, ("RAILS_MAX_THREADS",), _SIDEKIQ_THREADS)
        return stated_pools.settled(told, variables, "threads")
    return None


def _beside(home: Home) -> Span | None:
    """Return where an application sets up what opens more than its pools, if it does."""
    places = (file.beside for file in home.files if home.language == ecto.LANGUAGE)
    return next((place for place in places if place), None)


def _told(home: Home, kind: str, name: str) -> Told | None:
    file = home.file(kind)
    return file.number(name) if file else None
