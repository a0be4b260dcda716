"""`poollint check`, and what it shares with `audit` and the command without a name."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from poollint import __version__
from poollint.cli.cache import folder
from poollint.cli.main import CLEAN, FAILED, FOUND, Default
from poollint.cli.output import known_format, outputs, write
from poollint.cli.progress import Progress
from poollint.cli.streams import is_terminal, palette_of, say, talk, web_root
from poollint.engine.memory.replay import run
from poollint.engine.outcome import FAIL_ON, Outcome
from poollint.engine.request import STDIN, Mode, Request
from poollint.engine.settings.assumptions import assumed, pool_mode
from poollint.model.finding import Severity
from poollint.model.report import Changes, Report
from poollint.model.usage import UsageError
from poollint.report.characters import named, said
from poollint.report.formats import FORMATS
from poollint.report.palette import Palette
from poollint.report.summary import next_steps, summary

if TYPE_CHECKING:
    from poollint.engine.work.executors import Place

_FOR_PEOPLE = ("full", "concise")  # their summary belongs to the report on a terminal


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options of a run, as click hands them over."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    format: str
    output: tuple[str, ...]
    fail_on: str | None
    pedantic: bool
    no_ignores: bool
    assume: tuple[str, ...]
    stdin_filename: str
    fix: bool
    unsafe_fixes: bool
    diff: bool
    color: str
    config: str
    isolated: bool
    force_exclude: bool
    jobs: int
    executor: str
    no_cache: bool
    debug: bool
    quiet: bool
    against: str = ""


_OPTIONS = (
    click.argument("paths", nargs=-1),
    click.option("--select", multiple=True, metavar="NAMES", help="Run these rules only."),
    click.option("--ignore", multiple=True, metavar="NAMES", help="Leave these rules out."),
    click.option("--format", default="full", metavar="FMT", help=f"One of {', '.join(FORMATS)}."),
    click.option("--output", multiple=True, metavar="FMT=PATH", help="Write a report; repeatable."),
    click.option("--fail-on", type=click.Choice(FAIL_ON), help="The mildest severity for exit 1."),
    click.option("--pedantic", is_flag=True, help="Show findings of low confidence too."),
    click.option("--no-ignores", is_flag=True, help="Show what comments ignore."),
    click.option(
        "--assume", multiple=True, metavar="NAME=N",
        help="A number no file states, or pool-mode=MODE.",
    ),
    click.option("--stdin-filename", default="", metavar="PATH", help="What `-` is the text of."),
    click.option("--fix", is_flag=True, help="Write what safe fixes change."),
    click.option("--unsafe-fixes", is_flag=True, help="Make fixes, too, that need a look."),
    click.option("--diff", is_flag=True, help="Show what fixes would change, and write nothing."),
    click.option(
        "--color", type=click.Choice(("auto", "always", "never")), default="auto",
        help="Colour the report.",
    ),
    click.option("--config", default="", metavar="PATH", help="The settings file to use."),
    click.option("--isolated", is_flag=True, help="Use no settings file."),
    click.option("--force-exclude", is_flag=True, help="Exclude also what is named here."),
    click.option(
        "--jobs", "-j", type=click.IntRange(0), default=0, metavar="N",
        help="Processes that read files; 0 as many as there are cores.",
    ),
    click.option(
        "--executor", default="", metavar="dask://HOST:PORT",
        help="Let the workers of a Dask cluster read files.",
    ),
    click.option("--no-cache", is_flag=True, help="Remember nothing, and use nothing remembered."),
    click.option("--debug", is_flag=True, help="Show settings, timings and tracebacks."),
    click.option("-q", "--quiet", is_flag=True, help="Print findings only."),
)  # fmt: skip


_AGAINST = click.option(
    "--against", default="", metavar="REF",
    help="Say what became of each budget since a commit, branch or tag.",
)  # fmt: skip


def with_options(mode: Mode) -> Callable[[Callable[[], None]], click.Command]:
    """Make a command with the options of a run out of a function that holds the help."""

    def make(function: Callable[[], None]) -> click.Command:
        def callback(**options: Any) -> int:
            return _perform(mode, _Asked(**options))

        callback.__doc__ = function.__doc__
        own = (_AGAINST,) if mode is Mode.AUDIT else ()
        for option in reversed((*_OPTIONS, *own)):
            callback = option(callback)
        kind = Default if mode is Mode.ALL else click.Command
        return click.command(function.__name__, cls=kind)(callback)

    return make


@with_options(Mode.CHECK)
def check() -> None:
    """Check files: connections, pools, session state, settings."""


@with_options(Mode.ALL)
def both() -> None:
    """Check files, and add up the connections of the system; one report."""


def _perform(mode: Mode, asked: _Asked) -> int:
    known_format(asked.format, FORMATS, "--format")
    files = outputs(asked.output, FORMATS)
    _fits_together(asked)
    started = time.perf_counter()
    outcome, done = _run(_request(mode, asked), asked)
    if asked.diff:
        return _diff(outcome, asked)
    since = _since(_request(mode, asked), asked.against, outcome.report) if asked.against else None
    seconds = time.perf_counter() - started
    report = replace(outcome.report, seconds=seconds, changes=since)
    palette = Palette(root=web_root(os.environ, os.getcwd()))
    for output in files:
        text = FORMATS[output.format](report, outcome.sources.get, palette)
        whole = output.format == "full"  # for people: read without the terminal beside it
        write(output.path, _parts(text, summary(report)) if whole else text)
    _print(report, outcome, asked)
    talk(done)
    return _exit_code(outcome, asked)


def _fits_together(asked: _Asked) -> None:
    """Refuse what cannot be done: fixes of standard input, and both to write and to show."""
    if asked.fix and asked.diff:
        raise UsageError("`--fix` writes and `--diff` does not", "use one of them")
    if asked.unsafe_fixes and not asked.fix and not asked.diff:
        raise UsageError("`--unsafe-fixes` alone does nothing", "add `--fix` or `--diff`")
    if asked.fix and STDIN in asked.paths:
        raise UsageError("`--fix` cannot write to standard input", "use `--diff`")


def _run(request: Request, asked: _Asked) -> tuple[Outcome, str]:
    """Run, and fix what is to be fixed; return with it what was done, in words."""
    progress = Progress()
    if not asked.quiet:
        request = replace(request, progress=lambda done, total: progress.show(_far(done, total)))
    try:
        outcome = run(request)
        if not asked.fix:
            return outcome, ""
        from poollint.cli.fixes import write_fixes

        return write_fixes(outcome, lambda: run(request), unsafe=asked.unsafe_fixes)
    finally:
        progress.end()


def _far(done: int, total: int) -> str:
    return f"{done} of {total} {'file' if total == 1 else 'files'} that may use a database"


def _diff(outcome: Outcome, asked: _Asked) -> int:
    from poollint.cli.fixes import diff

    text = diff(outcome, unsafe=asked.unsafe_fixes)
    say(text)
    if outcome.report.crashes or outcome.lost:
        return FAILED
    return FOUND if text else CLEAN


def _request(mode: Mode, asked: _Asked) -> Request:
    paths = asked.paths or (".",)
    return Request(
        paths=paths,
        mode=mode,
        select=names(asked.select),
        ignore=names(asked.ignore),
        assume=tuple(assumed(t) for t in asked.assume if not t.startswith("pool-mode=")),
        pool_mode=pool_mode(asked.assume),
        pedantic=asked.pedantic,
        ignores=not asked.no_ignores,
        config=asked.config,
        isolated=asked.isolated,
        force_exclude=asked.force_exclude,
        stdin=sys.stdin.buffer.read() if STDIN in paths else b"",
        stdin_filename=asked.stdin_filename,
        jobs=asked.jobs or cores(),
        executor=_place(asked.executor) if asked.executor else None,
        cache="" if asked.no_cache else folder(),
        pages="sarif" in (asked.format, *(text.partition("=")[0] for text in asked.output)),
        now=time.time_ns(),
        clock=time.perf_counter,
    )


def _place(name: str) -> Place:
    from poollint.engine.work.executors import place

    return place(name)


def _since(request: Request, name: str, report: Report) -> Changes:
    from poollint.engine.against import changes

    return changes(request, name, report.budgets)


def cores() -> int:
    """Return how many processes may run here at a time."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def names(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that options hold, several of them with commas between."""
    return tuple(name.strip() for text in texts for name in text.split(",") if name.strip())


