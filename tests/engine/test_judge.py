"""Rules are contained; findings are unique, masked, ordered, and keep their fingerprint."""

from __future__ import annotations

import re
from dataclasses import replace

from poollint.engine.judge import Seen, findings, judge, masked, masked_budget
from poollint.facts.code import Effect, Module, Statement
from poollint.facts.project import Project
from poollint.model.figure import Entry, Figure, Ledger
from poollint.model.finding import Category, Finding, Problem, Severity, Step
from poollint.model.report import Budget, Scenario
from poollint.model.rule import Rule
from poollint.model.source import Span

from .conftest import RULES, fake_rule

BAD, _, RAISING, _, _ = RULES


def statement(path: str, line: int, subject: str) -> Statement:
    return Statement(Effect.SET, "SET x", subject, Span.at(path, line, 1, 3), "f")


def project(*statements: Statement) -> Project:
    paths = dict.fromkeys(s.span.path for s in statements)
    return Project(
        tuple(
            Module(path, (), (), tuple(s for s in statements if s.span.path == path))
            for path in paths
        )
    )


def stamped(*problems: Problem, rule: Rule[object] = BAD) -> list[Finding]:
    return findings([Seen(rule, p) for p in problems], {}, lambda path: path)


def test_rule_that_raises_loses_one_fact_only() -> None:
    facts = project(statement("a.py", 1, "RAISE"), statement("b.py", 2, "BAD"))
    seen, crashes = judge(facts, (RAISING, BAD), lambda path: True)
    assert [(crash.rule, crash.path) for crash in crashes] == [("raising-thing", "a.py")]
    assert [item.problem.at.path for item in seen] == ["a.py", "b.py"]


def test_crash_tells_type_and_place_and_nothing_of_the_text() -> None:
    _, (crash,) = judge(project(statement("a.py", 1, "RAISE")), (RAISING,), lambda path: True)
    assert re.fullmatch(r"ValueError at engine/conftest\.py:\d+ in _raising", crash.error)


def test_facts_and_problems_elsewhere_are_not_reported() -> None:
    facts = project(statement("a.py", 1, "BAD"), statement("b.py", 1, "BAD"))
    seen, _ = judge(facts, (BAD,), {"a.py"}.__contains__)
    assert [item.problem.at.path for item in seen] == ["a.py"]


def test_order_is_severity_rule_path_line() -> None:
    at = Span.at("a.py", 9)
    late, early = Problem("m", at=at), Problem("m", at=Span.at("a.py", 2))
    other = Problem("m", at=Span.at("0.py", 1))
    mild = replace(early, severity=Severity.NOTE)
    zero = fake_rule("zzz-thing", lambda fact: iter(()), category=Category.LEAK)
    seen = [Seen(zero, other), Seen(BAD, late), Seen(BAD, mild), Seen(BAD, early)]
    found = findings(seen, {}, lambda path: path)
    assert [(f.severity, f.rule, f.problem.at.start.line) for f in found] == [
        (Severity.ERROR, "bad-thing", 2),
        (Severity.ERROR, "bad-thing", 9),
        (Severity.ERROR, "zzz-thing", 1),
    ]


def test_equal_problems_are_one() -> None:
    problem = Problem("m", at=Span.at("a.py", 1), scope="f")
    assert len(stamped(problem, problem)) == 1


def test_settings_decide_the_severity() -> None:
    problem = Problem("m", at=Span.at("a.py"), severity=Severity.NOTE)
    (own,) = findings([Seen(BAD, problem)], {}, str)
    (set_,) = findings([Seen(BAD, problem)], {"bad-thing": Severity.WARNING}, str)
    assert (own.severity, set_.severity) == (Severity.NOTE, Severity.WARNING)


class TestFingerprint:
    """It stays when lines move, and tells equal findings apart."""

    def test_is_sixteen_hexadecimal_digits(self) -> None:
        (found,) = stamped(Problem("m", at=Span.at("a.py")))
        assert re.fullmatch(r"[0-9a-f]{16}", found.fingerprint)

    def test_does_not_know_the_line(self) -> None:
        (one,) = stamped(Problem("m", at=Span.at("a.py", 1), scope="f"))
        (two,) = stamped(Problem("m", at=Span.at("a.py", 7, 3), scope="f"))
        assert one.fingerprint == two.fingerprint

    def test_knows_rule_path_scope_and_message(self) -> None:
        first = Problem("m", at=Span.at("a.py"), scope="f")
        prints = {
            found.fingerprint
            for problem in (
                first,
                replace(first, message="n"),
                replace(first, scope="g"),
                replace(first, at=Span.at("b.py")),
            )
            for found in stamped(problem)
        }
        prints |= {found.fingerprint for found in stamped(first, rule=RAISING)}
        assert len(prints) == 5

    def test_counts_equal_ones_in_the_order_of_lines(self) -> None:
        one, two = (Problem("m", at=Span.at("a.py", line)) for line in (3, 8))
        first, second = stamped(two, one)
        assert first.fingerprint != second.fingerprint
        assert first.fingerprint == stamped(one)[0].fingerprint

    def test_takes_the_path_within_the_project(self) -> None:
        problem = Problem("m", at=Span.at("../shop/a.py"))
        (moved,) = findings([Seen(BAD, problem)], {}, lambda path: "shop/a.py")
        (plain,) = stamped(replace(problem, at=Span.at("shop/a.py")))
        assert moved.fingerprint == plain.fingerprint


def test_no_text_of_a_problem_keeps_a_secret() -> None:
    secret = "postgresql://shop:hunter2@db/orders"
    figure = Figure.stated(1, "pool size", Span.at("a.py"), f"create_engine('{secret}')")
    entries = (Entry(secret, (figure,)),)
    problem = Problem(
        secret,
        at=Span.at("a.py"),
        label=secret,
        path=(Step(Span.at("a.py"), secret),),
        ledger=Ledger(entries, entries, secret),
        brief=secret,
        why=secret,
        help=secret,
        notes=(secret,),
    )
    assert "hunter2" not in repr(masked(problem))
    assert repr(masked(problem)).count("shop:***@db") == 12


def test_secrets_are_masked_in_every_sum_of_a_budget() -> None:
    secret = "postgresql://shop:hunter2@db/orders"
    entry = Entry(secret, (Figure.stated(1, "x", Span.at("a", 1), hint=secret),))
    ledger = Ledger((entry,), (entry,), secret)
    at = Span.at("a", 1)
    budget = Budget(secret, "", at, ledger, scenarios=((Scenario.ROLLOUT, ledger),))
    assert "hunter2" not in repr(masked_budget(budget))
    assert repr(masked_budget(budget)).count("shop:***@db") == 11
