"""What the rules about session state say beyond the fixtures: words, paths, silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint import (
    Basis,
    Confidence,
    Effect,
    Endpoint,
    Problem,
    Rule,
    Severity,
    Span,
    Statement,
    Word,
)
from poollint_rules.session.listen_notify import listen_notify
from poollint_rules.session.session_advisory_lock import session_advisory_lock
from poollint_rules.session.session_set import session_set

RULES = (listen_notify, session_advisory_lock, session_set)
INI = Span.at("infra/pgbouncer.ini", 9, 13, 11)
CODE = Span.at("shop/tenant.py", 22, 5, 44)
BEHIND = Endpoint("PgBouncer", Word("transaction", Basis.STATED, INI), "1.24.1", ("TimeZone",))
SET = Statement(Effect.SET, "SET search_path", "search_path", CODE, "invoices", BEHIND)
LOCK = replace(SET, effect=Effect.ADVISORY_LOCK, text="pg_try_advisory_lock_shared", subject="")
LISTEN = replace(SET, effect=Effect.LISTEN, text="LISTEN", subject="jobs")


def _problems(statement: Statement) -> list[Problem]:
    return [problem for rule in RULES for problem in rule.check(statement)]


def _problem(statement: Statement) -> Problem:
    (problem,) = _problems(statement)
    return problem


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (SET, "`SET search_path` does not stay with this client behind PgBouncer"),
        (LISTEN, "`LISTEN` receives nothing behind PgBouncer"),
        (LOCK, "`pg_try_advisory_lock_shared` does not lock for this client behind PgBouncer"),
        (
            replace(SET, text="RESET ROLE", subject="role"),
            "`RESET ROLE` may reset another client's session behind PgBouncer",
        ),
    ],
)
def test_the_headline_names_the_statement_and_the_pooler(
    statement: Statement, message: str
) -> None:
    assert _problem(statement).message == message


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_a_transaction_pooler_breaks_is_an_error(rule: Rule[Statement]) -> None:
    assert rule.severity is Severity.ERROR
    assert rule.default


def test_a_headline_stays_short_for_a_long_parameter() -> None:
    name = "app." + "x" * 90
    for text in (f"SET {name}", f"set_config('{name}', …, false)"):
        problem = _problem(replace(SET, text=text, subject=name))
        assert len(problem.message) <= 80


def test_the_path_leads_from_the_statement_to_the_pool_mode() -> None:
    for statement in (SET, LOCK, LISTEN):
        problem = _problem(statement)
        assert [step.span for step in problem.path] == [CODE, INI]
        assert "after each transaction" in problem.path[1].label
        assert problem.scope == "invoices"
        assert problem.notes == ()


@pytest.mark.parametrize(
    ("origin", "said"), [("settings", "`pool-mode` in poollint's settings"), ("the host x", "host")]
)
def test_a_mode_that_no_line_states_says_how_it_is_known(origin: str, said: str) -> None:
    endpoint = Endpoint("", Word("transaction", Basis.ASSUMED, origin))
    problem = _problem(replace(SET, endpoint=endpoint))
    assert [step.span for step in problem.path] == [CODE]
    assert said in problem.notes[0]
    assert "a transaction-mode pooler" in problem.message


@pytest.mark.parametrize("mode", ["session", None])
def test_other_modes_are_quiet(mode: str | None) -> None:
    endpoint = replace(BEHIND, mode=Word(mode, Basis.STATED, INI))
    for statement in (SET, LOCK, LISTEN):
        assert _problems(replace(statement, endpoint=endpoint)) == []
        assert _problems(replace(statement, endpoint=None)) == []


def test_what_the_pooler_tracks_is_quiet() -> None:
    assert _problems(replace(SET, text="SET timezone", subject="timezone")) == []
    tracking = replace(BEHIND, tracked=("search_path",))
    assert _problems(replace(SET, endpoint=tracking)) == []


def test_unlisten_alone_is_quiet() -> None:
    assert _problems(replace(LISTEN, text="UNLISTEN")) == []


@pytest.mark.parametrize(
    ("version", "confidence"), [("", Confidence.MEDIUM), ("1.24.1", Confidence.HIGH)]
)
def test_what_new_versions_keep_is_less_sure_where_the_version_is_unknown(
    version: str, confidence: Confidence
) -> None:
    text, subject = "SET SESSION AUTHORIZATION", "session_authorization"
    statement = replace(SET, text=text, subject=subject, endpoint=replace(BEHIND, version=version))
    assert _problem(statement).confidence is confidence


@pytest.mark.parametrize(
    ("text", "subject", "advice"),
    [
        ("SET search_path", "search_path", "SET LOCAL search_path"),
        ("SET ROLE", "role", "SET LOCAL ROLE"),
        ("RESET ROLE", "role", "SET LOCAL"),
        ("set_config('app.t', …, false)", "app.t", "`true` as the third argument"),
        ("SET app.t", "app.t", "SET LOCAL"),
        ("SET app.…", "", "SET LOCAL"),
        ("SET statement_timeout", "statement_timeout", "SET LOCAL statement_timeout"),
        ("SET SESSION CHARACTERISTICS", "default_transaction_read_only", "BEGIN"),
    ],
)
def test_the_advice_is_what_works_in_transaction_mode(text: str, subject: str, advice: str) -> None:
    problem = _problem(replace(SET, text=text, subject=subject))
    assert advice in problem.help
    assert problem.why


def test_a_lock_is_to_be_taken_with_the_transaction() -> None:
    assert "`pg_try_advisory_xact_lock_shared`" in _problem(LOCK).help
    assert "`pg_advisory_xact_lock`" in _problem(replace(LOCK, text="advisory_lock")).help
