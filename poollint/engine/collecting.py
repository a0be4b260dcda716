"""Python's search for garbage in cycles, less often than it likes."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

# Syntax trees are millions of objects that stay. With Python's own limits (700, 10, 10) a quarter
# of a run goes by looking through them for cycles that are not there; memory grows by a tenth.
# With a first limit of 100,000 instead of 300,000, 5,000 small files took an eighth longer to be
# audited, and no tree less memory.
_THRESHOLDS = (300_000, 50, 100)


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Collect seldom in here."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)


def collect_seldom() -> None:
    """Collect seldom from now on, in a process that does nothing else, and not as it ends."""
    gc.set_threshold(*_THRESHOLDS)
    atexit.register(gc.freeze)
