"""Which files there are: what git knows, a walk elsewhere, and what is named by itself."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from poollint.engine.glob import Glob
from poollint.model.secret import mask
from poollint.model.source import Span, Unreadable
from poollint.model.usage import UsageError, nearest

# Folders of other people's code, of caches, and of version control.
SKIPPED = frozenset({
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".mypy_cache", ".nox", ".pytest_cache",
    ".ruff_cache", ".svn", ".terraform", ".tox", ".venv", "__pycache__", "__pypackages__",
    "bower_components", "node_modules", "site-packages",
})  # fmt: skip
_SECRETS = frozenset("=:@")  # no name without one of them states a password
_VENV_MARK = "pyvenv.cfg"

# Nothing the repository's own configuration names is run, and no hook of it.
_GIT = (
    "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "safe.bareRepository=explicit",
    "ls-files", "--cached", "--others", "--exclude-standard", "-z",
)  # fmt: skip
_GIT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class File:
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
    """

    root: str
    cwd: str
    exclude: tuple[Glob, ...]
    claims: Callable[[str], bool]

    def file(self, full: str, named: bool = False, opened: str = "") -> File:
        """Return the file at the absolute path `full`."""
        shown = printable(full, self.cwd)
        if not _SECRETS.isdisjoint(shown):
            shown = mask(shown)
        return File(opened or full, shown, printable(full, self.root), named)

    def excluded(self, inside: str, exempt: frozenset[Glob]) -> bool:
        """Tell whether a pattern other than the exempt ones covers a file."""
        return any(glob.covers(inside) for glob in self.exclude if glob not in exempt)


def printable(full: str, start: str) -> str:
    """Return `full` relative to `start`, with `/`; bytes that are no UTF-8 are escaped."""
    below = start.rstrip(os.sep) + os.sep
    relative = full[len(below) :] if full.startswith(below) else os.path.relpath(full, start)
    relative = relative.replace(os.sep, "/")
    return (
        relative
        if relative.isascii()
        else os.fsencode(relative).decode("utf-8", "backslashreplace")
    )


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


def repository(start: str) -> str | None:
    """Return the nearest folder from `start` upwards that holds `.git`, None without one."""
    for folder in (Path(start), *Path(start).parents):
        if os.path.exists(folder / ".git"):
            return str(folder)
    return None


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
    return Discovered(tuple(sorted(found.values(), key=lambda file: file.shown)), tuple(unread))


def leads_out(file: File, root: str) -> bool:
    """Tell whether a path is a symbolic link to something outside of the folder `root`."""
    return os.path.islink(file.full) and not is_within(os.path.realpath(file.full), root)


def _search(
    folder: str, tree: Tree, exempt: frozenset[Glob], unread: list[Unreadable]
) -> Iterator[File]:
    links = []
    seen = set()
    listed = _listed_by_git(folder) if repository(folder) else ()
    for full in listed or _walk(folder, tree, unread):
        inside = printable(full, tree.root)
        if not tree.claims(inside) or tree.excluded(inside, exempt):
            continue
        kind = _kind(full)
        if kind == stat.S_IFLNK:
            links.append(full)
        elif kind == stat.S_IFREG:
            seen.add(full)
            yield tree.file(full)
    for link in links:
        real = os.path.realpath(link)
        if is_within(real, tree.root) and real not in seen and _kind(real) == stat.S_IFREG:
            yield tree.file(link, opened=real)


def _kind(path: str) -> int:
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except OSError:
        return 0  # in git's index, but not in the work tree


def is_within(path: str, folder: str) -> bool:
    """Tell whether a resolved path lies in a folder."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def git_environment() -> dict[str, str]:
    """Return the environment git is run in: it asks nobody, fetches and locks nothing."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    own = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    return kept | own | {"LC_ALL": "C"}


def _listed_by_git(folder: str) -> list[str]:
    """Return what git knows and does not ignore below `folder`; nothing where git cannot say.

    Nothing is also what a folder holds that is ignored itself: then the user, who named it,
    wants a walk. Submodules are repositories of their own and are left out.
    """
    try:
        answer = subprocess.run(
            _GIT, cwd=folder, env=git_environment(), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_GIT_SECONDS, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []  # no git, a repository of another user, a broken one: a walk will do
    names = dict.fromkeys(os.fsdecode(name) for name in answer.stdout.split(b"\0") if name)
    found = [
        os.path.join(folder, name) for name in names if SKIPPED.isdisjoint(name.split("/")[:-1])
    ]
    # The index may name a file below what is by now a link to a folder elsewhere.
    parents = {os.path.dirname(full) for full in found}
    real = {parent for parent in parents if os.path.realpath(parent) == parent}
    return [full for full in found if os.path.dirname(full) in real]


def _walk(folder: str, tree: Tree, unread: list[Unreadable]) -> Iterator[str]:
    """Yield every file and link to a file below `folder`; links to folders are not followed."""
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                found = list(entries)
        except OSError as error:
            span = Span.at(printable(current, tree.cwd))
            unread.append(Unreadable(span, f"a folder: {reason(error)}", broken=False))
            continue
        if current != folder and any(entry.name == _VENV_MARK for entry in found):
            continue
        for entry in found:
            if not entry.is_dir(follow_symlinks=False):
                yield entry.path
            elif entry.name not in SKIPPED:
                waiting.append(entry.path)


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
