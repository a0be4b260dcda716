"""How many instances `docker compose up --scale` starts, where a makefile or a script says so.

Source: docs.docker.com/reference/cli/docker/compose/up: `--scale SERVICE=NUM` overrides the number
of the Compose file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename, dirname, join, normpath

from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.compose.projects import NAMES, Project

MARK = b"--scale"
_COMMAND = re.compile(
    r"^(?P<before>[^\n#]*?)\bdocker[- ]compose\b(?P<rest>(?:[^\n\\;&|#]|\\[^\n]|\\\n)*)", re.M
)
_UP = re.compile(r"(?<!\S)up(?!\S)")
_FILE = re.compile(r"(?<!\S)(?:-f|--file)(?:=|\s)\s*[\"']?([^\s\"']+)")
_SCALE = re.compile(r"(?<!\S)--scale(?:=|\s)\s*[\"']?([\w.-]+)=([^\s\"']+)")
_ASSIGNED = re.compile(r"(?m)^(?:export[ \t]+)?(\w+)[ \t]*[:?]?=[ \t]*([\w./-]+)[ \t]*$")
_VARIABLE = re.compile(r"\$[({]?(\w+)(?::-(\w+))?[)}]?")
_SAYS = re.compile(r"\b(?:echo|printf)\b")
_FOLDERS = frozenset(("scripts", "script", "bin", "tools", "ops", "deploy", "deployment", "hack"))


@dataclass(frozen=True, slots=True)
class Up:
    """One command that starts a project: the Compose files it names, and what it scales.

    scales  the name of a service, the number, and its place
    """

    path: str
    files: tuple[str, ...]
    scales: tuple[tuple[str, int, Span], ...]


@dataclass(frozen=True, slots=True)
class ScaleFile:
    """A makefile or a script that starts projects."""

    ups: tuple[Up, ...]


def read(source: SourceFile) -> ScaleFile | None:
    """Return the commands of a file that start projects, None where none scales a service."""
    known = dict(_ASSIGNED.findall(source.text))
    found = tuple(_ups(source, known))
    return ScaleFile(found) if any(up.scales for up in found) else None


def _ups(source: SourceFile, known: dict[str, str]) -> Iterator[Up]:
    """Yield the commands but those to which whoever starts them gives a number (`$(N)`)."""
    for command in _COMMAND.finditer(source.text):
        if _SAYS.search(command["before"]) or not _UP.search(command["rest"]):
            continue
        begin = command.start("rest")
        scales = [
            (
                scale[1],
                _put(scale[2], known),
                source.span(begin + scale.start(1), begin + scale.end(2)),
            )
            for scale in _SCALE.finditer(command["rest"])
        ]
        if all(text.isdecimal() and len(text) < 6 for _, text, _ in scales):
            files = tuple(_put(file, known) for file in _FILE.findall(command["rest"]))
            numbers = tuple((name, int(text), place) for name, text, place in scales)
            yield Up(source.path, files, numbers)


def _put(text: str, known: dict[str, str]) -> str:
    """Return a word with the variables that its file gives a value, or a default, put in."""
    return _VARIABLE.sub(lambda name: known.get(name[1], name[2] or name[0]), text)


def of(project: Project, documents: Iterable[object]) -> tuple[Up, ...]:
    """Return the commands that start a project, none where none of them scales it."""
    ups = (up for d in documents if isinstance(d, ScaleFile) for up in d.ups)
    found = tuple(up for up in ups if _starts(up, project))
    return found if any(up.scales for up in found) else ()


def _starts(up: Up, project: Project) -> bool:
    paths = {normpath(manifest.source.path) for manifest in project.files}
    folders = [dirname(up.path) or "."]
    if basename(folders[0]) in _FOLDERS:
        folders.append(dirname(folders[0]) or ".")
    if up.files:
        return any({normpath(join(f, file)) for file in up.files} == paths for f in folders)
    default = basename(project.scope) in NAMES
    return default and any(normpath(project.folder or ".") == folder for folder in folders)


def replicas(name: str, stated: Figure, ups: tuple[Up, ...]) -> Figure:
    """Return how many instances of a service all these commands start, of which one is used."""
    told = [next((one for one in up.scales if one[0] == name), None) for up in ups]
    scaled = [one for one in told if one]
    if not scaled:
        return stated
    _, most, place = max(scaled, key=lambda one: one[1])
    numbers = [number for _, number, _ in scaled]
    if None in told:  # others start it as its file says
        if stated.high is None:
            return stated
        numbers += [stated.low, stated.high]
    low, high = min(numbers), max(numbers)
    if high > most:
        return Figure(low, high, "replicas", stated.basis, stated.origin, stated.hint)
    return Figure(low, high, "replicas", Basis.STATED, place, f"--scale {name}={most}")
