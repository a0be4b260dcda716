"""What a run prints where, writes where, and ends with."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from poollint.cli import check as checks
from poollint.engine.outcome import Outcome
from poollint.engine.request import Request
from poollint.engine.session import run
from poollint.model.finding import Severity
from poollint.model.report import Crash
from poollint.model.source import Span, Unreadable
from poollint.report.formats import FORMATS
from tests.secrets import FILES, HUSH

from .conftest import LEAK, Shell

CLEAN = "import psycopg2\n\nDSN = 'dbname=x'\n"


@pytest.fixture
def leaking(shell: Shell) -> Shell:
    shell.write("a.py", LEAK)
    return shell


class TestStreams:
    """Data on standard output, talk on the other one."""

    def test_findings_and_summary_are_apart_in_a_pipe(self, leaking: Shell) -> None:
        result = leaking("--format", "concise")
        assert [line.partition(" ")[0] for line in result.stdout.splitlines()] == ["a.py:5:12:"]
        assert "1 finding" in result.stderr

    def test_quiet_prints_findings_only(self, leaking: Shell) -> None:
        result = leaking("--format", "concise", "-q")
        assert result.stdout.count("\n") == 1
        assert result.stderr == ""

    @pytest.mark.parametrize("name", ["json", "sarif"])
    def test_formats_for_machines_are_nothing_else(self, leaking: Shell, name: str) -> None:
        assert isinstance(json.loads(leaking("--format", name).stdout), dict)

    def test_next_step_is_not_for_pipes(self, leaking: Shell) -> None:
        result = leaking()
        assert "Next:" not in result.stdout + result.stderr

    def test_debug_tells_settings_and_timings(self, leaking: Shell) -> None:
        leaking.write("poollint.toml", "")
        errors = leaking("--debug").stderr
        assert "settings: poollint.toml" in errors
        assert "discover" in errors

    def test_nothing_to_check_is_said(self, shell: Shell) -> None:
        shell.write("a.py", "x = 1\n")
        result = shell()
        assert result.exit_code == 0
        assert "Nothing to check" in result.stderr


class TestColour:
    """Colours only where they are wanted."""

    @pytest.mark.parametrize(
        ("arguments", "environment", "coloured"),
        [
            ((), {}, False),
            (("--color", "always"), {}, True),
            (("--color", "always"), {"NO_COLOR": "1"}, True),
            ((), {"FORCE_COLOR": "1"}, True),
            ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
            (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ],
    )
    def test_option_then_environment_then_stream_decide(
        self,
        leaking: Shell,
        monkeypatch: pytest.MonkeyPatch,
        arguments: tuple[str, ...],
        environment: dict[str, str],
        coloured: bool,
    ) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert ("\x1b[" in leaking(*arguments).stdout) is coloured
        assert "\x1b]8" not in leaking(*arguments).stdout


class TestOutputs:
    """Reports in files, besides the one that is printed."""

    def test_several_are_written_in_one_run(self, leaking: Shell) -> None:
        result = leaking("--output", "json=r.json", "--output", "concise=r.txt", "--format", "full")
        assert json.loads((leaking.path / "r.json").read_text())["version"] == 1
        assert "connection-leak" in (leaking.path / "r.txt").read_text()
        assert result.stdout.startswith("error[connection-leak]")

    def test_file_has_no_colours(self, leaking: Shell) -> None:
        leaking("--output", "full=r.txt", "--color", "always")
        assert "\x1b" not in (leaking.path / "r.txt").read_text()

    def test_failing_to_write_is_three(
        self, leaking: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: str, text: str) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(checks, "write", full)
        result = leaking("--output", "json=r.json")
        assert result.exit_code == 3
        assert "No space left on device" in result.stderr


class TestExitCodes:
    """0, 1, 2, 3: the same in every format."""

    @pytest.mark.parametrize("name", sorted(FORMATS))
    def test_format_does_not_change_the_code(self, shell: Shell, name: str) -> None:
        shell.write("a.py", CLEAN)
        assert shell("--format", name).exit_code == 0
        shell.write("a.py", LEAK)
        assert shell("--format", name).exit_code == 1
        assert shell("--format", name, "nothing.py").exit_code == 2
        (shell.path / "b.py").symlink_to("nowhere")
        assert shell("--format", name, "a.py", "b.py").exit_code == 3

    @pytest.mark.parametrize(
        ("severity", "fail_on", "code"),
        [
            (Severity.ERROR, "error", 1),
            (Severity.WARNING, "error", 0),
            (Severity.WARNING, "warning", 1),
            (Severity.NOTE, "warning", 0),
            (Severity.NOTE, "note", 1),
            (Severity.ERROR, "never", 0),
        ],
    )
    def test_severity_is_held_against_the_limit(
        self, leaking: Shell, severity: Severity, fail_on: str, code: int
    ) -> None:
        leaking.write("poollint.toml", f'[severity]\nconnection-leak = "{severity.value}"\n')
        assert leaking("--fail-on", fail_on).exit_code == code
        leaking.write(
            "poollint.toml",
            f'fail-on = "{fail_on}"\n[severity]\nconnection-leak = "{severity.value}"\n',
        )
        assert leaking().exit_code == code

    def test_suppressed_finding_does_not_fail(self, shell: Shell) -> None:
        text = LEAK.replace("connect(dsn)", "connect(dsn)  # poollint: ignore[connection-leak] x")
        shell.write("a.py", text)
        assert shell().exit_code == 0
        assert shell("--no-ignores").exit_code == 1

    @pytest.mark.parametrize("arguments", [(), ("--fail-on", "never"), ("--format", "sarif")])
    def test_three_beats_one(
        self, leaking: Shell, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
    ) -> None:
        def crashed(request: Request) -> Outcome:
            outcome = run(request)
            crash = Crash("connection-leak", "a.py", "KeyError at x.py:1")
            return replace(outcome, report=replace(outcome.report, crashes=(crash,)))

        monkeypatch.setattr(checks, "run", crashed)
        result = leaking(*arguments)
        assert result.exit_code == 3
        assert "poollint failed on a.py in rule `connection-leak`" in result.stderr
        assert "poollint check --debug a.py" in result.stderr

    def test_lost_file_is_three_and_told(
        self, leaking: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lost(request: Request) -> Outcome:
            gone = Unreadable(Span.at("b.py"), "permission denied", broken=False)
            return replace(run(request), lost=(gone,))

        monkeypatch.setattr(checks, "run", lost)
        result = leaking("-q")
        assert result.exit_code == 3
        assert result.stderr == "poollint could not read b.py: permission denied\n"


class TestHostileInput:
    """Whatever lies in the tree, the run ends, says so, and checks the rest."""

    def test_tree_of_oddities_is_survived(self, leaking: Shell) -> None:
        path = leaking.path
        (path / "empty.py").touch()
        (path / "nul.py").write_bytes(b"import psycopg2\npsycopg2.connect()\0\n")
        (path / "utf16.py").write_bytes("import psycopg2\npsycopg2.connect()".encode("utf-16"))
        (path / "bom.py").write_bytes(b"\xef\xbb\xbf" + LEAK.encode())
        cookie = f"# -*- coding: latin-1 -*-\n{LEAK}# é\n"
        (path / "latin.py").write_bytes(cookie.encode("latin-1"))
        (path / "bad.py").write_bytes(LEAK.encode() + b"# \xff\n")
        (path / "syntax.py").write_text(LEAK + "def (:\n")
        (path / "dir.py").mkdir()
        (path / "dangling.py").symlink_to("nowhere")
        (path / "out.py").symlink_to("/etc/hostname")
        (path / "loop").symlink_to(path)
        (path / "big.py").write_bytes(LEAK.encode() + b"#" * 10_000_000)
        (path / "deep.py").write_text(f"{LEAK}x = {'(' * 5000}{')' * 5000}\n")
        (path / "wide.py").write_text(f"{LEAK}x = {' and '.join(['a'] * 20_000)}\n")
        if hasattr(os, "mkfifo"):
            os.mkfifo(path / "fifo.py")
        (path / "broken.yaml").write_text("kind: Deployment\napiVersion: apps/v1\nspec: [\n")
        (path / "pgbouncer.ini").write_bytes(b"[pgbouncer]\npool_mode = \xff\0\n[[[\n")
        (path / "Procfile").write_bytes(b"\xff\xfe\0web: x\n")
        result = leaking("--format", "json")
        assert result.exit_code == 1, result.stderr
        report = json.loads(result.stdout)
        found = {(f["rule"], f["path"]) for f in report["findings"]}
        assert {("connection-leak", name) for name in ("a.py", "bom.py", "latin.py")} <= found
        assert {
            ("unreadable-file", name)
            for name in ("nul.py", "utf16.py", "bad.py", "syntax.py", "broken.yaml")
        } <= found
        unread = {entry["path"] for entry in report["coverage"]["unread"]}
        assert "big.py" in unread
        assert "Traceback" not in result.stderr

    def test_no_secret_of_a_file_is_printed(self, shell: Shell) -> None:
        leak = LEAK.replace("connect(dsn)", "connect('postgresql://shop:hunter2@db/orders')")
        shell.write("a.py", leak)
        ini = "[databases]\nx = host=db password=hunter2\n[pgbouncer]\ny=1\n"
        shell.write("pgbouncer.ini", ini)
        for name in FORMATS:
            result = shell("--format", name)
            assert result.exit_code == 1
            assert "hunter2" not in result.stdout + result.stderr

    @pytest.mark.parametrize("broken", [False, True])
    @pytest.mark.parametrize("command", ["check", "audit"])
    def test_no_secret_of_a_project_is_printed(
        self, shell: Shell, command: str, broken: bool
    ) -> None:
        for number, (name, text) in enumerate(FILES):
            lead = "import os, psycopg2, requests, urllib\n" if name.endswith(".py") else ""
            spoilt = f"{text}\n) [ {{ '\n" if broken else text
            shell.write(f"part{number}/{name}", lead + spoilt)
        shell.write("userlist.txt", f'"app" "{HUSH}"\n')
        outputs = [f"--output={name}={name}.out" for name in FORMATS]
        result = shell(command, "--pedantic", "--select=all", "--debug", *outputs)
        assert result.exit_code == 1
        assert HUSH not in result.stdout + result.stderr
        for name in FORMATS:
            assert HUSH not in (shell.path / f"{name}.out").read_text()

    @pytest.mark.parametrize(
        "name", [f"password={HUSH}.py", f"host=db password={HUSH} user=x/a.py"]
    )
    def test_no_secret_of_the_name_of_a_file_is_printed(self, shell: Shell, name: str) -> None:
        shell.write(name, LEAK)
        for where in ([], [name]):
            for form in FORMATS:
                result = shell("--format", form, *where)
                assert result.exit_code == 1
                assert HUSH not in result.stdout + result.stderr

    @pytest.mark.parametrize("key", ["select", "ignore", "fail-on", "pool-mode", "unknown"])
    def test_no_secret_of_a_settings_file_is_printed(self, shell: Shell, key: str) -> None:
        dsn = f"postgres://app:{HUSH}@db/orders"
        for text in (f'{key} = ["{dsn}"]\n', f'{key} = "{dsn}"\n', f'password = "{HUSH}\n'):
            shell.write("poollint.toml", text)
            result = shell()
            assert HUSH not in result.stdout + result.stderr


def test_standard_input_is_checked(shell: Shell) -> None:
    result = shell("-", "--stdin-filename", "shop/db.py", "--format", "concise", stdin=LEAK)
    assert result.exit_code == 1
    assert result.stdout.startswith("shop/db.py:5:12: error[connection-leak]")


def test_force_exclude_spares_what_is_named(leaking: Shell) -> None:
    leaking.write("poollint.toml", 'exclude = ["a.py"]\n')
    assert leaking("a.py").exit_code == 1
    assert leaking("a.py", "--force-exclude").exit_code == 0


def test_select_takes_commas_and_repetition(leaking: Shell) -> None:
    assert leaking("--select", "budget,leak", "--select", "setting").exit_code == 1
    assert leaking("--select", "budget, setting").exit_code == 0
    assert leaking("--ignore", "connection-leak").exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
class TestTerminal:
    """On a terminal the report is whole: summary, next step, colour."""

    def _on_terminal(self, cwd: Path, environment: dict[str, str]) -> str:
        import pty

        primary, secondary = pty.openpty()
        pid = os.fork()
        if pid == 0:  # pragma: no cover - the child
            os.chdir(cwd)
            os.dup2(secondary, 1)
            arguments = [sys.executable, "-m", "poollint", "."]
            os.execve(sys.executable, arguments, {**os.environ, **environment})
        os.close(secondary)
        shown = b""
        try:
            while chunk := os.read(primary, 4096):
                shown += chunk
        except OSError:
            pass  # Linux says so at the end of a terminal
        os.waitpid(pid, 0)
        os.close(primary)
        return shown.decode()

    def test_summary_and_next_step_are_shown(self, leaking: Shell) -> None:
        shown = self._on_terminal(leaking.path, {"TERM": "xterm", "NO_COLOR": "1"})
        assert "1 finding: 1 error." in shown
        assert "\r\n\r\n1 finding: 1 error." in shown
        assert "\r\n\r\nNext: poollint explain connection-leak" in shown
        assert "\x1b" not in shown

    def test_colours_are_shown_and_links_only_where_known(self, leaking: Shell) -> None:
        plain = {"TERM": "xterm", "TERM_PROGRAM": "", "VTE_VERSION": "", "CI": ""}
        shown = self._on_terminal(leaking.path, plain)
        assert "\x1b[" in shown
        assert "\x1b]8" not in shown
        shown = self._on_terminal(leaking.path, {**plain, "TERM_PROGRAM": "WezTerm"})
        assert "\x1b]8;;file://" in shown
