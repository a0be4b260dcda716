"""One file to be read, and what comes of it: the unit of work, in this process or another."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.engine.files.discovery import File
from poollint.engine.judge import told
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading import project
from poollint.reading.reader import FileReading, Options, Reader


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A file whose facts are wanted, with its text; each is itself alone, whatever it holds."""

    file: File
    source: SourceFile

    @property
    def reader(self) -> Reader:
        """Return the reader that takes the file."""
        reader = project.reader_of(self.file.inside)
        assert reader is not None  # nothing else becomes a job
        return reader


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that could not be read to its end; `lost` tells that it should have been."""

    unreadable: Unreadable
    lost: bool


Derived = FileReading | Failed


def derived(job: Job, options: Options) -> Derived:
    """Read a file. A fault of a reader costs one file; it is told, and the run counts as failed."""
    try:
        return job.reader.read(job.source, options)
    except (RecursionError, MemoryError):
        deep = "nested too deeply for poollint"
        return Failed(Unreadable(Span.at(job.file.shown), deep, broken=False), job.file.named)
    except Exception as error:
        reason = f"the {job.reader.name} reader failed: {told(error)}"
        return Failed(Unreadable(Span.at(job.file.shown), reason, broken=False), lost=True)
