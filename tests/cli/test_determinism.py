"""The same project gives the same bytes, whatever the order it is asked and hashed in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from poollint.report.formats import FORMATS

FIXTURES = Path(__file__).parents[2] / "fixtures"


def test_reports_do_not_depend_on_hashes_or_the_order_of_arguments(tmp_path: Path) -> None:
    runs = [
        _run(tmp_path / "first", "1", sorted(_folders())),
        _run(tmp_path / "again", "4294967295", sorted(_folders(), reverse=True)),
    ]
    for run in runs:
        run.communicate()
    first, again = _reports(tmp_path / "first"), _reports(tmp_path / "again")
    assert len(first["json"]) > 1_000
    for name in FORMATS:
        assert again[name] == first[name], name


def _folders() -> Iterable[str]:
    """Yield the folders in which much is found: without the largest, in which nothing is."""
    return (f.name for f in FIXTURES.iterdir() if f.is_dir() and f.name != "quiet")


def _run(target: Path, seed: str, folders: list[str]) -> subprocess.Popen[bytes]:
    target.mkdir()
    outputs = [f"--output={name}={target / name}" for name in FORMATS]
    return subprocess.Popen(
        [sys.executable, "-m", "poollint", "--isolated", "--pedantic", "--select=all", *outputs,
         *folders],
        cwd=FIXTURES, env={**os.environ, "PYTHONHASHSEED": seed},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def _reports(target: Path) -> dict[str, str]:
    """Return what each format says, without how long it took."""
    seconds = re.compile(r'"seconds": [\d.]+|\bin [\d.]+ s\b')
    return {name: seconds.sub("", (target / name).read_text()) for name in FORMATS}
