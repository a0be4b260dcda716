"""A dataclass whose methods are made late is like any other."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from poollint.engine.making import methods_made_late


def _pair() -> tuple[type[Any], type[Any]]:
    @dataclass(slots=True)
    class Base:
        """One thing."""

        x: int
        seen: list[int] = field(default_factory=list)

        def __post_init__(self) -> None:
            self.seen.append(self.x)

    @dataclass(slots=True)
    class Derived(Base):
        """And another."""

        y: int = 1

        def __repr__(self) -> str:
            return f"<{self.x} {self.y}>"

    return Base, Derived


def _point() -> type[Any]:
    @dataclass(frozen=True, slots=True, order=True)
    class Point:
        """A place."""

        x: int
        y: int = 0
        tags: tuple[str, ...] = field(default=(), compare=False)

    return Point


def _late(make: Callable[[], Any]) -> Any:
    with methods_made_late():
        return make()


def _asked(point: type[Any]) -> list[object]:
    one, other = point(1), point(y=2, x=1, tags=("a",))
    return [
        repr(one), one == other, one == point(1, 0, ("b",)), one == 3, one != other, one < other,
        hash(one) == hash(point(1)), sorted([other, one]) == [one, other],
        dataclasses.replace(one, y=5).y, dataclasses.astuple(other), copy.copy(other) == other,
        point.__match_args__, point.__init__.__qualname__, point.__eq__.__name__,
        [f.name for f in dataclasses.fields(point)],
    ]  # fmt: skip


def test_objects_do_what_others_do() -> None:
    assert _asked(_late(_point)) == _asked(_point())


def test_a_frozen_one_stays_so() -> None:
    one = _late(_point)(1)
    for _ in range(2):  # the first call makes the method
        with pytest.raises(dataclasses.FrozenInstanceError, match="x"):
            one.x = 2
        with pytest.raises(dataclasses.FrozenInstanceError, match="x"):
            del one.x


def test_wrong_arguments_are_told_in_the_same_words() -> None:
    told = []
    for point in (_late(_point), _point()):
        with pytest.raises(TypeError) as raised:
            point()
        told.append(str(raised.value))
    assert told[0] == told[1]


def test_classes_that_inherit_have_their_own_methods_and_those_of_their_bases() -> None:
    told = []
    for base, derived in (_late(_pair), _pair()):
        one = derived(3, y=4)
        plain = base(3)
        told.append([repr(one), one.seen, one == derived(3, y=4), one == plain, repr(plain)])
    assert told[0] == told[1]


def test_what_was_made_is_not_made_again() -> None:
    point = _late(_point)
    stub = point.__init__
    point(1)
    assert point.__init__ is not stub
    made = point.__init__
    point(2)
    assert point.__init__ is made


def test_a_class_is_made_as_before_once_the_block_ends() -> None:
    before = dataclasses.__dict__.get("_create_fn")
    with methods_made_late():
        pass
    assert dataclasses.__dict__.get("_create_fn") is before


def test_another_python_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(name: str, builder: object) -> None:
        raise AssertionError("not called")

    monkeypatch.setattr(dataclasses, "_create_fn", other, raising=False)
    with methods_made_late():
        assert dataclasses.__dict__["_create_fn"] is other
