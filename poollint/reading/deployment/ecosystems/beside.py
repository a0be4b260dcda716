"""Files of properties that lie beside the code of an application: others may hand them on."""

from __future__ import annotations

from posixpath import basename

from poollint.model.source import SourceFile
from poollint.reading.deployment.linking.documents import SETTINGS, SettingsFile
from poollint.reading.reader import FileReading, Options, Reader

NAME = "beside"
_MARKS = (b"datasource", b"r2dbc")


def _claims(path: str) -> bool:
    return path.endswith(".properties") and SETTINGS.fullmatch(basename(path)) is not None


def _screen(data: bytes, options: Options) -> bool:
    return any(mark in data for mark in _MARKS)


def _read(source: SourceFile, options: Options) -> FileReading:
    return FileReading(source.path, NAME, documents=(SettingsFile(source),))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
