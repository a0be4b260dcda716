"""How often garbage is looked for is set back."""

import gc
import subprocess
import sys

import pytest

from poollint.engine.collecting import fewer_collections


def test_the_limits_are_those_of_before_afterwards_whatever_happens() -> None:
    before = gc.get_threshold()
    with fewer_collections():
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before
    with pytest.raises(KeyError), fewer_collections():
        raise KeyError
    assert gc.get_threshold() == before


def test_a_process_of_its_own_looks_for_none_as_it_ends() -> None:
    script = (
        "import atexit, gc\n"
        "from poollint.engine.collecting import collect_seldom\n"
        "atexit.register(lambda: print(gc.get_freeze_count() > 1000, gc.get_threshold()[0]))\n"
        "collect_seldom()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True 300000\n"
