"""The programs that load an application: from manifests, images, scripts, units and uWSGI's files.

Manifests, Procfiles and Dockerfiles have readers of their own; here are the files that only say
how a program is started. They count for what depends on starting; units of systemd and files of
supervisord for a budget too, where nothing else describes what runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from posixpath import basename, dirname

from poollint.facts.infrastructure import Process, Variable, Workload
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.compose import layered, scaled
from poollint.reading.deployment.gcloud import calls as gcloud
from poollint.reading.deployment.helm import commands as helm
from poollint.reading.deployment.linking.documents import (
    ImageFile,
    Part,
    ScriptFile,
    StartingScript,
)
from poollint.reading.deployment.linking.variables import expand, is_secret, number
from poollint.reading.deployment.programs import commands, machines
from poollint.reading.deployment.servers.first_start import WORDS
from poollint.reading.reader import FileReading, Options, Reader
from poollint.syntax import shell

NAME = "launch"
_SCRIPT = re.compile(r".+\.(?:sh|bash)|(?:docker-)?entrypoint", re.I)
_UNIT = re.compile(r".+\.service|supervisord?(?:[._-].+)?\.(?:conf|ini)", re.I)
# What such a file takes in lies in a folder called so, or in one that other programs have, too.
_SUPERVISED = re.compile(r"(?:^|/)\.?supervis[^/]*/(?:[^/]+/)?[^/]+\.(?:conf|ini)$", re.I)
_UWSGI = re.compile(r".*uwsgi.*\.ini", re.I)
_PROGRAMS = re.compile(rb"\b(?:gunicorn|uwsgi|celery)\b")
# What else a script may start, or hand on to: it counts where an image starts with the script.
_SERVERS = re.compile(
    rb"\b(?:uvicorn|hypercorn|granian|daphne|fastapi|dramatiq|waitress-serve|rq|huey"
    rb"|node|npm|yarn|pnpm|pm2(?:-runtime)?|puma|unicorn|sidekiq|rails|php-fpm[\d.]*|mix)\b|\$@"
)
_KEPT = re.compile(rb"^(?:ExecStart[ \t]*=|\[program:|\[include\])", re.M)
_ADDRESSES = re.compile(rb"^[ \t]*export[ \t][^\n]*(?:PG|DB|DATABASE|POSTGRES|SQL)\w*=", re.M)
_STARTS = re.compile(r"python[\d.]*|exec|uvicorn|hypercorn|daphne|flask|granian|fastapi|poetry|uv")
_RUNS = re.compile(r"^[ \t]*(?:ExecStart|command)[ \t]*=[ \t]*[-@:+!]*(?P<line>[^\n]*)", re.M)
_COMMANDS: tuple[Callable[[SourceFile], object], ...] = (
    scaled.read, layered.read, helm.read, gcloud.read,
)  # fmt: skip
_COMPUTED = "$()"  # what another program prints: it may be anything
_SETTING = re.compile(r"^[ \t]*(?P<key>[\w-]+)[ \t]*=[ \t]*(?P<value>[^\n;#]*?)[ \t]*\r?$", re.M)
_TRUE = frozenset({"true", "1", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Launch:
    """A program that a file starts; `folder` is where names of files and modules count from."""

    process: Process
    folder: str


def _claims(path: str) -> bool:
    name = basename(path)
    named = any(test.fullmatch(name) for test in (_SCRIPT, _UNIT, _UWSGI))
    return named or _SUPERVISED.search(path) is not None


def _screen(data: bytes, options: Options) -> bool:
    if any(mark in data for mark in (scaled.MARK, *helm.MARKS, *gcloud.MARKS)):
        return True
    return _tells(data) or any(test.search(data) for test in (_SERVERS, WORDS, layered.MARK))


def _tells(data: bytes) -> bool:
    """Tell whether a file starts what forks, or gives it an address."""
    return any(test.search(data) is not None for test in (_PROGRAMS, _KEPT, _ADDRESSES))


def _read(source: SourceFile, options: Options) -> FileReading:
    name = basename(source.path)
    script: tuple[object, ...] = (ScriptFile(source),) if _SCRIPT.fullmatch(name) else ()
    if script:
        script += tuple(filter(None, (read(source) for read in _COMMANDS)))
    if script and not _tells(source.text.encode(errors="replace")):
        return FileReading(source.path, NAME, documents=script)
    if _UWSGI.fullmatch(name):
        found = tuple(_uwsgi(source))
    elif not script:
        found = tuple(p for m in _RUNS.finditer(source.text) for p in _line(source, m))
    else:
        found = tuple(_script(source, source.text, 0))
    folder = dirname(source.path)
    launches = tuple(Launch(p, folder) for p in found)
    kept = machines.file(source) if not script and not _UWSGI.fullmatch(name) else None
    given = _given(source) if _SCRIPT.fullmatch(name) else None
    told = tuple(document for document in (kept, given) if document)
    return FileReading(source.path, NAME, documents=(*launches, *told, *script))


READER = Reader(NAME, python=False, claims=_claims, screen=_screen, read=_read)


def _given(source: SourceFile) -> StartingScript | None:
    """Return what a script exports to the program it starts, None of one that starts none."""
    found: list[Variable] = []
    starts = False
    for command in shell.commands(source.text):
        first, *rest = command.words or (None,)
        if first is not None and first.text == "export":
            found += (_exported(source, word) for word in rest if word and "=" in word.text)
        starts = starts or bool(first and (_STARTS.fullmatch(first.text) or _known(first.text)))
    return StartingScript(source.path, tuple(found)) if found and starts else None


def _known(program: str) -> bool:
    return _PROGRAMS.fullmatch(program.encode()) is not None


def _exported(source: SourceFile, word: shell.Word) -> Variable:
    name, _, text = word.text.partition("=")
    span = source.span(word.start, word.end)
    value = expand(Part(text, span, word.expands), {})
    # Of what a shell puts together only parts are known: they may tell where a URL leads.
    rest = _COMPUTED if "$(" in text or "`" in text else text
    told = value if value.value is not None else Word(rest, Basis.STATED, span)
    return Variable(name, told, is_secret(name))


def _line(source: SourceFile, match: re.Match[str]) -> Iterator[Process]:
    return _script(source, match["line"], match.start("line"))


def _script(source: SourceFile, text: str, start: int) -> Iterator[Process]:
    """Yield the programs that a script starts, whichever of its branches does."""
    for command in shell.commands(text):
        parts = tuple(
            Part(word.text, source.span(start + word.start, start + word.end), word.expands)
            for word in command.words
        )
        yield from commands.started(parts, _assigned(command, source, start), {})


def _assigned(command: shell.Command, source: SourceFile, start: int) -> dict[str, Variable]:
    return {
        name: Variable(
            name,
            Word(word.text, Basis.STATED, source.span(start + word.start, start + word.end)),
        )
        for name, word in command.assignments
    }


def _uwsgi(source: SourceFile) -> Iterator[Process]:
    """Yield what uWSGI's ini file has it do; nothing where a name in it is filled in later."""
    found = {m["key"].replace("_", "-"): m for m in _SETTING.finditer(source.text)}
    named = next((found[k] for k in ("module", "wsgi", "wsgi-file", "mount") if k in found), None)
    if named is None or re.search(r"[%$({@]", named["value"]):
        return
    lazy = any(found[k]["value"].lower() in _TRUE for k in ("lazy-apps", "lazy") if k in found)
    many = next((found[k] for k in ("processes", "workers") if k in found), None)
    count = Figure.defaulted(1, "workers", "uWSGI default")
    if many is not None:
        span = _span(source, many)
        read = number(Word(many["value"], Basis.STATED, span), "workers", many["key"])
        count = read or Figure(1, None, "workers", Basis.UNKNOWN, span)
    span = _span(source, named)
    folder = found["chdir"]["value"] if "chdir" in found else ""
    yield Process(
        "uwsgi", span, count, None, named["value"], preload=None if lazy else span, folder=folder
    )


