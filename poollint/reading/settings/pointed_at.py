"""Files of PostgreSQL's settings of any name: they count where a server is told to read them.

`postgres -c config_file=/etc/postgresql/primary.conf` says so, or an image that takes whatever is
in a folder. By itself such a file says nothing, and is not judged: its name tells of no program.
"""

from __future__ import annotations

from poollint.facts.infrastructure import Server
from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options, Reader
from poollint.reading.settings import postgresql, values
from poollint.syntax import pgconf

_NUMBERS = tuple(name.encode() for name in postgresql.NUMBERS)


def _claims(path: str) -> bool:
    return path.lower().endswith(".conf")


def _screen(data: bytes, options: Options) -> bool:
    return any(name in data for name in _NUMBERS)


def _read(source: SourceFile, options: Options) -> FileReading:
    if values.is_template(source.text):
        return FileReading(source.path, postgresql.NAME)
    return FileReading(source.path, postgresql.NAME, parts=(pgconf.parse(source),))


READER = Reader("pointed at", python=False, claims=_claims, screen=_screen, read=_read)


def server(reading: FileReading) -> Server | None:
    """Return the server that a file sets up if one reads it, None where it is one by its name."""
    if reading.servers or reading.reader != postgresql.NAME:
        return None
    documents = (part for part in reading.parts if isinstance(part, pgconf.Document))
    found = (postgresql.server(document) for document in documents)
    return next((one for one in found if one), None)
