"""Applications of Python that Apache runs with mod_wsgi: their processes, and the threads of each.

Source: GrahamDumpleton/mod_wsgi 0133206b, docs/configuration-directives/WSGIDaemonProcess.rst: a
group has 1 process with 15 threads where its directive states neither. Without a directive the
application runs in Apache's own children, of which nothing here tells how many there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile, Span
from poollint.reading.deployment.linking.deployed import Unit
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.variables import unknown
from poollint.reading.reader import Options

TOOL = "mod_wsgi"
_PROGRAMS = frozenset(("apache2", "apache2ctl", "apachectl", "httpd", "httpd-foreground",
                       "apache2-foreground"))  # fmt: skip
_GROUP = re.compile(r"^[ \t]*WSGIDaemonProcess[ \t]+(?P<rest>(?:\\\r?\n|[^\n])*)", re.M | re.I)
_OPTION = re.compile(r"\b(processes|threads)=(\S+)", re.I)
_DEFAULTS = {"processes": 1, "threads": 15}


def configured(found: Iterable[Environment], options: Options) -> tuple[Environment, ...]:
    """Return what runs, Apache with the processes that mod_wsgi has by its files."""
    beside = options.beside
    if beside is None:
        return tuple(found)
    return tuple(
        replace(
            one,
            placed=tuple(
                placed.of(_told(unit, options) for unit in placed.units) for placed in one.placed
            ),
        )
        for one in found
    )


def _is_apache(unit: Unit) -> bool:
    words = [word for part in unit.argv or () for word in part.text.split()]
    return unit.file is not None and any(basename(word) in _PROGRAMS for word in words)


def _told(unit: Unit, options: Options) -> Unit:
    """Return a container with what the only group of its files says."""
    groups = list(_groups(unit, options)) if _is_apache(unit) else []
    if len(groups) != 1:
        return unit
    ((source, rest, at),) = groups
    stated = {match[1].lower(): match for match in _OPTION.finditer(rest)}

    def figure(name: str) -> Figure:
        match = stated.get(name)
        title = "workers" if name == "processes" else name
        if match is None:
            return Figure.defaulted(_DEFAULTS[name], title, "mod_wsgi default")
        span = source.span(at + match.start(), at + match.end())
        if not match[2].isdecimal() or len(match[2]) > 5:
            return unknown(title, span, match[0])
        number = int(match[2])
        return Figure(number, number, title, Basis.STATED, span, match[0])

    span = source.span(at, at + len(rest))
    process = Process(TOOL, span, figure("processes"), figure("threads"), role="web")
    return replace(unit, container=replace(unit.container, process=process))


def _groups(unit: Unit, options: Options) -> Iterator[tuple[SourceFile, str, int]]:
    """Yield the groups of processes in the files of Apache that are copied into an image."""
    seen: set[Span] = set()
    for source in _files(unit, options):
        for match in _GROUP.finditer(source.text):
            span = source.span(match.start("rest"), match.end("rest"))
            if span not in seen:
                seen.add(span)
                yield source, match["rest"], match.start("rest")


def _files(unit: Unit, options: Options) -> Iterator[SourceFile]:
    file = unit.file
    folders = dict.fromkeys(
        (unit.container.build or ".", dirname(file.source.path) if file else "")
    )
    for copied, _ in file.copies if file else ():
        for folder in folders if copied.endswith(".conf") else ():
            path = normpath(join(folder, copied.lstrip("/")))
            text = options.beside(path) if options.beside and not path.startswith("..") else ""
            if text:
                yield SourceFile(path, text)
                break
