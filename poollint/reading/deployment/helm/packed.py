"""Packed charts (`charts/api-1.2.0.tgz`): their files, read in memory.

Nothing is written to a disk, and of what an archive says of itself nothing but names of files is
used: a link, a device or a path that leads out of it is passed over. What is larger than the
bounds is not read, and told.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from posixpath import normpath

from poollint.model.source import SourceFile, Span, Unreadable
from poollint.reading.deployment.helm.charts import ChartFile, is_chart_file
from poollint.reading.reader import FileReading, Options, Reader

NAME = "chart"
ENDING = ".tgz"
MAX_UNPACKED = 8_000_000  # bytes of an archive
MAX_FILE = 500_000  # bytes of a file in it
MAX_FILES = 500
_PACKED = re.compile(r"(?:^|/)charts/[^/]+\.tgz$")
_TEMPLATE = re.compile(r"(?:^|/)templates/.*\.(?:ya?ml|tpl)$")
_GZIP = b"\x1f\x8b"
_UNPACKING = 31  # of zlib: with the header of gzip
_REASON = "a packed chart that is broken, or larger than is read"


def text_of(data: bytes) -> str:
    """Return the files of a packed chart as one text, by their paths in it; "" of a broken one."""
    try:
        return json.dumps(dict(_files(data)))
    except (zlib.error, tarfile.TarError, EOFError, OSError, ValueError):
        return ""


def _files(data: bytes) -> Iterator[tuple[str, str]]:
    unpacking = zlib.decompressobj(_UNPACKING)
    plain = unpacking.decompress(data, MAX_UNPACKED)
    if unpacking.unconsumed_tail:
        raise ValueError("larger than is read")
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as archive:
        for count, member in enumerate(archive):
            if count >= MAX_FILES:
                raise ValueError("more files than are read")
            _, _, path = normpath(member.name).partition("/")
            wanted = is_chart_file(f"charts/{path}") or _TEMPLATE.search(path)
            if not wanted or not member.isreg() or path.startswith(("/", "..")):
                continue
            if member.size > MAX_FILE:
                raise ValueError("a file larger than is read")
            held = archive.extractfile(member)
            if held is not None:
                yield path, held.read().decode("utf-8", "replace")


def _claims(path: str) -> bool:
    return _PACKED.search(path) is not None


def _screen(data: bytes, options: Options) -> bool:
    return data.startswith(_GZIP)


def _read(source: SourceFile, options: Options) -> FileReading:
    held = json.loads(source.text) if source.text else {}
    if not held:
        here = Unreadable(Span.at(source.path), _REASON, broken=False)
        return FileReading(source.path, NAME, unread=(here,))
    files = (SourceFile(f"{source.path}/{path}", text) for path, text in held.items())
    return FileReading(source.path, NAME, documents=tuple(ChartFile(file) for file in files))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)
