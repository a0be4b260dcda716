"""A Dask cluster with two workers finds what one process of this machine finds.

The scheduler and the workers are real, and listen on loopback only. The workers' working
directory is another one than the project's.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"
SECONDS = 60

pytestmark = pytest.mark.skipif(
    find_spec("distributed") is None, reason="Dask's `distributed` is not installed"
)


def _waited(condition: Path) -> None:
    end = time.monotonic() + SECONDS
    while not condition.exists():
        assert time.monotonic() < end, "Dask's scheduler did not start"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers, one thread each."""
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli"]
    loopback = ["--host", "127.0.0.1", "--no-dashboard"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "rules")])}
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str, *arguments: str) -> None:
        command = [dask[0], dask[1], f"{dask[2]}.{program}", *arguments, *loopback]
        log = (folder / f"{len(started)}.log").open("wb")
        started.append(
            subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        )

    try:
        start("dask_scheduler", "--port", "0", "--scheduler-file", str(told))
        _waited(told)
        address = json.loads(told.read_text())["address"]
        for _ in range(2):
            start("dask_worker", address, "--nthreads", "1", "--no-nanny")
        yield address.removeprefix("tcp://")
    finally:
        for process in reversed(started):  # a worker whose scheduler is gone waits for it
            process.terminate()
            try:
                process.wait(SECONDS / 6)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "poollint", "check", ".", "--isolated", "--pedantic", "-q"]
    return subprocess.run(
        [*command, "--format=sarif", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def test_the_cluster_finds_what_one_process_finds(cluster: str, tmp_path: Path) -> None:
    folder = FIXTURES / "pool"
    alone = _check(folder, "--no-cache", "--jobs=1")
    there = _check(folder, "--no-cache", f"--executor=dask://{cluster}")
    assert there.stderr == ""
    assert there.stdout == alone.stdout
    assert there.returncode == alone.returncode == 1
    assert '"ruleId"' in alone.stdout


def test_files_that_only_this_machine_has_are_read_there(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "db.py").write_text(
        "import psycopg2\n\ndef get_conn(dsn):\n    return psycopg2.connect(dsn)\n"
    )
    (tmp_path / "api.py").write_text(
        "from db import get_conn\n\ndef fetch(dsn):\n    conn = get_conn(dsn)\n"
        "    return conn.cursor().fetchall()\n"
    )
    answer = _check(tmp_path, "--no-cache", f"--executor=dask://{cluster}")
    assert answer.returncode == 1, answer.stderr
    assert "connection-leak" in answer.stdout


def test_a_sweep_writes_the_same_lines(cluster: str, tmp_path: Path) -> None:
    folders = [f"{FIXTURES}/{name}" for name in ("budget", "setting", "nothing")]
    (tmp_path / "list.txt").write_text("\n".join(folders))

    def lines(*where: str) -> list[str]:
        command = [sys.executable, "-m", "poollint", "sweep", "list.txt", "--isolated", *where]
        report = tmp_path / "poollint-sweep.jsonl"
        report.unlink(missing_ok=True)
        for _ in range(2):  # the second time everything is there
            answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            assert (answer.returncode, answer.stderr) == (3, "")
        assert "0 checked, 2 as before, 1 failed" in answer.stdout
        return sorted(report.read_text().splitlines())

    assert lines(f"--executor=dask://{cluster}") == lines("--jobs=1")


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        answer = _check(tmp_path, f"--executor=dask://{address}")
    assert answer.returncode == 2
    assert f"no Dask scheduler answers at `{address}`" in answer.stderr
    assert "Traceback" not in answer.stderr
