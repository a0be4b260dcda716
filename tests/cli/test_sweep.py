"""`poollint sweep`: many repositories, one report, which a later run goes on with."""

from __future__ import annotations

import io
import json
import os
import subprocess
from typing import Any

import pytest

from poollint.cli.progress import Progress
from poollint.engine.session import run

from .conftest import LEAK, Shell

REPORT = "poollint-sweep.jsonl"


def _lines(shell: Shell) -> dict[str, dict[str, Any]]:
    lines = (shell.path / REPORT).read_text().splitlines()
    found = {content["repository"]: content for content in map(json.loads, lines)}
    assert len(found) == len(lines), "a repository has two lines"
    return found


@pytest.fixture
def three(shell: Shell) -> Shell:
    """Two repositories, one with a leak, and a list that names a third one."""
    shell.write("bad/db.py", LEAK)
    shell.write("good/a.py", "x = 1\n")
    shell.write("list.txt", "# ours\nbad\n\n  good  \nmissing\nbad\n")
    return shell


def test_each_repository_has_a_line_and_one_that_fails_does_not_stop_the_rest(
    three: Shell,
) -> None:
    answer = three("sweep", "list.txt")
    lines = _lines(three)
    assert answer.exit_code == 3
    assert set(lines) == {"bad", "good", "missing"}
    assert [f["rule"] for f in lines["bad"]["findings"]] == ["connection-leak"]
    assert lines["bad"]["findings"][0]["path"] == "db.py"
    assert lines["good"]["coverage"]["files"] == 1
    assert lines["missing"]["failed"] == ["no such folder"]
    assert "coverage" not in lines["missing"]
    assert "3 repositories: 2 checked, 0 as before, 1 failed." in answer.stdout
    assert "Failed: missing: no such folder" in answer.stdout
    assert answer.stderr == ""


def test_a_line_holds_what_the_report_of_the_repository_alone_holds(
    three: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    three("sweep", "list.txt")
    line = _lines(three)["bad"]
    monkeypatch.chdir(three.path / "bad")
    alone = json.loads(three(".", "--format=json").stdout)
    assert {name: line[name] for name in alone} == alone


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [("good", (), 0), ("bad", (), 1), ("bad", ("--fail-on=never",), 0), ("", (), 2)],
)
def test_exit_codes_are_those_of_a_check(
    three: Shell, text: str, options: tuple[str, ...], code: int
) -> None:
    assert three("sweep", "-", *options, stdin=f"{text}\n").exit_code == code
    assert three("sweep", "-", *options, stdin=f"{text}\n").exit_code == code  # nothing is new


def test_settings_of_a_repository_hold_for_it_alone(three: Shell) -> None:
    three.write("bad/poollint.toml", 'fail-on = "never"\n')
    assert three("sweep", "-", stdin="bad\n").exit_code == 0
    three.write("bad/poollint.toml", "misspelt = 1\n")
    answer = three("sweep", "-", stdin="bad\ngood\n")
    assert answer.exit_code == 3
    assert _lines(three)["bad"]["failed"] == ["unknown setting `misspelt` (poollint.toml:1)"]
    assert three("sweep", "-", "--isolated", stdin="bad\n").exit_code == 1


@pytest.mark.parametrize(
    "arguments",
    [("nowhere.txt",), ("list.txt", "--select=nothing"), ("list.txt", "--output=no/where"),
     ("list.txt", "--executor=ray://h:1")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_anything_is_read(
    three: Shell, arguments: tuple[str, ...]
) -> None:
    answer = three("sweep", *arguments)
    assert answer.exit_code == 2
    assert not (three.path / REPORT).exists()


class TestResuming:
    """What is in the report already is not done again."""

    def test_only_what_changed_or_failed_is_checked(self, three: Shell) -> None:
        three("sweep", "list.txt")
        before = _lines(three)
        three.write("good/b.py", LEAK)
        three.write("missing/a.py", "x = 1\n")
        answer = three("sweep", "list.txt")
        after = _lines(three)
        assert "3 repositories: 2 checked, 1 as before, 0 failed." in answer.stdout
        assert after["bad"] == before["bad"]
        assert len(after["good"]["findings"]) == 1
        assert after["missing"]["failed"] == []
        assert "3 as before" in three("sweep", "list.txt").stdout

    def test_other_options_are_another_question(self, three: Shell) -> None:
        three("sweep", "list.txt")
        assert "2 checked" in three("sweep", "list.txt", "--ignore=connection-leak").stdout
        assert _lines(three)["bad"]["findings"] == []

    @pytest.mark.parametrize("torn", [1, 20, -2])
    def test_a_line_that_is_not_whole_is_written_anew(self, three: Shell, torn: int) -> None:
        three("sweep", "list.txt", "--jobs=1")
        whole = (three.path / REPORT).read_bytes()
        *kept, last = whole.splitlines(keepends=True)
        (three.path / REPORT).write_bytes(b"".join(kept) + last[:torn])
        answer = three("sweep", "list.txt")
        assert "was not whole, and is written anew" in answer.stderr
        assert _lines(three).keys() == {"bad", "good", "missing"}

    def test_no_other_file_is_taken_for_a_report(self, three: Shell) -> None:
        path = three.write(REPORT, "notes of mine\n")
        answer = three("sweep", "list.txt")
        assert answer.exit_code == 2
        assert "is no report of a sweep" in answer.stderr
        assert path.read_text() == "notes of mine\n"


def test_a_process_that_dies_costs_one_repository(
    three: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dying(request: Any) -> Any:
        return os._exit(1) if request.cwd.endswith("bad") else run(request)

    monkeypatch.setattr("poollint.engine.sweep.run", dying)
    assert three("sweep", "-", "--jobs=1", stdin="bad\ngood\n").exit_code == 3
    lines = _lines(three)
    assert lines["bad"]["failed"] == ["the process that read it ended"]
    assert lines["good"]["coverage"]["files"] == 1


def test_no_hook_of_a_repository_is_run(three: Shell) -> None:
    git = ["git", "-C", str(three.path / "bad")]
    subprocess.run([*git, "init", "-q"], check=True)
    hook = three.write("hook", "#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    for name, value in (("core.fsmonitor", str(hook)), ("core.hooksPath", str(three.path))):
        subprocess.run([*git, "config", name, value], check=True)
    assert three("sweep", "-", stdin="bad\n").exit_code == 1
    assert not list(three.path.rglob("ran"))


class TestProgress:
    """A person is told how far it is after a second; nobody else is."""

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    def _said(
        self, stream: io.StringIO, seconds: tuple[float, ...], patch: pytest.MonkeyPatch
    ) -> str:
        times = iter(seconds)
        patch.setattr("poollint.cli.progress.time.monotonic", lambda: next(times))
        patch.setattr("sys.stderr", stream)
        shown = Progress()
        for _ in seconds[1:]:
            shown.show("5 of 9")
        shown.end()
        return stream.getvalue()

    def test_only_after_a_second_and_leaving_nothing_behind(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said = self._said(self.Terminal(), (0.0, 0.5, 1.1, 1.15), monkeypatch)
        assert said == "\r\x1b[K5 of 9\r\x1b[K"

    def test_not_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self._said(self.Terminal(), (0.0, 0.9), monkeypatch) == ""

    def test_not_into_a_pipe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self._said(io.StringIO(), (0.0, 2.0, 3.0), monkeypatch) == ""
