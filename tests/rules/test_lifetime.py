"""What the rules about pools and connections for each request say beyond the fixtures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint import (
    Acquisition,
    Argument,
    Concurrency,
    Confidence,
    Figure,
    Function,
    Nested,
    Pool,
    Problem,
    Rate,
    Recurrence,
    Severity,
    Span,
    Step,
    Taking,
)
from poollint_rules.lifetime.connection_per_request import connection_per_request
from poollint_rules.lifetime.nested_acquire import nested_acquire
from poollint_rules.lifetime.pool_per_request import pool_per_request

ENTRY = Step(Span.at("shop/api.py", 38, 1, 22), "called for each request")
CALL = Span.at("shop/api.py", 41, 10, 27)
SQLALCHEMY = "SQLAlchemy default"
POOL = Pool(
    span=CALL,
    driver="sqlalchemy",
    call="create_engine",
    arguments=(),
    defaults=(
        Figure.defaulted(5, "max_size", SQLALCHEMY),
        Figure.defaulted(10, "overflow", SQLALCHEMY),
    ),
    eager=False,
    pooled=True,
    once="",
    function="checkout",
)
TAKEN = Acquisition(CALL, Taking.CONNECT, "psycopg2", "psycopg2.connect", "conn", "", "")
CHECKOUT = Function("checkout", CALL, False, (), (), Recurrence(Rate.REQUEST, "fastapi", (ENTRY,)))


def _pool(**changes: object) -> list[Problem]:
    function = replace(CHECKOUT, pools=(replace(POOL, **changes),))  # type: ignore[arg-type]
    return list(pool_per_request.check(function))


def _argument(role: str, number: int | None) -> Argument:
    figure = None if number is None else Figure.stated(number, role, CALL)
    return Argument(role, role, CALL, figure)


def test_the_headline_and_the_path_tell_who_is_called_for_what() -> None:
    (problem,) = _pool()
    assert problem.message == "`checkout` makes a new pool for every request"
    assert problem.path[0] == ENTRY
    last = "a pool of 5, up to 15 connections (SQLAlchemy defaults)"
    assert problem.path[1] == Step(CALL, last)
    assert "engine once" in problem.help


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        (
            (_argument("max_size", 2), _argument("overflow", 0)),
            "a pool of 2, up to 2 connections",
        ),
        ((_argument("max_size", 2),), "a pool of 2, up to 12 connections"),
        (
            (_argument("max_size", 2), _argument("overflow", -1)),
            "a pool of 2, and connections without limit beyond",
        ),
        ((_argument("max_size", None),), "a pool is made here"),
    ],
)
def test_the_size_is_what_the_code_says(arguments: tuple[Argument, ...], label: str) -> None:
    (problem,) = _pool(arguments=arguments)
    assert problem.label == label


def test_a_pool_without_overflow_is_bounded_by_its_size() -> None:
    (problem,) = _pool(defaults=(), arguments=(_argument("max_size", 1),))
    assert problem.label == "a pool of up to 1 connection"


def test_what_is_built_once_or_keeps_no_connection_is_quiet() -> None:
    assert _pool(once="lru_cache") == []
    assert _pool(pooled=False) == []
    function = replace(CHECKOUT, pools=(POOL,), acquisitions=(TAKEN,))
    for quiet in (replace(function, recurrence=None), replace(function, once="lifespan")):
        assert list(pool_per_request.check(quiet)) == []
        assert list(connection_per_request.check(quiet)) == []


def test_a_script_that_reruns_is_called_a_script() -> None:
    rerun = Recurrence(Rate.RERUN, "streamlit", ())
    script = replace(CHECKOUT, name="", pools=(POOL,), recurrence=rerun)
    (problem,) = pool_per_request.check(script)
    assert problem.message == "this script makes a new pool for every rerun"
    assert "st.cache_resource" in problem.help


def test_only_a_session_of_its_own_is_a_connection_per_request() -> None:
    borrowed = replace(TAKEN, taking=Taking.ACQUIRE)
    function = replace(CHECKOUT, acquisitions=(TAKEN, borrowed))
    (problem,) = connection_per_request.check(function)
    assert problem.message == "`checkout` opens a connection for every request"
    assert [step.span for step in problem.path] == [ENTRY.span, CALL]


@pytest.mark.parametrize("rate", Rate)
def test_a_task_is_a_milder_case_than_a_request(rate: Rate) -> None:
    recurrence = Recurrence(rate, "any", (ENTRY,))
    function = replace(CHECKOUT, acquisitions=(TAKEN,), recurrence=recurrence)
    (problem,) = connection_per_request.check(function)
    few = rate in {Rate.TASK, Rate.CALL, Rate.TICK}
    assert problem.severity is (Severity.NOTE if few else None)
    assert rate.value in problem.message


@pytest.mark.parametrize(
    ("seconds", "confidence"), [(5.0, Confidence.HIGH), (None, Confidence.LOW), (60.0, None)]
)
def test_what_runs_every_few_seconds_is_told_of_and_what_runs_seldom_is_not(
    seconds: float | None, confidence: Confidence | None
) -> None:
    recurrence = Recurrence(Rate.TICK, "any", (ENTRY,), seconds=seconds)
    function = replace(CHECKOUT, acquisitions=(TAKEN,), recurrence=recurrence)
    found = [problem.confidence for problem in connection_per_request.check(function)]
    assert found == ([confidence] if confidence else [])


@pytest.mark.parametrize("framework", ["Airflow", "Dagster", "Prefect", "RQ"])
def test_a_run_of_a_batch_connects_for_itself(framework: str) -> None:
    recurrence = Recurrence(Rate.TASK, framework, (ENTRY,))
    function = replace(CHECKOUT, acquisitions=(TAKEN,), recurrence=recurrence)
    assert list(connection_per_request.check(function)) == []


@pytest.mark.parametrize("rate", Rate)
@pytest.mark.parametrize("concurrency", Concurrency)
def test_the_remedy_for_what_runs_at_the_same_time_is_a_pool(
    rate: Rate, concurrency: Concurrency
) -> None:
    recurrence = Recurrence(rate, "any", (ENTRY,), concurrency)
    function = replace(CHECKOUT, acquisitions=(TAKEN,), recurrence=recurrence)
    (problem,) = connection_per_request.check(function)
    assert "pool" in problem.help


def _nested(line: int, **changes: object) -> Nested:
    held = replace(TAKEN, taking=Taking.ACQUIRE, driver="asyncpg")
    at = Span.at("shop/api.py", line, 9, 30)
    one = Nested(outer=held, span=at, pool="pool", built=None, count=2, steps=())
    return replace(one, **changes)  # type: ignore[arg-type]


def test_what_is_taken_beside_one_connection_is_told_of_once_with_its_lines() -> None:
    beside = (_nested(60, quiet=True), _nested(52), _nested(48), _nested(52, count=3))
    apart = _nested(44, outer=replace(TAKEN, span=Span.at("shop/api.py", 43, 5, 20)))
    function = replace(CHECKOUT, nested=(*beside, apart))
    first, second = nested_acquire.check(function)
    assert (first.at.start.line, second.at.start.line) == (48, 44)
    assert first.notes == (
        "for T calls at once the pool must hold at least T * 2 + 1 connections",
        "another is taken in lines 52, 60 while the first is held, too",
    )
    assert len(second.notes) == 1
    assert first.confidence is Confidence.HIGH


def test_of_many_lines_in_which_another_is_taken_five_are_told() -> None:
    function = replace(CHECKOUT, nested=tuple(_nested(line) for line in range(50, 58)))
    (problem,) = nested_acquire.check(function)
    assert problem.notes[-1].startswith("another is taken in lines 51, 52, 53, 54, 55 and 2 more")
