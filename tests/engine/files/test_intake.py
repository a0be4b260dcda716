"""Bytes and text: whatever is wrong with a file is said, and nothing waits."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from poollint.engine.files import intake
from poollint.engine.files.contents import Contents
from poollint.engine.files.discovery import File
from poollint.engine.files.disk import Disk
from poollint.model.source import SourceFile, Unreadable


def file(path: Path) -> File:
    return File(str(path), path.name, path.name)


def unread(found: object) -> Unreadable:
    assert isinstance(found, Unreadable)
    return found


def text(data: bytes, name: str = "x.py") -> str:
    found = intake.text_of(data, name, name.endswith(".py"))
    assert isinstance(found, SourceFile)
    return found.text


class TestLoad:
    """Files that are none, or cannot be opened."""

    def test_regular_file_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_bytes(b"x\r\n")
        assert intake.load(file(tmp_path / "a.py"), str(tmp_path), Disk()) == b"x\r\n"

    def test_large_file_is_read_to_its_end(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_bytes(b"x" * 100_000)
        assert intake.load(file(tmp_path / "a.py"), str(tmp_path), Disk()) == b"x" * 100_000

    @pytest.mark.skipif(not os.path.exists("/proc/self/maps"), reason="no such files here")
    def test_file_whose_size_is_not_told_is_read_to_its_end(self) -> None:
        data = intake.load(file(Path("/proc/self/maps")), "/", Disk())
        assert isinstance(data, bytes)
        assert len(data) > 5_000

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
    def test_fifo_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.py")
        found = unread(intake.load(file(tmp_path / "a.py"), str(tmp_path), Disk()))
        assert (found.reason, found.broken) == ("not a regular file", False)

    def test_folder_and_device_are_not_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").mkdir()
        for path in (tmp_path / "a.py", Path("/dev/zero")):
            assert not unread(intake.load(file(path), "/", Disk())).broken

    def test_file_that_vanished_is_said(self, tmp_path: Path) -> None:
        found = unread(intake.load(file(tmp_path / "a.py"), str(tmp_path), Disk()))
        assert found.reason == "no such file or directory"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_forbidden_file_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").touch(mode=0)
        found = unread(intake.load(file(tmp_path / "a.py"), str(tmp_path), Disk()))
        assert found.reason == "permission denied"

    def test_link_out_of_the_project_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("x")
        root = tmp_path / "root"
        root.mkdir()
        (root / "a.py").symlink_to(tmp_path / "secret")
        found = unread(intake.load(file(root / "a.py"), str(root), Disk()))
        assert "leads out of the project" in found.reason

    def test_dangling_link_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").symlink_to(tmp_path / "nothing")
        found = unread(intake.load(file(tmp_path / "a.py"), str(tmp_path), Disk()))
        assert found.reason == "no such file or directory"

    def test_file_above_the_limit_is_not_read_whole(self, tmp_path: Path) -> None:
        with open(tmp_path / "a.py", "wb") as stream:
            stream.truncate(intake.SCREEN_LIMIT * 100)
        found = unread(intake.load(file(tmp_path / "a.py"), str(tmp_path), Disk()))
        assert found.reason == "larger than 16 MB"


class TestText:
    """Encodings, as the programs that read these files take them."""

    def test_byte_order_mark_is_no_text(self) -> None:
        assert text(b"\xef\xbb\xbfx = 1\n") == "x = 1\n"
        assert text(b"\xef\xbb\xbfa: 1\n", "x.yaml") == "a: 1\n"

    @pytest.mark.parametrize("name", ["pgbouncer.ini", "postgresql.CONF"])
    def test_byte_order_mark_is_text_to_programs_that_read_bytes(self, name: str) -> None:
        assert text(b"\xef\xbb\xbfa = 1\n", name) == "\ufeffa = 1\n"

    def test_cookie_of_python_counts(self) -> None:
        assert text("# coding: latin-1\ns = 'é'\n".encode("latin-1")).endswith("'é'\n")

    def test_empty_file_is_text(self) -> None:
        assert text(b"") == ""

    def test_line_ends_stay(self) -> None:
        assert text(b"a\r\nb\rc\n") == "a\r\nb\rc\n"

    @pytest.mark.parametrize("name", ["x.py", "x.yaml", "x.ini"])
    def test_utf16_is_told_by_name(self, name: str) -> None:
        found = unread(intake.text_of("x = 1".encode("utf-16"), name, name == "x.py"))
        assert (found.reason, found.broken) == ("encoded as UTF-16, not UTF-8", True)

    @pytest.mark.parametrize("name", ["x.py", "x.yaml", "x.ini"])
    def test_nul_byte_is_told_with_its_place(self, name: str) -> None:
        found = unread(intake.text_of("a = 1\r\né\0\n".encode(), name, name == "x.py"))
        assert (found.reason, found.broken) == ("holds a NUL byte", True)
        assert (found.span.start.line, found.span.start.column) == (2, 2)

    def test_wrong_byte_is_told_with_its_place(self) -> None:
        found = unread(intake.text_of(b"x = 1\ns = '\xff'\n", "x.py", True))
        assert (found.reason, found.broken) == ("not utf-8", True)
        assert (found.span.start.line, found.span.start.column) == (2, 6)
        assert unread(intake.text_of(b"a: \xff\n", "x.yaml", False)).reason == "not UTF-8"

    @pytest.mark.parametrize("cookie", ["nonsense", "rot13", "hex", "zlib"])
    def test_cookie_that_names_no_encoding_of_text_is_broken(self, cookie: str) -> None:
        data = f"# coding: {cookie}\nx = 1\n".encode()
        assert unread(intake.text_of(data, "x.py", True)).broken

    @pytest.mark.parametrize("cookie", ["punycode", "idna"])
    def test_encoding_of_quadratic_cost_is_not_tried(self, cookie: str) -> None:
        data = f"# coding: {cookie}\n".encode() + b"a-" * 100_000
        assert unread(intake.text_of(data, "x.py", True)).reason == f"encoded as {cookie}"

    @pytest.mark.parametrize("name", ["pgbouncer.ini", "postgresql.conf"])
    def test_programs_that_read_bytes_take_any_comment(self, name: str) -> None:
        assert text("a = 1 # é\n".encode("latin-1"), name) == "a = 1 # é\n"

    @pytest.mark.parametrize(
        ("data", "name", "reason"),
        [
            (b"#" * (intake.PYTHON_LIMIT + 1), "x.py", "larger than 1 MB"),
            (b"#" * (intake.CONFIG_LIMIT + 1), "x.ini", "larger than 2 MB"),
            (b"\n" * (intake.PYTHON_LINES + 1), "x.py", "longer than 20000 lines"),
        ],
    )
    def test_file_above_the_limit_is_no_fault(self, data: bytes, name: str, reason: str) -> None:
        found = unread(intake.text_of(data, name, name == "x.py"))
        assert (found.reason, found.broken) == (reason, False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_file_is_screened_without_its_mark(encoding: str) -> None:
    assert intake.screenable("import é".encode(encoding)) == "import é".encode()


@pytest.mark.parametrize(
    "data",
    [b"", b"x = 1\r\n", b"# coding: latin-1\nx = 1\n", b"# no encoding\n", b"\n\n# coding: utf-7\n",
     b"x = '\x7f\x01'\n", b"x = 1\n# coding: nothing-of-the-kind\n", "x = 'é'\n".encode()],
)  # fmt: skip
def test_plain_text_is_decoded_as_any_other(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    short = intake.text_of(data, "x.py", True)
    monkeypatch.setattr(intake, "_DECLARES", b"")  # which every text holds
    assert intake.text_of(data, "x.py", True) == short


class TestContents:
    """The bytes of files that are asked for several times."""

    def test_each_file_is_read_once(self, tmp_path: Path) -> None:
        (tmp_path / "a.py").write_bytes(b"x")
        contents = Contents(str(tmp_path))
        assert contents.load(file(tmp_path / "a.py")) == b"x"
        (tmp_path / "a.py").unlink()
        assert contents.load(file(tmp_path / "a.py")) == b"x"
        sent = pickle.loads(pickle.dumps(contents))
        assert isinstance(sent.load(file(tmp_path / "a.py")), Unreadable)

    def test_no_more_is_kept_than_there_is_room_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("poollint.engine.files.contents._KEPT", 4)
        contents = Contents(str(tmp_path))
        for name in "abc":
            (tmp_path / name).write_bytes(b"xy")
            assert contents.load(file(tmp_path / name)) == b"xy"
            (tmp_path / name).write_bytes(b"z")
        assert [contents.load(file(tmp_path / n)) for n in "abc"] == [b"xy", b"xy", b"z"]
