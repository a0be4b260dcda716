"""`python -m poollint` in a folder that cannot be trusted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EVIL = "import pathlib\npathlib.Path('ran').touch()\nRULES = ()\n"


@pytest.mark.parametrize("group", ["rules", "catalogs"])
def test_what_is_checked_cannot_pose_as_a_plugin(tmp_path: Path, group: str) -> None:
    (tmp_path / "evil.py").write_text(EVIL)
    package = tmp_path / "evil-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (package / "entry_points.txt").write_text(f"[poollint.{group}]\nevil = evil:RULES\n")
    done = subprocess.run(
        [sys.executable, "-m", "poollint", "check", "--no-cache", "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "name", ["threading", "typing", "__future__", "click", "sqlite3", "tomllib"]
)
def test_what_is_checked_cannot_pose_as_a_module(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text(EVIL)
    (tmp_path / "a.py").write_text("import psycopg2\n\ndef f(): return psycopg2.connect('')\n")
    done = subprocess.run(
        [sys.executable, "-m", "poollint", "check", "--no-cache", "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()
