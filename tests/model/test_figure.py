"""Sums over figures, and what each figure alone would have to be."""

from dataclasses import replace
from math import prod

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from poollint.model.figure import Basis, Entry, Figure, Interval, Ledger
from poollint.model.source import Span


def stated(value: int, name: str = "n") -> Figure:
    return Figure.stated(value, name, Span.at("a.yaml", 1))


def web_and_worker() -> Ledger:
    return Ledger(
        demand=(
            Entry("web", (stated(12, "replicas"), stated(4, "workers"), stated(5, "pool size"))),
            Entry("worker", (stated(6, "replicas"), stated(10, "pool size"))),
        ),
        supply=(
            Entry("max_connections", (stated(200),)),
            Entry("superuser_reserved_connections", (-Figure.defaulted(3, "n", "PostgreSQL"),)),
        ),
    )


def test_the_sum_of_a_system_and_what_would_make_it_fit() -> None:
    ledger = web_and_worker()
    assert (ledger.demanded, ledger.supplied) == (Interval(300, 300), Interval(197, 197))
    assert ledger.balance == -103
    assert ledger.overflows
    assert ledger.may_overflow
    assert [(r.entry, r.figure.name, r.value) for r in ledger.remedies()] == [
        ("web", "replicas", 6),
        ("web", "workers", 2),
        ("web", "pool size", 2),
        ("max_connections", "n", 303),
    ]
    assert ledger.basis is Basis.DEFAULTED


def test_what_is_kept_back_is_no_knob_and_what_cannot_help_alone_is_none() -> None:
    entries = {remedy.entry for remedy in web_and_worker().remedies()}
    assert "superuser_reserved_connections" not in entries
    assert "worker" not in entries  # web alone asks for more than there is


def test_a_sum_that_fits_needs_no_remedy() -> None:
    ledger = replace(web_and_worker(), supply=(Entry("max_connections", (stated(300),)),))
    assert ledger.balance == 0
    assert not ledger.overflows
    assert not ledger.may_overflow
    assert ledger.remedies() == ()


def test_unbounded_demand_may_overflow_and_has_no_balance() -> None:
    endless = Figure(5, None, "pool size", Basis.DEFAULTED, "SQLAlchemy default")
    ledger = Ledger((Entry("web", (stated(2), endless)),), (Entry("max", (stated(100),)),))
    assert ledger.demanded == Interval(10, None)
    assert ledger.balance is None
    assert ledger.may_overflow
    assert not ledger.overflows
    assert ledger.remedies() == ()


def test_nothing_times_unbounded_is_nothing() -> None:
    endless = Figure(0, None, "pool size", Basis.UNKNOWN, "unknown")
    assert Entry("cron", (stated(0), endless)).total == Interval(0, 0)


def test_an_unbounded_figure_cannot_be_taken_away() -> None:
    with pytest.raises(ValueError, match="unbounded"):
        -Figure(1, None, "n", Basis.UNKNOWN, "unknown")


def test_an_interval_is_wrong_for_sure_only_where_its_least_is() -> None:
    some = Figure(50, 250, "workers", Basis.ASSUMED, "settings")
    ledger = Ledger((Entry("web", (some,)),), (Entry("max", (stated(100),)),))
    assert ledger.may_overflow
    assert not ledger.overflows


def test_a_number_that_stands_in_several_rows_changes_in_all_of_them() -> None:
    workers, other = stated(4, "workers"), Figure(0, 4, "workers", Basis.STATED, _AT)
    ledger = Ledger(
        (
            Entry("web (db.py:5)", (workers, stated(15, "pool size"))),
            Entry("web (db.py:7)", (other, stated(20, "threads"))),
        ),
        (Entry("max_connections", (stated(87),)),),
    )
    assert [(r.entry, r.figure.name, r.value) for r in ledger.remedies()] == [
        ("web", "workers", 2),
        ("web (db.py:5)", "pool size", 1),
        ("web (db.py:7)", "threads", 6),
        ("max_connections", "n", 140),
    ]


@pytest.mark.parametrize(
    ("names", "label"),
    [(("web", "jobs"), "web and jobs"), (("web", "jobs", "mail"), "web and 2 more")],
)
def test_a_number_of_several_clients_names_them(names: tuple[str, ...], label: str) -> None:
    demand = tuple(Entry(name, (stated(6, "pool size"),)) for name in names)
    ledger = Ledger(demand, (Entry("max_connections", (stated(5),)),))
    assert [(r.entry, r.value) for r in ledger.remedies()] == [
        (label, 5 // len(names)),
        ("max_connections", 6 * len(names)),
    ]


def test_a_default_that_two_clients_have_is_two_numbers() -> None:
    size = Figure.defaulted(6, "pool size", "SQLAlchemy default")
    demand = (Entry("web", (size,)), Entry("jobs", (replace(size, hint="own"),)))
    ledger = Ledger(demand, (Entry("max_connections", (stated(10),)),))
    assert [r.entry for r in ledger.remedies()] == ["web", "jobs", "max_connections"]


def test_what_stands_on_both_sides_is_no_knob() -> None:
    copies, size = stated(6, "replicas"), stated(8, "default_pool_size")
    ledger = Ledger(
        (Entry("web", (copies, stated(12, "pool size"))),), (Entry("pooler", (copies, size)),)
    )
    assert [(r.figure.name, r.value) for r in ledger.remedies()] == [
        ("pool size", 8),
        ("default_pool_size", 12),
    ]


_AT = Span.at("a.yaml", 1)


@given(
    st.lists(st.lists(st.integers(1, 40), min_size=1, max_size=4), min_size=1, max_size=4),
    st.integers(1, 500),
)
def test_a_remedy_is_the_last_value_that_fits(factors: list[list[int]], most: int) -> None:
    demand = tuple(
        Entry(str(n), tuple(stated(value, f"{n}, {m}") for m, value in enumerate(row)))
        for n, row in enumerate(factors)
    )
    ledger = Ledger(demand, (Entry("max", (stated(most),)),))
    assume(sum(prod(row) for row in factors) > most)
    for remedy in ledger.remedies():
        if remedy.at_most:
            fits, not_yet = (
                _with(ledger, remedy.entry, remedy.figure, remedy.value),
                remedy.value + 1,
            )
            assert (fits.balance or 0) >= 0
            assert (_with(ledger, remedy.entry, remedy.figure, not_yet).balance or 0) < 0
        else:
            assert remedy.value == ledger.demanded.high


def _with(ledger: Ledger, label: str, figure: Figure, value: int) -> Ledger:
    def changed(entry: Entry) -> Entry:
        new = replace(figure, low=value, high=value)
        return replace(entry, factors=tuple(new if f is figure else f for f in entry.factors))

    demand = tuple(changed(e) if e.label == label else e for e in ledger.demand)
    return replace(ledger, demand=demand)
