"""Where a project begins."""

from __future__ import annotations

import os
from collections.abc import Iterable

from poollint.engine.files.disk import repository, upwards

MARKS = (
    "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "manage.py",
    "docker-compose.yml", "compose.yaml", "Dockerfile", "Procfile",
)  # fmt: skip
"""Files that projects have at their roots."""


def start(paths: Iterable[str], stdin: str | None, cwd: str) -> str:
    """Return the folder that all paths lie in; `stdin` names standard input, None without one."""
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    if stdin is not None:
        folder = os.path.realpath(os.path.dirname(os.path.join(cwd, stdin)))
        folders.append(folder if os.path.isdir(folder) else cwd)
    try:
        return os.path.commonpath(folders)
    except ValueError:  # nothing in common: two drives
        return cwd


def top(beginning: str, cwd: str) -> str:
    """Return the project's root where no settings file tells it, from a folder in it.

    Without a repository it is the folder above that has what projects have at their root, up to
    the working directory. That may be anything, a home directory among others: it counts only
    where it is what is asked for.
    """
    found = repository(beginning)
    if found is not None:
        return found
    if os.path.commonpath([beginning, cwd]) != cwd:
        return beginning
    for folder in upwards(beginning):
        if is_marked(folder):
            return folder
        if folder == cwd:
            break
    return beginning


def is_marked(folder: str) -> bool:
    """Tell whether a folder has what projects have at their root."""
    return any(os.path.exists(os.path.join(folder, mark)) for mark in MARKS)
