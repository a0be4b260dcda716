"""Which Compose files makefiles, scripts and `package.json` lay over each other (`-f a -f b`).

Source: docs.docker.com/reference/cli/docker/compose, `-f`: the files are merged in the order in
which they are named; their paths count from where one types the command.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from posixpath import dirname, join, normpath

from poollint.model.source import SourceFile
from poollint.reading.deployment.ecosystems.stating import StatedFile

_OPTION = r"(?:-f|--file)(?:=|[ \t]+)"
# One command, in several lines where each but the last ends with a backslash.
_COMMAND = re.compile(rf"\bdocker[- ]compose\b(?:[^\n\\;&|]|\\\r?\n|\\[^\n])*?(?<!\S){_OPTION}"
                      r"(?:[^\n\\;&|]|\\\r?\n|\\[^\n])*")  # fmt: skip
_FILE = re.compile(rf"(?<!\S){_OPTION}[\"'`]?([^\s\"'`]+)")
_NAME = re.compile(r"(?:\$\{?\w+\}?/|\$\(\w+\)/)?([\w./-]+\.ya?ml)")
MARK = re.compile(rb"\bdocker[- ]compose\b(?:[^\n\\]|\\\r?\n){0,200}?\s(?:-f|--file)[= \t]")


@dataclass(frozen=True, slots=True)
class Layering:
    """The Compose files that one command names, in its order; `path` is the file it stands in."""

    path: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayeredFile:
    """A makefile or a script with such commands."""

    commands: tuple[Layering, ...]


def read(source: SourceFile) -> LayeredFile | None:
    """Return the commands of a file that name Compose files, None where none does."""
    found = tuple(_commands(source.text, source.path))
    return LayeredFile(found) if found else None


def _commands(text: str, path: str) -> Iterator[Layering]:
    """Yield the commands, but those that put the name of a file together when they run."""
    for command in _COMMAND.findall(text):
        names = [_NAME.fullmatch(word.rstrip(")")) for word in _FILE.findall(command)]
        if names and all(names):
            yield Layering(path, tuple(name[1] for name in names if name))


def told(documents: Iterable[object], files: Container[str]) -> tuple[tuple[str, ...], ...]:
    """Return what commands of a tree lay over each other, by the paths of `files`."""
    found: list[Layering] = []
    for document in documents:
        if isinstance(document, LayeredFile):
            found += document.commands
        elif isinstance(document, StatedFile):
            for _, line, span in document.scripts:
                found += _commands(line, span.path)
    there = (_there(one, files) for one in dict.fromkeys(found))
    return tuple(dict.fromkeys(paths for paths in there if paths))


def _there(one: Layering, files: Container[str]) -> tuple[str, ...]:
    """Return the paths of the files in the nearest folder above the command that has them all."""
    folder = dirname(one.path)
    while True:
        paths = tuple(normpath(join(folder, name.lstrip("/"))) for name in one.files)
        if all(path in files for path in paths):
            return paths
        if not folder:
            return ()
        folder = dirname(folder)


def below(own: str, told: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return a file with those that commands lay it over, nothing where it is started alone, too.

    Of different ones the first: whatever else is laid between changes less than that.
    """
    named = [paths for paths in told if own in paths]
    if not named or any(paths[0] == own for paths in named):
        return ()
    every = {paths[: paths.index(own) + 1] for paths in named}
    if len(every) == 1:
        return every.pop()
    first = {paths[0] for paths in every}
    return (first.pop(), own) if len(first) == 1 else ()
