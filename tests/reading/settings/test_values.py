"""Which values are to be filled in elsewhere, and what the programs make of the others."""

import pytest

from poollint.catalog.settings import Parameter
from poollint.reading.settings import values


@pytest.mark.parametrize(
    "text",
    ["${A}", "$A", "$(A)", "{{ a }}", "<%= a %>", "%(a)s", "@A_B@", "__A__", "<your host>", "{a}"],
)
def test_a_reference_is_open(text: str) -> None:
    assert values.is_open(f"x{text}")


@pytest.mark.parametrize(
    "text",
    ["20", "where rolname=$1", "'%m [%p] '", "'<%u%%%d> '", "a@b.example", "__init__x", "5%"],
)
def test_a_plain_value_is_not(text: str) -> None:
    assert not values.is_open(text)


def test_a_template_is_told_by_what_stands_outside_comments() -> None:
    assert values.is_template("a = {{ a }}\n")
    assert values.is_template("{%- if a %}\n")
    assert values.is_template("a = <%= a %>\n")
    assert not values.is_template("# {{ managed }}\n  ; {% x %}\na = '<%u%%%d>'\n")
    assert not values.is_template("a = ${A}\n")


def test_a_range_is_told_in_the_unit_of_the_parameter() -> None:
    parameter = Parameter("work_mem", "integer", unit="kB", low=64, high=2147483647)
    verdict = values.of_postgres(parameter, "1kB")
    assert verdict is not None
    assert verdict.expected == "a number from 64 to 2147483647, in kB"
    assert verdict.refused


def test_a_wrong_unit_is_answered_with_the_right_ones() -> None:
    verdict = values.of_postgres(Parameter("t", "integer", unit="ms", low=0, high=9), "5sec")
    assert verdict is not None
    assert verdict.expected == "a whole number, with one of the units us, ms, s, min, h, d"


def test_a_comment_behind_a_value_is_told_as_one() -> None:
    verdict = values.of_pgbouncer(Parameter("default_pool_size", "int"), "20 ; twenty")
    assert verdict is not None
    assert verdict.expected.endswith("PgBouncer knows no comment behind a value")


def test_a_file_mode_is_meant_to_be_octal() -> None:
    assert values.of_pgbouncer(Parameter("unix_socket_mode", "int"), "0770") is None
    assert values.of_pgbouncer(Parameter("listen_backlog", "int"), "0770") is not None


def test_a_number_is_held_against_what_the_server_checks_besides_its_range() -> None:
    multiple = Parameter("notify_buffers", "integer", unit="8kB", low=16, high=131072, multiple=16)
    assert values.of_postgres(multiple, "32") is None
    verdict = values.of_postgres(multiple, "100")
    assert verdict is not None
    assert verdict.expected == "a multiple of 16 from 16 to 131072, in 8kB"
    gap = Parameter("limit", "integer", unit="kB", low=0, high=1024, least=128)
    assert values.of_postgres(gap, "0") is None
    assert values.of_postgres(gap, "128kB") is None
    verdict = values.of_postgres(gap, "100")
    assert verdict is not None
    assert verdict.expected == "0 or a number from 128 to 1024, in kB"


def test_a_number_below_zero_is_in_range_where_the_parameter_says_so() -> None:
    assert values.of_postgres(Parameter("t", "integer", unit="kB", low=-1, high=9), "-1") is None