def _print(report: Report, outcome: Outcome, asked: _Asked) -> None:
    palette = palette_of(sys.stdout, asked.color)
    text = FORMATS[asked.format](report, outcome.sources.get, palette)
    together = asked.format in _FOR_PEOPLE and is_terminal(sys.stdout)
    if asked.quiet:
        say(_ended(text))
    elif together:
        say(_parts(text, summary(report), next_steps(report)))
    else:
        say(_ended(text))
        talk(_ended(summary(report)))
    for crash in report.crashes:
        talk(
            f"poollint failed on {named(crash.path) or 'the project'} in rule `{crash.rule}` "
            f"({said(crash.error)}); the other rules went on.\n{_plea(crash.path)}"
        )
    for lost in outcome.lost:
        talk(f"poollint could not read {named(lost.span.path)}: {said(lost.reason)}\n")
    if asked.debug:
        talk(_details(outcome))


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _parts(*texts: str) -> str:
    """Return the texts that are not empty, a blank line between them."""
    return "\n".join(_ended(text) for text in texts if text)


def _plea(path: str) -> str:
    command = f"poollint check --debug {named(path)}".strip()
    return (
        f"This is a bug in poollint {__version__}. "
        f"Please report it with the output of `{command}`.\n"
    )


def _details(outcome: Outcome) -> str:
    timings = "".join(f"{name:>9} {seconds:8.3f} s\n" for name, seconds in outcome.timings)
    return f"settings: {outcome.settings or 'none'}\n{timings}"


def _exit_code(outcome: Outcome, asked: _Asked) -> int:
    if outcome.report.crashes or outcome.lost:
        return FAILED
    limit = outcome.fail_on
    if asked.fail_on:
        limit = None if asked.fail_on == "never" else Severity(asked.fail_on)
    if limit and any(f.severity.rank <= limit.rank for f in outcome.report.active):
        return FOUND
    return CLEAN
