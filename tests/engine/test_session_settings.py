"""A whole run by what its user decided: settings, and comments that ignore findings."""

from __future__ import annotations

import pytest

from poollint.engine.request import Mode
from poollint.model.finding import Severity
from poollint.model.usage import UsageError

from .conftest import Folder


class TestSettings:
    """Settings reach every step."""

    def test_settings_are_found_and_named(self, folder: Folder) -> None:
        folder.write("poollint.toml", 'select = ["budget"]\n[severity]\ntoo-many = "note"\n')
        folder.write("a.py", "db\nBAD\n")
        folder.write("b.ini", "over = 1\n")
        outcome = folder.run()
        assert [(f.rule, f.severity) for f in outcome.report.findings] == [
            ("too-many", Severity.NOTE)
        ]
        assert outcome.settings == "poollint.toml"
        assert {p.name: p.severity for p in outcome.report.pages}["too-many"] == "note"

    def test_isolated_reads_none(self, folder: Folder) -> None:
        folder.write("poollint.toml", "nonsense = 1\n")
        assert folder.run(isolated=True).settings == ""
        with pytest.raises(UsageError, match="unknown setting"):
            folder.run()

    def test_file_that_is_named_wins(self, folder: Folder) -> None:
        folder.write("poollint.toml", "nonsense = 1\n")
        folder.write("other.toml", 'fail-on = "never"\n')
        assert folder.run(config="other.toml").fail_on is None
        with pytest.raises(UsageError, match="no such path"):
            folder.run(config="nothing.toml")

    def test_unknown_rule_points_into_the_file(self, folder: Folder) -> None:
        folder.write("pyproject.toml", '[tool.poollint]\nselect = ["bad-thin"]\n')
        with pytest.raises(UsageError) as caught:
            folder.run()
        span = caught.value.span
        assert span is not None
        assert (span.path, span.start.line, span.start.column, span.end.column) == (
            "pyproject.toml", 2, 12, 20,
        )  # fmt: skip

    def test_files_are_spared_what_their_pattern_names(self, folder: Folder) -> None:
        folder.write("poollint.toml", '[per-file-ignores]\n"tests/**" = ["leak"]\n')
        folder.write("tests/a.py", "db\nBAD\n")
        folder.write("b.py", "db\nBAD\n")
        assert folder.found() == [("bad-thing", "b.py", 2)]

    def test_patterns_and_fingerprints_count_from_the_settings_file(
        self, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder.path / ".git").mkdir()
        folder.write("poollint.toml", 'exclude = ["shop/old"]\n')
        folder.write("shop/a.py", "db\nBAD\n")
        folder.write("shop/old/b.py", "db\nBAD\n")
        (before,) = folder.run().report.findings
        monkeypatch.chdir(folder.path / "shop")
        (after,) = folder.run().report.findings
        assert (before.problem.at.path, after.problem.at.path) == ("shop/a.py", "a.py")
        assert before.fingerprint == after.fingerprint


