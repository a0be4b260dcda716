"""Programs that another one keeps running: how many of each, and with which variables.

PM2's apps, systemd's units and supervisord's programs; on a machine, or in a container that
starts PM2 or supervisord with a file of the tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from posixpath import basename

from poollint.facts.infrastructure import Process, Variable
from poollint.model.figure import Basis, Figure, Word
from poollint.reading.deployment.linking.documents import DaemonFile, Part
from poollint.reading.deployment.linking.variables import (
    Variables,
    expand,
    is_secret,
    number,
    unknown,
)
from poollint.reading.deployment.programs import commands
from poollint.syntax.daemons import NUMPROCS, Daemon, Text

PM2 = "pm2"
SUPERVISOR = "supervisord"
_OPTIONS = ("-c", "--configuration")
# How its files name a variable that it is given itself (supervisord.org, configuration).
_OUTER = re.compile(r"%\(ENV_([A-Za-z_]\w*)\)s")
_USUAL = "supervisord.conf"  # among the places where supervisord looks by itself
PACKAGED = ""
"""The name of what the file of a distribution's package takes in, which is none of the tree."""
_PACKAGED = ("", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")
_NONE: Variables = {}


def count(daemon: Daemon, variables: Variables = _NONE) -> Figure:
    """Return how many of a program run on one machine, or in one container."""
    if daemon.repeated:
        return unknown("replicas", "a template of systemd runs as often as it is enabled")
    if daemon.count is None:
        return Figure.defaulted(1, "replicas", "one machine")
    found = number(_word(daemon.count, variables), "replicas", daemon.counter)
    if found and found.low > 0:
        return found
    return unknown("replicas", daemon.count.span, f"{daemon.counter}: {daemon.count.text}")


def variables(daemon: Daemon, outer: Variables = _NONE) -> tuple[Variable, ...]:
    """Return what a program is given; `outer` is what whoever keeps it has of its own."""
    return tuple(Variable(n, _word(t, outer), is_secret(n)) for n, t in daemon.variables)


def _word(text: Text, outer: Variables) -> Word:
    """Return a text, or what the one variable stands for that it is."""
    written = _OUTER.sub(r"${\1}", text.text)
    if written == text.text and not text.text.startswith("${"):
        return Word(text.text, Basis.STATED, text.span)
    return expand(Part(written, text.span), outer)


def meant(
    found: tuple[Process, ...], argv: tuple[Part, ...], files: Mapping[str, DaemonFile]
) -> tuple[tuple[DaemonFile, Daemon], ...]:
    """Return the programs that a container's command starts, each with the file it stands in.

    `files` are those in the image, by their names there. A number of instances on the command
    line does not count beside a file (Unitech/pm2 31adee80, `lib/API.js`: it is a text there).
    """
    words = [word for part in argv for word in part.text.split()]
    if len(found) == 1 and not found[0].tool:
        return _supervised(words, files)
    process = found[0] if len(found) == 1 else None
    if process is None or process.tool != PM2 or basename(process.config) not in files:
        return ()
    file = files[basename(process.config)]
    only = next((b for a, b in pairwise(words) if a == "--only"), "")
    only = only or next((w.partition("=")[2] for w in words if w.startswith("--only=")), "")
    names = only.strip("\"'").split(",") if only else []
    return tuple((file, app) for app in file.daemons if not names or app.name in names)


def _supervised(
    words: list[str], files: Mapping[str, DaemonFile]
) -> tuple[tuple[DaemonFile, Daemon], ...]:
    """Return the programs of the file that a command starts supervisord with.

    One that takes in others (`[include]`) may have more programs than are known.
    """
    at = next((n for n, word in enumerate(words) if basename(word) == SUPERVISOR), None)
    if at is None:
        return ()
    rest = words[at + 1 :]
    named = next((b for a, b in pairwise(rest) if a in _OPTIONS), "")
    named = named or next((w.partition("=")[2] for w in rest if w.startswith(_OPTIONS[1])), "")
    file = files.get(PACKAGED) if named in _PACKAGED else None
    file = file or files.get(basename(named or _USUAL))
    if file is None or file.included:
        return ()
    return tuple((one, app) for one in (file, *file.taken) for app in one.daemons)


def process(app: Daemon, file: DaemonFile, outer: Variables) -> Process:
    """Return what one app runs, in all of its instances."""
    keeper = SUPERVISOR if app.counter == NUMPROCS else PM2
    many = replace(count(app, outer), name="workers")
    if app.count is None:
        many = Figure.defaulted(1, "workers", f"{keeper} default")
    line = commands.line(_OUTER.sub(r"${\1}", app.command.text), app.command.span)
    inner = commands.processes(line, outer, {file.source.path: file.source})
    own = next((one for one in inner if one.tool), None)
    if own is None and keeper == SUPERVISOR and inner:
        own = inner[0]
    if own is None:
        script = app.command.text.split()[-1] if app.command.text else ""
        return Process(PM2, app.command.span, many, None, script, "web")
    if many.low == many.high == 1 and many.basis is not Basis.UNKNOWN:
        return own
    return replace(own, processes=times(own.processes, many))


def times(one: Figure, many: Figure) -> Figure:
    """Return how many processes there are of a program that is kept running several times."""
    weakest = max((Basis.DERIVED, one.basis, many.basis), key=lambda basis: basis.strength)
    high = None if one.high is None or many.high is None else one.high * many.high
    hint = f"{many.low} {many.hint} of {one.low}"
    return Figure(one.low * many.low, high, "workers", weakest, many.origin, hint)
