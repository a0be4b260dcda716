"""What a file of an application in another language states of its pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poollint.model.source import Span

if TYPE_CHECKING:
    from poollint.syntax.properties import Property


@dataclass(frozen=True, slots=True)
class Told:
    """A number as a file states it: of the first variable that is set, else `number`.

    Without either its words are not understood, and the number is not known. `certain` False
    tells that it stands under a condition: where that does not hold, the number is smaller.
    `computed` tells that it is worked out of variables, so that none of these is the number.
    `field` is what it is called where another file of the application may say it, "" for nothing.
    """

    span: Span
    variables: tuple[str, ...] = ()
    number: int | None = None
    certain: bool = True
    computed: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class StatedPool:
    """A pool that a file sets up, or lets a library set up.

    driver    whose it is ("HikariCP"); `setting` is what its size is called there
    size      what the file says, None where it leaves the size to the library
    default   the library's own size, None where that is not one number; `at_least` tells that it is
              more on a machine of more processors
    source    who says so, for the reader of a ledger
    least     how many it opens at once, None where it opens them as they are needed
    address   where it leads, as a URL without user and password, "" where not told so
    variables that hold its address; `sure` tells that it is PostgreSQL's wherever it leads
    unasked   a variable that the library reads by itself, before what the file says
    chosen    what it is for ("production" of a file that knows several), "" for all
    title     what tells it from others of the same application
    option    the option of a URL that gives the size ("connection_limit"), "" for none
    parses    its file takes URLs apart: what stands in one may count
    times     how many such pools a process builds, None for one
    """

    driver: str
    setting: str
    span: Span
    size: Told | None
    default: int | None
    source: str
    least: Told | None = None
    eager: bool = False
    address: str = ""
    variables: tuple[str, ...] = ()
    sure: bool = False
    unasked: str = ""
    chosen: str = ""
    title: str = ""
    option: str = ""
    parses: bool = False
    times: Told | None = None
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class StatedFile:
    """A file that states pools, or numbers of processes and threads.

    language  of the application ("ruby"); `kind` is the sort of file within it
    home      the folder of the application, "." for the root
    numbers   by their names ("workers", "threads", "concurrency")
    documents properties, each document for itself
    adapts    it may put an adapter, or another address, in the place of Prisma's own
    title     what its manifest calls the application
    scripts   command lines that its manifest gives names, each with its place
    driver    the library that its manifest names and that talks to PostgreSQL, "" for none
    entries   of a file of settings to which code connects besides, `*` for what is put in
    beside    where more is started than these pools, or than one process with them; else None
    is_library  its manifest is that of no program: others take it in
    exports_nothing  no other file can have what it makes
    takes     the manifests of what it takes in, by their paths or (`package.json`) their titles
    extends   the paths of files that say what it does not
    """

    language: str
    kind: str
    path: str
    home: str
    pools: tuple[StatedPool, ...] = ()
    numbers: tuple[tuple[str, Told], ...] = ()
    documents: tuple[tuple[Property, ...], ...] = ()
    adapts: bool = False
    title: str = ""
    scripts: tuple[tuple[str, str, Span], ...] = ()
    driver: str = ""
    entries: tuple[str, ...] = ()
    beside: Span | None = None
    is_library: bool = False
    takes: tuple[str, ...] = ()
    exports_nothing: bool = False
    extends: tuple[str, ...] = ()

    def number(self, name: str) -> Told | None:
        """Return the number of this name, None where the file does not say it."""
        return dict(self.numbers).get(name)
