"""How many processes and threads uWSGI's own files give it, in containers that start it with one.

Source: unbit/uwsgi-docs ecb5670, "Options" (`processes`, `workers` and `p` are one option; with
`cheaper` fewer run while there is little to do, and `processes` stays the most).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure
from poollint.model.source import SourceFile
from poollint.reading.deployment.linking.deployed import Unit
from poollint.reading.deployment.linking.documents import Part
from poollint.reading.deployment.linking.environments import Environment
from poollint.reading.deployment.linking.variables import (
    Variables,
    environment,
    expand,
    number,
    unknown,
)
from poollint.reading.reader import Options
from poollint.syntax import uwsgi
from poollint.syntax.uwsgi import Option

TOOL = "uwsgi"
_MANY = ("processes", "workers", "p")
_TOLD = (Basis.STATED, Basis.DERIVED)
_SUM = re.compile(r"%\((\d{1,4})\s*([*+-])\s*(\d{1,4})\)")


def configured(found: Iterable[Environment], options: Options) -> tuple[Environment, ...]:
    """Return what runs, uWSGI with the numbers of its file where its command has none."""
    return tuple(_with_files(environment_, options) for environment_ in found)


def _with_files(one: Environment, options: Options) -> Environment:
    every = (unit for placed in one.placed for unit in placed.units)
    if options.beside is None or not any(_reads(unit) for unit in every):
        return one
    told = (placed.of(_told(unit, options) for unit in placed.units) for placed in one.placed)
    return replace(one, placed=tuple(told))


def _reads(unit: Unit) -> bool:
    process = unit.container.process
    return process is not None and process.tool == TOOL and bool(process.config)


def _told(unit: Unit, options: Options) -> Unit:
    process = unit.container.process
    if process is None or not _reads(unit):
        return unit
    source = _file(unit, process.config, options)
    if source is None:  # of which nobody knows whether it says how many threads there are
        open_ = process.threads or unknown("threads", process.span, f"{process.config}, not read")
        told = replace(process, threads=open_)
        return replace(unit, container=replace(unit.container, process=told))
    section = process.config.rpartition(":")[2] if ":" in process.config else TOOL
    said = uwsgi.read(source, section)
    told = _process(process, said, environment(unit.container.variables), source.path)
    return replace(unit, container=replace(unit.container, process=told))


def _file(unit: Unit, config: str, options: Options) -> SourceFile | None:
    """Return the file of the tree that a container calls so, None where none is."""
    for path in _paths(unit, config.partition(":")[0]):
        text = options.beside(path) if options.beside else ""
        if text:
            return SourceFile(path, text)
    return None


def _paths(unit: Unit, config: str) -> Iterator[str]:
    """Yield where the file may lie: as it was copied, or as it is called below the build."""
    homes = [unit.container.build or "."]
    if unit.file:
        homes.append(dirname(unit.file.source.path) or ".")
        for source, place in unit.file.copies:
            if basename(config) in (basename(place), basename(source)):
                yield from (normpath(join(home, source.lstrip("/"))) for home in homes)
    parts = [part for part in config.split("/") if part not in ("", ".")]
    for home in homes:
        for at in range(len(parts)):
            yield normpath(join(home, *parts[at:]))


def _process(process: Process, said: dict[str, Option], variables: Variables, path: str) -> Process:
    """Return a process with the numbers of a file, where neither command nor variable says any."""
    many = next((said[key] for key in reversed(said) if key in _MANY), None)
    if process.processes.basis not in _TOLD:
        count = _figure(many, "workers", variables) if many else None
        default = Figure.defaulted(1, "workers", f"uWSGI default, {path} says nothing")
        process = replace(process, processes=count or default)
    own = process.threads
    if own is None or own.basis is not Basis.STATED:
        default = Figure.defaulted(1, "threads", "uWSGI default")
        threads = _figure(said["threads"], "threads", variables) if "threads" in said else default
        process = replace(process, threads=threads)
    module = next((said[k].text for k in ("module", "wsgi", "wsgi-file") if k in said), "")
    if not process.application and module and "%" not in module and "$" not in module:
        process = replace(process, application=module)
    return process


def _figure(option: Option, name: str, variables: Variables) -> Figure:
    text = _SUM.sub(_sum, option.text)
    word = expand(Part(text, option.span), variables)
    found = number(word, name, f"{name if name == 'threads' else 'processes'} of uWSGI")
    if found is None or found.low < 1 or not option.certain:
        return unknown(name, option.span, option.text)
    return found


def _sum(match: re.Match[str]) -> str:
    one, sign, other = int(match[1]), match[2], int(match[3])
    return str(one * other if sign == "*" else one + other if sign == "+" else one - other)
