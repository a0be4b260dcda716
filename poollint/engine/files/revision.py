"""The files of the project as a revision in git holds them, read without a work tree.

Only git's plumbing is run, with nothing of the repository's configuration that names a program:
blobs come as they are stored (no filter, no text conversion), nothing is fetched that is not
there, no hook runs, and nothing is written.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator

from poollint.engine.files.disk import git_environment
from poollint.engine.files.intake import CONFIG_LIMIT
from poollint.model.usage import UsageError

_GIT = (
    "git", "--no-replace-objects", "--no-optional-locks", "--literal-pathspecs",
    "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
    "-c", "safe.bareRepository=explicit", "-c", "protocol.allow=never", "-c", "gc.auto=0",
)  # fmt: skip
_SECONDS = 120
_ENTRY = re.compile(rb"(\d{6}) blob ([0-9a-f]{40,64}) +(\d+)\t(.+)", re.S)
_FILES = (b"100644", b"100755")  # no links, no submodules


def files_at(root: str, name: str, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the bytes of the wanted files below the folder `root` at the revision `name`.

    Keys are paths relative to `root`, POSIX. `UsageError` where git cannot tell.
    """
    commit = _git(root, name, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    tree = _git(root, name, "ls-tree", "-r", "-z", "-l", commit.strip().decode())
    found = {path: blob for path, blob in _entries(tree) if wanted(path)}
    if not found:
        return {}
    ids = "".join(f"{blob}\n" for blob in dict.fromkeys(found.values())).encode()
    blobs = dict(_blobs(_git(root, name, "cat-file", "--batch", given=ids)))
    return {path: blobs[blob] for path, blob in found.items() if blob in blobs}


def _entries(tree: bytes) -> Iterator[tuple[str, str]]:
    """Yield the path and the object of every file that is not larger than what is read."""
    for line in tree.split(b"\0"):
        entry = _ENTRY.fullmatch(line)
        if entry and entry[1] in _FILES and int(entry[3]) <= CONFIG_LIMIT:
            yield os.fsdecode(entry[4]), entry[2].decode()


def _blobs(batch: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(batch):
        end = batch.index(b"\n", at)
        head = batch[at:end].split(b" ")
        at = end + 1
        if len(head) == 3 and head[1] == b"blob":
            size = int(head[2])
            yield head[0].decode(), batch[at : at + size]
            at += size + 1


def _git(root: str, name: str, *arguments: str, given: bytes = b"") -> bytes:
    try:
        answer = subprocess.run(
            (*_GIT, *arguments), cwd=root, env=git_environment(), input=given, capture_output=True,
            timeout=_SECONDS, check=True,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise UsageError("`--against` needs git", "git is not installed") from error
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        hint = "name a commit, a branch or a tag of the repository around the project"
        raise UsageError(f"git knows no revision `{name}` here", hint) from error
    return answer.stdout
