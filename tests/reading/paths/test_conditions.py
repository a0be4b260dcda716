"""What a test tells of a name that holds a connection, and which tests are asked again."""

from __future__ import annotations

import libcst as cst
import pytest

from poollint.reading.paths.conditions import Conditions, Facts, implied
from poollint.reading.paths.flow import graph
from poollint.reading.paths.graph import Edge, Graph, Kind, Point, Way
from poollint.reading.paths.walk import places

HELD = frozenset({"conn"})


def read(body: str) -> tuple[Graph, Conditions]:
    function = cst.ensure_type(cst.parse_statement(f"def f(a):\n{body}"), cst.FunctionDef)
    found = graph(function, lambda node: (False, False))
    return found, Conditions(found, lambda node: False)


def asked(found: Graph) -> list[Point]:
    return [point for point in found.points if point.kind is Kind.TEST]


def way(point: Point, how: Way) -> Edge:
    return next(edge for edge in point.edges if edge.way is how)


@pytest.mark.parametrize(
    ("test", "impossible"),
    [
        ("conn", Way.FALSE),
        ("conn is None", Way.TRUE),
        ("conn is not None", Way.FALSE),
        ("(conn)", Way.FALSE),
        ("'conn' in locals()", Way.FALSE),
        ('"conn" in vars()', Way.FALSE),
        ("('conn' in dir())", Way.FALSE),
        ("'conn' not in locals()", Way.TRUE),
    ],
)
def test_a_name_that_holds_something_is_not_found_empty(test: str, impossible: Way) -> None:
    found, conditions = read(f"    if {test}:\n        a()\n")
    (point,) = asked(found)
    other = Way.TRUE if impossible is Way.FALSE else Way.FALSE
    assert conditions.absent(point, way(point, impossible), HELD)
    assert not conditions.absent(point, way(point, other), HELD)


@pytest.mark.parametrize("test", ["'cur' in locals()", "'conn' in a", "conn()", "'conn'", "a.conn"])
def test_other_tests_tell_nothing_of_it(test: str) -> None:
    found, conditions = read(f"    if {test}:\n        a()\n")
    (point,) = asked(found)
    assert not any(conditions.absent(point, edge, HELD) for edge in point.edges)


def test_a_function_that_may_be_missing_is_there() -> None:
    function = cst.ensure_type(cst.parse_statement("def f():\n    if g: a()\n"), cst.FunctionDef)
    found = graph(function, lambda node: (False, False))
    conditions = Conditions(found, lambda node: isinstance(node, cst.Name) and node.value == "g")
    (point,) = asked(found)
    for how, times in ((Way.TRUE, 1), (Way.FALSE, 0)):
        after = conditions.after(point, way(point, how), frozenset(), HELD)
        assert len(list(after)) == times


@pytest.mark.parametrize(
    ("test", "remembered"),
    [("a.pooled", True), ("a.pooled()", True), ("isinstance(a, int)", True), ("a.get(1)", False)],
)
def test_a_test_that_is_asked_again_answers_the_same(test: str, remembered: bool) -> None:
    found, conditions = read(f"    if {test}:\n        a()\n    if {test}:\n        a()\n")
    first, second = asked(found)[:2]
    known: Facts = frozenset()
    (known,) = conditions.after(first, way(first, Way.TRUE), known, HELD)
    assert bool(list(conditions.after(second, way(second, Way.TRUE), known, HELD)))
    assert list(conditions.after(second, way(second, Way.FALSE), known, HELD)) == (
        [] if remembered else [known]
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x or take()", {("x", False), ("x is None", True)}),
        ("await (x or take())", {("x", False), ("x is None", True)}),
        ("x.y or take()", {("x.y", False)}),
        ("take() if x is None else x", {("x is None", True), ("x", False)}),
        ("x if x else take()", {("x", False), ("x is None", True)}),
        ("x if x is not None else take()", {("x is None", True), ("x", False)}),
        (
            "x or y or take()",
            {("x", False), ("x is None", True), ("y", False), ("y is None", True)},
        ),
        ("take() or x", set()),
        ("f(x or take())", set()),
        ("take()", set()),
    ],
)
def test_a_part_of_a_value_tells_what_was_asked_before(
    text: str, told: set[tuple[str, bool]]
) -> None:
    value = cst.parse_expression(text)
    (part,) = (
        place.node
        for place in places(value)
        if isinstance(place.node, cst.Call) and place.node.func.deep_equals(cst.Name("take"))
    )
    assert implied(value, part) == told


@pytest.mark.parametrize(
    ("value", "first", "told"),
    [
        ("a.b if a is not None else None", "a", True),
        ("None if a is None else a.b", "a is not None", True),
        ("a.b if a else None", "a is not None", True),
        ("g(a) if a else None", "a", True),
        ("g(a) if a is not None else None", "a", False),  # an empty list is something
        ("a.b if a is not None else c", "a", False),
        ("g(a) if c else None", "a", False),
    ],
)
def test_what_is_taken_of_something_is_there_where_that_is(
    value: str, first: str, told: bool
) -> None:
    found, conditions = read(f"    x = {value}\n    if {first}: r()\n    if x is not None: s()\n")
    (assigned,) = [p for p in found.points if isinstance(p.node, cst.Assign)]
    tests = {conditions.told(p, way(p, Way.TRUE)): p for p in asked(found)}
    (last,) = [p for t, p in tests.items() if t is not None and t[0] == "x is None"]
    (one,) = [p for t, p in tests.items() if t is not None and t[0] != "x is None"]
    nothing: frozenset[str] = frozenset()
    # on the way on which `a` is found to be nothing, `x` is not found to be something
    absent = Way.FALSE if first in ("a", "a is not None") else Way.TRUE
    facts = [
        later
        for known in conditions.after(assigned, assigned.edges[0], frozenset(), nothing)
        for then in conditions.after(one, way(one, absent), known, nothing)
        for later in conditions.after(last, way(last, Way.TRUE), then, nothing)
    ]
    assert bool(facts) is not told
