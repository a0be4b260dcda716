"""What is compiled of a table is what TOML says, and no older than the file."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

from poollint.catalog import tables

FILES = sorted(Path(tables.__file__).parent.glob("*.toml"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one table, where compiled files may be written."""
    (tmp_path / "acme.toml").write_text("a = 1\n")
    monkeypatch.setattr(tables, "_HOME", tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


def _fresh(name: str) -> dict[str, object]:
    tables.tables.cache_clear()
    return tables.tables(name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_table_says_what_toml_says(file: Path) -> None:
    assert tables.tables(file.name) == tomllib.loads(file.read_text("utf-8"))


def test_what_is_compiled_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _fresh("acme.toml") == {"a": 1}
    monkeypatch.setattr(tomllib, "loads", lambda text: pytest.fail("compiled again"))
    assert _fresh("acme.toml") == {"a": 1}


def test_a_file_that_changed_is_compiled_again(home: Path) -> None:
    assert _fresh("acme.toml") == {"a": 1}
    (home / "acme.toml").write_text("a = 22\n")
    assert _fresh("acme.toml") == {"a": 22}


@pytest.mark.skipif(os.name == "nt", reason="a file stands in for the folder")
def test_where_nothing_may_be_written_it_is_read_all_the_same(home: Path) -> None:
    (home / "__pycache__").write_text("no folder")
    assert _fresh("acme.toml") == {"a": 1}


def test_a_broken_copy_is_made_anew(home: Path) -> None:
    _fresh("acme.toml")
    (compiled,) = (home / "__pycache__").iterdir()
    compiled.write_bytes(b"nonsense")
    assert _fresh("acme.toml") == {"a": 1}
