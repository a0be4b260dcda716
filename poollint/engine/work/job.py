"""One file to be read, and what comes of it: the unit of work, in this process or another."""

from __future__ import annotations

from dataclasses import dataclass

from poollint.engine.files.discovery import File
from poollint.engine.judge import told
from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading import project
from poollint.reading.reader import FileReading, Options, Reader


@dataclass(frozen=True, slots=True)
class Job:
    """A file whose facts are wanted, with its text."""

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
    span = Span.at(job.file.shown)
    try:
        return job.reader.read(job.source, options)
    except (RecursionError, MemoryError):
        deep = Unreadable(span, "nested too deeply for poollint", broken=False)
        return Failed(deep, lost=job.file.named)
    except Exception as error:
        reason = f"the {job.reader.name} reader failed: {told(error)}"
        return Failed(Unreadable(span, reason, broken=False), lost=True)
