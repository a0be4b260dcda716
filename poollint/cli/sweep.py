"""`poollint sweep LIST`: many repositories, one report.

What 100,000 repositories cost, on paper. Measured on 12 public ones (2026-11, two virtual cores
of 2.8 GHz, Python 3.11): 190 files each, 3.7 MB of which some reader takes or that are text; 2.6
seconds of a processor, start included; 270 MB at the peak of the largest; 2.4 KB of report. One
that did not change is read and not checked: 0.1 seconds. Assuming that others are like them, and
that work divides, as no repository waits for another:

    processor time   100,000 x 2.6 s      72 hours: 1.1 on 64 cores
    again, as before 100,000 x 0.1 s      2.8 hours: 3 minutes on 64 cores
    memory           64 x 270 MB          17 GB, whatever the number of repositories
    report           100,000 x 2.4 KB     240 MB
    sent, with Dask  100,000 x 3.7 MB     370 GB: 0.75 Gbit/s for the 1.1 hours, through the
                                          scheduler unless workers are near; 2 x 3.7 MB wait for
                                          each worker at a time

The largest repositories set the end: one of 4,300 Python files takes 15 seconds, one of 20,000
a minute or two, by one process. Put them first in the list.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from poollint.cli.check import cores, names
from poollint.cli.main import CLEAN, FAILED, FOUND
from poollint.cli.progress import Progress
from poollint.cli.resuming import Kept
from poollint.cli.streams import say, talk
from poollint.engine.outcome import FAIL_ON
from poollint.engine.registry import load
from poollint.engine.request import STDIN, Mode, Request
from poollint.engine.settings.selection import select as choose
from poollint.engine.settings.settings import Settings
from poollint.engine.sweep import sweep as swept
from poollint.engine.work.executors import Place, here, place
from poollint.model.finding import Severity
from poollint.model.secret import mask
from poollint.model.usage import UsageError
from poollint.report.characters import named, said
from poollint.report.lines import Line, line
from poollint.report.summary import counted

_SHOWN = 10  # rules, and repositories that failed


@click.command("sweep")
@click.argument("list_", metavar="LIST")
@click.option(
    "--output",
    default="poollint-sweep.jsonl",
    metavar="PATH",
    show_default=True,
    help="The report: a line of JSON for each repository. What it holds already is not done again.",
)
@click.option("--select", multiple=True, metavar="NAMES", help="Run these rules only.")
@click.option("--ignore", multiple=True, metavar="NAMES", help="Leave these rules out.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="The mildest severity for exit 1.")
@click.option("--pedantic", is_flag=True, help="Report findings of low confidence too.")
@click.option("--isolated", is_flag=True, help="Use no settings of the repositories.")
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Repositories at a time; 0 as many as there are cores.",
)
@click.option(
    "--executor",
    default="",
    metavar="dask://HOST:PORT",
    help="Let the workers of a Dask cluster check them.",
)
def sweep(
    list_: str, output: str, select: tuple[str, ...], ignore: tuple[str, ...],
    fail_on: str | None, pedantic: bool, isolated: bool, jobs: int, executor: str,
) -> int:  # fmt: skip
    """Check many repositories: the folders in LIST, one a line ("-" for standard input)."""
    chosen = names(select), names(ignore)
    choose(load(), Settings(), Mode.ALL, *chosen)  # a rule that there is not is told once
    folders = _folders(list_)
    report = Kept(output)
    report.load()
    if report.torn:
        talk(f"The last line of {named(output)} was not whole, and is written anew.\n")
    request = Request(select=chosen[0], ignore=chosen[1], pedantic=pedantic, isolated=isolated)
    where = place(executor) if executor else here(jobs or cores())
    checked, same = _perform(folders, request, report, where)
    report.tidy()
    lines = [report.lines[mask(folder)] for folder in folders]
    say(_summary(lines, checked, same, output))
    if any(one.failed for one in lines):
        return FAILED
    return FOUND if any(one.found(fail_on or "") for one in lines) else CLEAN


def _folders(list_: str) -> tuple[str, ...]:
    """Return the folders that a list names, each once; `UsageError` where there is no list."""
    try:
        data = sys.stdin.buffer.read() if list_ == STDIN else Path(list_).read_bytes()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"the list `{list_}` cannot be read: {reason}") from error
    lines = (os.fsdecode(text).strip() for text in data.splitlines())
    found = dict.fromkeys(text for text in lines if text and not text.startswith("#"))
    if not found:
        raise UsageError(f"the list `{list_}` names no repository", "write one folder a line")
    return tuple(found)


def _perform(
    folders: tuple[str, ...], request: Request, report: Kept, where: Place
) -> tuple[int, int]:
    """Check what is not in the report yet; return how many were, and how many are as before."""
    known = {
        folder: before.digest
        for folder in folders
        if (before := report.lines.get(mask(folder))) and not before.failed
    }
    checked = same = failed = 0
    progress = Progress()
    try:
        for one in swept(folders, request, known, where):
            failed += bool(one.failed)
            if one.report is None and not one.failed:
                same += 1
            else:
                checked += not one.failed
                report.add(line(one.folder, one.digest, one.report, one.failed, one.limit))
            told = f", {failed} failed" if failed else ""
            progress.show(f"{checked + same + failed} of {_repositories(len(folders))}{told}")
    finally:
        progress.end()
    return checked, same


def _summary(lines: list[Line], checked: int, same: int, output: str) -> str:
    findings: Counter[tuple[str, str]] = Counter()
    for one in lines:
        findings.update(one.counts)
    rules = Counter({rule: 0 for rule, _ in findings})
    places = Counter(rule for one in lines for rule in {rule for rule, _ in one.counts})
    for (rule, _), count in findings.items():
        rules[rule] += count
    severities = ", ".join(
        counted(number, severity.value)
        for severity in Severity
        if (number := sum(n for (_, s), n in findings.items() if s == severity.value))
    )
    having = sum(bool(one.counts) for one in lines)
    failed = sum(bool(one.failed) for one in lines)
    text = [f"{_repositories(len(lines))}: {checked} checked, {same} as before, {failed} failed."]
    if findings:
        total = counted(findings.total(), "finding")
        text.append(f"{total} in {_repositories(having)}: {severities}.")
        text += [
            f"{count:>7}  {said(rule)}, in {_repositories(places[rule])}"
            for rule, count in sorted(rules.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN]
        ]
    text += _failures(lines)
    text.append(f"Report: {named(output)}")
    return "\n".join(text) + "\n"


def _failures(lines: list[Line]) -> Iterator[str]:
    failed = [one for one in lines if one.failed]
    for one in failed[:_SHOWN]:
        more = f" (and {len(one.failed) - 1} more)" if len(one.failed) > 1 else ""
        yield f"Failed: {named(one.repository)}: {said(one.failed[0])}{more}"
    if len(failed) > _SHOWN:
        yield f"Failed: {len(failed) - _SHOWN} more"


def _repositories(count: int) -> str:
    """Return "1 repository", "2 repositories"."""
    return f"{count} repository" if count == 1 else f"{count} repositories"
