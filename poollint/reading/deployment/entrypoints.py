"""Scripts that an image starts with: which program they start in the end.

A script that only hands on (`exec "$@"`) starts what follows it. Of one that starts a server in
one way its commands count, with the variables it sets; of one that chooses among several nothing
does, for no file says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from posixpath import basename, dirname, normpath

from poollint.catalog.platforms import platforms
from poollint.facts.infrastructure import Process
from poollint.model.source import SourceFile
from poollint.reading.deployment import commands
from poollint.reading.deployment.commands import Sources
from poollint.reading.deployment.documents import ImageFile, Part
from poollint.reading.deployment.variables import Variables
from poollint.syntax import shell

_HANDS_ON = re.compile(
    r"^[ \t]*(?:exec[ \t]+)?(?:[\w./-]+[ \t]+--[ \t]+)?\"?\$[@*]\"?[ \t]*$", re.M
)
_AHEAD = 6  # words of wrappers before a script

Scripts = Mapping[str, SourceFile]
Command = tuple[tuple[Part, ...], Sources]


def with_scripts(
    file: ImageFile, sources: Iterable[SourceFile], contexts: Iterable[str]
) -> ImageFile:
    """Return the Dockerfile with the scripts that it copies into its image.

    `contexts` are the folders that it may be built from.
    """
    known = {normpath(source.path): source for source in sources}
    named = put_in(file, known, contexts)
    return replace(file, scripts=tuple((name, known[path]) for name, path in named))


def put_in(
    file: ImageFile, paths: Iterable[str], contexts: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """Return which of the files at `paths` a Dockerfile copies, by their names in the image."""
    found: dict[str, set[str]] = {}
    known = tuple(paths)
    folders = {normpath(folder or ".") for folder in contexts}
    for source, place in file.copies:
        for path in known:
            for name in _names(path, source, place, folders):
                found.setdefault(name, set()).add(path)
    return tuple(sorted((name, at.pop()) for name, at in found.items() if len(at) == 1))


def _names(path: str, source: str, place: str, folders: set[str]) -> tuple[str, ...]:
    """Return what a script is called in the image: `COPY bin/start.sh /run.sh` names it anew."""
    for folder in folders:
        whole = normpath(f"{folder}/{source.lstrip('/')}")
        if path == whole:
            plain = place.endswith(("/", "."))
            return (basename(path),) if plain else (basename(path), basename(place))
        if whole == "." or path.startswith(f"{whole}/") or _fits(path, whole):
            return (basename(path),)
    return ()


def _fits(path: str, pattern: str) -> bool:
    """Tell whether a file is one of those that `bin/*.sh` names."""
    name = basename(pattern)
    alike = "*" in name and re.fullmatch(re.escape(name).replace(r"\*", ".*"), basename(path))
    return bool(alike) and dirname(path) == dirname(pattern)


def followed(
    argv: tuple[Part, ...], variables: Variables, scripts: Scripts, sources: Sources
) -> Command:
    """Return the command with a script that it starts put in, itself where it starts none."""
    source, rest = _script(argv, scripts)
    if source is None:
        return argv, sources
    if rest and not rest[0].text.startswith("-") and _HANDS_ON.search(source.text):
        return rest, sources
    whole = source.span(0, len(source.text))
    inner = commands.line(source.text, whole)
    read = {**sources, source.path: source}
    servers = [p for p in commands.started(inner, variables, read) if p.role in ("web", "worker")]
    if len({_ways(process) for process in servers}) != 1:
        return argv, sources
    return inner, read


def _ways(process: Process) -> tuple[object, ...]:
    numbers = (process.processes, process.threads)
    return process.tool, process.application, *(n and (n.low, n.high) for n in numbers)


def _script(argv: tuple[Part, ...], scripts: Scripts) -> tuple[SourceFile | None, tuple[Part, ...]]:
    """Return the script that a command starts, behind wrappers, and the words that follow it."""
    if len(argv) == 3 and argv[1].text == "-c":  # a line for a shell: its last command
        lines = shell.commands(argv[2].text)
        last = [w.text for w in lines[-1].words if w.text != "exec"] if lines else []
        return (scripts.get(basename(last[0])) if len(last) == 1 else None), ()
    for index, part in enumerate(argv[:_AHEAD]):
        name = basename(part.text)
        if name in scripts:
            return scripts[name], argv[index + 1 :]
        if not part.text.startswith("-") and platforms().wrapper(name) is None:
            break
    return None, ()
