"""The reader of Python files. It imports libcst only when a file has passed the screen."""

from __future__ import annotations

from poollint.catalog.merged import drivers
from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.screen import may_matter


def _claims(path: str) -> bool:
    return path.endswith((".py", ".pyi"))


def _screen(data: bytes, options: Options) -> bool:
    return may_matter(data, drivers(options.additions))


def _read(source: SourceFile, options: Options) -> FileReading:
    from poollint.reading.code import read

    return read(source, options)


READER = Reader("python", True, _claims, _screen, _read)
