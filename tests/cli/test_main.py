"""Commands, the default one, and what becomes of errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from poollint import __version__
from poollint.cli import check as checks

from .conftest import LEAK, Shell


def started(*arguments: str, cwd: Path, **more: Any) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "poollint", *arguments]
    return subprocess.Popen(words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


@pytest.mark.parametrize(
    "arguments",
    [
        ("a.py",),
        (".",),
        (),
        ("--format", "concise", "."),
        (".", "--format", "concise"),
        ("-q", "a.py", "--color", "never"),
        ("check", "a.py"),
        ("check", "--fail-on", "note"),
    ],
)
def test_paths_and_options_come_in_any_order(shell: Shell, arguments: Sequence[str]) -> None:
    shell.write("a.py", LEAK)
    result = shell(*arguments)
    assert result.exit_code == 1
    assert "a.py:5:12" in result.stdout


def test_version_is_printed(shell: Shell) -> None:
    assert shell("--version").stdout == f"poollint {__version__}\n"


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("check", "--help"), (".", "--help")])
def test_help_is_no_error(shell: Shell, arguments: Sequence[str]) -> None:
    result = shell(*arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: poollint")
    assert "poollint  " not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing.py",), "error: no such path `nothing.py`"),
        (("a.pi",), "there is `a.py`"),
        (("chekc",), "error: no such path `chekc`"),
        (("--formt", "json"), "--format"),
        (("--format", "jsn"), "there is a format `json`"),
        (("--output", "jsn=x"), "there is a format `json`"),
        (("--output", "json"), "names no file"),
        (("--output", "json=nothing/x"), "no such folder"),
        (("--output", "json=x", "--output", "concise=./x"), "two outputs go to"),
        (("--select", "conection-leak"), "there is a rule `connection-leak`"),
        (("--ignore", "conection-leak"), "there is a rule `connection-leak`"),
        (("--fail-on", "errors"), "error"),
        (("--color", "blue"), "auto"),
        (("--assume", "x"), "gives no number"),
        (("--assume", "pool-mode=fast"), "names no pool mode"),
        (("--config", "nothing.toml"), "no such path"),
        (("explain", "conection-leak"), "there is a rule `connection-leak`"),
        (("explain",), "Missing argument"),
        (("rules", "--html"), "--html"),
        (("audit", "--select", "connection-leak"), "`poollint check` runs it"),
        (("-",), "standard input has no name"),
    ],
)
def test_misuse_is_two_with_the_nearest_name(
    shell: Shell, arguments: Sequence[str], message: str
) -> None:
    shell.write("a.py", LEAK)
    result = shell(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr


def test_error_in_settings_is_shown_in_its_line(shell: Shell) -> None:
    shell.write("pyproject.toml", '[project]\n\n[tool.poollint]\nselect = ["conection-leak"]\n')
    result = shell(".")
    assert result.exit_code == 2
    assert result.stderr == (
        "error: unknown rule `conection-leak` in `select`\n"
        " --> pyproject.toml:4:12\n"
        "  |\n"
        '4 | select = ["conection-leak"]\n'
        "  |            ^^^^^^^^^^^^^^ there is a rule `connection-leak`\n"
    )


def test_fault_of_poollint_is_three_and_no_traceback(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(request: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(checks, "run", fail)
    result = shell(".")
    assert result.exit_code == 3
    assert "poollint failed: KeyError" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in shell(".", "--debug").stderr


def test_interrupt_is_130(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(request: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checks, "run", interrupt)
    assert shell(".").exit_code == 130


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_interrupt_of_a_running_process_is_130(tmp_path: Path) -> None:
    # A shell that starts a job in the background has it ignore the signal, and all that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = started("-", "--stdin-filename", "a.py", cwd=tmp_path, stdin=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        time.sleep(1.5)  # it is waiting for its standard input by then
        for _ in range(20):  # one that meets a destructor is lost, as Python has it
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                time.sleep(0.5)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 130
    assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((".", "-q"), 1), (("rules",), 0), (("explain", "connection-leak"), 0), (("--help",), 0)],
)
def test_closed_pipe_is_no_error(tmp_path: Path, arguments: Sequence[str], code: int) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    process = started(*arguments, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == code
    assert b"rror" not in errors


def test_full_disk_is_three(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    (tmp_path / "a.py").write_text(LEAK)
    with open("/dev/full", "wb") as full:
        answer = subprocess.run(
            [sys.executable, "-m", "poollint", "."],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert answer.returncode == 3
    assert answer.stderr.startswith("poollint failed: No space left on device")
    assert "Traceback" not in answer.stderr


def test_closed_standard_output_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK)
    command = f"exec {sys.executable} -m poollint . >&-"
    answer = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr


def test_terminal_that_knows_only_ascii_gets_escapes(tmp_path: Path) -> None:
    (tmp_path / "ü.py").write_text(LEAK)
    answer = subprocess.run(
        [sys.executable, "-m", "poollint", ".", "--format", "concise"],
        cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert answer.returncode == 1
    assert "\\xfc.py:5:12" in answer.stdout
