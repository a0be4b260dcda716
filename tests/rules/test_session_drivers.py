"""What the rules about drivers and connections say, by what the pooler follows and takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint import (
    Basis,
    Confidence,
    Effect,
    Endpoint,
    Figure,
    Problem,
    Span,
    Statement,
    Step,
    Word,
)
from poollint_rules.session.driver_prepared_statements import driver_prepared_statements
from poollint_rules.session.ineffective_outside_transaction import (
    ineffective_outside_transaction,
)
from poollint_rules.session.session_set import session_set
from poollint_rules.session.session_set_on_connect import session_set_on_connect
from poollint_rules.session.session_startup_parameter import session_startup_parameter
from poollint_rules.session.statement_mode_transaction import statement_mode_transaction

INI = Span.at("pgbouncer.ini", 9, 13, 11)
LINE = Span.at("pgbouncer.ini", 11, 1, 30)
CODE = Span.at("shop/db.py", 22, 5, 44)
BEHIND = Endpoint(
    "PgBouncer", Word("transaction", Basis.STATED, INI), "1.24.1", ("TimeZone",),
    ignored=Word("", Basis.DEFAULTED, "default"), accepted=("TimeZone",), options=True,
)  # fmt: skip
NAMED = Statement(
    Effect.NAMED_STATEMENTS, "asyncpg", "", CODE, "start", BEHIND,
    help="pass `statement_cache_size=0`", failure='prepared statement "a" does not exist',
)  # fmt: skip
STARTUP = replace(NAMED, effect=Effect.STARTUP, text="options", subject="search_path")


def _figure(value: int, basis: Basis, origin: Span | str) -> Figure:
    return Figure(value, value, "max_prepared_statements", basis, origin)


def _named(endpoint: Endpoint) -> list[Problem]:
    return list(driver_prepared_statements.check(replace(NAMED, endpoint=endpoint)))


def _startup(endpoint: Endpoint, subject: str = "search_path") -> list[Problem]:
    asked = replace(STARTUP, endpoint=endpoint, subject=subject)
    return list(session_startup_parameter.check(asked))


def test_statements_that_are_followed_are_quiet() -> None:
    assert _named(replace(BEHIND, prepared=_figure(200, Basis.DEFAULTED, "1.24"))) == []


def test_the_line_that_switches_following_off_is_shown() -> None:
    (problem,) = _named(replace(BEHIND, prepared=_figure(0, Basis.STATED, LINE)))
    assert [step.span for step in problem.path] == [CODE, INI, LINE]
    assert problem.confidence is Confidence.HIGH
    assert "does not exist" in problem.why
    assert "max_prepared_statements" in problem.help


@pytest.mark.parametrize(
    ("prepared", "confidence"),
    [
        (None, Confidence.LOW),
        (_figure(0, Basis.DERIVED, "the host"), Confidence.MEDIUM),
        (_figure(0, Basis.DEFAULTED, "default of PgBouncer 1.21"), Confidence.HIGH),
    ],
)
def test_a_finding_is_as_sure_as_the_version(
    prepared: Figure | None, confidence: Confidence
) -> None:
    (problem,) = _named(replace(BEHIND, prepared=prepared))
    assert problem.confidence is confidence


def test_session_mode_keeps_statements_and_refuses_parameters_all_the_same() -> None:
    session = replace(BEHIND, mode=Word("session", Basis.STATED, INI))
    assert _named(session) == []
    assert len(_startup(session)) == 1


@pytest.mark.parametrize(
    ("options", "failure"),
    [
        (False, "`unsupported startup parameter: options`"),
        (True, "`unsupported startup parameter in options: search_path`"),
    ],
)
def test_the_refusal_is_quoted_as_the_version_says_it(options: bool, failure: str) -> None:
    (problem,) = _startup(replace(BEHIND, options=options))
    assert failure in problem.why


def test_what_the_pooler_takes_is_quiet_unless_it_looks_into_no_options() -> None:
    assert _startup(BEHIND, "timezone") == []
    assert len(_startup(replace(BEHIND, options=False), "timezone")) == 1


def test_what_is_ignored_is_thrown_away_and_the_line_shown() -> None:
    ignoring = replace(BEHIND, ignored=Word("extra_float_digits, options", Basis.STATED, LINE))
    (problem,) = _startup(ignoring)
    assert "thrown away" in problem.message
    assert [step.span for step in problem.path] == [CODE, LINE]


def test_what_a_new_version_takes_is_less_sure_where_the_version_is_unknown() -> None:
    (problem,) = _startup(replace(BEHIND, options=None, version=""))
    assert problem.confidence is Confidence.MEDIUM


def test_other_poolers_are_not_judged() -> None:
    assert _startup(replace(BEHIND, pooler="Supavisor")) == []


def test_a_setting_at_connect_is_told_once_with_what_registers_it() -> None:
    hook = Step(LINE, "runs for each new connection")
    setting = replace(NAMED, effect=Effect.SET, text="SET jit", subject="jit", hook=hook)
    (problem,) = session_set_on_connect.check(setting)
    assert [step.span for step in problem.path] == [LINE, CODE, INI]
    assert list(session_set.check(setting)) == []
    assert list(session_set_on_connect.check(replace(setting, hook=None))) == []


def test_transactions_are_refused_in_statement_mode_only() -> None:
    begins = replace(NAMED, effect=Effect.TRANSACTION, text="BEGIN")
    assert list(statement_mode_transaction.check(begins)) == []
    statement = replace(BEHIND, mode=Word("statement", Basis.STATED, INI))
    (problem,) = statement_mode_transaction.check(replace(begins, endpoint=statement))
    assert "not allowed in statement pooling mode" in problem.why


def test_what_does_nothing_does_so_without_a_pooler() -> None:
    alone = replace(NAMED, effect=Effect.OUTSIDE_TRANSACTION, text="SET LOCAL role", endpoint=None)
    (problem,) = ineffective_outside_transaction.check(alone)
    assert "setting" in problem.why
    (lock,) = ineffective_outside_transaction.check(replace(alone, text="pg_advisory_xact_lock"))
    assert "excludes nobody" in lock.why
