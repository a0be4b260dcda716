"""What is a case, and what is read of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from poollint.model.source import SourceFile
from poollint.reading import project
from poollint.reading.reader import FileReading, Options, Reader
from poollint.testing import run
from poollint.testing.want import Want


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("# want a-rule\n" if Path(name).suffix else "")


def test_every_readable_file_is_a_case_by_itself(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b/c.ini", "b/d.conf", "e.yaml", "f.yml", "notes.md", "g.toml")
    found = [case.relative_to(tmp_path).as_posix() for case in run.cases(tmp_path)]
    assert found == ["a.py", "b/c.ini", "b/d.conf", "e.yaml", "f.yml", "g.toml"]


def test_marked_folder_is_one_case_and_its_files_are_none(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "shop/.case", "shop/b.py", "shop/infra/c.ini")
    assert run.cases(tmp_path) == (tmp_path / "a.py", tmp_path / "shop")


def test_mark_above_the_root_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, ".case", "root/a.py")
    assert run.cases(tmp_path / "root") == (tmp_path / "root" / "a.py",)


def test_wants_of_a_folder_are_those_of_all_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "shop/.case", "shop/b.py", "shop/infra/c.ini", "shop/notes.md")
    monkeypatch.chdir(tmp_path)
    assert run.wanted(tmp_path / "shop") == (
        Want("shop/b.py", 1, "a-rule"),
        Want("shop/infra/c.ini", 1, "a-rule"),
    )


def test_wants_are_read_from_files_of_a_broken_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = '\xff'  # want unreadable-file\n")
    (want,) = run.wanted(tmp_path / "a.py")
    assert (want.line, want.rule) == (1, "unreadable-file")


def test_a_reader_that_raises_is_no_quiet_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: SourceFile, options: Options) -> FileReading:
        raise ValueError

    broken = Reader("broken", True, lambda path: True, lambda data, options: True, fail)
    monkeypatch.setattr(project, "reader_of", lambda path: broken)
    write(tmp_path, "a.py")
    for case in (tmp_path, tmp_path / "a.py"):
        with pytest.raises(RuntimeError, match=r"a\.py was not read: the broken reader failed"):
            run.findings(case)
