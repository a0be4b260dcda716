"""Which application in another language a container runs, and what its files state of pools.

An application is a folder. It is a container's where its image is built from that folder, or
from one around it that holds no other, and where the container is given a database's address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from posixpath import basename, dirname, normpath

from poollint.model.source import Span
from poollint.reading.deployment.ecosystems import (
    at_once,
    dotnet,
    drivers,
    ecto,
    fpm,
    given,
    go_numbers,
    manifests,
    node,
    node_programs,
    node_threads,
    php,
    records,
    spring,
    spring_held,
    stated,
    tsconfig,
)
from poollint.reading.deployment.ecosystems import pools as stated_pools
from poollint.reading.deployment.ecosystems.driven import Driven, meant_of, within
from poollint.reading.deployment.ecosystems.home import Home
from poollint.reading.deployment.ecosystems.languages import PYTHON, language_of
from poollint.reading.deployment.ecosystems.node_taken import TakenIn
from poollint.reading.deployment.ecosystems.package_scripts import Packages
from poollint.reading.deployment.ecosystems.stating import StatedFile, StatedPool
from poollint.reading.deployment.images.contents import Contents
from poollint.reading.deployment.images.images import reference
from poollint.reading.deployment.linking.deployed import Placed, Unit
from poollint.reading.deployment.linking.documents import DaemonFile, Part, SettingsFile
from poollint.reading.deployment.linking.reach import endpoints
from poollint.reading.deployment.linking.variables import Variables
from poollint.reading.deployment.linking.variables import environment as by_name
from poollint.reading.deployment.pools.joined import Joined
from poollint.reading.deployment.programs import commands
from poollint.reading.naming.values.dsn import address

# Where no manifest of the language is known, the application begins above these.
_INNER = frozenset(
    "src lib app db database config server prisma internal pkg cmd infra infrastructure".split()
)
FUNCTION = "function"
_TITLES = frozenset(("spring.application.name", "quarkus.application.name"))


class Homes:
    """The applications in other languages of a tree."""

    def __init__(
        self, files: Iterable[StatedFile], builds: Iterable[str],
        daemons: Iterable[DaemonFile] = (), settings: Iterable[SettingsFile] = (),
        lines: Iterable[tuple[Part, ...]] = (), text: Callable[[str], str] | None = None,
    ) -> None:  # fmt: skip
        """Group the files; `builds` are the folders that images are built from.

        `daemons` are files of PM2, which scripts of packages may name; `settings` lie beside
        the code, and are an application's that is given them when it starts. `lines` are what
        containers start. `text` tells what any file of the tree holds.
        """
        self._settings = {normpath(one.source.path): one.source for one in settings}
        every = tuple(files)
        self._packages = Packages(every, daemons)
        self._manifests = frozenset(
            (file.language, normpath(file.home)) for file in every if file.kind == manifests.KIND
        )
        self._builds = frozenset(normpath(build) for build in builds if build)
        self._driven = Driven(every, self._builds)
        self._run: set[Home] = set()
        self._spoken: set[str] = set()  # languages of containers that are given what they open
        self._children = tuple(file for file in every if file.kind == fpm.KIND)
        self._aside: tuple[StatedFile, ...] = ()
        self._homes: tuple[Home, ...] = ()
        if every:  # most trees of manifests have none
            self._group(every, lines)
        self._taken_in = TakenIn(self._homes, every, text or _nothing)

    def _group(self, every: tuple[StatedFile, ...], lines: Iterable[tuple[Part, ...]]) -> None:
        """Put the files of one application together, without those that tell of none."""
        grouped: dict[tuple[str, str], list[StatedFile]] = {}
        programs = frozenset(map(node_programs.file_of, (*lines, *_scripts(every)))) - {""}
        aside = tsconfig.left_out(every, programs)
        self._aside = tuple(file for file in every if file.path in aside)
        for file in every:
            kinds = (manifests.KIND, drivers.KIND, fpm.KIND, tsconfig.KIND)
            if file.kind in kinds or file.path in aside:
                continue
            folder = normpath(file.home) if file.home else self._home(file)
            grouped.setdefault((file.language, folder), []).append(file)
        homes = (Home(*key, tuple(found), programs) for key, found in sorted(grouped.items()))
        beside = (records.KIND, node_threads.KIND, ecto.REPOSITORY, go_numbers.KIND)
        self._homes = tuple(h for h in homes if any(f.kind not in beside for f in h.files))

    def started(self, unit: Unit) -> tuple[Unit, ...]:
        """Return what a container runs behind the scripts of packages that its command names."""
        return self._packages.started(unit)

    def join(self, unit: Unit, placed: Placed) -> Joined | None:
        """Return the pools of the application that a container of `placed` runs.

        None where it is none of these, or which of them is not known.
        """
        language, process = language_of(unit), unit.container.process
        if language == PYTHON or (process and process.tool and process.role == "other"):
            return None
        self._driven.runs(unit, language)
        held = bool(placed.held or self._settings)
        outside = spring_held.files(unit, placed, self._settings) if held else ()
        language = language or (spring.LANGUAGE if outside else "")
        home = self._of(unit, language, placed) or self._mounted(placed, language)
        self._run |= {home} if home else set()
        home = self._seen(home, unit, language)
        if home:
            found = self._stated(home, unit, placed, outside)
        else:
            found = self._given(unit, language, outside)
        if language not in ("", fpm.LANGUAGE) or (home and home.language != fpm.LANGUAGE):
            return found
        variables = by_name(unit.container.variables)
        children = fpm.children(self._children, unit, placed, variables)
        if found:
            return replace(found, workers=found.workers or children)
        return php.unread(unit, variables, children) if children else None

    def lacks(self, unit: Unit, placed: Placed) -> bool:
        """Tell whether a container runs an application with pools, and is given none of theirs.

        All of its variables are known, and none is one that these read.
        """
        language, process = language_of(unit), unit.container.process
        if language == PYTHON or (process and process.tool and process.role == "other"):
            return False
        home = self._seen(self._of(unit, language, placed), unit, language)
        if home is None or home.language == fpm.LANGUAGE:
            return False
        variables = by_name(unit.container.variables)
        said = stated.groups(home, unit, variables, placed.needs, ())
        return bool(said) and not _is_given(unit, said, variables)

    def drives(self, unit: Unit) -> bool:
        """Tell whether the application of a container needs a library that talks to PostgreSQL.

        What its code holds the address of is in no variable of the container.
        """
        language, process = language_of(unit), unit.container.process
        if language == PYTHON or (process and process.tool and process.role == "other"):
            return False
        if process and process.tool == FUNCTION and unit.container.build:
            at = normpath(unit.container.build)
            if any(home.folder == at and home.file("prisma") for home in self._homes):
                return True
        return self._driven.runs(unit, language)

    def driver(self, unit: Unit) -> str:
        """Return the driver of PostgreSQL that the application of a container needs, else ""."""
        return self._driven.driver(unit, language_of(unit))

    def several(self, unit: Unit, placed: Placed) -> tuple[str, ...]:
        """Return the folders of the applications of which a container runs one, if any may be."""
        build = normpath(unit.container.build) if unit.container.build else ""
        language = language_of(unit)
        if not build or language == PYTHON:
            return ()
        inside = self._inside(self._held(unit, language, placed), unit, build)
        open_ = len(inside) > 1 and _meant(inside, unit, build) is None
        return tuple(home.folder for home in inside) if open_ else ()

    def told(self, is_aside: Callable[[str], bool]) -> Iterator[str]:
        """Yield in words what applications open that no container runs."""
        told = set[str]()
        for home in self._homes:
            for pool in () if self._may_run(home) else self._loose(home):
                if not is_aside(pool.span.path) and self._is_postgresql(pool, home):
                    told.add(home.folder)
                    yield f"the pool in {pool.span.path}:{pool.span.start.line}{_size(pool)}"
        unused = (*self._aside, *self._taken_in.unused())
        for pool in (pool for file in unused for pool in file.pools):
            if not is_aside(pool.span.path):
                yield f"the pool in {pool.span.path}:{pool.span.start.line}{_size(pool)}"
        known = frozenset(home.folder for home in self._homes if self._may_run(home))
        known |= told | self._taken_in.packages()
        yield from self._driven.told(known, is_aside)

    def _loose(self, home: Home) -> Iterator[StatedPool]:
        """Yield the pools of an application that no container runs; others may take some in."""
        used = self._taken_in.used
        yield from (pool for pool in stated.loose(home) if pool.span.path not in used)

    def _may_run(self, home: Home) -> bool:
        """Tell whether a container runs an application; one in its language may be the only one's.

        What such a container is given comes before what the application's files say.
        """
        alike = [other for other in self._homes if other.language == home.language]
        return home in self._run or (home.language in self._spoken and len(alike) == 1)

    def _is_postgresql(self, pool: StatedPool, home: Home) -> bool:
        """Tell whether a pool is one of PostgreSQL's, as it says, or what its application needs."""
        frameworks = (spring.LANGUAGE, dotnet.LANGUAGE, fpm.LANGUAGE)
        if home.language not in frameworks or pool.sure or pool.address:
            return True
        return self._driven.needs(home.language, home.folder)

    def _stated(
        self, home: Home, unit: Unit, placed: Placed, outside: tuple[StatedFile, ...]
    ) -> Joined | None:
        """Return what the files of an application say for a container that runs it."""
        process = unit.container.process
        variables = by_name(unit.container.variables)
        said = stated.groups(home, unit, variables, placed.needs, outside)
        waits = home.language == fpm.LANGUAGE and php.waits(placed.needs)
        if not said or not (waits or _is_given(unit, said, variables)):
            return None
        groups = tuple(
            tuple(stated_pools.pool(pool, variables) for pool in group) for group in said
        )
        note = "" if unit.container.build else _taken(unit)
        return Joined(
            groups,
            note=note,
            sure=all(pool.sure for group in said for pool in group),
            workers=at_once.workers(home, unit, process, variables),
            threads=at_once.threads(home, process, variables),
            beside=_beside(home),
        )

    def _given(self, unit: Unit, language: str, outside: tuple[StatedFile, ...]) -> Joined | None:
        """Return what a container is given says that it opens, None where that does not."""
        variables = by_name(unit.container.variables)
        here = unit.container.build and all(h.language != dotnet.LANGUAGE for h in self._homes)
        spoken, found = given.pools(language, variables, outside, whole=bool(here))
        groups = tuple((stated_pools.pool(pool, variables),) for pool in found)
        self._spoken |= {spoken} if groups else set()
        return Joined(groups, workers=at_once.alone(spoken)) if groups else None

    # --- Which application ---

    def _home(self, file: StatedFile) -> str:
        """Return the folder of the application that a file belongs to.

        That is the nearest with a manifest of its language; or one below that, which an image is
        built from: the applications of a workspace may have one manifest in common.
        """
        folder = dirname(file.path)
        at, built = folder, ""
        while True:
            here = normpath(at or ".")
            if (file.language, here) in self._manifests:
                return built or here
            built = built or (here if here in self._builds else "")
            if not at or at in (".", "..") or at.endswith("/.."):
                break
            at = dirname(at)
        parts = folder.split("/") if folder else []
        inner = next((i for i, part in enumerate(parts) if part in _INNER), len(parts))
        return "/".join(parts[:inner]) or "."

    def _seen(self, home: Home | None, unit: Unit, language: str) -> Home | None:
        """Return an application of Node.js as the program of a container takes it in."""
        if (home and home.language != node.LANGUAGE) or language not in ("", node.LANGUAGE):
            return home
        return self._taken_in.seen(home, unit)

    def _mounted(self, placed: Placed, language: str) -> Home | None:
        """Return the only application in PHP whose folder a container is given when it starts."""
        mounts = [normpath(mount) for mount in placed.mounts if isinstance(mount, str)]
        found = [h for h in self._homes if h.language == language and h.folder in mounts]
        return found[0] if language == fpm.LANGUAGE and len(found) == 1 else None

    def _of(self, unit: Unit, language: str, placed: Placed) -> Home | None:
        homes = self._held(unit, language, placed)
        build = normpath(unit.container.build) if unit.container.build else ""
        if not build:
            alone = len(homes) == 1 and bool(language) and not self._builds - {"."}
            return homes[0] if alone else _namesake(homes, unit)
        inside = self._inside(homes, unit, build)
        if len(inside) <= 1:
            return inside[0] if inside else None
        return _meant(inside, unit, build)

    def _held(self, unit: Unit, language: str, placed: Placed) -> tuple[Home, ...]:
        """Return the applications of a language that a container may hold."""
        contents = Contents(unit, placed)
        return tuple(
            home
            for home in self._homes
            if (not language or home.language == language) and contents.hold_of(home.folder)
        )

    def _inside(self, homes: Iterable[Home], unit: Unit, build: str) -> list[Home]:
        """Return those of applications that an image may be built of, which a folder holds."""
        deeper = [b for b in self._builds if b != build and within(b, build)]
        around = [h for h in homes if within(h.folder, build) or h.folder == build]
        inside = [h for h in around if not any(within(h.folder, b) for b in deeper)]
        return [h for h in inside if self._taken_in.may_be(h, unit)]


