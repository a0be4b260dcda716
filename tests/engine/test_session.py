"""A whole run, with readers and rules of the tests' own: what is reported, and what is not."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from poollint.engine.outcome import Outcome
from poollint.engine.request import Mode
from poollint.facts.project import Project
from poollint.model.finding import Severity
from poollint.model.usage import UsageError
from poollint.reading import linking

from .conftest import Folder


def reasons(outcome: Outcome) -> list[tuple[str, str]]:
    return [(u.span.path, u.reason) for u in outcome.report.coverage.unread]


class TestReport:
    """Findings, coverage, pages."""

    def test_problem_becomes_a_finding(self, folder: Folder) -> None:
        folder.write("shop/a.py", "db\nBAD one\n")
        (finding,) = folder.run().report.findings
        assert (finding.rule, finding.severity) == ("bad-thing", Severity.ERROR)
        assert finding.problem.at.path == "shop/a.py"
        assert finding.suppressed is None

    def test_coverage_counts_what_was_considered(self, folder: Folder) -> None:
        folder.write("a.py", "db\n")
        folder.write("b.py", "nothing\n")
        folder.write("c.ini", "x = 1\n")
        folder.write("README.md", "db\n")
        coverage = folder.run().report.coverage
        assert (coverage.files, coverage.python_files) == (3, 2)
        assert (coverage.candidates, coverage.infrastructure) == (1, 1)
        assert coverage.drivers == ("Fake",)

    def test_pages_are_of_the_rules_that_ran(self, folder: Folder) -> None:
        pages = folder.run(select=("leak",)).report.pages
        assert [p.name for p in pages if p.category != "poollint"] == ["bad-thing", "raising-thing"]

    def test_sources_are_those_that_findings_show(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD\n")
        folder.write("b.py", "db\n")
        folder.write("c.ini", "far = d.ini\n")
        folder.write("d.ini", "y = 2\n")
        assert set(folder.run().sources) == {"a.py", "c.ini", "d.ini"}

    def test_low_confidence_is_hidden_and_counted(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD UNSURE\n")
        report = folder.run().report
        assert ([f.rule for f in report.findings], report.hidden) == (["bad-thing"], 1)
        report = folder.run(pedantic=True).report
        assert ([f.rule for f in report.findings], report.hidden) == (
            ["bad-thing", "unsure-thing"],
            0,
        )

    def test_two_runs_are_equal(self, folder: Folder) -> None:
        for name in ("b.py", "a.py", "c/d.py"):
            folder.write(name, "db\nBAD\nBAD\n")
        assert folder.run().report == folder.run().report

    def test_timings_are_of_the_clock_that_is_given(self, folder: Folder) -> None:
        ticks = iter(range(100))
        outcome = folder.run(clock=lambda: float(next(ticks)))
        assert [name for name, _ in outcome.timings] == [
            "settings", "discover", "read", "link", "judge", "decide",
        ]  # fmt: skip
        assert {seconds for _, seconds in outcome.timings} == {1.0}


class TestReading:
    """A hostile file costs itself, and is said."""

    def test_broken_file_is_a_finding_and_the_rest_goes_on(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBROKEN\nBAD\n")
        folder.write("b.py", "db\nBAD\n")
        assert folder.found() == [
            ("bad-thing", "a.py", 3),
            ("bad-thing", "b.py", 2),
            ("unreadable-file", "a.py", 2),
        ]

    @pytest.mark.parametrize(
        "data", [b"db\0", "db".encode("utf-16"), b"db = '\xff'", b"# coding: nonsense\ndb"]
    )
    def test_text_that_is_none_is_a_finding(self, folder: Folder, data: bytes) -> None:
        folder.write("a.py", data + b"db")
        folder.write("b.py", "db\nBAD\n")
        assert [rule for rule, _, _ in folder.found()] == ["bad-thing", "unreadable-file"]

    def test_file_that_does_not_matter_is_not_decoded(self, folder: Folder) -> None:
        folder.write("a.py", b"\0\xff" * 2_000_000)
        outcome = folder.run()
        assert outcome.report.findings == ()
        assert outcome.report.coverage.unread == ()

    def test_file_above_the_limit_is_told_and_is_no_finding(self, folder: Folder) -> None:
        folder.write("a.py", b"db" + b"#" * 1_100_000)
        outcome = folder.run()
        assert outcome.report.findings == ()
        assert reasons(outcome) == [("a.py", "larger than 1 MB")]
        assert outcome.lost == ()

    def test_reader_that_raises_loses_its_file_and_the_job(self, folder: Folder) -> None:
        folder.write("a.py", "db\nCRASH\n")
        folder.write("b.py", "db\nBAD\n")
        outcome = folder.run()
        assert [f.rule for f in outcome.report.findings] == ["bad-thing"]
        ((path, reason),) = reasons(outcome)
        assert path == "a.py"
        assert re.fullmatch(r"the python reader failed: KeyError at \S+:\d+ in _unread", reason)
        assert [u.span.path for u in outcome.lost] == ["a.py"]

    def test_depth_is_a_limit_and_no_fault(self, folder: Folder) -> None:
        folder.write("a.py", "db\nDEEP\n")
        assert reasons(folder.run()) == [("a.py", "nested too deeply for poollint")]
        assert folder.run().lost == ()
        assert [u.span.path for u in folder.run("a.py").lost] == ["a.py"]

    def test_linking_that_raises_loses_the_job_and_no_finding_of_a_file(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def link(readings: object, options: object) -> Project:
            raise RecursionError

        monkeypatch.setattr(linking, "link", link)
        folder.write("a.py", "db\nBAD\nfine  # poollint: ignore[bad-thing]\n")
        outcome = folder.run()
        assert [f.rule for f in outcome.report.active] == ["bad-thing"]
        ((path, reason),) = [(u.span.path, u.reason) for u in outcome.lost]
        assert path == "."
        assert reason.endswith("; what several files tell together is not judged")

    def test_named_file_that_cannot_be_read_is_lost(self, folder: Folder) -> None:
        folder.write("b.py", "db\nBAD\n")
        (folder.path / "a.py").symlink_to("nothing")
        outcome = folder.run("a.py", "b.py")
        assert [(u.span.path, u.reason) for u in outcome.lost] == [
            ("a.py", "no such file or directory")
        ]
        assert [f.rule for f in outcome.report.findings] == ["bad-thing"]

    def test_named_file_with_broken_text_is_a_finding_and_not_lost(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBROKEN\n")
        outcome = folder.run("a.py")
        assert outcome.lost == ()
        assert [f.rule for f in outcome.report.findings] == ["unreadable-file"]

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
    def test_named_fifo_is_lost_and_not_waited_for(self, folder: Folder) -> None:
        os.mkfifo(folder.path / "a.py")
        assert [u.reason for u in folder.run("a.py").lost] == ["not a regular file"]

    def test_named_file_of_no_known_kind_is_told(self, folder: Folder) -> None:
        folder.write("README.md", "x")
        outcome = folder.run("README.md")
        assert reasons(outcome) == [("README.md", "no kind of file known here")]
        assert (outcome.lost, outcome.report.coverage.files) == ((), 0)

    def test_standard_input_is_a_file(self, folder: Folder) -> None:
        found = folder.found("-", stdin=b"db\nBAD\n", stdin_filename="shop/a.py")
        assert found == [("bad-thing", "shop/a.py", 2)]

    def test_standard_input_needs_a_name_where_it_may_be_anything(self, folder: Folder) -> None:
        with pytest.raises(UsageError, match="standard input has no name"):
            folder.run("-", stdin=b"db")
        assert folder.found("-", stdin=b"db\nBAD", mode=Mode.CHECK) == [
            ("bad-thing", "stdin.py", 2)
        ]


def test_who_waits_is_told_how_far_it_is(folder: Folder) -> None:
    for number in range(3):
        folder.write(f"m{number}.py", "db.use()\n")
    told: list[tuple[int, int]] = []
    outcome = folder.run(progress=lambda done, total: told.append((done, total)))
    assert outcome.report.coverage.candidates == 3
    assert told == [(1, 3), (2, 3), (3, 3)]


class TestContext:
    """A part is judged as it would be with the whole, and nothing else is reported."""

    def test_only_files_given_are_reported(self, folder: Folder) -> None:
        folder.write("shop/a.py", "db\nBAD\n")
        folder.write("b.py", "db\nBAD\n")
        folder.write("x.ini", "over = 1\n")
        assert folder.found("shop/a.py", mode=Mode.CHECK) == [("bad-thing", "shop/a.py", 2)]
        assert folder.found("shop") == [("bad-thing", "shop/a.py", 2)]

    def test_place_in_a_file_not_given_is_shown(self, folder: Folder) -> None:
        folder.write("a.py", "db\nPOOL\n")
        folder.write("b.ini", "far = c.ini\n")
        folder.write("c.ini", "x = 1\n")
        outcome = folder.run("b.ini")
        assert [f.rule for f in outcome.report.findings] == ["far-thing"]
        assert set(outcome.sources) == {"b.ini", "c.ini"}
        assert outcome.report.coverage.files == 1

    def test_broken_file_not_given_is_not_reported(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD\n")
        folder.write("b.ini", "BROKEN\n")
        outcome = folder.run("a.py")
        assert [f.rule for f in outcome.report.findings] == ["bad-thing"]
        assert outcome.report.coverage.unread == ()

    def test_exclusion_holds_for_what_is_read_besides(self, folder: Folder) -> None:
        folder.write("poollint.toml", 'exclude = ["old"]\n')
        folder.write("a.ini", "far = old/b.ini\n")
        folder.write("old/b.ini", "x = 1\n")
        assert set(folder.run("a.ini").sources) == {"a.ini"}

    def test_folder_with_code_and_its_deployment_is_a_system_of_its_own(
        self, folder: Folder
    ) -> None:
        ignore = "fine  # poollint: ignore[{}]\n"
        text = f"db\nPOOL\n{ignore.format('too-many')}{ignore.format('bad-thing')}"
        folder.write("demo/a.py", text)
        folder.write("demo/x.ini", "far = c.ini\n")
        folder.write("c.ini", "x = 1\n")
        folder.write("pyproject.toml", "")
        outcome = folder.run("demo")
        assert set(outcome.sources) == {"demo/x.ini", "demo/a.py"}
        # Only what the folder itself can tell is said of its ignores.
        assert [(f.rule, f.problem.at.start.line) for f in outcome.report.active] == [
            ("far-thing", 1),
            ("unused-ignore", 4),
        ]
        named = folder.run("demo/a.py", "demo/x.ini")
        assert set(named.sources) == {"demo/x.ini", "demo/a.py", "c.ini"}

    def test_case_of_its_own_reads_nothing_else(self, folder: Folder) -> None:
        folder.write("a.ini", "far = b.ini\n")
        folder.write("b.ini", "x = 1\n")
        outcome = folder.run("a.ini", context=False, root=str(folder.path))
        assert set(outcome.sources) == {"a.ini"}


def test_project_without_repository_ends_at_the_working_directory(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("poollint.toml", "nonsense = 1\n")
    folder.write("app/a.py", "db\nBAD\n")
    monkeypatch.chdir(folder.path / "app")
    assert folder.found() == [("bad-thing", "a.py", 2)]


def test_a_working_directory_that_is_no_project_is_not_searched(folder: Folder) -> None:
    folder.write("mine/app/x.ini", "far = mine/deploy/y.ini\n")
    folder.write("mine/deploy/y.ini", "x = 1\n")
    assert set(folder.run("mine/app").sources) == {"mine/app/x.ini"}
    folder.write("mine/requirements.txt", "")
    assert set(folder.run("mine/app").sources) == {"mine/app/x.ini", "mine/deploy/y.ini"}


def test_folder_elsewhere_is_a_project_of_its_own(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    there: Path = tmp_path_factory.mktemp("there")
    (there / "a.py").write_text("db\nBAD\n")
    ((rule, path, _),) = folder.found(str(there))
    assert rule == "bad-thing"
    assert path == Path(os.path.relpath(there / "a.py")).as_posix()


def test_a_folder_that_is_named_and_cannot_be_listed_is_lost(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("shut/inner/a.py", "db BAD\n")
    listed = os.scandir

    def scandir(path: str) -> object:
        if os.path.basename(path) == "shut":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (lost,) = folder.run("shut").lost
    assert (lost.span.path, lost.reason) == ("shut", "a folder: permission denied")
    assert folder.run(".").lost == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may enter every folder")
def test_a_folder_that_may_not_be_entered_is_lost(folder: Folder) -> None:
    folder.write("shut/a.py", "db BAD\n")
    (folder.path / "shut").chmod(0)
    try:
        assert [lost.span.path for lost in folder.run("shut").lost] == ["shut"]
    finally:
        (folder.path / "shut").chmod(0o700)
