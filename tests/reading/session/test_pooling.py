"""What poolers keep for their clients, by version and settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from poollint.catalog.settings import pgbouncer
from poollint.facts.infrastructure import Pooler, PoolerDatabase, PoolerUser, Server
from poollint.model.figure import Basis, Figure, Word
from poollint.model.source import Span
from poollint.reading.session.pooling import endpoint, mode_of, number

SPAN = Span.at("pgbouncer.ini", 1, 1, 5)
ONE = Figure.stated(1, "x", SPAN)
MODE = Word("transaction", Basis.STATED, SPAN)
POOLER = Pooler(
    "pgbouncer", "PgBouncer", SPAN, (), 6432, MODE, ONE, ONE, ONE, ONE, ONE, ONE, (),
    tracked=("TimeZone", "search_path"),
)  # fmt: skip
SERVER = Server("db", SPAN, ("db",), 5432, ONE, ONE, ONE)


@pytest.mark.parametrize(
    ("version", "followed"),
    [("1.18.0", 0), ("1.20.1", 0), ("1.21.0", 0), ("1.23", 0), ("1.24.0", 200), ("1.26.1", 200)],
)
def test_prepared_statements_are_followed_by_version(version: str, followed: int) -> None:
    found = endpoint(replace(POOLER, version=version), MODE, None).prepared
    assert found is not None
    assert (found.low, found.basis) == (followed, Basis.DEFAULTED)


def test_what_is_stated_holds_and_nothing_is_known_without_a_version() -> None:
    assert endpoint(POOLER, MODE, None).prepared is None
    stated = Figure.stated(50, "max_prepared_statements", SPAN)
    assert endpoint(replace(POOLER, prepared=stated), MODE, None).prepared == stated


@pytest.mark.parametrize(
    ("version", "server", "tracked"),
    [
        ("1.24.1", "", True),  # nobody knows the server
        ("1.24.1", "17", False),
        ("1.24.1", "18.1", True),
        ("1.26.1", "17", False),
        ("1.26.1", "18", True),
    ],
)
def test_search_path_is_kept_where_the_server_reports_it(
    version: str, server: str, tracked: bool
) -> None:
    behind = replace(SERVER, version=server)
    found = endpoint(replace(POOLER, version=version), MODE, behind)
    assert ("search_path" in found.tracked) is tracked


def test_a_new_pooler_accepts_at_the_beginning_what_an_old_server_does_not_report() -> None:
    behind = replace(SERVER, version="15")
    new = endpoint(replace(POOLER, version="1.26.0", tracked=()), MODE, behind)
    assert "search_path" in new.accepted
    assert "search_path" not in new.tracked


@pytest.mark.parametrize(("version", "looks"), [("", None), ("1.19.1", False), ("1.20.0", True)])
def test_options_are_looked_into_since_1_20(version: str, looks: bool | None) -> None:
    assert endpoint(replace(POOLER, version=version), MODE, None).options is looks


@pytest.mark.parametrize(
    ("text", "found"), [("1.24.1", (1, 24)), ("17", (17,)), ("", ()), ("latest", ())]
)
def test_a_version_is_compared_by_numbers(text: str, found: tuple[int, ...]) -> None:
    assert number(text) == found


@pytest.mark.parametrize(
    ("version", "kept"), [("1.18.0", False), ("1.19.1", False), ("1.20.0", True), ("", True)]
)
def test_interval_style_is_kept_since_what_is_kept_can_be_told(version: str, kept: bool) -> None:
    pooler = replace(POOLER, tracked=pgbouncer().tracked, version=version)
    found = endpoint(pooler, MODE, None).tracked
    assert ("IntervalStyle" in found) is kept
    assert "TimeZone" in found


def test_the_versions_of_other_poolers_are_numbers_of_their_own() -> None:
    other = replace(POOLER, product="PgCat", version="1.2.0", tracked=("TimeZone",))
    found = endpoint(other, MODE, None)
    assert (found.prepared, found.options, found.tracked) == (None, None, ("TimeZone",))


def test_odyssey_empties_sessions_unasked() -> None:
    assert endpoint(replace(POOLER, product="Odyssey"), MODE, None).cleaned


@pytest.mark.parametrize("cleaned", [None, SPAN])
def test_what_is_emptied_leaks_to_nobody(cleaned: Span | None) -> None:
    assert endpoint(replace(POOLER, cleaned=cleaned), MODE, None).cleaned is (cleaned is not None)


@pytest.mark.parametrize(
    ("dbname", "user", "mode"),
    [
        ("shop", "web", "transaction"),
        ("shop", "jobs", "session"),  # the user's before the database's
        ("late", "web", "session"),
        ("late", "jobs", "session"),
        ("shop", "", None),  # whoever it is
        ("late", "", "session"),
        ("forced", "web", "session"),  # its sessions are those of jobs
    ],
)
def test_a_user_s_mode_counts_before_that_of_the_database(
    dbname: str, user: str, mode: str | None
) -> None:
    session = Word("session", Basis.STATED, SPAN)
    late = PoolerDatabase("late", SPAN, "db", 5432, "late", mode=session)
    forced = PoolerDatabase("forced", SPAN, "db", 5432, "forced", user="jobs")
    users = (PoolerUser("jobs", session),)
    pooler = replace(POOLER, databases=(late, forced), users=users)
    assert mode_of(pooler, dbname, user).value == mode
