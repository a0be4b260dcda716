"""Facts survive being written down; anything else is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from poollint.engine.memory.codec import NotThis, decoder, encoded
from poollint.facts.code import Effect, Module
from poollint.model.figure import Basis, Figure
from poollint.model.source import Position, SourceFile, Span
from poollint.reading.code import read
from poollint.reading.reader import Options

FIXTURES = Path(__file__).parents[3] / "fixtures"
FILES = sorted(FIXTURES.glob("**/*.py"))[::8]  # all of them take eight times as long


def through_json(value: object) -> Any:
    return json.loads(json.dumps(encoded(value)))


def test_the_facts_of_fixtures_come_back_equal() -> None:
    modules = 0
    for path in FILES:
        found = read(SourceFile(path.name, path.read_text()), Options()).module
        assert decoder(Module | None)(through_json(found)) == found, path
        modules += bool(found and found.functions)
    assert modules > 60


@pytest.mark.parametrize(
    "figure",
    [
        Figure(1, 5, "pool_size", Basis.STATED, Span.at("a.py", 3, 7, 2)),
        Figure(0, None, "max_size", Basis.DEFAULTED, "asyncpg 0.29"),
    ],
    ids=["place", "document"],
)
def test_a_field_of_several_types_comes_back_as_what_it_was(figure: Figure) -> None:
    assert decoder(Figure)(through_json(figure)) == figure


@dataclass(frozen=True)
class Nested:
    inner: Nested | None
    pair: tuple[str, int]


def test_a_type_may_hold_itself() -> None:
    value = Nested(Nested(None, ("a", 1)), ("b", 2))
    assert decoder(Nested)(through_json(value)) == value


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (Position, [1]),
        (Position, [1, "2"]),
        (Position, [1, True]),
        (Position, {"line": 1, "column": 2}),
        (Effect, "nonsense"),
        (Effect, ["set"]),
        (Span, ["a.py", [1, 1], None]),
        (tuple[str, ...], "abc"),
        (tuple[str, ...], ["a", 1]),
        (tuple[str, ...], [None]),
        (tuple[int, ...], [1, True]),
        (tuple[bool, ...], [False, 0]),
        (tuple[int, ...], None),
        (tuple[str, int], ["a", 1, 2]),
        (str | None, 7),
        (Position | None, "x"),
    ],
)
def test_data_of_another_shape_is_refused(kind: Any, data: Any) -> None:
    with pytest.raises(NotThis):
        decoder(kind)(data)


@pytest.mark.parametrize("value", [object(), {"a": 1}, [1], b"x", Path("x")])
def test_what_is_no_fact_is_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="is no fact"):
        encoded(value)


@pytest.mark.parametrize("kind", [dict[str, int], list[str], bytes, Any])
def test_what_is_no_type_of_a_fact_has_no_decoder(kind: Any) -> None:
    with pytest.raises(TypeError, match="is no type of a fact"):
        decoder(kind)


def test_a_tuple_of_numbers_may_hold_whole_ones() -> None:
    assert decoder(tuple[float, ...])([1, 1.5]) == (1, 1.5)
    assert decoder(tuple[str, ...])([]) == ()
