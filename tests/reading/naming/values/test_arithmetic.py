"""Sums that are kept until it is known what variables hold."""

from __future__ import annotations

import pytest

from poollint.model.figure import Basis
from poollint.model.source import Position, Span
from poollint.reading.naming.values.arithmetic import (
    Number,
    combined,
    of_variable,
    variables,
    worked_out,
)

HERE = Span("shop/db.py", Position(1, 1), Position(1, 9))
UNKNOWN = Number(None, None, Basis.UNKNOWN, HERE)


def _exact(value: int) -> Number:
    return Number(value, value, Basis.STATED, HERE)


@pytest.mark.parametrize(
    ("sign", "right", "comes_to"),
    [
        ("+", 3, 43),
        ("-", 3, 37),
        ("*", 3, 120),
        ("//", 3, 13),
        ("//", 0, None),
        ("min", 10, 10),
        ("max", 10, 40),
        ("", 3, None),
    ],
)
def test_a_variable_that_is_set_takes_its_place(
    sign: str, right: int, comes_to: int | None
) -> None:
    kept = combined(sign, of_variable("SIZE", _exact(5)), _exact(right), HERE)
    assert worked_out(kept.formula, {"SIZE": 40}, HERE).low == comes_to


def test_of_several_variables_each_has_its_value_or_what_the_code_falls_back_to() -> None:
    kept = combined("//", of_variable("TOTAL", UNKNOWN), of_variable("WORKERS", _exact(2)), HERE)
    assert variables(kept.formula) == ("TOTAL", "WORKERS")
    assert worked_out(kept.formula, {"TOTAL": 80, "WORKERS": 4}, HERE).low == 20
    assert worked_out(kept.formula, {"TOTAL": 80}, HERE).low == 40
    assert worked_out(kept.formula, {"WORKERS": 4}, HERE).low is None
    assert worked_out(kept.formula, {"TOTAL": 80, "WORKERS": None}, HERE).low is None


def test_a_variable_that_falls_back_on_another_is_kept_with_it() -> None:
    kept = of_variable("OWN", of_variable("COMMON", _exact(5)))
    assert worked_out(kept.formula, {"COMMON": 9}, HERE).low == 9
    assert worked_out(kept.formula, {"OWN": 7, "COMMON": 9}, HERE).low == 7
    assert (kept.low, of_variable("OWN", _exact(5)).formula) == (5, ())


def test_one_of_two_is_either_of_them() -> None:
    kept = combined("either", _exact(20), of_variable("SIZE", _exact(5)), HERE)
    found = worked_out(kept.formula, {"SIZE": 30}, HERE)
    assert (found.low, found.high) == (20, 30)
