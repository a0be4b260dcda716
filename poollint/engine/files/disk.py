"""What a run sees of the file system: each thing once, so that it can be compared afterwards."""

from __future__ import annotations

import os
import stat
import subprocess
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from poollint.model.digests import blake2b

# Folders of other people's code, of caches, and of version control.
SKIPPED = frozenset({
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".mypy_cache", ".nox", ".pytest_cache",
    ".ruff_cache", ".svn", ".terraform", ".tox", ".venv", "__pycache__", "__pypackages__",
    "bower_components", "node_modules", "site-packages",
})  # fmt: skip
_VENV_MARK = "pyvenv.cfg"

# Nothing the repository's own configuration names is run, and no hook of it.
_GIT = (
    "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "safe.bareRepository=explicit",
    "ls-files", "--cached", "--others", "--exclude-standard", "-z",
)  # fmt: skip
_GIT_SECONDS = 60
_SIZE = 20  # bytes of a digest

# Times have a resolution: what changed just before it was looked at may have changed again since
# without a trace (git calls that racy). Nanoseconds; file systems tell two seconds or better.
SETTLED = 2_000_000_000

# When content and inode changed, the size, and which inode it is: what the system notes of a
# file. The inode's own time changes with whatever is done to it and cannot be set back.
Signature = tuple[int, int, int, int]


class State(NamedTuple):  # made for each file: a dataclass takes three times as long
    """What the system says of a path itself, whatever a link there leads to."""

    mode: int
    changed: int
    altered: int
    size: int
    inode: int

    @property
    def signature(self) -> Signature:
        """Return what changes with the file; made when it is asked for, as many are kept."""
        return self[1:]

    @property
    def is_file(self) -> bool:
        """Tell whether it is a regular file."""
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """Tell whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)


@dataclass(frozen=True, slots=True)
class Listing:
    """The files and links below a folder, by their full paths.

    git      the digest of what git said, b"" where there is no repository
    parents  the folders that git's files lie in
    failed   the folders that could not be listed, and what the system said
    cut      there is more, which was not looked at
    """

    paths: tuple[str, ...]
    git: bytes
    parents: tuple[str, ...] = ()
    failed: tuple[tuple[str, OSError], ...] = ()
    cut: bool = False


class Disk:
    """The file system as one run sees it: what was asked once is not asked again."""

    def __init__(self) -> None:
        self.states: dict[str, State | None] = {}
        self.listings: dict[str, Listing] = {}
        self._real: dict[str, bool] = {}

    def __reduce__(self) -> tuple[type[Disk], tuple[()]]:
        """Leave what was seen to the process that saw it."""
        return Disk, ()

    def state(self, path: str) -> State | None:
        """Return what is at `path`, None for nothing."""
        if path not in self.states:
            self.states[path] = state_of(path)
        return self.states[path]

    def listing(self, folder: str, bound: int = 0) -> Listing:
        """Return what git knows and does not ignore below `folder`; a walk elsewhere.

        With a `bound` the walk ends with the folder in which it is reached: the nearest files
        are found first, and other repositories are left alone.
        """
        if folder not in self.listings:
            told = told_by_git(folder) if repository(folder) else None
            found = _listed_by_git(folder, told, self) if told else None
            said = b"" if told is None else digest(told)
            self.listings[folder] = found or self._walked(folder, said, bound)
        return self.listings[folder]

    def _walked(self, folder: str, git: bytes, bound: int) -> Listing:
        """Return the files below `folder`, and links to files; no link to a folder is followed."""
        waiting = deque([folder])
        paths: list[str] = []
        failed: list[tuple[str, OSError]] = []
        while waiting and not (bound and len(paths) >= bound):
            current = waiting.popleft()
            self.state(current)
            try:
                with os.scandir(current) as entries:
                    found = list(entries)
            except OSError as error:
                failed.append((current, error))
                continue
            marks = {_VENV_MARK, ".git"} if bound else {_VENV_MARK}
            if current != folder and any(entry.name in marks for entry in found):
                continue
            for entry in found:
                if not entry.is_dir(follow_symlinks=False):
                    paths.append(entry.path)
                elif entry.name not in SKIPPED:
                    waiting.append(entry.path)
        return Listing(tuple(paths), git, failed=tuple(failed), cut=bool(waiting))

    def is_real(self, folder: str, top: str) -> bool:
        """Tell whether no folder on the way from `top`, a real path, down to `folder` is a link."""
        passed: list[str] = []
        at = folder
        while at not in self._real and len(at) > len(top):
            passed.append(at)
            at = os.path.dirname(at)
        real = self._real.get(at, at == top)
        for one in reversed(passed):
            real = self._real[one] = real and not os.path.islink(one)
        return real

    def watch(self, paths: Iterable[str]) -> None:
        """Look at what the run depends on besides the files it opens."""
        for path in paths:
            self.state(path)


def repository(start: str) -> str | None:
    """Return the nearest folder from `start` upwards that holds `.git`, None without one."""
    for folder in upwards(start):
        if os.path.exists(os.path.join(folder, ".git")):
            return folder
    return None


def upwards(start: str) -> Iterable[str]:
    """Yield `start`, the folder it is in, and so on."""
    while True:
        yield start
        above = os.path.dirname(start)
        if above == start:
            return
        start = above


def git_environment() -> dict[str, str]:
    """Return the environment git is run in: it asks nobody, fetches and locks nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    return kept | own | {"LC_ALL": "C"}


def told_by_git(folder: str) -> bytes:
    """Return git's list of the files below `folder`, as it is; b"" where git cannot say."""
    try:
        answer = subprocess.run(
            _GIT, cwd=folder, env=git_environment(), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_GIT_SECONDS, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return b""  # no git, a repository of another user, a broken one: a walk will do
    return answer.stdout


def digest(data: bytes) -> bytes:
    """Return what stands for `data`."""
    return blake2b(data, digest_size=_SIZE).digest()


def state_of(path: str) -> State | None:
    """Return what is at `path` now, None for nothing."""
    try:
        told = os.lstat(path)
    except (OSError, ValueError):
        return None
    return State(told.st_mode, told.st_mtime_ns, told.st_ctime_ns, told.st_size, told.st_ino)


def _listed_by_git(folder: str, told: bytes, disk: Disk) -> Listing | None:
    """Return what git told; None where that is nothing.

    Nothing is also what a folder holds that is ignored itself: then the user, who named it,
    wants a walk. Submodules are repositories of their own and are left out.
    """
    inside: dict[str, list[str]] = {}  # by their folders: of these there are far fewer
    names = dict.fromkeys(os.fsdecode(told).split("\0"))
    for name in filter(None, names):
        inside.setdefault(name.rpartition("/")[0], []).append(name)
    parents = {head for head in inside if SKIPPED.isdisjoint(head.split("/"))}
    # The index may name a file below what is by now a link to a folder elsewhere.
    sure = os.path.realpath(folder) == folder
    top = os.path.join(folder, "")
    full = {head: top + head if head else folder for head in parents}
    real = {head for head in parents if sure and disk.is_real(full[head], folder)}
    paths = tuple(top + name for name in names if name and name.rpartition("/")[0] in real)
    if not paths:
        return None
    return Listing(paths, digest(told), tuple(full.values()))
