"""Programs that another one keeps running: how many of each, and with which variables.

PM2's apps, systemd's units and supervisord's programs; on a machine, or in a container that
starts PM2 with a file of the tree.
"""

from __future__ import annotations

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
from poollint.syntax.daemons import Daemon, Text

PM2 = "pm2"
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
    if not text.text.startswith("${"):
        return Word(text.text, Basis.STATED, text.span)
    return expand(Part(text.text, text.span), outer)


def meant(
    found: tuple[Process, ...], argv: tuple[Part, ...], files: Mapping[str, DaemonFile]
) -> tuple[DaemonFile, tuple[Daemon, ...]] | None:
    """Return the file whose apps a container's command starts with PM2, and these apps.

    `files` are those in the image, by their names there. A number of instances on the command
    line does not count beside a file (Unitech/pm2 31adee80, `lib/API.js`: it is a text there).
    """
    process = found[0] if len(found) == 1 else None
    if process is None or process.tool != PM2 or basename(process.config) not in files:
        return None
    file = files[basename(process.config)]
    words = [word for part in argv for word in part.text.split()]
    only = next((b for a, b in pairwise(words) if a == "--only"), "")
    only = only or next((w.partition("=")[2] for w in words if w.startswith("--only=")), "")
    names = only.strip("\"'").split(",") if only else []
    apps = tuple(app for app in file.daemons if not names or app.name in names)
    return (file, apps) if apps else None


def process(app: Daemon, file: DaemonFile, outer: Variables) -> Process:
    """Return what one app runs, in all of its instances."""
    many = replace(count(app, outer), name="workers")
    if app.count is None:
        many = Figure.defaulted(1, "workers", f"{PM2} default")
    line = commands.line(app.command.text, app.command.span)
    inner = commands.processes(line, outer, {file.source.path: file.source})
    own = next((one for one in inner if one.tool), None)
    if own is None:
        script = app.command.text.split()[-1] if app.command.text else ""
        return Process(PM2, app.command.span, many, None, script, "web")
    if many.low == many.high == 1 and many.basis is not Basis.UNKNOWN:
        return own
    return replace(own, processes=_times(own.processes, many))


def _times(one: Figure, many: Figure) -> Figure:
    weakest = max((Basis.DERIVED, one.basis, many.basis), key=lambda basis: basis.strength)
    high = None if one.high is None or many.high is None else one.high * many.high
    hint = f"{many.low} {many.hint} of {one.low}"
    return Figure(one.low * many.low, high, "workers", weakest, many.origin, hint)
