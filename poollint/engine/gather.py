"""Reading: which bytes matter, what they say, and what of the rest of the project is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from poollint.engine import intake
from poollint.engine.discovery import File, Tree, discover
from poollint.engine.judge import told
from poollint.engine.selection import Mode
from poollint.facts.code import Module
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading import project
from poollint.reading.reader import FileReading, Options, Reader

_HOPS = 4  # files that hand on what they import from the one before


@dataclass(slots=True)
class Gathered:
    """What was read, growing file by file.

    files    those some reader takes; `python_files` counts the Python files among them
    sources  the text of those that matter, by the path as shown
    unread   what could not be read, whole files or parts
    lost     what should have been read: a file named on the command line that could not be, and
             any on which a reader failed
    idle     the Python files that say nothing of a database themselves
    alone    what lies around was left unread, because a folder was taken for a whole system
    """

    files: list[File] = field(default_factory=list)
    python_files: int = 0
    facts: list[FileReading] = field(default_factory=list)
    sources: dict[str, SourceFile] = field(default_factory=dict)
    unread: list[Unreadable] = field(default_factory=list)
    lost: list[Unreadable] = field(default_factory=list)
    idle: list[File] = field(default_factory=list)
    alone: bool = False

    def add(self, file: File, tree: Tree, options: Options, data: bytes | None = None) -> None:
        """Read one file; `data` are its bytes where they are here already."""
        reader = project.reader_of(file.inside)
        if reader is None:
            self._miss(file, Unreadable(Span.at(file.shown), "no kind of file known here", False))
            return
        self.files.append(file)
        self.python_files += reader.python
        loaded = intake.load(file, tree.root) if data is None else data
        if isinstance(loaded, Unreadable):
            self._miss(file, loaded, lost=file.named)
        elif reader.screen(intake.screenable(loaded), options):
            self._decode(file, loaded, reader, options)
        elif reader.python:
            self.idle.append(file)

    def follow(self, tree: Tree, options: Options, around: bool) -> None:
        """Read the Python files that use what other files offer, as long as there are.

        Those offer it that were read so far and, where only a part of the project is, whatever
        the files given import from what lies `around` them.
        """
        exports = options.exports
        if around and exports:
            self._follow(
                lambda path, data: b"import" in data and exports().touches(path),
                tree,
                options,
            )
        offering = [reading.module for reading in self.facts if reading.module]
        for _ in range(_HOPS):
            wanted = project.importing(offering, options)
            if wanted is None:
                return
            offering = self._follow(wanted, tree, options)

    def _follow(
        self, wanted: Callable[[str, bytes], bool], tree: Tree, options: Options
    ) -> list[Module]:
        """Read the idle files that are wanted; return those that say something."""
        before, idle, self.idle = len(self.facts), self.idle, []
        for file in idle:
            data = intake.load(file, tree.root)
            reader = project.reader_of(file.inside)
            if reader and isinstance(data, bytes) and wanted(file.shown, data):
                self._decode(file, data, reader, options)
            else:
                self.idle.append(file)
        new, self.facts[before:] = self.facts[before:], []
        told = [reading for reading in new if reading.module and reading.module.says_something]
        self.facts += told
        return [reading.module for reading in told if reading.module]

    def _decode(self, file: File, data: bytes, reader: Reader, options: Options) -> None:
        source = intake.text_of(data, file.shown, reader.python)
        if isinstance(source, Unreadable):
            self._miss(file, source, lost=file.named and not source.broken)
        else:
            self._take(file, source, reader, options)

    def _take(self, file: File, source: SourceFile, reader: Reader, options: Options) -> None:
        self.sources[file.shown] = source
        span = Span.at(file.shown)
        try:
            reading = reader.read(source, options)
        except (RecursionError, MemoryError):
            deep = Unreadable(span, "nested too deeply for poollint", broken=False)
            self._miss(file, deep, lost=file.named)
        # A fault of a reader costs one file; it is told, and the run counts as failed.
        except Exception as error:
            reason = f"the {reader.name} reader failed: {told(error)}"
            self._miss(file, Unreadable(span, reason, broken=False), lost=True)
        else:
            self.facts.append(reading)
            self.unread += reading.unread

    def _miss(self, file: File, unreadable: Unreadable, lost: bool = False) -> None:
        self.unread.append(unreadable)
        if lost:
            self.lost.append(unreadable)


def gather(files: Iterable[File], tree: Tree, options: Options) -> Gathered:
    """Read `files`."""
    gathered = Gathered()
    for file in files:
        gathered.add(file, tree, options)
    return gathered


def context(given: Gathered, mode: Mode, tree: Tree, options: Options) -> Gathered:
    """Read what else of the project the facts of the given files depend on.

    What is found in a part of the project is then what would be found in it by a run over all.
    A statement's endpoint depends on the poolers, and who inherits a pool that opens its sessions
    at import on what starts the application. A budget depends on every pool, but only
    where some file describes infrastructure. A folder that holds code and what it runs on is a
    system of its own: its neighbours in the repository are others.
    """
    rest = Gathered()
    modules = [reading.module for reading in given.facts if reading.module]
    infrastructure = any(project.describes_infrastructure(reading) for reading in given.facts)
    statements = any(module.statements for module in modules)
    sums = mode is not Mode.CHECK and (infrastructure or any(module.pools for module in modules))
    early = any(pool.eager and not pool.function for m in modules for pool in m.pools)
    if not statements and not sums and not early:
        return rest
    if _is_system(given):
        rest.alone = True
        return rest
    known = {file.full for file in given.files} | {file.shown for file in given.files}
    python = []
    for file in discover((tree.root,), tree).files:
        reader = project.reader_of(file.inside)
        if reader is None or file.full in known or file.shown in known:
            continue
        if reader.python:
            python.append(file)
        else:
            rest.add(file, tree, options)
    if sums and (infrastructure or rest.facts):
        for file in python:
            rest.add(file, tree, options)
    return rest


def _is_system(given: Gathered) -> bool:
    """Tell whether folders were given, and hold code as well as what describes its deployment."""
    if any(file.named for file in given.files):
        return False
    uses = any(r.module.pools or r.module.statements for r in given.facts if r.module)
    return uses and any(project.describes_deployment(reading) for reading in given.facts)
