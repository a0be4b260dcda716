"""What a known version makes of settings."""

import pytest

from poollint.facts.configuration import Configuration
from poollint.facts.infrastructure import Flaw, Setting
from poollint.model.source import Span
from poollint.reading.settings import single, versions

PLACE = Span.at("compose.yaml", 3, 5, 20)


def _bouncer(name: str, value: str, version: str) -> Setting:
    found = Configuration("PgBouncer", PLACE, (single.of_pgbouncer(name, value, PLACE),))
    return versions.judged(found, version, PLACE).settings[0]


def _postgres(name: str, value: str, version: str) -> Setting:
    found = Configuration("PostgreSQL", PLACE, (single.of_postgres(name, value, PLACE),))
    return versions.judged(found, version, PLACE).settings[0]


@pytest.mark.parametrize(
    ("version", "flaw"),
    [
        ("1.20.1", Flaw.UNKNOWN), ("1.20", Flaw.UNKNOWN), ("1.21.0", None), ("1.21", None),
        ("1.26.1", None), ("1", None), ("", None), ("1.x", None),
    ],
)  # fmt: skip
def test_a_name_that_came_later_is_unknown(version: str, flaw: Flaw | None) -> None:
    assert _bouncer("max_prepared_statements", "100", version).flaw is flaw


@pytest.mark.parametrize(("version", "flaw"), [("1.25.2", None), ("1.26.0", Flaw.REMOVED)])
def test_a_name_that_is_gone_is_told(version: str, flaw: Flaw | None) -> None:
    found = _bouncer("suspend_timeout", "10", version)
    assert found.flaw is flaw
    assert found.removed == ("1.26" if flaw else "")


@pytest.mark.parametrize(
    ("name", "version", "flaw"),
    [
        ("idle_session_timeout", "13", Flaw.UNKNOWN),
        ("idle_session_timeout", "14.2", None),
        ("wal_keep_segments", "12.4", None),
        ("wal_keep_segments", "13.1", Flaw.REMOVED),
        ("wal_keep_segments", "9.6", None),
        ("checkpoint_segments", "9.4.26", None),
        ("checkpoint_segments", "9.5", Flaw.REMOVED),
        ("stats_temp_directory", "14", None),
        ("stats_temp_directory", "15", Flaw.REMOVED),
        ("ssl_ecdh_curve", "18", None),
        ("force_parallel_mode", "16", Flaw.REMOVED),
        ("work_mem", "18", None),
    ],
)
def test_postgres_counts_its_major_versions(name: str, version: str, flaw: Flaw | None) -> None:
    assert _postgres(name, "500", version).flaw is flaw


def test_a_wrong_value_of_a_name_that_will_go_is_wrong_all_the_same() -> None:
    assert _postgres("db_user_namespace", "o", "15").flaw is Flaw.INVALID
    assert _postgres("db_user_namespace", "on", "17").flaw is Flaw.REMOVED


def test_a_known_version_makes_sure() -> None:
    assert _postgres("wal_keep_segments", "5", "").version == ""
    assert _postgres("wal_keep_segments", "5", "16").version == "16"


def test_single_settings_are_judged_as_in_a_file() -> None:
    assert single.of_postgres("work_mem", "64M", PLACE).flaw is Flaw.INVALID
    assert single.of_postgres("statement_timeout", "1min", PLACE).number == 60
    assert single.of_postgres("shared_buffers", "128MB", PLACE).number == 128 * 2**20
    assert single.of_postgres("acme.x", "anything", PLACE).flaw is None
    assert single.of_pgbouncer("pool_mode", "${MODE}", PLACE).flaw is None
    assert single.of_pgbouncer("work_mem", "1", PLACE).flaw is Flaw.MISPLACED
    assert single.of_pgbouncer("query_wait_timeout", "0.5", PLACE).number == 0.5
    secret = single.of_postgres("primary_conninfo", "password=Kx7-paternoster", PLACE)
    assert (secret.exposed, "paternoster" in repr(secret)) == ("password", False)


@pytest.mark.parametrize(
    ("name", "value", "version", "refused"),
    [
        ("maintenance_work_mem", "512kB", "16", True),
        ("maintenance_work_mem", "512kB", "17", False),
        ("io_combine_limit", "128", "17", True),
        ("io_combine_limit", "128", "18", False),
        ("wal_compression", "pglz", "14", True),
        ("wal_compression", "pglz", "15.4", False),
        ("wal_compression", "t", "15", True),
        ("password_encryption", "on", "13", False),
        ("password_encryption", "on", "14", True),
        ("log_connections", "receipt", "17", True),
        ("log_connections", "receipt", "18", False),
        ("log_connections", "${LOG}", "17", False),
    ],
)
def test_a_value_is_judged_by_the_range_of_the_version(
    name: str, value: str, version: str, refused: bool
) -> None:
    assert _postgres(name, value, "").flaw is None
    found = _postgres(name, value, version)
    assert (found.flaw is Flaw.INVALID) is refused
    assert not refused or found.complaint.startswith("is refused by PostgreSQL ")
