"""What a block of code does to the session that runs it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.reading.session.blocks import MAX_CHARACTERS
from poollint.reading.session.sql import read


def _texts(text: str) -> list[str]:
    return [found.text for found in read(text).effects]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("BEGIN SET work_mem = '1MB'; END", "SET work_mem"),
        ("BEGIN RESET work_mem; END", "RESET work_mem"),
        ("DECLARE a int := 1; BEGIN SET ROLE app; END", "SET ROLE"),
        ("BEGIN IF a THEN SELECT 1; ELSE SET jit = off; END IF; END", "SET jit"),
        ("BEGIN FOR r IN SELECT 1 LOOP SET jit = off; END LOOP; END", "SET jit"),
        ("BEGIN SELECT 1; EXCEPTION WHEN others THEN SET jit = off; END", "SET jit"),
        (
            "BEGIN PERFORM set_config('a.b', 'c', false); END",
            "set_config('a.b', …, false)",
        ),
        ("BEGIN PERFORM pg_advisory_lock(1); END", "pg_advisory_lock"),
        ("BEGIN EXECUTE 'SET work_mem = ''1MB'''; END", "SET work_mem"),
        ("BEGIN CREATE TEMP TABLE t (a int); END", "CREATE TEMP TABLE"),
        ("<<outer>> BEGIN /* ; */ -- SET a.b = 1;\n SET jit = off; END", "SET jit"),
    ],
)
def test_what_a_block_leaves_stays_in_the_session(body: str, shown: str) -> None:
    assert _texts(f"DO $do$ {body} $do$") == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN SET LOCAL work_mem = '1MB'; END $$",
        "DO $$ BEGIN PERFORM set_config('a.b', 'c', true); END $$",
        "DO $$ BEGIN PERFORM pg_advisory_lock(1); PERFORM pg_advisory_unlock(1); END $$",
        "DO $$ BEGIN -- SET work_mem = '1MB';\n NULL; END $$",
        "DO $$ BEGIN RAISE NOTICE 'SET work_mem = 1;'; END $$",
        "DO $$ BEGIN EXECUTE 'SET ' || name; END $$",
        "DO $$ BEGIN EXECUTE format('SET a.b = %L', v); END $$",
        "DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$",
        "DO LANGUAGE plpython3u $$ SET work_mem = '1MB' $$",
        # What is only defined does nothing yet, and what it sets ends with each call.
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql SET work_mem = '1MB' AS $$ SELECT 1 $$",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET jit = off; END $$",
        "CREATE PROCEDURE p() LANGUAGE sql AS $$ SET jit = off $$",
        "ALTER FUNCTION f() SET work_mem = '1MB'",
        "DO $$ BEGIN CREATE TYPE a AS ENUM ('x'); EXCEPTION WHEN duplicate_object THEN END $$",
    ],
)
def test_what_ends_with_the_block_does_not(text: str) -> None:
    assert _texts(text) == []


def test_a_block_takes_back_what_it_set() -> None:
    assert _texts("DO $$ BEGIN SET ROLE a; RESET ROLE; END $$") == []
    assert _texts("SET jit = off; DO $$ BEGIN RESET jit; END $$") == []


@given(st.text(alphabet=st.sampled_from(list("SETBEGINIF;'\"$/*-\n a=1"))))
def test_no_text_of_a_block_is_too_odd(body: str) -> None:
    for found in read(f"DO $poollint$ BEGIN {body} SET a = 1; END $poollint$").effects:
        assert found.text


@pytest.mark.parametrize("piece", ["/*", "'", '"', "$a$", "$", "--", ";", "IF ", "BEGIN ", "<<a>>"])
def test_a_long_block_is_split_in_one_pass(piece: str) -> None:
    body = piece * (MAX_CHARACTERS // len(piece) - 2)
    began = time.process_time()
    read(f"DO $poollint$ {body} $poollint$; SET a = 1")
    assert time.process_time() - began < 20
