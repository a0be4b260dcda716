"""Work is the same wherever it is done, and whoever does it is told what it needs."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import Tree
from poollint.engine.files.neighbours import Neighbours
from poollint.engine.request import Mode, Request
from poollint.engine.session import run
from poollint.engine.work import executors
from poollint.engine.work.executors import Place, here
from poollint.model.report import Report
from poollint.model.usage import UsageError
from poollint.report.formats import FORMATS
from poollint.report.palette import Palette

FIXTURES = Path(__file__).parents[3] / "fixtures"


def _spawned(count: int) -> Executor:
    """Return processes that know nothing of this one, as those of another machine."""
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))


def _shown(report: Report) -> Iterator[str]:
    for show in FORMATS.values():
        yield show(report, lambda path: None, Palette())


class TestTheSameFindings:
    """Byte for byte, in every format."""

    @pytest.mark.parametrize("folder", ["pool", "budget/deploy-overshoot"])
    def test_of_one_process_of_two_of_strangers_and_of_a_cache(
        self, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(FIXTURES / folder)
        request = Request(mode=Mode.ALL, isolated=True, root=".", pedantic=True)
        alone = tuple(_shown(run(request).report))
        cached = replace(request, cache=str(tmp_path))
        strangers = Place(2, _spawned, remote=True, worth=0)
        others = {
            "two processes": replace(request, executor=replace(here(2), worth=0)),
            "strangers": replace(request, executor=strangers),
            "filling the cache": cached,
            "a warm cache": cached,
            "a warm cache, two processes": replace(cached, jobs=2),
        }
        assert '"rule": "' in alone[tuple(FORMATS).index("json")]
        for name, other in others.items():
            assert tuple(_shown(run(other).report)) == alone, name


class TestPacking:
    """What goes to another machine is read from nowhere else."""

    def _neighbours(self, tmp_path: Path) -> Neighbours:
        (tmp_path / "a.py").write_text("import b\n")
        (tmp_path / "b.py").write_text("b = 1\n")
        (tmp_path / "q.sql").write_text("SELECT 1;\n")
        tree = Tree(str(tmp_path), str(tmp_path), (), lambda path: True)
        return Neighbours((), tree, Contents(str(tmp_path)), around=True)

    def test_bytes_are_there_when_the_files_are_gone(self, tmp_path: Path) -> None:
        packed = self._neighbours(tmp_path).listed().packed(["a.py"], ["q.sql"])
        there = pickle.loads(pickle.dumps(packed))
        for path in tmp_path.iterdir():
            path.unlink()
        assert sorted(there.paths()) == ["a.py", "b.py"]
        assert there.load("a.py").text == "import b\n"
        assert there.load("q.sql").text == "SELECT 1;\n"

    def test_no_file_of_the_other_machine_is_opened(self, tmp_path: Path) -> None:
        packed = self._neighbours(tmp_path).listed().packed(["a.py"], [])
        assert packed.load("b.py") is None
        assert packed.load("q.sql") is None
        assert packed.text("q.sql") == ""


class TestAddresses:
    """Where the cluster is has to be said so that it cannot be taken for anything else."""

    @pytest.mark.parametrize(
        "text", ["ray://h:1", "dask://", "dask://host", "dask://u:p@h:1", "dask://h:1/x", "h:1"]
    )
    def test_others_are_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="is no executor") as told:
            executors.place(text)
        assert told.value.hint == "write `dask://HOST:PORT`"

    def test_what_is_missing_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "distributed", None)
        monkeypatch.setitem(sys.modules, "distributed.scheduler", None)
        with pytest.raises(UsageError, match="needs the package `distributed`") as told:
            executors.place("dask://127.0.0.1:8786")
        assert told.value.hint == "install `poollint[dask]`"


def test_processes_end_with_the_one_that_started_them() -> None:
    text = """if __name__ == "__main__":
        import time
        from poollint.engine.work.executors import here
        executor = here(2).start(2)
        [one.result() for one in [executor.submit(time.sleep, 0.2) for _ in range(2)]]
        print("at work", flush=True)
        time.sleep(60)"""
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"at work\n"
        process.kill()
        process.communicate(timeout=30)  # it is open for as long as any of them is there
