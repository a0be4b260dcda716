"""What a sum comes to where one of its numbers has no bound that anything tells of."""

import pytest

from poollint import Basis, Entry, Figure
from poollint_rules.budget.overflow import least


@pytest.mark.parametrize(
    ("basis", "most"), [(Basis.UNKNOWN, 5), (Basis.STATED, None), (Basis.DEFAULTED, None)]
)
def test_not_to_know_a_bound_is_not_to_know_that_there_is_none(
    basis: Basis, most: int | None
) -> None:
    workers = Figure(1, None, "workers", basis, "shop")
    size = Figure(5, 5, "pool size", Basis.STATED, "shop")
    assert least(Entry("web", (workers, size))).total.high == most
