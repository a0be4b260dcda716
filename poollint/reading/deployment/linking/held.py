"""How many processes a container runs, and how many connections each of them holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import basename

from poollint.facts.code import Pool
from poollint.facts.infrastructure import Process
from poollint.model.figure import Basis, Figure
from poollint.model.source import Span
from poollint.reading.deployment.ecosystems.languages import language_of
from poollint.reading.deployment.linking.deployed import Unit
from poollint.reading.deployment.linking.openers import Opener
from poollint.reading.deployment.linking.variables import settled, unknown
from poollint.reading.deployment.pools import pool_sizes
from poollint.reading.deployment.pools.django_aliases import DEFAULT, Alias
from poollint.reading.deployment.pools.joined import Joined
from poollint.reading.deployment.programs import commands
from poollint.reading.reader import Options

# What other languages have that starts a number of processes.
_SERVERS = re.compile(
    r"\b(?:pm2(?:-runtime)?|cluster|throng|foreman|overmind|supervisord|puma|unicorn|passenger)\b"
)
_BY_DEFAULT = "WEB_CONCURRENCY"
_CLOCK = "beat sends tasks, and runs none"
_SEVERAL = "which of several programs it starts"


Opening = tuple[Pool | None, Figure | None]
"""A pool, None for the connections without one, and how many it may open in a process."""


def workers(opener: Opener, configured: Figure | None) -> Figure:
    process = opener.unit.container.process
    if configured and (process is None or not _is_told(process)):
        return configured
    if process and process.tool and process.tool != "python":
        return process.processes
    stated = pool_sizes.workers_by_convention(opener.unit.container)
    if stated and not _is_anyones(opener):
        return stated
    if process and process.tool:
        return process.processes
    if process is None:
        alone = pool_sizes.one_process(opener.unit.container)
        return alone or unknown("workers", "the command is in the image")
    found = unknown("workers", process.span)
    if _may_be_several(opener.unit, process):
        # Nothing bounds what it starts, for it was not followed.
        what = f"what `{process.application}` starts" if process.application else _SEVERAL
        return replace(found, high=None, hint=what)
    return found


def _is_told(process: Process) -> bool:
    """Tell whether a command says a number, which goes before that of a file.

    A variable that gunicorn has its default of does not (gunicorn 27, `config.py`, `Workers`).
    """
    stated = process.processes.basis is Basis.STATED
    return stated and not (process.tool == "gunicorn" and process.processes.hint == _BY_DEFAULT)


def _is_anyones(opener: Opener) -> bool:
    """Tell whether variables are those of all process types, and a program is no web server.

    Source: devcenter.heroku.com/articles/config-vars (they are an application's).
    """
    workload, process = opener.placed.workload, opener.unit.container.process
    return workload.platform == "heroku" and workload.name != "web" and process is not None


def _may_be_several(unit: Unit, process: Process) -> bool:
    """Tell whether a script may start a server whose processes some number tells."""
    if process.role != "script" or not commands.is_script(process.application):
        return False
    language = language_of(unit)
    if language in ("", "python"):  # whose servers fork by a number there
        return True
    read = dict(unit.file.scripts).get(basename(process.application)) if unit.file else None
    return read is not None and _SERVERS.search(read.text) is not None


def openings(opener: Opener, joined: Joined, options: Options) -> Iterator[Opening]:
    """Yield each pool a process of the container opens, and how many connections it may hold."""
    container = opener.unit.container
    process = container.process
    name = f"{opener.placed.workload.name}.pool"
    django = joined.django and process and process.role in ("web", "worker", "script", "beat")
    yield from _of_groups(opener, joined, options)
    yield from _of_singles(opener, joined)
    if django and process:
        for pool, figure in _of_django(opener, process, joined, options, name):
            # Of an application with pools besides it is not certain that all of it uses Django's.
            # What starts tasks by the clock may keep its table of them there, or in a file.
            unsure = joined.groups or process.role == "beat"
            yield pool, replace(figure, low=0) if figure and unsure else figure
    elif not (joined.groups or counted(opener, joined)) and not (
        process and process.role == "other" and process.tool
    ):
        figure = pool_sizes.by_convention(container)
        if figure:
            yield None, settled(figure, options.assume, name)


def counted(opener: Opener, joined: Joined) -> tuple[Pool, ...]:
    """Return the sessions that a process opens by itself and keeps.

    What serves one event at a time has one even where it keeps none, if it is given an address.
    Source: docs.aws.amazon.com, lambda, "Understanding Lambda function scaling".
    """
    lasting = tuple(pool for pool in joined.singles if pool.once)
    alone = opener.placed.workload.kind == "function" and not (joined.groups or joined.django)
    return lasting or (joined.singles[:1] if alone and opener.ends else ())


def _of_singles(opener: Opener, joined: Joined) -> Iterator[tuple[Pool, Figure | None]]:
    """Yield what stays open by itself; what does not last need not be opened at all."""
    for pool in counted(opener, joined):
        figure = pool_sizes.size(pool, opener.variables).most
        yield pool, figure if pool.once or not figure else replace(figure, low=0)


def _of_django(
    opener: Opener, process: Process, joined: Joined, options: Options, name: str
) -> Iterator[tuple[Pool | None, Figure | None]]:
    """Yield what the threads of a process hold of each database that its settings name."""
    asked = pool_sizes.size(joined.pool, opener.variables) if joined.pool else None
    if not joined.aliases:
        yield None, settled(_perhaps_less(_django(process, asked), joined), options.assume, name)
    for alias in joined.aliases:
        figure = _django(process, asked if _asks(alias, joined) else None)
        figure = _perhaps_less(figure, joined)
        settle = settled(figure, options.assume, name)
        yield alias.pool, settle if alias.sure else replace(settle, low=0)


def _perhaps_less(figure: Figure, joined: Joined) -> Figure:
    """Return what threads hold where a pool, it is not known which, may hold less."""
    if not joined.open:
        return figure
    hint = "which pool its settings ask for is not known"
    return replace(figure, low=min(figure.low, 1), basis=Basis.ASSUMED, hint=hint)


def _asks(alias: Alias, joined: Joined) -> bool:
    """Tell whether the pool that settings ask for is that of an alias; the default's elsewhere."""
    if joined.pool is None or len(joined.aliases) == 1:
        return True
    place = joined.pool.span
    around = [a.name for a in joined.aliases if _holds(a.pool.span, place)]
    return alias.name in (around or [DEFAULT])


def _holds(outer: Span, inner: Span) -> bool:
    return outer.path == inner.path and outer.start <= inner.start < outer.end


def _of_groups(
    opener: Opener, joined: Joined, options: Options
) -> Iterator[tuple[Pool, Figure | None]]:
    container = opener.unit.container
    found: list[tuple[Pool, Figure | None]] = []
    for group in joined.groups:
        known_sizes = (pool_sizes.size(p, opener.variables) for p in group)
        sizes = [_bounded(size, container.process, joined.threads) for size in known_sizes]
        known = [figure for figure in sizes if figure]
        if len(known) < len(sizes):
            summed = any(a.formula for pool in group for a in pool.arguments)
            found.append((group[0], None if summed else pool_sizes.by_convention(container)))
        else:
            found.append((group[0], _either(known)))
    name = f"{opener.placed.workload.name}.pool"
    settle = [(p, f and settled(f, options.assume, name)) for p, f in found]
    # Of several pools a process may open only one, so only the smallest is certain.
    least = min((f.low for _, f in settle if f), default=0)
    sure = False
    for pool, figure in settle:
        if figure and len(settle) > 1 and (sure or figure.low > least):
            figure = replace(figure, low=0)
        elif figure:
            sure = True
        yield pool, figure


def _either(figures: list[Figure]) -> Figure:
    """Return one figure for alternatives: from the least to the most."""
    most = max(figures, key=lambda f: (f.high is None, f.high or 0))
    usual = [f.high if f.usual is None else f.usual for f in figures]
    known = [number for number in usual if number is not None]
    reached = max(known) if len(known) == len(usual) else None
    low = min(f.low for f in figures)
    return replace(most, low=low, usual=None if reached == most.high else reached)


def _bounded(
    size: pool_sizes.Size, process: Process | None, threads: Figure | None = None
) -> Figure | None:
    """Return what a pool opens in one process: no more at once than run in it, at the least.

    More than a server runs at once opens only who starts threads of his own, or holds several.
    A pool that keeps no connection opens as many as are in use; one that does so in a branch
    of the code only counts as it is in the other.
    """
    if not size.pool.pooled and not size.pool.sometimes:
        at_once = threads or (process.threads if process else None)
        return at_once or unknown("connections in use", "a pool that keeps none")
    most, eager = size.most, size.eager
    if most is None:
        return None
    if size.pool.sometimes:
        most, eager = replace(most, low=min(most.low, 1)), 0
    at_once = threads or (process.threads if process else None)
    if process and process.role == "beat":  # it runs no task: at most it reads when to start which
        held = max(1, eager)
        return replace(most, low=0, high=held, usual=None, hint=_CLOCK)
    if process is None or process.tool in ("", "python"):
        # No server, or a command that only the image knows: what runs at once is unknown.
        return replace(most, low=min(most.low, max(1, eager)))
    if at_once is None or at_once.high is None:
        return most
    usual = max(at_once.high, eager)
    less = most.high is None or usual < most.high
    return replace(most, low=min(most.low, usual), usual=usual if less else None)


def _django(process: Process, size: pool_sizes.Size | None) -> Figure:
    """Return one connection a thread (docs.djangoproject.com, ref/databases), or of its pool."""
    pooled = _bounded(size, process) if size else None
    if size and pooled and pooled.high is not None:
        at_once = process.threads.high if process.threads else None
        high = pooled.high if at_once is None else min(pooled.high, max(at_once, size.eager))
        hint = pooled.hint if high == pooled.high else f"its least, or one a thread; {pooled.hint}"
        return replace(pooled, low=min(pooled.low, high), high=high, usual=None, hint=hint)
    source = "Django opens one connection a thread"
    if process.threads is None:
        return unknown("connections in use", source)
    threads = process.threads
    origin = threads.origin if isinstance(threads.origin, Span) else source
    hint = source if isinstance(origin, Span) else ""
    if threads.basis is Basis.UNKNOWN:  # as many as there are cores
        return replace(threads, name="threads", hint=source)
    return replace(threads, name="threads", basis=Basis.DEFAULTED, origin=origin, hint=hint)


def told_apart(pool: Pool, joined: Joined) -> str:
    """Return the end of the path of a pool's file that tells it from those of the others."""
    every = (*(group[0] for group in joined.groups), *joined.singles)
    others = {one.span.path for one in every} - {pool.span.path}
    path = pool.span.path
    tail = basename(path)
    while tail != path and any(f"/{other}".endswith(f"/{tail}") for other in others):
        tail = "/".join(path.split("/")[-tail.count("/") - 2 :])
    return tail
