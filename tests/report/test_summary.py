"""The last lines say what was found, what was looked at, and what was not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint.model.figure import Basis, Entry, Figure, Ledger
from poollint.model.finding import Severity
from poollint.model.report import Budget, Coverage, Crash, Report
from poollint.model.source import Span, Unreadable
from poollint.report.ledger import verdict
from poollint.report.summary import fits, next_steps, summary
from tests.report.example import CLEAN, IGNORED, LEAK, POOL, REPORT


def unread(*paths: str) -> tuple[Unreadable, ...]:
    return tuple(Unreadable(Span.at(path), "too large") for path in paths)


def test_one_is_singular() -> None:
    coverage = Coverage(1, 1, 1, 1, ("psycopg",))
    assert summary(Report((LEAK,), coverage, seconds=2)) == (
        "1 finding: 1 error.\n"
        "Checked 1 file in 2.0 s: 1 uses a database (psycopg), 1 describes infrastructure.\n"
    )


def test_severities_are_counted_the_most_severe_first() -> None:
    note = replace(LEAK, severity=Severity.NOTE)
    report = Report((note, POOL, LEAK, note), Coverage(9, 9, 2))
    assert summary(report).startswith("4 findings: 1 error, 1 warning, 2 notes.\n")


def test_a_time_nobody_took_is_not_told_and_a_short_one_is_not_zero() -> None:
    coverage = Coverage(3, 3, 1)
    assert "Checked 3 files: " in summary(Report((LEAK,), coverage))
    assert "Checked 3 files in 0.1 s: " in summary(Report((LEAK,), coverage, seconds=0.001))


def test_infrastructure_alone_is_told_without_a_database() -> None:
    report = Report((POOL,), Coverage(4, 0, 0, 2))
    said = "Checked 4 files: no Python file uses a database, 2 describe infrastructure.\n"
    assert said in summary(report)


def test_a_clean_run_names_the_budgets() -> None:
    assert "; connection budget of users-db in staging: 31 to 121 of 197" in summary(CLEAN)
    both = replace(CLEAN, budgets=REPORT.budgets)
    assert "; connection budgets: orders-db: 300 of 197, users-db" in summary(both)
    none = replace(CLEAN, budgets=())
    assert "12 use a database (psycopg2, SQLAlchemy).\n" in summary(none)


def test_what_low_confidence_hides_is_counted() -> None:
    assert "1 error. 2 more at low confidence (--pedantic).\n" in summary(
        Report((LEAK,), Coverage(1, 1, 1), hidden=2)
    )
    assert "a database. 2 at low confidence not shown (--pedantic).\n" in summary(
        Report((), Coverage(1, 1, 1), hidden=2)
    )


def test_a_run_that_looked_at_nothing_says_so_and_not_that_all_is_well() -> None:
    assert summary(Report((), Coverage(214))) == (
        "Nothing to check: none of the 214 files uses a database poollint knows.\n"
    )
    assert summary(Report((), Coverage(1))) == (
        "Nothing to check: the one file here uses no database poollint knows.\n"
    )
    assert summary(Report((), Coverage())) == (
        "Nothing to check: no file here is of a kind poollint reads.\n"
    )


def test_a_few_that_were_not_read_are_listed_and_of_many_the_first() -> None:
    few = Report((), Coverage(9, 9, 1, unread=unread("a.py", "b.py")))
    assert summary(few).endswith("Not read: a.py (too large)\n          b.py (too large)\n")
    many = Report((), Coverage(99, 9, 1, unread=unread(*(f"{n}.py" for n in range(17)))))
    rest = "          4.py (too large)\n          and 12 more (all: --format json)\n"
    assert summary(many).endswith(rest)
    six = Report((), Coverage(99, 9, 1, unread=unread(*(f"{n}.py" for n in range(6)))))
    assert summary(six).endswith("          5.py (too large)\n")


def test_a_part_that_was_not_read_is_told_with_its_line() -> None:
    part = Unreadable(Span.at("a.yaml", 12), "a template")
    assert "Not read: a.yaml:12 (a template)\n" in summary(Report((), Coverage(1, unread=(part,))))


def test_a_rule_that_failed_leaves_no_clean_verdict() -> None:
    crash = Crash("session-set", "a.py", "KeyError")
    text = summary(Report((), Coverage(2, 2, 0), crashes=(crash,)))
    assert text.startswith("No findings where poollint did not fail. 2 files checked")
    assert text.endswith("Not judged: a.py by session-set (poollint failed)\n")


def test_suppressed_findings_are_not_counted() -> None:
    assert summary(Report((IGNORED,), Coverage(2, 2, 1))).startswith("No findings. 2 files checked")


def test_the_next_step_explains_the_first_finding_that_has_a_page() -> None:
    assert next_steps(REPORT) == (
        "Next: poollint explain connection-leak   what it means and how to fix it\n"
    )
    assert next_steps(replace(REPORT, pages=())) == ""
    assert next_steps(CLEAN) == ""


def test_of_the_places_of_what_is_in_no_sum_only_the_first_is_named() -> None:
    texts = (
        "`web` opens some (in k8s/prod, k8s/qa, k8s/dev)",
        "`db` (a, b) (in prod)",
        "x (in y) z",
    )
    told = summary(Report((), Coverage(1, uncounted=texts)))
    assert "In no sum: `web` opens some (in k8s/prod and 2 more)\n" in told
    assert "`db` (a, b) (in prod)\n" in told
    assert "x (in y) z\n" in told


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        (Figure(1, 1, "workers", Basis.UNKNOWN, "here"), "4 or more of 97"),
        (Figure(1, 2, "workers", Basis.UNKNOWN, "here"), "4 to 8 or more of 97"),
        (Figure(1, None, "workers", Basis.UNKNOWN, "here"), "4 or more of 97"),
        (Figure(1, 1, "workers", Basis.STATED, "here"), "4 of 97"),
        (Figure(0, 0, "workers", Basis.UNKNOWN, "here"), "0 of 97"),
    ],
)
def test_what_stands_in_for_a_number_leaves_the_sum_open(figure: Figure, told: str) -> None:
    four = Figure(4, 4, "pool size", Basis.STATED, "here")
    limit = Entry("max_connections", (Figure(97, 97, "max_connections", Basis.STATED, "here"),))
    ledger = Ledger((Entry("web", (figure, four)),), (limit,))
    assert fits(Budget("db", "", Span.at("a.yaml"), ledger)) == told


def test_a_limit_that_stands_in_for_one_that_is_not_known_is_told() -> None:
    one = Entry("web", (Figure(4, 4, "pool size", Basis.STATED, "here"),))
    limit = Entry("max_connections", (Figure(97, 97, "max_connections", Basis.UNKNOWN, "here"),))
    ledger = Ledger((one,), (limit,))
    assert fits(Budget("db", "", Span.at("a.yaml"), ledger)) == "4 of 97 (a stand-in)"
    assert verdict(ledger) == "93 left"
    assert verdict(Ledger((replace(one, factors=limit.factors),), (limit,))) == "none left"
    few = Entry("web", (Figure(4, 4, "pool size", Basis.UNKNOWN, "here"),))
    assert verdict(Ledger((few,), (limit,))) == "93 left, or fewer"