def _nothing(path: str) -> str:
    return ""


def _scripts(files: Iterable[StatedFile]) -> Iterator[tuple[Part, ...]]:
    """Yield the lines of the scripts of packages."""
    for file in files:
        yield from (commands.line(text, span) for _, text, span in file.scripts)


def _meant(homes: list[Home], unit: Unit, build: str) -> Home | None:
    """Return which of several applications of one folder a container runs, by what names it."""
    folder = meant_of([home.folder for home in homes], unit, build)
    found = [home for home in homes if home.folder == folder]
    return found[0] if len(found) == 1 else None


def _namesake(homes: tuple[Home, ...], unit: Unit) -> Home | None:
    """Return the application after whose folder, or name, an image of the project's is called."""
    image = reference(unit.container.image)[1]
    found = [
        home
        for home in homes
        if home.folder != "."
        and (image == basename(home.folder) or image.endswith(f"-{basename(home.folder)}"))
    ]
    found = found or [home for home in homes if image and image == _title(home)]
    return found[0] if len(found) == 1 else None


def _title(home: Home) -> str:
    """Return what an application calls itself in its settings, "" where it does not."""
    entries = (entry for file in home.files for part in file.documents for entry in part)
    return next((entry.value for entry in entries if entry.key in _TITLES), "")


def _is_given(unit: Unit, said: tuple[tuple[StatedPool, ...], ...], variables: Variables) -> bool:
    """Tell whether something says that the container uses a database."""
    if not unit.complete or endpoints(unit.container.variables):
        return True
    pools = [pool for group in said for pool in group]
    read = {name for pool in pools for name in (pool.unasked, *pool.variables)} - {""}
    if any(name in variables for name in read):
        return True
    return any(pool.address and _is_elsewhere(pool.address) for pool in pools)


def _is_elsewhere(url: str) -> bool:
    found = address(url)
    return found is not None and found.host not in ("localhost", "127.0.0.1", "::1")


def _taken(unit: Unit) -> str:
    return f"the image of `{unit.container.name}` runs the code of this tree"


def _beside(home: Home) -> Span | None:
    """Return where an application sets up what opens more than its pools, if it does."""
    places = (file.beside for file in home.files if home.language == ecto.LANGUAGE)
    return next((place for place in places if place), None)


def _size(pool: StatedPool) -> str:
    most = pool.size.number if pool.size and not pool.size.variables else None
    if pool.size is None:
        most = pool.default
    return f", up to {most} connections a process" if most else ""
