"""Runs poollint and its peers on the same cases, and prints how many each finds.

python -m tests.bench.peers [--work DIR] [--only TOOL]... [--time REPOSITORY | --list REPOSITORY]

The peers are installed into an environment below DIR, and used from there when it exists. `--time`
measures one run of each tool over a repository; `--list` prints what each finds in one, to be
read. It needs poollint with its test requirements (`pip install -e '.[test]'`).
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.peers.judged import counted
from tests.bench.peers.score import Score, percent, score, table
from tests.bench.peers.tools import TOOLS, Finding, Tool, output, run, versions

if TYPE_CHECKING:
    from tests.bench.peers.cases import Case

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
RUNS = 3
TESTS = re.compile(r"(^|/)(tests?|testing|test_[^/]*\.py|[^/]*_tests?\.py|conftest\.py)(/|$)")


def main() -> None:
    """Print what was asked for."""
    asked = _arguments()
    tools = [tool for tool in TOOLS if not asked.only or tool.name in asked.only]
    with tempfile.TemporaryDirectory() as usual:
        work = Path(asked.work or usual).resolve()
        python = installed(work / "environment")
        programs = python.parent
        if asked.list:
            listing(asked.list.resolve(), tools, programs)
        elif asked.time:
            print(times(asked.time.resolve(), tools, programs))
        else:
            print(comparison(work / "cases", tools, python))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers")
    parser.add_argument("--work", type=Path, help="keep the peers and the cases there")
    parser.add_argument("--only", choices=[tool.name for tool in TOOLS], action="append")
    parser.add_argument("--time", type=Path, help="measure the tools on this repository")
    parser.add_argument("--list", type=Path, help="list what they find in this repository")
    return parser.parse_args()


def installed(folder: Path) -> Path:
    """Return the interpreter of an environment with the peers in it, made if there is none."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)]
        subprocess.run(pip, check=True)
    # some of the cases are examples out of the drivers' documentation: let them be found
    sys.path += map(str, folder.glob("lib/python*/site-packages"))
    return python


def comparison(folder: Path, tools: Sequence[Tool], python: Path) -> str:
    """Return a table of the tools: faults found and false alarms, for each set of cases."""
    from tests.bench.peers.cases import SETS, files

    cases: list[Case] = []
    shutil.rmtree(folder, ignore_errors=True)
    for file in files():
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_text(file.text, "utf-8")
        cases += file.cases
    known = versions(python) | versions(Path(sys.executable))
    rows = []
    for tool in tools:
        findings = run(tool, folder, python.parent)
        judged = [_of(tool, name, cases, findings) for name in SETS]
        row = [f"{tool.name} {known[tool.package]}", *_cells(judged), counted(tool.name)]
        rows.append(row)
        _tell(tool, judged)
    return table(["found · false alarms", *SETS, "recall", "precision", "applications"], rows)


def _of(tool: Tool, name: str, cases: list[Case], findings: tuple[Finding, ...]) -> Score:
    """Score one set.

    Of what is made per request it is enough to say that it is not closed; where nothing is, that
    is no false alarm either.
    """
    chosen = [case for case in cases if case.set == name]
    if name != "handlers":
        return score(chosen, [finding for finding in findings if finding.rule in tool.rules])
    faulty = score([case for case in chosen if case.fault], findings)
    sound = [finding for finding in findings if finding.rule in tool.requests]
    return replace(
        score([case for case in chosen if not case.fault], sound),
        found=faulty.found, missed=faulty.missed,
    )  # fmt: skip


def _cells(judged: list[Score]) -> Iterator[str]:
    for one in judged:
        faults, sound = len(one.found) + len(one.missed), len(one.alarmed) + len(one.quiet)
        yield f"{len(one.found)}/{faults} · {len(one.alarmed)}/{sound}"
    whole = Score(
        found=tuple(case for one in judged for case in one.found),
        missed=tuple(case for one in judged for case in one.missed),
        alarmed=tuple(case for one in judged for case in one.alarmed),
        quiet=tuple(case for one in judged for case in one.quiet),
    )
    yield percent(whole.recall)
    yield percent(whole.precision)


def _tell(tool: Tool, judged: list[Score]) -> None:
    """Print, aside, where a tool is wrong."""
    for one in judged:
        for word, cases in (("missed", one.missed), ("false alarm", one.alarmed)):
            for case in cases:
                fault = f" ({case.fault})" if case.fault else ""
                print(f"{tool.name}: {word}: {case.path} {case.name}{fault}", file=sys.stderr)


def listing(folder: Path, tools: Sequence[Tool], programs: Path) -> None:
    """Print what each tool finds in a repository, outside its tests; what cannot run, aside."""
    for tool in tools:
        try:
            findings = run(tool, folder, programs)
        except RuntimeError as error:
            print(f"{folder.name}: {error}", file=sys.stderr)
            continue
        for finding in findings:
            if TESTS.search(finding.path):
                continue
            place = f"{folder.name}\t{finding.path}:{finding.line}"
            print(f"{place}\t{tool.name}\t{finding.rule}", flush=True)


def times(folder: Path, tools: Sequence[Tool], programs: Path) -> str:
    """Return a table of how long each tool takes for a repository, the median of some runs.

    The tools take turns, so that what else the machine does meets them all.
    """
    taken: dict[str, list[float]] = {tool.name: [] for tool in tools}
    for _ in range(RUNS):
        for tool in tools:
            begun = time.perf_counter()
            output(tool, folder, programs)
            taken[tool.name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    own = medians[tools[0].name]
    rows = ([name, f"{took:.1f}", f"{took / own:.2f}"] for name, took in medians.items())
    return table(["tool", "seconds", f"{tools[0].name} = 1"], rows)


if __name__ == "__main__":
    main()
