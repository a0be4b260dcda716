"""How much work a call does, counted: the same on a fast machine, a slow one and a busy one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def effort(call: Callable[[], object]) -> int:
    """Return how many functions, Python's and C's, a call calls.

    What is kept for later (the catalog, compiled patterns) is made by whichever call comes
    first: let that be another. What a single function of C does, a search for a pattern among
    them, counts as one.
    """
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        if event in {"call", "c_call"}:
            calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(before)
    return calls
