"""How sure a shared connection is, and where it is shown, beyond the fixtures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint import (
    Concurrency,
    Confidence,
    Function,
    Module,
    Problem,
    Project,
    Rate,
    Recurrence,
    Severity,
    Shared,
    Span,
    Step,
)
from poollint_rules.lifetime.shared_connection import shared_connection

MADE = Span.at("shop/db.py", 4, 8, 20)
USED = Span.at("shop/api.py", 12, 5, 16)
ENTRY = Step(Span.at("shop/api.py", 10, 1, 12), "called for each request")
LASTING = Shared(
    span=USED,
    target="conn",
    driver="psycopg2",
    role="connection",
    harm="queued",
    instead="take one for each thread",
    is_async=False,
    made=MADE,
    steps=(Step(MADE, "made here, once for all"), Step(USED, "used here")),
    ends=True,
)
TASKS = replace(LASTING, harm="refused", is_async=True)


def found(shared: Shared, concurrency: Concurrency | None, times: int = 1) -> list[Problem]:
    recurrence = Recurrence(Rate.REQUEST, "Flask", (ENTRY,), concurrency)
    functions = tuple(
        Function(f"f{at}", USED, False, (), (), recurrence,
                 shared=(replace(shared, span=Span.at("shop/api.py", 12 + at, 5, 16)),))
        for at in range(times)
    )  # fmt: skip
    module = Module("shop/api.py", ("psycopg2",), functions, ())
    return list(shared_connection.check(Project((module,))))


@pytest.mark.parametrize(
    ("shared", "concurrency", "confidence"),
    [
        (LASTING, Concurrency.THREADS, Confidence.HIGH),
        (LASTING, Concurrency.SERVED, Confidence.MEDIUM),
        (replace(LASTING, ends=False), Concurrency.THREADS, Confidence.MEDIUM),
        (replace(LASTING, alone=True), Concurrency.THREADS, Confidence.LOW),
        (replace(LASTING, harm="cursor", alone=True), Concurrency.THREADS, Confidence.HIGH),
        (TASKS, Concurrency.TASKS, Confidence.HIGH),
    ],
)
def test_it_is_as_sure_as_the_harm_and_the_server(
    shared: Shared, concurrency: Concurrency, confidence: Confidence
) -> None:
    (problem,) = found(shared, concurrency)
    assert problem.confidence is confidence
    assert problem.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("shared", "concurrency"),
    [
        (LASTING, None),  # one after another
        (LASTING, Concurrency.TASKS),  # it blocks: nothing else runs meanwhile
        (TASKS, Concurrency.THREADS),
    ],
)
def test_what_runs_one_after_another_shares_nothing(
    shared: Shared, concurrency: Concurrency | None
) -> None:
    assert found(shared, concurrency) == []


def test_one_connection_is_one_problem_where_it_is_made_with_one_of_its_uses() -> None:
    (problem,) = found(LASTING, Concurrency.SERVED, times=3)
    assert problem.at == MADE
    assert [step.span for step in problem.path] == [MADE, ENTRY.span, USED]
    assumed, others = problem.notes
    assert assumed.startswith("assumed: Flask is served by threads")
    assert others == "used as well at shop/api.py:13, shop/api.py:14"


@pytest.mark.parametrize(
    ("harm", "ends", "severity"),
    [("refused", False, None), ("mixed", False, None), ("session", False, Severity.WARNING),
     ("queued", True, Severity.WARNING)],
)  # fmt: skip
def test_what_always_fails_is_an_error(harm: str, ends: bool, severity: Severity | None) -> None:
    shared = replace(LASTING, harm=harm, ends=ends, made=None, at_once=Concurrency.THREADS)
    (problem,) = found(shared, None)
    assert problem.severity is severity
    assert problem.at == USED


@pytest.mark.parametrize(("once", "problems"), [("", 0), ("a start-up hook", 1)])
def test_each_call_of_a_function_around_makes_one_of_its_own(once: str, problems: int) -> None:
    recurrence = Recurrence(Rate.REQUEST, "FastAPI", (ENTRY,), Concurrency.TASKS)
    around = Function("show", USED, True, (), (), recurrence, once)
    within = Function("show.<locals>.has", USED, True, (), (), recurrence,
                      shared=(replace(TASKS, holder="show"),))  # fmt: skip
    module = Module("shop/api.py", ("asyncpg",), (around, within), ())
    assert len(list(shared_connection.check(Project((module,))))) == problems


def test_waiting_for_each_other_is_no_harm_by_itself() -> None:
    shared = replace(LASTING, ends=False, made=None, at_once=Concurrency.TASKS)
    assert found(shared, None) == []
