"""Numbers as PostgreSQL and PgBouncer read them; the values are what real programs told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poollint.syntax import units


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("8MB", "kB", 8192),
        ("8 MB", "kB", 8192),
        ("4194304B", "kB", 4096),
        ("1TB", "kB", 1073741824),
        ("16384", "8kB", 16384),
        ("128MB", "8kB", 16384),
        ("1.5MB", "kB", 1536),
        ("0.1MB", "kB", 102),
        ("5min", "ms", 300000),
        ("5000us", "ms", 5),
        ("1d", "ms", 86400000),
        ("1.5s", "ms", 1500),
        ("0x64", "", 100),
        ("0144", "", 100),
        ("+100", "", 100),
        ("99.6", "", 100),
        ("1e2", "", 100),
        (" 7 ", "", 7),
        ("-1", "kB", -1),
    ],
)
def test_postgres_reads_integers_with_units(text: str, unit: str, value: int) -> None:
    assert units.postgres_integer(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("20000KB", "kB"),
        ("1mb", "kB"),
        ("1M", "kB"),
        ("1MiB", "kB"),
        ("5sec", "ms"),
        ("5m", "ms"),
        ("1w", "ms"),
        ("5S", "ms"),
        ("5MB", "ms"),
        ("5s", "kB"),
        ("5s", ""),
        ("1_00", ""),
        ("08", ""),
        ("lots", ""),
        ("", ""),
        ("99999999999", ""),
        ("4TB", "kB"),
        ("nan", ""),
        ("inf", ""),
    ],
)
def test_postgres_refuses_other_integers(text: str, unit: str) -> None:
    assert units.postgres_integer(text, unit) is None


def test_postgres_reads_real_numbers() -> None:
    assert units.postgres_real("0.5") == 0.5
    assert units.postgres_real("2", "ms") == 2
    assert units.postgres_real("1500us", "ms") == 1.5
    assert units.postgres_real("1s", "ms") == 1000
    assert units.postgres_real("half") is None
    assert units.postgres_real("1e999") is None


@pytest.mark.parametrize("text", ["on", "ON", "true", "tru", "t", "yes", "y", "1"])
def test_postgres_takes_beginnings_of_true(text: str) -> None:
    assert units.postgres_bool(text) is True


@pytest.mark.parametrize("text", ["off", "of", "false", "f", "no", "N", "0"])
def test_postgres_takes_beginnings_of_false(text: str) -> None:
    assert units.postgres_bool(text) is False


@pytest.mark.parametrize("text", ["o", "2", "enabled", "", "onn", "10"])
def test_postgres_refuses_other_words_for_a_boolean(text: str) -> None:
    assert units.postgres_bool(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", 20),
        ("0x14", 20),
        ("020", 16),
        ("+20", 20),
        ("-1", -1),
        ("99999999999", 1215752191),
        ("9" * 5000, -1),
    ],
)
def test_pgbouncer_reads_integers_with_base_0_and_32_bits(text: str, value: int) -> None:
    assert units.pgbouncer_integer(text) == value


def test_pgbouncer_reads_unsigned_integers() -> None:
    assert units.pgbouncer_integer("4294967295", signed=False) == 4294967295
    assert units.pgbouncer_integer("4294967295") == -1


@pytest.mark.parametrize("text", ["08", "20.5", "2k", "1_000", "2 0", "", "on", "20 ; x", "0x"])
def test_pgbouncer_refuses_other_integers(text: str) -> None:
    assert units.pgbouncer_integer(text) is None


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), ("1e3", 1000), ("0x10", 16), ("0", 0)])
def test_pgbouncer_reads_seconds(text: str, value: float) -> None:
    assert units.pgbouncer_seconds(text) == value


@pytest.mark.parametrize("text", ["30s", "5min", "100ms", "-1", "1,5", "", "1e999"])
def test_pgbouncer_refuses_units_and_negative_times(text: str) -> None:
    assert units.pgbouncer_seconds(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("abc", 0), ("1.9", 1), ("1h", 1), ("5432,5433", 5432), ("-5", -5), ("010", 10), ("", 0)],
)
def test_connection_strings_are_read_as_atoi_does(text: str, value: int) -> None:
    assert units.atoi(text) == value


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    for unit in ("", "kB", "8kB", "ms", "no unit"):
        units.postgres_integer(text, unit)
        units.postgres_real(text, unit)
    units.postgres_bool(text)
    units.pgbouncer_integer(text)
    units.pgbouncer_seconds(text)
    units.atoi(text)


@given(st.integers(-(2**31), 2**31 - 1))
def test_decimal_numbers_are_what_they_say(number: int) -> None:
    assert units.postgres_integer(str(number)) == number
    assert units.pgbouncer_integer(str(number)) == number
    assert units.atoi(str(number)) == number


@pytest.mark.parametrize("text", ["\u0663", "1\u0663", "\uff15"])
def test_digits_are_those_of_c(text: str) -> None:
    assert units.pgbouncer_integer(text) is None
    assert units.pgbouncer_seconds(text) is None
    assert units.postgres_integer(text) is None
    assert units.atoi(text) == (1 if text[0] == "1" else 0)
