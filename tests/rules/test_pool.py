"""What the rules about how pools are set say beyond the fixtures."""

from __future__ import annotations

from dataclasses import replace

from poollint import (
    Argument,
    Confidence,
    Configuration,
    Figure,
    Function,
    Module,
    Pool,
    Problem,
    Project,
    Rate,
    Recurrence,
    Setting,
    Severity,
    Span,
    Step,
)
from poollint_rules.pool.oversized_pool import oversized_pool
from poollint_rules.pool.pool_without_health_check import pool_without_health_check
from poollint_rules.pool.pool_without_recycle import pool_without_recycle
from poollint_rules.pool.serverless_pool import serverless_pool
from poollint_rules.pool.unbounded_pool import unbounded_pool

CALL = Span.at("shop/db.py", 7, 10, 27)
HANDLER = Step(Span.at("shop/db.py", 20, 1, 20), "AWS Lambda runs this for one event at a time")
SQLALCHEMY = "SQLAlchemy default"
POOL = Pool(
    span=CALL,
    driver="sqlalchemy",
    call="create_engine",
    arguments=(),
    defaults=(
        Figure.defaulted(5, "max_size", SQLALCHEMY),
        Figure.defaulted(10, "overflow", SQLALCHEMY),
        replace(Figure.defaulted(0, "max_lifetime", SQLALCHEMY), high=None),
        Figure.defaulted(0, "health_check", SQLALCHEMY),
    ),
    eager=False,
    pooled=True,
    once="",
    function="",
)
NO_LIMIT = Argument("overflow", "max_overflow", CALL, Figure.stated(-1, "overflow", CALL), "", True)


def _module(pool: Pool, recurrence: Recurrence | None = None) -> Module:
    function = Function("", CALL, False, (), (pool,), recurrence)
    return Module("shop/db.py", ("sqlalchemy",), (function,), ())


def _unbounded(**changes: object) -> list[Problem]:
    pool = replace(POOL, arguments=(NO_LIMIT,), **changes)  # type: ignore[arg-type]
    return list(unbounded_pool.check(_module(pool)))


def test_what_is_told_to_have_no_limit_is_sure_and_what_the_environment_may_change_is_not() -> None:
    assert [p.confidence for p in _unbounded()] == [Confidence.HIGH]
    read = replace(NO_LIMIT, variable="DB_MAX_OVERFLOW")
    (problem,) = unbounded_pool.check(_module(replace(POOL, arguments=(read,))))
    assert problem.confidence is Confidence.MEDIUM
    assert problem.notes == ("where `DB_MAX_OVERFLOW` is not set",)


def test_pools_of_tests_of_requests_and_without_connections_are_left_to_others() -> None:
    assert not _unbounded(aside=True)
    assert not _unbounded(pooled=False)
    each = Recurrence(Rate.REQUEST, "FastAPI", (HANDLER,))
    pool = replace(POOL, arguments=(NO_LIMIT,))
    assert not list(unbounded_pool.check(_module(pool, each)))
    assert list(unbounded_pool.check(_module(replace(pool, once="lru_cache"), each)))


def test_a_check_that_is_off_matters_after_a_freeze_and_little_elsewhere() -> None:
    module = _module(POOL)
    (elsewhere,) = pool_without_health_check.check(module)
    assert (elsewhere.confidence, elsewhere.severity) == (Confidence.LOW, Severity.NOTE)
    (frozen,) = pool_without_health_check.check(replace(module, serverless=HANDLER))
    assert (frozen.confidence, frozen.severity) == (Confidence.MEDIUM, None)
    assert HANDLER in frozen.path
    assert "pool_pre_ping=True" in frozen.help


def test_a_lazy_pool_beside_a_handler_is_a_note_with_the_number_it_may_open() -> None:
    (problem,) = serverless_pool.check(replace(_module(POOL), serverless=HANDLER))
    assert problem.severity is Severity.NOTE
    assert problem.label == "may open 15 connections (SQLAlchemy default)"
    assert not list(serverless_pool.check(_module(POOL)))


def test_a_size_is_held_against_the_slots_of_a_server_with_default_settings() -> None:
    def found(size: int) -> list[Problem]:
        told = Argument("max_size", "pool_size", CALL, Figure.stated(size, "max_size", CALL))
        return list(oversized_pool.check(Project((_module(replace(POOL, arguments=(told,))),))))

    assert not found(87)  # and 10 overflow: 97
    (problem,) = found(88)
    assert problem.ledger is not None
    assert (problem.ledger.demanded.high, problem.ledger.supplied.low) == (98, 97)


def _idle(value: str, program: str = "PostgreSQL", name: str = "idle_session_timeout") -> Setting:
    return Setting(program, "", "", name, value, CALL, CALL)


def _outlived(*settings: Setting) -> list[str]:
    found = tuple(Configuration(one.program, one.span, (one,)) for one in settings)
    project = Project((_module(POOL),), found)
    return [problem.message for problem in pool_without_recycle.check(project)]


def test_a_timeout_is_read_in_the_unit_of_its_program() -> None:
    message = "this pool keeps connections that `idle_session_timeout` closes after {} s"
    assert _outlived(_idle("600000")) == [message.format(600)]
    assert _outlived(_idle("'10min'")) == [message.format(600)]
    pooler = _idle("30", "PgBouncer", "client_idle_timeout")
    assert "closes after 30 s" in _outlived(pooler)[0]


def test_a_timeout_that_is_off_unreadable_or_not_the_same_everywhere_says_nothing() -> None:
    assert not _outlived()
    assert not _outlived(_idle("0"))
    assert not _outlived(_idle("soon"))
    assert not _outlived(_idle("10min"), _idle("0"))
