"""A project in a folder of its own, and the command line run in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from poollint.cli.main import main

LEAK = """\
import psycopg2


def fetch(dsn):
    conn = psycopg2.connect(dsn)
    rows = conn.cursor().fetchall()
    conn.close()
    return rows
"""


class Shell:
    """The command line in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> Path:
        """Write a file, and the folders it needs."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        """Run poollint as from a pipe."""
        return CliRunner().invoke(main, list(arguments), input=stdin, prog_name="poollint")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """An empty folder, and an environment that says nothing of colours."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path)
