"""The arithmetic as text."""

# ruff: noqa: RUF001 - the sign of multiplication is meant

from __future__ import annotations

import pytest

from poollint.model.figure import Basis, Entry, Figure, Interval, Ledger
from poollint.model.finding import Problem
from poollint.model.source import Span
from poollint.report.ledger import amount, instruction, lines, remedies, verdict
from poollint.report.palette import Palette

HERE = Span.at("a.conf", 3, 19, 3)


def ledger(demand: Figure, supply: Figure) -> Ledger:
    return Ledger((Entry("web", (demand,)),), (Entry("max_connections", (supply,)),))


def between(low: int, high: int | None) -> Figure:
    return Figure(low, high, "pool size", Basis.STATED, HERE)


@pytest.mark.parametrize(
    ("low", "high", "words"), [(5, 5, "5"), (2, 40, "2 to 40"), (2, None, "2 or more")]
)
def test_a_number_an_interval_and_the_unbounded_read_as_words(
    low: int, high: int | None, words: str
) -> None:
    assert amount(Interval(low, high)) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (40, 40, "57 left"),
        (97, 97, "none left"),
        (100, 100, "3 too few"),
        (100, 200, "3 to 103 too few"),
        (10, 200, "103 too few at worst"),
        (10, None, "nothing bounds the demand"),
    ],
)
def test_the_answer_is_given_in_words(low: int, high: int | None, words: str) -> None:
    assert verdict(ledger(between(low, high), Figure.stated(97, "x", HERE))) == words


def test_each_basis_is_named_where_no_file_states_the_number() -> None:
    figures = (
        Figure.stated(2, "replicas", HERE),
        Figure(3, 3, "workers", Basis.DERIVED, HERE, "2 * cores + 1"),
        Figure(4, 4, "threads", Basis.DEFAULTED, HERE, "WORKERS"),
        Figure.defaulted(5, "pool size", "SQLAlchemy default"),
        Figure(1, 1, "engines", Basis.ASSUMED, "a convention"),
        Figure(1, 1, "shards", Basis.UNKNOWN, HERE),
    )
    text = list(lines(Ledger((Entry("web", figures),), ()), Palette()))
    assert text[:6] == [
        "               120   web    2 replicas   a.conf:3",
        "                          × 3 workers    a.conf:3   2 * cores + 1",
        "                          × 4 threads    a.conf:3   WORKERS, default",
        "                          × 5 pool size  SQLAlchemy default, stated nowhere",
        "                          × 1 engines    a convention, assumed",
        "                          × 1 shards     a.conf:3   unknown, a stand-in",
    ]
    assert text[7] == "       120 or more   may be opened"


def test_what_is_kept_back_has_its_minus_left_of_all_digits() -> None:
    supply = (
        Entry("max_connections", (Figure.stated(1000, "max_connections", HERE),)),
        Entry("kept", (-Figure.stated(3, "reserved", HERE),)),
    )
    text = list(lines(Ledger((), supply), Palette()))
    assert text == [
        "      -----",
        "          0   may be opened",
        "",
        "       1000   max_connections      a.conf:3",
        "      -   3   kept    -3 reserved  a.conf:3",
        "      -----",
        "        997   are available        997 left",
    ]


def test_remedies_are_listed_old_to_new_with_their_place() -> None:
    web = Entry("web", (Figure.stated(12, "replicas", HERE), Figure.stated(10, "pool size", HERE)))
    supply = Entry("max_connections", (Figure.stated(100, "max_connections", HERE),))
    found = Ledger((web,), (supply,))
    assert remedies(found, Palette()) == [
        "web replicas      12 -> 10   a.conf:3",
        "web pool size     10 -> 8    a.conf:3",
        "max_connections  100 -> 120  a.conf:3",
    ]
    problem = Problem("x", HERE, ledger=found, help="use a pooler")
    assert instruction(problem) == (
        "web replicas 12 -> 10, or web pool size 10 -> 8, or max_connections 100 -> 120,"
        " or use a pooler"
    )


def test_a_ledger_that_fits_has_no_remedies() -> None:
    assert remedies(ledger(between(5, 5), Figure.stated(97, "x", HERE)), Palette()) == []


def test_a_place_is_a_link_where_the_stream_has_links() -> None:
    palette = Palette(colour=True, links=True, root="file:///home/me/my%20shop")
    text = "\n".join(lines(ledger(between(5, 5), Figure.stated(97, "x", HERE)), palette))
    link = "\x1b]8;;file:///home/me/my%20shop/a.conf\x1b\\\x1b[36ma.conf:3\x1b[0m\x1b]8;;\x1b\\"
    assert link in text
