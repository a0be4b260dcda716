"""What statements leave in their session, told from their text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.facts.code import Effect
from poollint.reading.session.sql import HOLE, read


def _effects(text: str) -> list[tuple[Effect, str, str]]:
    return [(found.effect, found.subject, found.text) for found in read(text).effects]


@pytest.mark.parametrize(
    ("text", "subject", "shown"),
    [
        ("SET search_path TO a, b", "search_path", "SET search_path"),
        ("set schema 'a'", "search_path", "SET search_path"),
        ("SET SESSION work_mem = '1MB'", "work_mem", "SET work_mem"),
        ("SET TIME ZONE 'UTC'", "timezone", "SET timezone"),
        ("SET NAMES 'utf8'", "client_encoding", "SET client_encoding"),
        ("SET app.tenant = %s", "app.tenant", "SET app.tenant"),
        ("SET ROLE a", "role", "SET ROLE"),
        ("SET SESSION AUTHORIZATION a", "session_authorization", "SET SESSION AUTHORIZATION"),
        ("RESET work_mem", "work_mem", "RESET work_mem"),
        ("RESET ALL", "", "RESET ALL"),
        ("-- why\n/* and */ SET jit = off", "jit", "SET jit"),
        (f"SET app.{HOLE} = 1", "", "SET app.…"),
        (f"SELECT set_config('app.{HOLE}', 'v', false)", "", "set_config('app.…', …, false)"),
        (f'SET search_path TO "{HOLE}"', "search_path", "SET search_path"),
        (f"SET statement_timeout = {HOLE}ms", "statement_timeout", "SET statement_timeout"),
        ("SELECT set_config('a.b', :v, false)", "a.b", "set_config('a.b', …, false)"),
        ("SELECT set_config('a.b', $1, 'off')", "a.b", "set_config('a.b', …, false)"),
        (
            "SELECT set_config('a.b', %(v)s, is_local => false)",
            "a.b",
            "set_config('a.b', …, false)",
        ),
        ("SELECT pg_catalog.set_config('a.b', ?, false)", "a.b", "set_config('a.b', …, false)"),
    ],
)
def test_a_setting_of_the_session_is_one(text: str, subject: str, shown: str) -> None:
    assert _effects(text) == [(Effect.SET, subject, shown)]


def test_characteristics_are_named_by_what_fewer_poolers_track() -> None:
    text = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE"
    shown = "SET SESSION CHARACTERISTICS"
    assert _effects(text) == [(Effect.SET, "default_transaction_isolation", shown)]
    assert _effects(text.partition(",")[0])[0][1] == "default_transaction_read_only"


@pytest.mark.parametrize(
    "text",
    [
        "SET LOCAL search_path TO a",
        "SET LOCAL ROLE a",
        "SET TRANSACTION READ ONLY",
        "SET SESSION TRANSACTION READ ONLY",
        "SET transaction_isolation = 'serializable'",
        "SET CONSTRAINTS ALL DEFERRED",
        "SELECT set_config('a.b', %s, true)",
        "SELECT set_config('a.b', %s, %s)",
        "SELECT set_config(%s, %s, false)",
        f"SET {HOLE} = 1",
        f"SET {HOLE}",
        "SELECT mine.set_config('a.b', 'c', false)",
        "SELECT 'SET search_path TO a'",
        "UPDATE t SET search_path = 'a'",
        "ALTER ROLE a SET search_path = b",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = a AS 'SELECT 1'",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_try_advisory_xact_lock_shared(1)",
        "SELECT pg_advisory_unlock(1)",
        "SELECT pg_advisory_unlock_all()",
        "NOTIFY a, 'b'",
        "SELECT pg_notify('a', 'b')",
        "CREATE TEMP TABLE t (a int) ON COMMIT DROP",
        "DECLARE c CURSOR FOR SELECT 1",
        "COMMENT ON TABLE t IS 'LISTEN to it'",
        "SET FOREIGN KEY CHECKS",
        "",
        HOLE,
    ],
)
def test_what_ends_with_its_transaction_or_is_no_session_state_is_quiet(text: str) -> None:
    assert _effects(text) == []


@pytest.mark.parametrize(
    ("text", "effect", "subject"),
    [
        ("SELECT pg_advisory_lock(7)", Effect.ADVISORY_LOCK, "7"),
        ("SELECT pg_try_advisory_lock_shared(1, 2)", Effect.ADVISORY_LOCK, "1, 2"),
        ("SELECT pg_advisory_lock(hashtext(%s))", Effect.ADVISORY_LOCK, ""),
        ("SELECT id FROM jobs WHERE pg_try_advisory_lock(id)", Effect.ADVISORY_LOCK, ""),
        (f"SELECT pg_advisory_lock('{HOLE}'::int)", Effect.ADVISORY_LOCK, ""),
        ("LISTEN jobs", Effect.LISTEN, "jobs"),
        (f"LISTEN {HOLE}", Effect.LISTEN, ""),
        ("PREPARE p AS SELECT 1", Effect.PREPARE, "p"),
        ("CREATE TEMPORARY TABLE t (a int)", Effect.TEMP_TABLE, "t"),
        ("CREATE TEMP TABLE t AS SELECT 1", Effect.TEMP_TABLE, "t"),
        ("SELECT 1 INTO TEMP t", Effect.TEMP_TABLE, "t"),
        ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", Effect.HOLD_CURSOR, "c"),
    ],
)
def test_other_session_state_is_told(text: str, effect: Effect, subject: str) -> None:
    assert [(found, named) for found, named, _ in _effects(text)] == [(effect, subject)]


def test_several_statements_in_one_text_are_all_read() -> None:
    found = _effects("BEGIN; SET a.b = 1; LISTEN x; COMMIT; SELECT pg_advisory_lock(1)")
    assert [effect for effect, *_ in found] == [Effect.SET, Effect.LISTEN, Effect.ADVISORY_LOCK]


def test_what_a_text_takes_back_itself_is_gone() -> None:
    assert _effects("SET jit = off; SELECT 1; RESET jit") == []
    assert _effects("SET jit = off; SELECT 1; SET jit TO DEFAULT") == []
    assert _effects("LISTEN a; UNLISTEN a") == []
    assert _effects("SELECT pg_advisory_lock(1); SELECT 2; SELECT pg_advisory_unlock(1)") == []
    assert len(_effects("SET jit = off; RESET work_mem")) == 2


def test_giving_back_a_lock_is_told() -> None:
    assert Effect.ADVISORY_LOCK in read("SELECT pg_advisory_unlock(1)").undone
    assert not read("SELECT pg_advisory_lock(1)").undone


PIECES = f"""SET LOCAL x a.b = TO 'v' {HOLE} 'a{HOLE}' 'a.{HOLE}' %s :n $1 ? ; RESET ALL SELECT
set_config( pg_advisory_lock( ) , false LISTEN -- $$ PREPARE p AS TEMP TABLE""".split()
WORDS = st.sampled_from([*PIECES, "\n"])


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for effect in read(text).effects:
        assert "poollint" not in effect.subject + effect.text
        assert HOLE not in effect.subject + effect.text


@pytest.mark.parametrize("text", ["-" * 150_000, "\n" * 150_000, "; " * 90_000, "set " * 40_000])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 30
