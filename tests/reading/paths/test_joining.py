"""Ways that are joined, and what is still known on all of them."""

from __future__ import annotations

from poollint.reading.paths.joining import Joined

OWN, LATE = ("own", True), ("late", False)


def test_what_is_common_to_all_ways_is_known() -> None:
    joined: Joined[int] = Joined()
    assert joined.join(1, frozenset({OWN, LATE})) == {OWN, LATE}
    assert joined.join(1, frozenset({OWN})) == {OWN}
    assert joined.join(1, frozenset({OWN, LATE})) == {OWN}
    assert joined.join(2, frozenset({LATE})) == {LATE}


def test_a_way_on_which_more_is_known_is_covered_by_one_on_which_less_is() -> None:
    joined: Joined[int] = Joined()
    assert not joined.covers(1, frozenset({OWN, LATE}))
    joined.join(1, frozenset({OWN}))
    assert joined.covers(1, frozenset({OWN, LATE}))
    assert not joined.covers(1, frozenset({OWN}))
    assert not joined.covers(2, frozenset({OWN}))
