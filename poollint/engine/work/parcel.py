"""A repository as bytes: for a machine that does not see the folder it lies in.

What goes along is what a run can read: the files some reader takes, and text beside them, such
as settings and lists of requirements. A link to a file of the repository stays one.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from poollint.engine.files import intake
from poollint.engine.files.discovery import File, Tree, discover
from poollint.engine.files.disk import Disk
from poollint.model.digests import blake2b
from poollint.reading import project

_HEAD = 8_000  # bytes that tell text from what is none, as git does


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, by its path in the repository.

    data    its bytes, b"" where it is a link or larger than what is read
    size    how many bytes it has, -1 where it may not be read
    target  where the link leads, relative to the folder it is in
    """

    path: str
    data: bytes
    size: int
    target: str = ""


Parcel = tuple[Entry, ...]


def pack(folder: str) -> Parcel:
    """Return what a run over `folder`, a resolved path, can read, in the order of the paths."""
    tree = Tree(folder, folder, (), _everything)
    entries = (_entry(file, folder, tree.disk) for file in discover((folder,), tree).files)
    return tuple(entry for entry in entries if entry)


def digest(parcel: Parcel, told: str) -> str:
    """Return 32 digits that are the same for the same bytes at the same places, and `told`."""
    whole = blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16)
    for entry in parcel:
        head = f"\0{entry.path}\0{entry.target}\0{entry.size}\0"
        whole.update(head.encode("utf-8", "surrogatepass"))
        whole.update(entry.data)
    return whole.hexdigest()


def unpack(parcel: Parcel, folder: str) -> None:
    """Write the files below `folder`, an empty one."""
    for entry in parcel:
        assert ".." not in entry.path.split("/")
        full = os.path.join(folder, entry.path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if entry.target:
            os.symlink(entry.target, full)
            continue
        with open(full, "wb") as stream:
            stream.write(entry.data)
            stream.truncate(max(entry.size, 0))  # what is too large to be read stays so
        if entry.size < 0:
            os.chmod(full, 0)


def _everything(path: str) -> bool:
    return True


def _entry(file: File, folder: str, disk: Disk) -> Entry | None:
    """Return a file for the parcel, None where no run would read it."""
    known = project.reader_of(file.inside) is not None
    linked = _place(file, folder)
    path = os.path.relpath(linked or file.full, folder).replace(os.sep, "/")
    if linked:
        return Entry(path, b"", 0, os.path.relpath(file.full, os.path.dirname(linked)))
    data = intake.load(file, folder, disk)
    if isinstance(data, bytes):
        text = len(data) <= intake.CONFIG_LIMIT and b"\0" not in data[:_HEAD]
        return Entry(path, data, len(data)) if known or text else None
    try:
        size = os.lstat(file.full).st_size
    except OSError:
        size = 0
    too_large = size > intake.SCREEN_LIMIT
    return Entry(path, b"", size if too_large else -1) if known else None


def _place(file: File, folder: str) -> str:
    """Return where a link to a file lies, "" for a file that is none."""
    named = os.path.join(folder, *file.inside.split("/"))
    if named == file.full:
        return ""
    try:
        return named if stat.S_ISLNK(os.lstat(named).st_mode) else ""
    except OSError:
        return ""  # a name that is no UTF-8, which is shown otherwise
