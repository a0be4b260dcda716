"""The same project gives the same bytes, whatever the order it is asked and hashed in."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from poollint.report.formats import FORMATS

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_reports_do_not_depend_on_hashes_or_the_order_of_arguments(tmp_path: Path) -> None:
    project = tmp_path / "project"
    folders = _copied(project)
    runs = [
        _run(project, tmp_path / "first", "1", folders),
        _run(project, tmp_path / "again", "4294967295", folders[::-1]),
    ]
    for run in runs:
        run.communicate()
    first, again = _reports(tmp_path / "first"), _reports(tmp_path / "again")
    assert len(first["json"]) > 1_000
    for name in FORMATS:
        assert again[name] == first[name], name


def _copied(project: Path) -> list[str]:
    """Copy every eighth case of the folders in which much is found; return these folders.

    All of them, with the rest of the repository around them, take minutes and show no more.
    """
    folders = sorted(f.name for f in FIXTURES.iterdir() if f.is_dir() and f.name != "quiet")
    for name in folders:
        for case in sorted(_cases(FIXTURES / name))[::8]:
            target = project / case.relative_to(FIXTURES)
            target.parent.mkdir(parents=True, exist_ok=True)
            if case.is_dir():
                shutil.copytree(case, target)
            else:
                shutil.copy(case, target)
    subprocess.run(["git", "init", "--quiet", project], check=True)
    return [name for name in folders if (project / name).is_dir()]


def _cases(folder: Path) -> Iterable[Path]:
    """Yield what stands in the folder of a rule: files, and projects of several files."""
    for rule in folder.iterdir():
        yield from rule.iterdir() if rule.is_dir() else [rule]


def _run(project: Path, target: Path, seed: str, folders: list[str]) -> subprocess.Popen[bytes]:
    """Start a run of one process: two runs at a time keep a small machine busy."""
    target.mkdir()
    outputs = [f"--output={name}={target / name}" for name in FORMATS]
    return subprocess.Popen(
        [sys.executable, "-m", "poollint", "--isolated", "--pedantic", "--select=all", "--jobs=1",
         *outputs, *folders],
        cwd=project, env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _reports(target: Path) -> dict[str, str]:
    """Return what each format says, without how long it took."""
    seconds = re.compile(r'"seconds": [\d.]+|\bin [\d.]+ s\b')
    return {name: seconds.sub("", (target / name).read_text()) for name in FORMATS}
