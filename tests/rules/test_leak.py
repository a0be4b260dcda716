"""What is told to do about a connection that is lost, beyond the fixtures."""

from __future__ import annotations

import pytest

from poollint import Acquisition, Confidence, Escape, Function, Hold, Leak, Span, Taking, Wait
from poollint.model.finding import Step
from poollint_rules.leak.connection_leak import connection_leak
from poollint_rules.lifetime.connection_held_over_io import connection_held_over_io

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


def test_what_is_given_back_twice_is_to_be_given_back_once() -> None:
    assert told(Escape.TWICE, handed=True) == "call `conn.close()` once, in a `finally:` block"


@pytest.mark.parametrize("awaited", ["", "await "])
def test_what_ends_the_transaction_of_an_async_session_is_awaited(awaited: str) -> None:
    session = Acquisition(
        TAKEN, Taking.SESSION, "sqlalchemy", "Depends", "db", f"{awaited}db.close()", ""
    )
    hold = Hold(session, Wait.HTTP, "requests.post", RAISES, (), transaction=True, injected=True)
    function = Function("pay", TAKEN, bool(awaited), (), (), holds=(hold,))
    (problem,) = connection_held_over_io.check(function)
    assert problem.help.startswith(f"end the transaction (`{awaited}db.commit()`) first")


@pytest.mark.parametrize(("again", "told_"), [((), "line 5 raises"), ((9,), "lines 5 and 9 raise")])
def test_a_leak_of_two_failures_names_both_lines(again: tuple[int, ...], told_: str) -> None:
    more = (Step(Span.at("shop/db.py", n, 8, 20), "may raise as well, …") for n in again)
    steps = (Step(TAKEN, "taken here"), Step(RAISES, "may raise"), *more)
    taken = Acquisition(
        TAKEN, Taking.CONNECT, "psycopg2", "psycopg2.connect", "conn", "conn.close()", "",
        leak=Leak(Escape.RAISE, steps, Confidence.HIGH),
    )  # fmt: skip
    (problem,) = connection_leak.check(Function("connect", TAKEN, False, (taken,), ()))
    assert problem.brief == f"not given back if {told_}"
