"""Generated configurations of Odyssey and Pgpool-II: the real programs' verdict, and poollint's.

Neither is started: `odyssey --test` reads a file and says whether it is valid, and `pgpool stop`
reads its file before it looks for a process to stop.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.facts.infrastructure import Flaw
from poollint.model.source import SourceFile
from poollint.reading.reader import FileReading, Options
from poollint.reading.settings import odyssey, pgpool
from tests.lab import pooler_configurations
from tests.lab.generated import files

ODYSSEY = shutil.which("odyssey")
PGPOOL = shutil.which("pgpool", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_GRAMMAR = "1.5"  # the Odyssey that files are generated for


def _version(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return next(
        word.removeprefix("V") for word in (done.stdout + done.stderr).split() if word[:1].isdigit()
    )


@pytest.fixture(scope="module")
def odyssey_program() -> str:
    if ODYSSEY is None:
        pytest.skip("no odyssey is installed")
    version = _version([ODYSSEY, "--version"])
    if not version.startswith(_GRAMMAR):
        pytest.skip(f"files are generated for Odyssey {_GRAMMAR}")
    return ODYSSEY


@pytest.fixture(scope="module")
def pgpool_version() -> str:
    if PGPOOL is None:
        pytest.skip("no pgpool is installed")
    return ".".join(_version([PGPOOL, "--version"]).split(".")[:2])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _refused(reading: FileReading) -> list[str]:
    """Return why a program is said not to start with a file."""
    unread = [part.reason for part in reading.unread if part.broken]
    stops = (Flaw.INVALID, Flaw.UNKNOWN, Flaw.MISPLACED)
    passed = ("starts", "is read as")
    return unread + [
        f"{s.name}: {s.flaw.value} {s.complaint}"
        for s in reading.settings
        if s.flaw in stops and s.flaw and not any(word in s.complaint for word in passed)
    ]


@pytest.mark.opt_in  # Debian 12 has no Odyssey
@files
@given(text=pooler_configurations.odyssey())
def test_odyssey_takes_what_poollint_says(text: str, odyssey_program: str, folder: Path) -> None:
    file = folder / "odyssey.conf"
    file.write_text(text)
    done = subprocess.run(
        [odyssey_program, "--test", str(file)], capture_output=True, check=False, timeout=20
    )
    told = _refused(odyssey.READER.read(SourceFile("odyssey.conf", text), Options()))
    said = done.stdout.decode(errors="replace")
    assert (done.returncode == 0) is not bool(told), f"{told}\n{said}\n{text}"


@files
@given(data=st.data())
def test_pgpool_takes_what_poollint_says(
    data: st.DataObject, pgpool_version: str, folder: Path
) -> None:
    lines = data.draw(pooler_configurations.pgpool(pgpool_version))
    text = f"pid_file_name = '{folder}/none.pid'\nnum_init_children = 2\n{lines}"
    file = folder / "pgpool.conf"
    file.write_bytes(text.encode())
    done = subprocess.run(
        [str(PGPOOL), "-f", str(file), "stop"], capture_output=True, check=False, timeout=20
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    taken = "could not read pid file" in said or "could not open pid file" in said
    told = _refused(pgpool.READER.read(SourceFile("pgpool.conf", text), Options()))
    assert taken is not bool(told), f"{told}\n{said}\n{text}"
