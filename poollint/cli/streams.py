"""What goes to which stream, and what that stream can show."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from poollint.report.palette import Palette


def say(text: str) -> None:
    """Print data."""
    _write(sys.stdout, text)


def talk(text: str) -> None:
    """Print what is no data: errors, hints, the summary beside a pipe."""
    _write(sys.stderr, text)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a person looks at `stream`."""
    return stream is not None and not stream.closed and stream.isatty()


def palette_of(stream: TextIO | None, color: str) -> Palette:
    """Return what `stream` can show; `color` is "auto", "always" or "never"."""
    from poollint.report.palette import Palette

    root = web_root(os.environ, os.getcwd())
    if not is_terminal(stream):
        return Palette.of(False, os.environ, color, root=root)
    import shutil
    from pathlib import Path

    columns = shutil.get_terminal_size().columns
    return Palette.of(True, os.environ, color, columns, root or Path.cwd().as_uri())


def web_root(environment: Mapping[str, str], folder: str | os.PathLike[str]) -> str:
    """Return the URL of `folder` at the commit that GitHub Actions runs for, "" elsewhere.

    Source: docs.github.com, "Variables reference": `GITHUB_SERVER_URL`, `GITHUB_REPOSITORY`,
    `GITHUB_SHA`, and `GITHUB_WORKSPACE`, the folder that the repository is checked out to.
    """
    names = ("SERVER_URL", "REPOSITORY", "SHA", "WORKSPACE")
    server, repository, commit, top = (environment.get(f"GITHUB_{name}", "") for name in names)
    if not (server.startswith("https://") and repository and commit and top):
        return ""
    from pathlib import Path

    from poollint.report.palette import uri

    try:
        inside = Path(folder).resolve().relative_to(Path(top).resolve()).as_posix()
    except ValueError:  # another checkout, of which nothing is known
        return ""
    root = f"{server.rstrip('/')}/{uri(repository)}/blob/{uri(commit)}"
    return root if inside == "." else f"{root}/{uri(inside)}"


def _write(stream: TextIO | None, text: str) -> None:
    """Write all of `text`, whatever the encoding; a closed pipe is no error."""
    if stream is None or not text:
        return
    try:
        stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))
        stream.flush()
    except BrokenPipeError:
        _silence(stream)
    except OSError:
        _silence(stream)
        raise


def _silence(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, so that the exit of Python does not stumble."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):
        return
