"""A run in which nothing changed is told from before; whatever changed is seen."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from poollint.engine import session
from poollint.engine.files.disk import SETTLED, Disk, git_environment
from poollint.engine.memory import replay
from poollint.engine.memory.cache import Cache
from poollint.engine.outcome import Outcome
from poollint.engine.request import Mode, Request

LEAK = "import psycopg2\ndef f():\n    c = psycopg2.connect('')\n    c.cursor().execute('')\n"
QUIET = "x = 1\n"
COMPOSE = "services:\n  db:\n    image: postgres:16\n"

Change = Callable[[Path], object]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is no repository, with a file that has a finding."""
    folder = tmp_path / "shop"
    (folder / "api").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "pyproject.toml").write_text("[tool.poollint]\n")
    (folder / "api" / "db.py").write_text(LEAK)
    (folder / "api" / "views.py").write_text(QUIET)
    (folder / "compose.yaml").write_text(COMPOSE)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(replay, "program", lambda: b"the same")  # while poollint is edited
    return folder


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The runs that were not known from before."""
    found: list[Request] = []

    def counting(request: Request, disk: Disk) -> Outcome:
        found.append(request)
        return run(request, disk)

    run = session.run
    monkeypatch.setattr(session, "run", counting)
    return found


def _request(project: Path, *paths: str) -> Request:
    later = time.time_ns() + 2 * SETTLED  # what was written just now may still change
    return Request(
        paths=paths or (".",), mode=Mode.ALL, cache=str(project.parent / "cache"), now=later
    )


def _git(project: Path) -> None:
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=project, env=git_environment(), check=True)


def test_the_same_is_told_again(project: Path, runs: list[Request]) -> None:
    first, second = replay.run(_request(project)), replay.run(_request(project))
    assert len(runs) == 1
    assert first.report.active
    assert second == replace(first, timings=())


@pytest.mark.parametrize("in_git", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        lambda p: (p / "api" / "views.py").write_text(LEAK),
        lambda p: (p / "api" / "db.py").unlink(),
        lambda p: (p / "api" / "new.py").write_text(LEAK),
        lambda p: (p / "empty" / "new.py").write_text(LEAK),
        lambda p: (p / "api").rename(p / "other"),
        lambda p: (p / "pyproject.toml").write_text('[tool.poollint]\nexclude = ["api"]\n'),
        lambda p: (p / "poollint.toml").write_text('exclude = ["api"]\n'),
        lambda p: (p / "compose.yaml").write_text(COMPOSE.replace("16", "17")),
        lambda p: (p / ".gitignore").write_text("api/\n"),
        lambda p: os.utime(p / "api" / "views.py"),
    ],
    ids=[
        "a file is another", "a file is gone", "a file is new", "a folder is no longer empty",
        "a folder has another name", "the settings are others", "there are settings that win",
        "a manifest is another", "git ignores files", "a file has another time",
    ],
)  # fmt: skip
def test_what_changed_is_seen(
    project: Path, runs: list[Request], change: Change, in_git: bool
) -> None:
    if in_git:
        _git(project)
    replay.run(_request(project))
    change(project)
    found = replay.run(_request(project))
    assert len(runs) == 2
    assert found.report == session.run(replace(_request(project), cache=""), Disk()).report


def test_a_file_forced_into_the_index_is_seen(project: Path, runs: list[Request]) -> None:
    (project / ".gitignore").write_text("views.py\n")
    (project / "api" / "views.py").write_text(LEAK)
    _git(project)
    before = replay.run(_request(project))
    subprocess.run(["git", "add", "-f", "api/views.py"], env=git_environment(), check=True)
    after = replay.run(_request(project))
    assert len(after.report.active) > len(before.report.active)


def test_a_folder_that_became_a_link_is_seen(project: Path, runs: list[Request]) -> None:
    _git(project)
    replay.run(_request(project))
    (project / "api").rename(project.parent / "elsewhere")
    (project / "api").symlink_to(project.parent / "elsewhere")
    assert not replay.run(_request(project)).report.active
    assert len(runs) == 2


def test_a_repository_that_begins_above_is_seen(project: Path, runs: list[Request]) -> None:
    replay.run(_request(project))
    _git(project.parent)
    replay.run(_request(project))
    assert len(runs) == 2


def test_what_is_asked_otherwise_is_another_run(project: Path, runs: list[Request]) -> None:
    asked = _request(project)
    others = (replace(asked, pedantic=True), replace(asked, select=("connection-leak",)))
    for request in (asked, replace(asked, mode=Mode.CHECK), *others, _request(project, "api")):
        replay.run(request)
    assert len(runs) == 5


def test_a_run_over_files_is_not_kept(project: Path, runs: list[Request]) -> None:
    for _ in range(2):
        replay.run(_request(project, "api/db.py"))
    assert len(runs) == 2


def test_what_changed_just_before_is_not_trusted(project: Path, runs: list[Request]) -> None:
    for _ in range(2):
        replay.run(replace(_request(project), now=time.time_ns()))
    assert len(runs) == 2


@pytest.mark.parametrize(
    "value", [b"", b"[]", b"{}", b'{"paths":1}', b"\xff", b'{"paths":"","folders":"","git":[]}']
)
def test_what_is_no_run_is_not_told(project: Path, runs: list[Request], value: bytes) -> None:
    replay.run(_request(project))
    store = Cache(str(project.parent / "cache"))
    key = replay._Memory(_request(project))._key
    assert store.get([key])
    store.put({key: value}, ())
    assert replay.run(_request(project)).report.active
    assert len(runs) == 2


def test_a_plugin_that_is_installed_is_seen(
    project: Path, runs: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = project.parent / "packages"
    packages.mkdir()
    monkeypatch.syspath_prepend(str(packages))
    replay.run(_request(project))
    (packages / "acme-1.0.dist-info").mkdir()
    replay.run(_request(project))
    assert len(runs) == 2
