"""What a reader of files is, and what it hands on to linking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from poollint.catalog.own import NOTHING, Additions
from poollint.facts.code import Module
from poollint.facts.configuration import Configuration
from poollint.facts.declared import NONE, Declared
from poollint.facts.infrastructure import Pooler, RoleLimit, Server, Setting
from poollint.model.source import SourceFile, Unreadable
from poollint.reading.naming.files.looked import NOTHING as UNTIED
from poollint.reading.naming.files.looked import Behind

if TYPE_CHECKING:
    from poollint.reading.naming.files.exports import Exports


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file says by itself, before it is linked with others.

    configurations  what it sets of PgBouncer or PostgreSQL; a manifest may hold several files
    limits what roles and databases may open at most
    behind what the facts of a Python file came from
    parts  the file as it was parsed, for other files that include it; it may hold passwords
    documents  trees (`syntax.yaml.Node`, `syntax.procfile.Line`, …) whose meaning depends on
               other files; `deployment.topology` makes workloads of them
    """

    path: str
    reader: str
    module: Module | None = None
    configurations: tuple[Configuration, ...] = ()
    poolers: tuple[Pooler, ...] = ()
    servers: tuple[Server, ...] = ()
    documents: tuple[object, ...] = ()
    unread: tuple[Unreadable, ...] = ()
    limits: tuple[RoleLimit, ...] = ()
    behind: Behind = field(default=UNTIED, repr=False, compare=False)
    parts: tuple[object, ...] = field(default=(), repr=False, compare=False)

    @property
    def says_something(self) -> bool:
        """Tell whether anything was found in the file, what could not be read included."""
        return bool(
            self.module or self.configurations or self.poolers or self.servers or self.documents
            or self.unread or self.limits
        )  # fmt: skip

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Return every setting of the file."""
        return tuple(s for configuration in self.configurations for s in configuration.settings)


@dataclass(frozen=True, slots=True)
class Options:
    """What readers and linking are told: by the user's settings, and of the project's files.

    pool_mode   the mode of endpoints no file tells ("transaction"), "" where not said
    assume      numbers no file states, by name ("cron.workers"): lowest and highest
    additions   what the settings and installed packages add to the catalog
    declared    databases that no file of the tree describes
    exports     what Python files of the project offer each other; None where one is read alone
    top         the project's root as paths are shown ("../shop"), "" where paths begin there
    beside      the text of a file that no reader takes ("requirements.txt"), by its path as shown:
                "" where there is none; None where nothing may be asked for
    tracked     the same of a file that git knows, or does not ignore
    sums        only what connections are summed up of is asked for: of functions, their pools
    followed    other files are asked after that what a file offers to them
    """

    pool_mode: str = ""
    assume: tuple[tuple[str, int, int], ...] = ()
    additions: Additions = NOTHING
    declared: Declared = NONE
    exports: Callable[[], Exports] | None = field(default=None, compare=False)
    top: str = ""
    beside: Callable[[str], str] | None = field(default=None, compare=False)
    tracked: Callable[[str], str] | None = field(default=None, compare=False)
    sums: bool = False
    followed: bool = True


@dataclass(frozen=True, slots=True)
class Reader:
    """How one sort of file is read.

    claims  by the path alone (POSIX, relative): may this reader take the file
    screen  by the bytes, before they are decoded: can the file matter at all
    read    the whole file; never raises for bad input, but says so in `unread`
    """

    name: str
    python: bool
    claims: Callable[[str], bool]
    screen: Callable[[bytes, Options], bool]
    read: Callable[[SourceFile, Options], FileReading]
