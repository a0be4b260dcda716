"""Which files there are: what git knows, a walk elsewhere, and what is named by itself."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from poollint.engine.files.disk import Disk
from poollint.engine.files.glob import Glob
from poollint.model.source import Span, Unreadable
from poollint.model.usage import UsageError, nearest

_SECRET = re.compile("[=:@]")  # no name without one of them states a password


class File(NamedTuple):  # made for each file: a dataclass takes three times as long
    """A file to be looked at.

    full    where to open it; a symbolic link within the tree is resolved
    shown   relative to the working directory, POSIX, printable, a secret in it masked
    inside  the same relative to the project's root: for patterns and fingerprints
    named   it stands on the command line by itself
    """

    full: str
    shown: str
    inside: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class Discovered:
    """The files found, in the order of their paths, and the folders that could not be listed."""

    files: tuple[File, ...]
    unread: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """The project: its root, and what of it counts. Both folders are resolved paths.

    claims  by the relative path: does any reader take such a file
    disk    what is there
    bound   how many files are looked for at the root, the nearest first, where that may be any
            folder, a home directory among others; 0 all
    """

    root: str
    cwd: str
    exclude: tuple[Glob, ...]
    claims: Callable[[str], bool]
    disk: Disk = field(default_factory=Disk, compare=False)
    bound: int = 0

    @property
    def home(self) -> str:
        """The folder from which paths are told, as the root sees it; "" of the root itself."""
        within = self.cwd != self.root and is_within(self.cwd, self.root)
        return printable(self.cwd, self.root) if within else ""

    def file(self, full: str, named: bool = False, opened: str = "", inside: str = "") -> File:
        """Return the file at the absolute path `full`; `inside` is known of most."""
        inside = inside or printable(full, self.root)
        shown = inside if self.root == self.cwd else printable(full, self.cwd)
        if _SECRET.search(shown):
            from poollint.model.secret import mask

            shown = mask(shown)
        return File(opened or full, shown, inside, named)

    def excluded(self, inside: str, exempt: frozenset[Glob]) -> bool:
        """Tell whether a pattern other than the exempt ones covers a file."""
        return any(glob.covers(inside) for glob in self.exclude if glob not in exempt)


def left_out(tree: Tree) -> tuple[Unreadable, ...]:
    """Return the root of the project where not all that lies in it was looked for."""
    listing = tree.disk.listings.get(tree.root)
    if listing is None or not listing.cut:
        return ()
    told = f"a folder that is no project: only its {tree.bound:,} nearest files were looked at"
    return (Unreadable(Span.at(printable(tree.root, tree.cwd)), told, broken=False),)


def printable(full: str, start: str) -> str:
    """Return `full` relative to `start`, with `/`; bytes that are no UTF-8 are escaped."""
    below = start.rstrip(os.sep) + os.sep
    relative = full[len(below) :] if full.startswith(below) else os.path.relpath(full, start)
    if os.sep != "/":
        relative = relative.replace(os.sep, "/")
    if relative.isascii():
        return relative
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def located(path: str, cwd: str) -> str:
    """Return the absolute path of what the user named; `UsageError` where there is nothing.

    Links on the way, and a link to a folder, are resolved: the user asked for what is there. A
    file that is a link itself stays one.
    """
    full = os.path.join(cwd, path)
    if not path or "\0" in path or not os.path.lexists(full):
        raise UsageError(f"no such path `{path}`", _neighbour(full))
    if os.path.isdir(full):
        return os.path.realpath(full)
    full = os.path.abspath(full)
    return os.path.join(os.path.realpath(os.path.dirname(full)), os.path.basename(full))


def discover(paths: Iterable[str], tree: Tree, force_exclude: bool = False) -> Discovered:
    """Return the files for absolute `paths`, as `located` gives them.

    A folder is searched; a file is taken as it is. A pattern of `exclude` that covers what was
    named is not applied to it, unless `force_exclude`.
    """
    found: dict[str, File] = {}
    unread: list[Unreadable] = []
    for path in paths:
        inside = printable(path, tree.root)
        exempt = frozenset(g for g in tree.exclude if not force_exclude and g.covers(inside))
        if os.path.isdir(path):
            for file in _search(path, tree, exempt, unread):
                found.setdefault(file.full, file)
        elif not tree.excluded(inside, exempt):
            found[path] = tree.file(path, named=True)
    return Discovered(tuple(sorted(found.values(), key=attrgetter("shown"))), tuple(unread))


def leads_out(file: File, root: str, disk: Disk) -> bool:
    """Tell whether a path is a symbolic link to something outside of the folder `root`."""
    state = disk.state(file.full)
    linked = state is not None and state.is_link
    return linked and not is_within(os.path.realpath(file.full), root)


def _search(
    folder: str, tree: Tree, exempt: frozenset[Glob], unread: list[Unreadable]
) -> Iterator[File]:
    links = []
    seen = set()
    listing = tree.disk.listing(folder, tree.bound if folder == tree.root else 0)
    for current, error in listing.failed:
        span = Span.at(printable(current, tree.cwd))
        unread.append(Unreadable(span, f"a folder: {reason(error)}", broken=False))
    for full in listing.paths:
        inside = printable(full, tree.root)
        if not tree.claims(inside) or (tree.exclude and tree.excluded(inside, exempt)):
            continue
        state = tree.disk.state(full)  # none: in git's index, but not in the work tree
        kind = stat.S_IFMT(state.mode) if state else 0
        if kind == stat.S_IFLNK:
            links.append(full)
        elif kind == stat.S_IFREG:
            seen.add(full)
            yield tree.file(full, inside=inside)
    for link in links:
        real = os.path.realpath(link)
        if is_within(real, tree.root) and real not in seen:
            state = tree.disk.state(real)
            if state and state.is_file:
                yield tree.file(link, opened=real)


def is_within(path: str, folder: str) -> bool:
    """Tell whether a resolved path lies in a folder."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def reason(error: OSError) -> str:
    """Return what the system says, in lower case, without the path."""
    said = error.strerror or type(error).__name__
    return said[:1].lower() + said[1:]


def _neighbour(full: str) -> str:
    try:
        names = os.listdir(os.path.dirname(full) or os.sep)
    except (OSError, ValueError):
        return ""
    near = nearest(os.path.basename(full), names[:10_000])
    return f"there is `{near}`" if near else ""
