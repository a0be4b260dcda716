"""The bytes of a project's files, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from poollint.engine.files import intake
from poollint.engine.files.discovery import File
from poollint.engine.files.disk import Disk
from poollint.engine.memory.index import Index, Row
from poollint.model.source import Span, Unreadable
from poollint.reading.naming.files.glance import Glance

_KEPT = 48_000_000  # bytes of files that are kept, each of which is asked for several times


@dataclass(frozen=True)
class Contents:
    """The bytes of the files of the project at `root`; those `told` are not looked up.

    told   bytes by the path as shown: what is on standard input under the name of a file
    alone  there is nothing else: this may be another machine
    index  what is known of files that are as they were
    disk   what was seen of the files
    """

    root: str
    told: Mapping[str, bytes] = field(default_factory=dict)
    alone: bool = False
    index: Index = field(default_factory=Index)
    disk: Disk = field(default_factory=Disk)
    _kept: dict[str, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)
    _held: list[int] = field(default_factory=lambda: [0], init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[type[Contents], tuple[object, ...]]:
        """Leave what was read to the process that read it."""
        return Contents, (self.root, self.told, self.alone, self.index, self.disk)

    def row(self, file: File) -> Row | None:
        """Return what is known of a file; None where it has to be looked at each time."""
        told = self.alone or file.shown in self.told
        return None if told else self.index.row(file.full)

    def glance(self, file: File, look: Callable[[], Glance]) -> Glance:
        """Return what a Python file tells at a glance, from before where it is as it was."""
        told = self.alone or file.shown in self.told
        return look() if told else self.index.glance(file.full, look)

    def answer(self, file: File, question: str, look: Callable[[], bool]) -> bool:
        """Return whether the text of a file passes a test, known from before or looked at."""
        told = self.alone or file.shown in self.told
        return look() if told else self.index.answer(file.full, question, look)

    def is_fresh(self, file: File) -> bool:
        """Tell whether the text of a file is known to be another than in any run before."""
        row = self.row(file)
        return not self.alone and (row is None or row.fresh)

    def load(self, file: File) -> bytes | Unreadable:
        """Return what `load` does, for a file that is not told."""
        told = self.told.get(file.shown)
        if told is None and self.alone:
            return Unreadable(Span.at(file.shown), "a file that is not here", broken=False)
        if told is not None:
            return told
        data = self._kept.get(file.full)
        if data is None:
            loaded = intake.load(file, self.root, self.disk)
            if isinstance(loaded, Unreadable):
                return loaded
            data = loaded
            if self._held[0] + len(data) <= _KEPT:
                self._held[0] += len(data)
                self._kept[file.full] = data
        return data
