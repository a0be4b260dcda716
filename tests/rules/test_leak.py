"""What is told to do about a connection that is lost, beyond the fixtures."""

from __future__ import annotations

import pytest

from poollint import Acquisition, Confidence, Escape, Function, Leak, Span, Taking
from poollint.model.finding import Step
from poollint_rules.leak.connection_leak import connection_leak

TAKEN = Span.at("shop/db.py", 4, 8, 20)
RAISES = Span.at("shop/db.py", 5, 8, 20)


def told(escape: Escape, handed: bool) -> str:
    steps = (Step(TAKEN, "taken here"), Step(RAISES, "may raise"))
    leak = Leak(escape, steps, Confidence.HIGH, handed)
    taken = Acquisition(
        TAKEN, Taking.CONNECT, "psycopg2", "psycopg2.connect", "conn", "conn.close()",
        "closing(psycopg2.connect(…))", leak=leak,
    )  # fmt: skip
    function = Function("connect", TAKEN, False, (taken,), ())
    (problem,) = connection_leak.check(function)
    return problem.help


@pytest.mark.parametrize("escape", [Escape.RAISE, Escape.CANCEL])
def test_what_is_handed_on_is_closed_only_where_something_fails(escape: Escape) -> None:
    assert told(escape, handed=True).startswith(
        "call `conn.close()` in an `except BaseException:` block, and raise again"
    )


def test_what_is_handed_on_sometimes_is_closed_on_the_other_ways() -> None:
    assert told(Escape.EXIT, handed=True) == (
        "call `conn.close()` on each way out that does not hand it on"
    )


def test_what_stays_within_the_function_is_closed_at_its_end() -> None:
    help_ = told(Escape.RAISE, handed=False)
    assert "with closing(psycopg2.connect(…))" in help_
    assert help_.endswith("call `conn.close()` in a `finally:` block")