class TestIgnores:
    """Comments that ignore, and what is said of them."""

    def test_ignored_finding_keeps_its_reason(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD  # poollint: ignore[bad-thing] closed elsewhere\n")
        report = folder.run().report
        assert [f.suppressed for f in report.findings] == ["closed elsewhere"]
        assert report.active == ()

    def test_alias_ignores(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD  # poollint: ignore[evil-thing]\n")
        assert folder.found() == []

    def test_ignore_counts_at_any_place_the_finding_shows(self, folder: Folder) -> None:
        folder.write("a.ini", "far = b.ini\n")
        folder.write("b.ini", "; poollint: ignore[far-thing]\nx = 1\n")
        assert folder.found() == [("far-thing", "a.ini", 1), ("unused-ignore", "b.ini", 1)]
        folder.write("b.ini", "; poollint: ignore-file[far-thing]\nx = 1\n")
        assert folder.found() == []
        assert folder.found("a.ini") == []

    def test_no_ignores_shows_everything(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD  # poollint: ignore[bad-thing, nonsense]\n")
        assert folder.found(ignores=False) == [("bad-thing", "a.py", 2)]

    def test_ignore_that_suppresses_nothing_is_unused(self, folder: Folder) -> None:
        folder.write("a.py", "db\nfine  # poollint: ignore[bad-thing] x\n")
        (finding,) = folder.run().report.findings
        assert finding.rule == "unused-ignore"
        assert finding.problem.fix is not None
        (edit,) = finding.problem.fix.edits
        assert (edit.span.start.column, edit.text) == (7, "")

    def test_only_the_name_that_does_nothing_is_unused(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD  # poollint: ignore[bad-thing, far-thing]\n")
        (finding,) = folder.run().report.active
        assert finding.problem.message == "ignoring `far-thing` here suppresses nothing"
        assert finding.problem.at.start.column == 36

    def test_hidden_finding_uses_its_ignore(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD UNSURE  # poollint: ignore[bad-thing, unsure-thing]\n")
        report = folder.run().report
        assert (report.active, report.hidden) == ((), 0)

    @pytest.mark.parametrize(
        "request_",
        [{"select": ("budget",)}, {"mode": Mode.AUDIT}, {"ignore": ("bad-thing",)}],
    )
    def test_only_rules_that_ran_judge_their_ignores(
        self, folder: Folder, request_: dict[str, object]
    ) -> None:
        folder.write("a.py", "db\nfine  # poollint: ignore[bad-thing]\n")
        assert folder.found(**request_) == []

    def test_rule_that_raised_does_not_judge_its_ignores(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD RAISE # poollint: ignore[bad-thing, raising-thing]\n")
        outcome = folder.run(select=("all",))
        assert outcome.report.active == ()
        assert [crash.rule for crash in outcome.report.crashes] == ["raising-thing"]

    def test_broken_file_does_not_judge_its_ignores(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBROKEN\nfine  # poollint: ignore[bad-thing]\n")
        assert folder.found() == [("unreadable-file", "a.py", 2)]

    def test_files_not_given_do_not_judge_their_ignores(self, folder: Folder) -> None:
        folder.write("a.ini", "far = b.ini\n")
        folder.write("b.ini", "; poollint: ignore[bad-thing]\nx = 1\n")
        assert folder.found("a.ini") == [("far-thing", "a.ini", 1)]

    def test_bare_ignore_is_not_obeyed(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD  # poollint: ignore\n")
        assert folder.found() == [("bad-thing", "a.py", 2), ("blanket-ignore", "a.py", 2)]

    def test_unknown_name_is_told_with_the_nearest(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD  # poollint: ignore[bad-thin]\n")
        bad, unknown = folder.run().report.active
        assert (bad.rule, unknown.rule) == ("bad-thing", "unknown-rule")
        assert unknown.problem.label == "there is a rule `bad-thing`"

    def test_category_is_no_rule(self, folder: Folder) -> None:
        folder.write("a.py", "db\nBAD  # poollint: ignore[leak]\n")
        assert [rule for rule, _, _ in folder.found()] == ["bad-thing", "unknown-rule"]

    def test_required_reason_is_told_and_the_ignore_obeyed(self, folder: Folder) -> None:
        folder.write("poollint.toml", "require-reason = true\n")
        folder.write("a.py", "db\nBAD  # poollint: ignore[bad-thing]\n")
        assert folder.found() == [("blanket-ignore", "a.py", 2)]

    def test_file_is_ignored_in_its_head_only(self, folder: Folder) -> None:
        folder.write("a.py", "# poollint: ignore-file[bad-thing] generated\ndb\nBAD\nBAD\n")
        folder.write("b.py", "db\n# poollint: ignore-file[bad-thing]\nBAD\n")
        assert folder.found() == [("bad-thing", "b.py", 3), ("unused-ignore", "b.py", 2)]

    def test_findings_about_the_run_can_be_ignored(self, folder: Folder) -> None:
        folder.write("a.py", "# poollint: ignore-file[unreadable-file] a template\ndb\nBROKEN\n")
        folder.write(
            "b.py", "db\n# poollint: ignore[unused-ignore]\nx()  # poollint: ignore[bad-thing]\n"
        )
        assert folder.found() == []

    def test_ignore_of_unused_ignores_can_be_unused(self, folder: Folder) -> None:
        folder.write("a.py", "db\nx()  # poollint: ignore[unused-ignore]\n")
        assert folder.found() == [("unused-ignore", "a.py", 2)]
