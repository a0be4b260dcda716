"""How often garbage is looked for is set back."""

import gc

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
