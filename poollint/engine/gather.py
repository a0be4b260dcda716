"""Reading: which bytes matter, what they say, and what of the rest of the project is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from poollint.engine.files import intake
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import File, Tree, discover, printable
from poollint.engine.request import Mode
from poollint.engine.work.derive import Deriver
from poollint.engine.work.job import Failed, Job
from poollint.facts.code import Module
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading import project
from poollint.reading.project import Wanted
from poollint.reading.reader import FileReading, Reader

_HOPS = 4  # files that hand on what they import from the one before
_PYTHON = (".py", ".pyi")
_LATER = frozenset({"django"})  # whose connections open when they are first used
_PACKED = ".tgz"
_COMMANDS = "pyproject.toml"  # it names what runs, and describes no pooler
_SILENT = "says nothing once it is read"  # the question, in the index


@dataclass(slots=True)
class Gathered:
    """What was read, growing file by file.

    files    those some reader takes; `python_files` counts the Python files among them
    sources  the text of those that matter, by the path as shown
    unread   what could not be read, whole files or parts
    lost     what should have been read: a file named on the command line that could not be, and
             any on which a reader failed
    idle     the Python files that say nothing of a database themselves
    waiting  the files that matter and were not read yet
    alone    what lies around was left unread, because a folder was taken for a whole system
    """

    tree: Tree
    contents: Contents
    derive: Deriver
    files: list[File] = field(default_factory=list)
    python_files: int = 0
    facts: list[FileReading] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    unread: list[Unreadable] = field(default_factory=list)
    lost: list[Unreadable] = field(default_factory=list)
    idle: list[File] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)
    alone: bool = False

    def add(self, file: File) -> None:
        """Take one file, to be read later."""
        reader = project.reader_of(file.inside)
        if reader is None:
            self._miss(Unreadable(Span.at(file.shown), "no kind of file known here", False))
            return
        self.files.append(file)
        self.python_files += reader.python
        row = self.contents.row(file)
        if row is not None and row.matters is False:
            self.idle += [file] * reader.python
            return
        loaded = self.contents.load(file)
        if isinstance(loaded, Unreadable):
            self._miss(loaded, lost=file.named)
            return
        matters = reader.screen(intake.screenable(loaded), self.derive.options)
        if row is not None:
            row.matters = matters
        if matters:
            self._decode(file, loaded, reader)
        elif reader.python:
            self.idle.append(file)

    def read(self) -> list[FileReading]:
        """Read the files that wait; return what they say, which is not among the facts yet."""
        waiting, self.waiting = self.waiting, []
        found = []
        for derived in self.derive(waiting, followed=bool(self.idle)):
            if isinstance(derived, Failed):
                self._miss(derived.unreadable, derived.lost)
            else:
                found.append(derived)
                self.unread += derived.unread
        return found

    def follow(self, around: bool) -> None:
        """Read the Python files that use what other files offer, as long as there are.

        Those offer it that were read so far and, where only a part of the project is, whatever
        the files given import from what lies `around` them.
        """
        options = self.derive.options
        exports = options.exports
        if around and exports:
            self._follow(lambda path, load: b"import" in load() and exports().touches(path))
        offering = [reading.module for reading in self.facts if reading.module]
        for _ in range(_HOPS):
            wanted = project.importing(offering, options)
            if wanted is None:
                return
            offering = self._follow(wanted)

    def _follow(self, wanted: Wanted) -> list[Module]:
        """Read the idle files that are wanted; return those that say something."""
        idle, self.idle = self.idle, []
        for file in idle:
            reader = project.reader_of(file.inside)
            if reader and wanted(file.shown, partial(self._bytes, file)):
                self._decode(file, self._bytes(file), reader)
            else:
                self.idle.append(file)
        new = self.read()
        told = [reading for reading in new if reading.module and reading.module.says_something]
        self.facts += told
        return [reading.module for reading in told if reading.module]

    def _bytes(self, file: File) -> bytes:
        """Return the bytes of a file that could be read before."""
        data = self.contents.load(file)
        return data if isinstance(data, bytes) else b""

    def _decode(self, file: File, data: bytes, reader: Reader) -> None:
        source = intake.text_of(data, file.shown, reader.python)
        if isinstance(source, Unreadable):
            self._miss(source, lost=file.named and not source.broken)
        else:
            self.sources[file.shown] = source
            self.waiting.append(Job(file, source))

    def _miss(self, unreadable: Unreadable, lost: bool = False) -> None:
        self.unread.append(unreadable)
        if lost:
            self.lost.append(unreadable)


def context(given: Gathered, mode: Mode) -> Gathered:
    """Read what else of the project the facts of the given files depend on.

    What is found in a part of the project is then what would be found in it by a run over all.
    A statement's endpoint depends on the poolers, and who inherits a pool that opens its sessions
    at import on what starts the application. What only begins transactions depends on no pooler
    but one that refuses them. What a file of settings includes is part of it. A
    budget depends on every pool, but only where some file describes infrastructure. A folder that
    holds code and what it runs on is a system of its own: its neighbours in the repository are
    others. A second connection beside a session that is handed in depends on all engines.
    """
    rest = Gathered(given.tree, given.contents, given.derive)
    modules = [reading.module for reading in given.facts if reading.module]
    infrastructure = any(project.describes_infrastructure(reading) for reading in given.facts)
    begins = mode is Mode.CHECK and all(_only_begins(module) for module in modules)
    begins = begins and not infrastructure
    statements = any(module.statements for module in modules)
    sums = mode is not Mode.CHECK and (infrastructure or any(module.pools for module in modules))
    early = any(pool.eager and not pool.function for m in modules for pool in m.pools)
    including = any(project.includes(reading) for reading in given.facts)
    _add_engines(rest, given)
    if not statements and not sums and not early and not including:
        return rest
    if _is_system(given):
        rest.alone = True
        return rest
    known = {file.full for file in given.files} | {file.shown for file in given.files}
    python = []
    new = False  # which reader takes a file is told by importing it
    possible = [f for f in _possible(given, sums) if known.isdisjoint((f.full, f.shown))]
    if begins and not including and not any(_may_refuse(f, given.contents) for f in possible):
        return rest
    for file in possible:
        if _is_silent(file, given.contents):
            rest.facts.append(FileReading(file.shown, ""))  # which reader took it is nothing then
            continue
        new |= _is_new(file, given.contents)
        reader = project.reader_of(file.inside)
        if reader is None:
            _note_idle(file, given.contents)
        elif reader.python:
            python.append(file)
        else:
            rest.add(file)
    told = rest.read()
    if _note_silent(rest, told) or new:
        given.contents.index.worth_keeping()
    rest.facts += told
    if sums and (infrastructure or rest.facts):
        engines = {file.full for file in rest.files}
        for file in (f for f in python if f.full not in engines):
            rest.add(file)
        rest.facts += rest.read()
    return rest


def _add_engines(rest: Gathered, given: Gathered) -> None:
    """Read the files that build engines, if it matters which there are."""
    modules = [reading.module for reading in given.facts if reading.module]
    known = {file.shown for file in given.files}
    for path in project.engines_elsewhere(modules, given.derive.options):
        if path not in known:
            rest.add(given.tree.file(os.path.join(given.tree.cwd, path)))
    rest.facts += rest.read()


def _only_begins(module: Module) -> bool:
    """Tell whether all that a file asks of its sessions are transactions, in functions of it.

    Those of Django's connections, which no process opens at import and hands on to its children.
    """
    return module.only_begins and {*module.drivers} <= _LATER


def _may_refuse(file: File, contents: Contents) -> bool:
    """Tell whether a file may say of a pooler that it refuses transactions.

    That is one in statement mode, which none is in where it is not said. What is not known yet
    of a file is found out by reading it.
    """
    if _is_silent(file, contents) or file.inside.endswith(_COMMANDS):
        return False
    if _is_new(file, contents) or file.inside.endswith(_PACKED):
        return True
    data = contents.load(file)
    if isinstance(data, Unreadable) or b"statement" not in data.lower():
        return False
    return isinstance(intake.text_of(data, file.shown, False), SourceFile)


def _possible(given: Gathered, sums: bool) -> Iterator[File]:
    """Yield the files of the project that readers may take, but for those known to say nothing.

    No reader is asked that has not to be: most are not imported yet, and the files of a project
    are of many kinds. Files of Python count for `sums`.
    """
    tree = given.tree
    claims = project.may_have_reader if sums else _told_apart(given)
    for file in discover((tree.root,), replace(tree, claims=claims)).files:
        row = None if file.inside.endswith(_PYTHON) else given.contents.row(file)
        if row is None or row.matters is not False:
            yield file


def _told_apart(given: Gathered) -> Callable[[str], bool]:
    """Return a test of a path within the project: whether a reader may take it, not of Python.

    To tell that of all paths takes longer than most files; it is remembered of what git lists.
    """
    tree = given.tree
    listing = tree.disk.listing(tree.root, tree.bound)

    def look() -> list[str]:
        return list(filter(_is_no_python, (printable(p, tree.root) for p in listing.paths)))

    picked = given.contents.index.picked(listing.git, "may have a reader, not of Python", look)
    return picked.__contains__


def _is_no_python(path: str) -> bool:
    return not path.endswith(_PYTHON) and project.may_have_reader(path)


def _is_silent(file: File, contents: Contents) -> bool:
    """Tell whether a file is known to say nothing: what is no Python says what its text says."""
    row = None if file.inside.endswith(_PYTHON) else contents.row(file)
    return row is not None and row.matters is True and row.answers.get(_SILENT, False)


def _is_new(file: File, contents: Contents) -> bool:
    """Tell whether it has still to be found out if a file that is no Python says anything."""
    row = None if file.inside.endswith(_PYTHON) else contents.row(file)
    return row is not None and row.matters is None


def _note_idle(file: File, contents: Contents) -> None:
    """Note that a file says nothing: no reader takes it."""
    row = contents.row(file)
    if row is not None:
        row.matters = False


def _note_silent(read: Gathered, told: Sequence[FileReading]) -> bool:
    """Note which of the files that were read say nothing; tell whether there are any."""
    silent = {one.path for one in told if not one.parts and not one.says_something}
    rows = [read.contents.row(file) for file in read.files if file.shown in silent]
    for row in rows:
        if row is not None:
            row.answers[_SILENT] = True
    return any(rows)


def _is_system(given: Gathered) -> bool:
    """Tell whether folders were given, and hold code as well as what describes its deployment."""
    if any(file.named for file in given.files):
        return False
    uses = any(r.module.pools or r.module.statements for r in given.facts if r.module)
    return uses and any(project.describes_deployment(reading) for reading in given.facts)
