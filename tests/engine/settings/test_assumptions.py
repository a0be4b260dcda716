"""What `--assume` says."""

from __future__ import annotations

import pytest

from poollint.engine.settings import assumptions
from poollint.model.usage import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cron.workers=2", ("cron.workers", 2, 2)),
        ("web.replicas=1..40", ("web.replicas", 1, 40)),
        ("web.replicas=..40", ("web.replicas", 0, 40)),
    ],
)
def test_assumption_is_read(text: str, found: tuple[str, int, int]) -> None:
    assert assumptions.assumed(text) == found


@pytest.mark.parametrize(
    ("asked", "mode"),
    [
        ((), ""),
        (("a=2",), ""),
        (("pool-mode=statement",), "statement"),
        (("pool-mode=session", "a=2", "pool-mode=transaction"), "transaction"),
    ],
)
def test_the_last_pool_mode_that_is_assumed_holds(asked: tuple[str, ...], mode: str) -> None:
    assert assumptions.pool_mode(asked) == mode


@pytest.mark.parametrize(
    "text", ["x", "x=", "=2", "x=-1", "x=two", "x=4..2", "x=²", "x=9" + "9" * 20]
)
def test_assumption_without_a_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        assumptions.assumed(text)
