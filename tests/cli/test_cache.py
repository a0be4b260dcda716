"""`poollint cache`, and the folder it speaks of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from poollint.cli.cache import folder

from .conftest import LEAK, Shell


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the cache that no other test knows."""
    monkeypatch.setenv("POOLLINT_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_what_a_run_remembers_is_cleared(shell: Shell, place: Path) -> None:
    shell.write("a.py", LEAK)
    first = shell("check")
    assert place.is_dir()
    assert shell("check").stdout == first.stdout
    assert shell("cache", "dir").output == f"{place}\n"
    assert shell("cache", "clear").output == f"Cleared {place}.\n"
    assert not list(place.iterdir())
    assert shell("cache", "clear").output == f"Nothing to clear in {place}.\n"


def test_a_run_that_is_to_remember_nothing_does_not(shell: Shell, place: Path) -> None:
    shell.write("a.py", LEAK)
    assert shell("check", "--no-cache").exit_code == 1
    assert not place.exists()


def test_any_number_of_processes_says_the_same(shell: Shell, place: Path) -> None:
    shell.write("a.py", LEAK)
    said = {shell("check", "--no-cache", "--jobs", jobs).stdout for jobs in ("0", "1", "3")}
    assert len(said) == 1
    assert shell("check", "--jobs", "-1").exit_code == 2


def test_the_folder_is_the_users_own_and_never_a_relative_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("POOLLINT_CACHE_DIR")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert folder() == os.path.join("/var/cache/me", "poollint")
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert folder() == ""
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert folder() == "/home/me/.cache/poollint"
