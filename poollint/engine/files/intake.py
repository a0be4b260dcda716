"""Bytes of files, and text of bytes: whatever is wrong with either is a value, never an error."""

from __future__ import annotations

import codecs
import importlib
import io
import os
import re
import stat
import tokenize

from poollint.engine.files.discovery import File, leads_out, reason
from poollint.engine.files.disk import Disk
from poollint.model.source import SourceFile, Span, Unreadable

PYTHON_LIMIT = 1_000_000  # bytes of a Python file that is analysed
PYTHON_LINES = 20_000
CONFIG_LIMIT = 2_000_000  # bytes of any other file
SCREEN_LIMIT = 16_000_000  # bytes of a file that is looked at to see whether it matters
_BLOCK = 1_000_000  # bytes that are asked for at once where no size is told

# PgBouncer and PostgreSQL read bytes: a comment in another encoding is no fault to them, and a
# byte order mark is text, which both refuse (1.18 and 15, run).
_BYTES = (".ini", ".conf")

# A chart in an archive is the text of the files in it.
_PACKED, _UNPACKS = ".tgz", "poollint.reading.deployment.helm.packed"

_DECLARES = b"coding"  # what declares another encoding
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# Decoding takes quadratic time, so that a small file could stop a run.
_SLOW_CODECS = frozenset({"idna", "punycode"})


def load(file: File, root: str, disk: Disk) -> bytes | Unreadable:
    """Return the bytes of a file of the project at `root`, without ever waiting for them."""
    if leads_out(file, root, disk):
        reason_ = "a symbolic link that leads out of the project"
        return Unreadable(Span.at(file.shown), reason_, broken=False)
    try:
        # A FIFO without a writer, or a device, must not stop the run.
        handle = os.open(file.full, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            told = os.fstat(handle)
            if not stat.S_ISREG(told.st_mode):
                return Unreadable(Span.at(file.shown), "not a regular file", broken=False)
            data = _bytes(handle, told.st_size)
        finally:
            os.close(handle)
    except OSError as error:
        return Unreadable(Span.at(file.shown), reason(error), broken=False)
    if len(data) > SCREEN_LIMIT:
        megabytes = SCREEN_LIMIT // 1_000_000
        return Unreadable(Span.at(file.shown), f"larger than {megabytes} MB", broken=False)
    return data


def _bytes(handle: int, size: int) -> bytes:
    """Return what an open file holds, up to what tells that it is too large.

    Whatever its size is said to be (that of a file of `/proc` is 0), it is read to its end: where
    that is, a read tells that returns just as much as there is said to be, and less than asked for.
    """
    data = os.read(handle, min(size, SCREEN_LIMIT) + 1)
    if len(data) == size:
        return data
    parts = [data]
    room = SCREEN_LIMIT + 1 - len(data)
    while room and (part := os.read(handle, min(_BLOCK, room))):
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def screenable(data: bytes) -> bytes:
    """Return the bytes that tell whether a file matters: as UTF-8, without a byte order mark."""
    if data.startswith(_UTF16):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def text_of(data: bytes, shown: str, python: bool) -> SourceFile | Unreadable:
    """Return the text of a file that matters, or why it has none."""
    limit = PYTHON_LIMIT if python else CONFIG_LIMIT
    if len(data) > limit:
        megabytes = limit // 1_000_000
        return Unreadable(Span.at(shown), f"larger than {megabytes} MB", broken=False)
    if shown.endswith(_PACKED):
        return SourceFile(shown, importlib.import_module(_UNPACKS).text_of(data))
    if data.startswith(_UTF16):
        return Unreadable(Span.at(shown), "encoded as UTF-16, not UTF-8")
    if b"\0" in data:
        return Unreadable(_place(data, data.index(b"\0"), shown), "holds a NUL byte")
    if not python:
        return _configuration(data, shown)
    source = _python(data, shown)
    if isinstance(source, SourceFile) and source.text.count("\n") > PYTHON_LINES:
        return Unreadable(Span.at(shown), f"longer than {PYTHON_LINES} lines", broken=False)
    return source


def _python(data: bytes, shown: str) -> SourceFile | Unreadable:
    if data.isascii() and _DECLARES not in data:  # most are; telling the encoding takes longer
        return SourceFile(shown, data.decode("ascii"))
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        return Unreadable(Span.at(shown), str(error.msg).partition(" for ")[0])
    if codecs.lookup(encoding).name in _SLOW_CODECS:
        return Unreadable(Span.at(shown), f"encoded as {encoding}", broken=False)
    try:
        return SourceFile(shown, data.decode(encoding))
    except UnicodeDecodeError as error:
        return Unreadable(_place(data, error.start, shown), f"not {encoding.removesuffix('-sig')}")
    except (LookupError, ValueError):
        return Unreadable(Span.at(shown), f"not {encoding}")


def _configuration(data: bytes, shown: str) -> SourceFile | Unreadable:
    by_bytes = shown.lower().endswith(_BYTES)
    try:
        return SourceFile(shown, data.decode("utf-8" if by_bytes else "utf-8-sig"))
    except UnicodeDecodeError as error:
        if by_bytes:
            return SourceFile(shown, data.decode("latin-1"))
        return Unreadable(_place(data, error.start, shown), "not UTF-8")


def _place(data: bytes, offset: int, shown: str) -> Span:
    """Return the line and column of a byte, columns counted as far as the text is UTF-8."""
    lines = re.split(rb"\r\n|\n|\r", data[:offset])
    return Span.at(shown, len(lines), len(lines[-1].decode("utf-8", "replace")) + 1)
