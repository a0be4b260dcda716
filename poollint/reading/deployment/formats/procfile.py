"""Procfiles: process types of a platform that says elsewhere how many of each run."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import basename, dirname

from poollint.facts.infrastructure import Variable, Workload
from poollint.model.figure import Figure
from poollint.model.source import SourceFile
from poollint.reading.deployment.linking.deployed import RELEASE, Placed, Sketch, units
from poollint.reading.deployment.linking.documents import ProcessFile
from poollint.reading.deployment.linking.variables import settled, unknown
from poollint.reading.deployment.programs import commands
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import procfile

NAME = "procfile"
# Run while a version is released, beside the processes of the version before, then end.
_ONCE = frozenset(("release", "postdeploy"))


def _claims(path: str) -> bool:
    return basename(path).partition(".")[0] == "Procfile"


def _screen(data: bytes, options: Options) -> bool:
    return b":" in data


def _read(source: SourceFile, options: Options) -> FileReading:
    lines = procfile.read(source)
    documents = (ProcessFile(source, lines),) if lines else ()
    return FileReading(source.path, NAME, documents=documents)


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def place(
    files: Iterable[ProcessFile], options: Options, given: tuple[Variable, ...] = ()
) -> tuple[Placed, ...]:
    """Return the process types as workloads; their scope is the Procfile's path.

    `given` are the variables that another file says all of them have.
    """
    return tuple(_placed(file, line, options, given) for file in files for line in file.lines)


def _placed(
    file: ProcessFile, line: procfile.Line, options: Options, given: tuple[Variable, ...]
) -> Placed:
    once = line.name in _ONCE
    replicas = unknown("replicas", "the platform's scale, stated in no file")
    if once:
        replicas = Figure.defaulted(1, "replicas", "one run a release")
    sketch = Sketch(
        name=line.name,
        span=line.span,
        image="",
        variables=given,
        entrypoint=commands.line(line.command, line.command_span),
        build=dirname(file.source.path) or ".",
        complete=False,  # the platform holds the variables
    )
    found = units(sketch, {file.source.path: file.source})
    workload = Workload(
        name=line.name,
        platform="procfile",
        kind=RELEASE if once else "process type",
        span=line.span,
        scope=file.source.path,
        replicas=settled(replicas, options.assume, f"{line.name}.replicas"),
        surge=None,
        containers=tuple(unit.container for unit in found),
    )
    return Placed(workload, found)
