"""`--fix`, `--unsafe-fixes` and `--diff`: what they write, show, and end with."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from .conftest import Shell

BROKEN = (
    "; kept as it is\r\n[databases]\r\norders = host=db.internal\r\n\r\n[pgbouncer]\r\n"
    "pool_mode = transaction\r\nmax_client_con = 2000\r\npool_mode = transaction\r\n"
    "; and so is this"
)
MENDED = (
    "; kept as it is\r\n[databases]\r\norders = host=db.internal\r\n\r\n[pgbouncer]\r\n"
    "max_client_conn = 2000\r\npool_mode = transaction\r\n; and so is this"
)


@pytest.fixture
def broken(shell: Shell, tmp_path: Path) -> Path:
    path = tmp_path / "pgbouncer.ini"
    path.write_bytes(BROKEN.encode())
    return path


def test_safe_fixes_are_written_and_the_rest_of_the_file_is_kept(
    shell: Shell, broken: Path
) -> None:
    result = shell("check", "--fix")
    assert broken.read_bytes() == MENDED.encode()
    assert "Fixed 2 findings in 1 file." in result.stderr
    assert "No findings" in result.stderr
    assert result.exit_code == 0


def test_the_mode_of_a_file_is_kept_and_nothing_is_left_beside_it(
    shell: Shell, broken: Path
) -> None:
    broken.chmod(0o640)
    shell("check", "--fix")
    assert stat.S_IMODE(broken.stat().st_mode) == 0o640
    assert [path.name for path in broken.parent.iterdir()] == ["pgbouncer.ini"]


def test_a_diff_shows_what_would_change_and_writes_nothing(shell: Shell, broken: Path) -> None:
    result = shell("check", "--diff")
    assert broken.read_bytes() == BROKEN.encode()
    lines = result.stdout.splitlines()
    assert lines[:2] == ["--- pgbouncer.ini", "+++ pgbouncer.ini"]
    assert "-max_client_con = 2000" in lines
    assert "+max_client_conn = 2000" in lines
    assert result.exit_code == 1


def test_a_diff_of_nothing_is_empty_and_clean(shell: Shell, broken: Path) -> None:
    broken.write_text("[databases]\na = host=x\n[pgbouncer]\npool_mode = session\n")
    result = shell("check", "--diff")
    assert (result.stdout, result.exit_code) == ("", 0)


def test_a_diff_shows_no_password(shell: Shell, broken: Path) -> None:
    broken.write_text(
        "[databases]\na = host=x password=Kx7-paternoster\n[pgbouncer]\npol_mode = session\n"
    )
    result = shell("check", "--diff")
    assert "+pool_mode = session" in result.stdout
    assert "paternoster" not in result.stdout + result.stderr


def test_fixes_that_need_a_look_are_made_only_if_asked_for(shell: Shell, broken: Path) -> None:
    text = "[databases]\na = host=x\n[pgbouncer]\nserver_pool_size = 5\n"
    broken.write_text(text)
    assert shell("check", "--fix").exit_code == 1
    assert broken.read_text() == text
    assert shell("check", "--fix", "--unsafe-fixes").exit_code == 0
    assert "default_pool_size = 5" in broken.read_text()


def test_an_ignored_finding_is_not_fixed(shell: Shell, broken: Path) -> None:
    text = (
        "[databases]\na = host=x\n[pgbouncer]\n"
        "; poollint: ignore[unknown-setting] a pooler of our own\nmax_client_con = 5\n"
    )
    broken.write_text(text)
    shell("check", "--fix")
    assert broken.read_text() == text


def test_comments_that_ignore_nothing_are_removed(shell: Shell, broken: Path) -> None:
    head = "[databases]\na = host=x\n[pgbouncer]\n"
    broken.write_text(f"{head}; poollint: ignore[unknown-setting]\npool_mode = session\n")
    shell("check", "--fix")
    assert broken.read_text() == f"{head}pool_mode = session\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_told(shell: Shell, broken: Path) -> None:
    broken.parent.chmod(0o555)
    try:
        assert "Could not write pgbouncer.ini." in shell("check", "--fix").stderr
    finally:
        broken.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--fix", "--diff"), "`--fix` writes and `--diff` does not"),
        (("--unsafe-fixes",), "`--unsafe-fixes` alone does nothing"),
        (("--fix", "-", "--stdin-filename", "a.ini"), "cannot write to standard input"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    shell: Shell, options: tuple[str, ...], what: str
) -> None:
    result = shell("check", *options)
    assert result.exit_code == 2
    assert what in result.stderr