def _span(source: SourceFile, match: re.Match[str]) -> Span:
    return source.span(match.start("key"), match.end("value"))


def starts_programs(readings: Iterable[FileReading]) -> bool:
    """Tell whether manifests name one of the programs at all."""
    sources = (getattr(d, "source", None) for reading in readings for d in reading.documents)
    return any(s and _PROGRAMS.search(s.text.encode("utf-8", "replace")) for s in sources)


def launches(readings: Iterable[FileReading], workloads: Iterable[Workload]) -> tuple[Launch, ...]:
    """Return every program that files start, once for each place that says so."""
    found = [
        Launch(container.process, container.build)
        for workload in workloads
        for container in workload.containers
        if container.process
    ]
    for document in (d for reading in readings for d in reading.documents):
        if isinstance(document, Launch):
            found.append(document)
        elif isinstance(document, ImageFile):
            found += _of_image(document)
    return tuple(
        {(one.process.span, one.process.application): one for one in reversed(found)}.values()
    )


def _of_image(file: ImageFile) -> Iterator[Launch]:
    argv = (*(file.entrypoint or ()), *(file.command or ()))
    variables = {
        name: Variable(name, Word(part.text, Basis.STATED, part.span))
        for name, part in file.variables
    }
    if argv:
        sources = {file.source.path: file.source}
        for process in commands.started(argv, variables, sources):
            yield Launch(process, dirname(file.source.path))
