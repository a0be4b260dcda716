"""How many generated files a test runs for, and whether they are the same ones each time.

`POOLLINT_LAB_FILES=5000` asks for as many, and `POOLLINT_LAB_SEED=random` for other ones each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, seed, settings

FILES = int(os.environ.get("POOLLINT_LAB_FILES", "120"))
RANDOM = os.environ.get("POOLLINT_LAB_SEED") == "random"

Test = Callable[..., None]


def files(test: Test) -> Test:
    """Run a test for so many files, the same ones each time unless told otherwise."""
    found: Test = settings(
        max_examples=FILES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )(test)
    return found if RANDOM else seed(20)(found)
