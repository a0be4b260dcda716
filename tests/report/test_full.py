"""What the report for people shows of a finding, and what it leaves to others."""

from __future__ import annotations

from dataclasses import replace

from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.finding import Category, Confidence, Finding, Problem, Severity
from poollint.model.report import Budget, Coverage, Report
from poollint.model.source import Span
from poollint.report.full import full
from poollint.report.palette import Palette
from tests.report.example import BUDGET, IGNORED, LEAK, LEDGER, REPORT, SIBLINGS, sources


def text(*findings: Finding, budgets: tuple[Budget, ...] = (), width: int = 100) -> str:
    return full(Report(findings, Coverage(), budgets), sources, Palette(width=width))


def test_the_first_of_a_rule_is_whole_and_each_other_has_a_line() -> None:
    shown = text(LEAK, *SIBLINGS)
    assert shown.count("error[connection-leak]") == 1
    assert shown.endswith(
        "+ 2 more of connection-leak\n"
        "  shop/orders.py:52:12   not given back if line 54 raises\n"
        "  shop/jobs.py:17:16     never given back\n"
    )


def test_a_finding_of_another_severity_is_no_sibling() -> None:
    milder = replace(SIBLINGS[0], severity=Severity.WARNING)
    shown = text(LEAK, milder)
    assert "error[connection-leak]" in shown
    assert "warning[connection-leak]" in shown
    assert "more of" not in shown


def test_a_suppressed_finding_is_not_shown() -> None:
    assert text(IGNORED) == ""


def test_a_budget_is_shown_once() -> None:
    budget = Budget("orders-db", "", Span.at("infra/postgresql.conf", 3), LEDGER)
    assert text(BUDGET, budgets=(budget,)).count("may be opened\n") == 2  # ledger and note
    assert text(LEAK, budgets=(budget,)).count("budget of `orders-db`: 300 of 197\n") == 1
    assert "= budget of `orders-db` in `prod`\n" in text(
        BUDGET, budgets=(replace(budget, scope="prod"),)
    )


def test_a_budget_of_a_sibling_that_has_one_line_only_is_shown_by_itself() -> None:
    other = Ledger((Entry("web", (Figure.stated(99, "pool size", Span.at("b.py")),)),), ())
    sibling = replace(BUDGET, problem=replace(BUDGET.problem, ledger=other, brief="short"))
    budget = Budget("users-db", "", Span.at("b.conf"), other)
    shown = text(BUDGET, sibling, budgets=(budget,))
    assert "+ 1 more of connection-budget-exceeded" in shown
    assert "budget of `users-db`: 99 of 0\n" in shown


def test_clients_that_a_sum_leaves_out_are_told_with_the_finding() -> None:
    place = Span.at("infra/postgresql.conf", 3)
    budget = Budget("orders-db", "", place, LEDGER, missing=("cron: no pool size",))
    assert "   = also: not counted: cron: no pool size\n" in text(BUDGET, budgets=(budget,))


def test_less_than_full_confidence_is_told() -> None:
    low = replace(LEAK, problem=replace(LEAK.problem, confidence=Confidence.LOW))
    assert "   = confidence: low\n" in text(low)
    assert "confidence" not in text(LEAK)


def test_a_long_sentence_is_wrapped_under_its_first_word() -> None:
    lines = text(LEAK, width=60).splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("   = why: "))
    assert lines[at + 1].startswith("          ")
    assert lines[at + 1][10] != " "
    assert all(len(line) <= 60 for line in lines[at : at + 3])


def test_the_only_number_that_helps_is_told_as_such() -> None:
    at = Span.at("b.conf", 2)
    fixed = Figure.stated(1, "replicas", at)
    short = Ledger((Entry("web", (fixed,)),), (Entry("max", (Figure.stated(0, "max", at),)),))
    shown = text(replace(BUDGET, problem=Problem("x", at, ledger=short)))
    assert "fix" not in shown
    size = Ledger((Entry("web", (Figure.stated(9, "pool size", at),)),), (Entry("keep", (fixed,)),))
    kept = replace(size, supply=(Entry("max", (fixed, fixed)),))
    shown = text(replace(BUDGET, problem=Problem("x", at, ledger=kept)))
    assert "   = fix: this alone\n            web pool size  9 -> 1  b.conf:2\n" in shown


def test_nothing_found_and_nothing_added_up_is_no_text() -> None:
    assert text() == ""


def test_colours_mark_the_severity_and_the_place() -> None:
    shown = full(REPORT, sources, Palette(colour=True))
    assert "\x1b[1;31merror[connection-leak]\x1b[0m\x1b[1m: `load_order`" in shown
    assert "\x1b[36mshop/orders.py:14:12\x1b[0m" in shown
    assert "\x1b[31m^^^^^^^^^^^^^^ (1) taken here\x1b[0m" in shown
    assert "------------------------------- (2) may raise" in shown


def test_a_problem_with_a_headline_only_has_two_lines() -> None:
    finding = Finding(
        "unreadable-file",
        Category.POOLLINT,
        Severity.WARNING,
        Problem("`gone.yaml` could not be read", Span.at("gone.yaml")),
        "f",
    )
    assert text(finding) == (
        "warning[unreadable-file]: `gone.yaml` could not be read\n  --> gone.yaml:1:1\n"
    )
