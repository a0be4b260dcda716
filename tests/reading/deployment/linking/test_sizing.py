"""What a stated load comes to."""

from __future__ import annotations

import pytest

from poollint.facts.declared import DeclaredLoad
from poollint.model.figure import Basis, Entry, Figure, Ledger
from poollint.model.report import Budget
from poollint.model.source import Span
from poollint.reading.deployment.linking.sizing import advised

AT = Span.at("poollint.toml")


def budget(*labels: str, most: int | None = 30) -> Budget:
    size = Figure(1, most, "pool size", Basis.STATED, AT)
    supply = (Entry("max_connections", (Figure.stated(100, "max_connections", AT),)),)
    ledger = Ledger(tuple(Entry(label, (size,)) for label in labels), supply, "db")
    return Budget("db", "", AT, ledger)


def load(per_second: float = 400, held: float = 0.03, client: str = "web") -> DeclaredLoad:
    return DeclaredLoad(client, AT, per_second, held)


def test_nothing_is_said_where_nothing_is_stated() -> None:
    given = (budget("web"), budget("cron"))
    assert advised(given, ()) == given


@pytest.mark.parametrize(
    ("per_second", "held", "said"),
    [
        (400, 0.03, "keeps 12 connections busy on average, 40 % of the 30 that it may open"),
        (100, 0.005, "keeps 0.5 connections busy on average, 1 % of the 30 that it may open"),
        (299, 0.1, "keeps 29.9 connections busy on average, 99 % of the 30 that it may open"),
        (300, 0.1, "keeps 30 connections busy on average, and may open 30: what waits for one"),
        (5000, 0.1, "keeps 500 connections busy on average, and may open 30: what waits for one"),
    ],
)
def test_the_product_is_what_is_busy(per_second: float, held: float, said: str) -> None:
    (found,) = advised((budget("web", "cron"),), (load(per_second, held),))
    (note,) = found.notes
    assert note.startswith(f"`web` {said}")
    assert note.endswith(
        f"({per_second:g} a second, {held:g} s each; Little's law, L = λW; poollint.toml:1)"
    )


def test_all_lines_of_a_client_count_and_those_of_others_do_not() -> None:
    given = budget("web (shop/db.py:3)", "web/sidecar", "web-admin")
    (found,) = advised((given,), (load(),))
    assert "20 % of the 60 that it may open" in found.notes[0]


def test_of_pools_without_a_bound_no_share_is_said() -> None:
    (found,) = advised((budget("web", most=None),), (load(),))
    assert found.notes[0].startswith("`web` keeps 12 connections busy on average (400 a second")


def test_a_load_of_nobody_is_said_once() -> None:
    first, second = advised((budget("web"), budget("cron")), (load(client="wev"),))
    (note,) = first.notes
    assert note.startswith("no client is called `wev`, but one `web`: its load says nothing")
    assert second.notes == ()
