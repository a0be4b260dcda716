"""The files that may hold the settings."""

from __future__ import annotations

import os
from collections.abc import Iterator

from poollint.engine.files.disk import upwards


def places(start: str, top: str) -> Iterator[str]:
    """Yield the files that may hold the settings, the nearest to the folder `start` first.

    They are looked for up to the folder `top`. In one folder `poollint.toml` wins over
    `pyproject.toml`, and it always holds settings; a `pyproject.toml` may speak of poollint and
    hold none.
    """
    for folder in upwards(start):
        own = os.path.join(folder, "poollint.toml")
        project = os.path.join(folder, "pyproject.toml")
        if os.path.isfile(own):  # False also in a folder that may not be entered
            yield own
            return
        if os.path.isfile(project) and _speaks_of_poollint(project):
            yield project
        if folder == top:
            return


def _speaks_of_poollint(path: str) -> bool:
    """Tell whether it is worth reading: a broken file that is not ours is not our business."""
    try:
        with open(path, "rb") as stream:
            return b"poollint" in stream.read()
    except OSError:
        return False
