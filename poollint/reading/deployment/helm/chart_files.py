"""The files of all charts of a tree, found by the chart that they belong to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from posixpath import basename, dirname, normpath

from poollint.model.source import SourceFile

CHART = "Chart.yaml"


class ChartFiles:
    """Templates, values and `Chart.yaml` of every chart, in the order in which they are given."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.every = tuple(files)
        self._at: dict[str, SourceFile] = {}
        for file in self.every:
            self._at.setdefault(file.path, file)

    @classmethod
    def of(cls, files: Iterable[SourceFile]) -> ChartFiles:
        """Return the files as one of these, as they are where they are one."""
        return files if isinstance(files, ChartFiles) else cls(files)

    def __iter__(self) -> Iterator[SourceFile]:
        return iter(self.every)

    def first(self, *paths: str) -> SourceFile | None:
        """Return the file at the first of the paths at which there is one."""
        return next((self._at[path] for path in paths if path in self._at), None)

    def below(self, folder: str) -> list[SourceFile]:
        """Return the files in a folder and in those within it; "" is the tree's own."""
        if not folder:
            return list(self.every)
        paths = self._sorted
        start, end = (bisect_left(paths, (folder + sign, 0)) for sign in "/0")  # "0" follows "/"
        return [self.every[at] for at in sorted(at for _, at in paths[start:end])]

    @cached_property
    def charts(self) -> dict[str, SourceFile]:
        """Return every `Chart.yaml` by the folder it is in."""
        return {normpath(dirname(f.path)): f for f in self.every if basename(f.path) == CHART}

    def within(self, folder: str) -> list[tuple[str, SourceFile]]:
        """Return every `Chart.yaml` in a folder of `folder`, with that folder's path."""
        return self._inner.get(folder, [])

    @cached_property
    def _inner(self) -> dict[str, list[tuple[str, SourceFile]]]:
        found: dict[str, list[tuple[str, SourceFile]]] = {}
        for folder, chart in self.charts.items():
            found.setdefault(dirname(folder), []).append((folder, chart))
        return found

    @cached_property
    def _sorted(self) -> list[tuple[str, int]]:
        return sorted((file.path, at) for at, file in enumerate(self.every))
