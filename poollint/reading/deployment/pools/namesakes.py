"""Which folder is meant where several have a package of one name: that nearest to its file."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import commonprefix, normpath


def nearest(folders: Iterable[str], home: str) -> str | None:
    """Return the one of the folders that shares most of its path with `home`, None if several."""
    parts = _parts(home)

    def near(folder: str) -> tuple[int, bool]:
        own = _parts(folder)
        return len(commonprefix([own, parts])), own == parts

    ranked = sorted(((near(folder), folder) for folder in folders), reverse=True)
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        return None
    return ranked[0][1] if ranked else None


def _parts(path: str) -> list[str]:
    return [part for part in normpath(path or ".").split("/") if part != "."]
