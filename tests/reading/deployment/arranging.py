"""Trees of files for the tests of what joins them."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from poollint.facts.topology import Topology
from poollint.model.source import SourceFile
from poollint.reading import linking, project
from poollint.reading.reader import FileReading, Options


def readings(files: Mapping[str, str], options: Options | None = None) -> tuple[FileReading, ...]:
    """Return what the readers make of files that are given by path and text."""
    found: list[FileReading] = []
    for path, text in files.items():
        reader = project.reader_of(path)
        assert reader is not None, path
        source = SourceFile(path, dedent(text).lstrip("\n"))
        assert reader.screen(source.text.encode(), Options()), path
        found.append(reader.read(source, options or Options()))
    return tuple(found)


def topologies(files: Mapping[str, str], options: Options | None = None) -> tuple[Topology, ...]:
    """Return the topologies of a tree of files."""
    options = options or Options()
    return linking.link(readings(files, options), options).topologies


def topology(files: Mapping[str, str], options: Options | None = None) -> Topology:
    """Return the only topology of a tree of files."""
    (found,) = topologies(files, options)
    return found
