"""The reader of Python files. It imports libcst only when a file has passed the screen."""

from __future__ import annotations

from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.screen import may_matter


def _claims(path: str) -> bool:
    return path.endswith((".py", ".pyi"))


def _read(source: SourceFile, options: Options) -> FileReading:
    from poollint.reading.code import read

    return read(source, options)


READER = Reader("python", True, _claims, may_matter, _read)
